//! What is asked for wrongly is refused, and it is said where.

use super::refused::addresses;
use super::*;

/// The status and what was said.
fn refused(said: &Said) -> (u16, String) {
    let message = said.json()["error"]["message"].as_str().unwrap().to_owned();
    (said.status.as_u16(), message)
}

#[tokio::test(start_paused = true)]
async fn a_parameter_that_an_address_does_not_take_is_refused() {
    let bench = Bench::new(Role::Admin).await;
    for (method, path, _) in addresses() {
        let path = format!("{path}?no-such-parameter=1");
        let said = bench.script.json(method.clone(), &path, &json!({})).await;
        let (status, message) = refused(&said);
        assert_eq!(status, 400, "{method} {path}: {message}");
        assert!(message.contains("`no-such-parameter` is unknown"), "{path}");
    }
    let assign = "/api/v1/places/entra/tokens/1/assign?dryrun=true";
    let said = bench.post(assign, &json!({ "user": "ann" })).await;
    assert!(refused(&said).1.ends_with("this address takes dry_run."));
    let said = bench.get("/api/v1/places?q=1").await;
    assert!(refused(&said).1.ends_with("this address takes none."));
    // Of two that come together, each is known.
    let said = bench.get("/api/v1/places/entra/tokens?q=1&%6cimit=2").await;
    assert_eq!(said.status, 200, "{}", said.text);
}

#[tokio::test(start_paused = true)]
async fn a_parameter_that_is_wrong_is_named_with_what_is_expected() {
    let bench = Bench::new(Role::Admin).await;
    for (path, words) in [
        ("/api/v1/runs?state=ended", "`state` is malformed; expected: open"),
        ("/api/v1/audit?limit=all", "`limit` is malformed; expected: a whole number"),
        ("/api/v1/audit?serial=a%20b", "`serial` is malformed"),
        ("/api/v1/audit/verify?anchor=x", "`anchor` is malformed"),
        ("/api/v1/audit/export?format=xml", "`format` is malformed; expected: jsonl, ecs, cef"),
        ("/api/v1/runs/1/report?format=xml", "`format` is malformed; expected: json, csv, html"),
        ("/api/v1/places/entra/tokens?state=x", "`state` is malformed; expected: imported"),
        ("/api/v1/places/entra/tokens?format=x", "`format` is malformed; expected: json, csv, jsonl"),
        ("/api/v1/places/entra/tokens?sort=x", "`sort` is malformed; expected: serial"),
        ("/api/v1/places/entra/users", "`q` is missing"),
        ("/api/v1/places/entra/users?q=u", "`q` is too short; expected: two letters at least"),
        ("/api/v1/places/mars/tokens", "`idp` in the address is malformed; expected: entra, okta"),
        ("/api/v1/places/mars/tokens/1", "`idp` in the address"),
        ("/api/v1/places/entra/tokens/a%20b", "the serial number in the address"),
    ] {
        let (status, message) = refused(&bench.get(path).await);
        assert_eq!(status, 400, "{path}");
        assert!(message.contains(words), "{path}: {message}");
    }
    for (query, words) in [
        ("to=entra", "`until` is missing; expected: import, assign, activate"),
        ("to=entra&until=x", "`until` is malformed; expected: import, assign, activate"),
        ("until=import", "`to` is missing; expected: entra, okta"),
        ("to=mars&until=import", "`to` is malformed; expected: entra, okta"),
        ("to=entra&until=import&until=assign", "`until` is malformed"),
        ("to=entra&until=import&digits=x", "`digits` is malformed; expected: a whole number"),
        ("to=entra&until=import&short_keys=1", "`short_keys` is malformed; expected: true or false"),
    ] {
        let path = format!("/api/v1/drafts?{query}");
        let (status, message) = refused(&bench.file(Method::POST, &path, &seed_file(1)).await);
        assert_eq!(status, 400, "{path}");
        assert!(message.contains(words), "{path}: {message}");
    }
    let assign = "/api/v1/places/entra/tokens/1/assign?dry_run=yes";
    let (_, message) = refused(&bench.post(assign, &json!({ "user": "ann" })).await);
    assert!(message.contains("`dry_run` is malformed; expected: true or false"));
}

#[tokio::test(start_paused = true)]
async fn a_field_that_is_wrong_is_named_and_its_value_is_not() {
    let bench = Bench::new(Role::Admin).await;
    let token = |deed: &str| format!("/api/v1/places/entra/tokens/1/{deed}");
    let drafts = "/api/v1/places/entra/drafts".to_owned();
    let replace = "/api/v1/places/entra/replace".to_owned();
    let entra = "/api/v1/places/entra/settings".to_owned();
    let okta = "/api/v1/places/okta/settings".to_owned();
    let put = Method::PUT;
    let post = Method::POST;
    for (method, path, body, words) in [
        (&post, token("assign"), json!({}), "`user` is missing"),
        (&post, token("assign"), json!({ "user": "a", "usr": "canary" }), "`usr` is unknown; expected: user"),
        (&post, token("activate"), json!({ "proof": { "sed": "canary" } }), "`proof.sed` is unknown"),
        (&post, token("activate"), json!({ "proof": { "seed": ["canary"] } }), "`proof.seed` is malformed; expected: a string"),
        (&post, token("activate"), json!({ "proof": { "digits": "canary" } }), "`proof.digits` is malformed; expected: u8"),
        (&post, token("activate"), json!({ "proof": "canary" }), "`proof` is malformed"),
        (&post, token("drift"), json!({ "first": "1", "second": "2" }), "`seed` is missing"),
        (&post, token("unassign"), json!({ "x": "canary" }), "`x` is unknown"),
        (&post, replace, json!({ "user": "a", "old": "ca nary", "new": "1", "proof": {} }), "`old` is malformed"),
        (&post, drafts.clone(), json!({ "do": "canary" }), "`do` is malformed; expected: one of assign"),
        (&post, drafts.clone(), json!({ "do": "assign", "tokens": [{ "serial": "1", "x": "canary" }] }), "`tokens[0].x` is unknown"),
        (&post, drafts, json!({ "do": "assign", "matching": { "x": "canary" } }), "`matching.x` is unknown"),
        (&put, "/api/v1/calls".to_owned(), json!({ "on": true, "x": "canary" }), "`x` is unknown"),
        (&put, entra, json!({ "idp": "entra", "tenant": "a", "client_id": "b", "key": { "kind": "secret", "value": "canary" }, "x": "canary" }), "`x` is unknown"),
        (&put, okta.clone(), json!({ "idp": "okta", "org": "a", "key": { "kind": "canary", "value": "canary" } }), "expected: token or app"),
        (&put, okta, json!({ "idp": "okta", "org": "a", "key": { "kind": "token", "value": "canary", "x": 1 } }), "expected: \"kind\" or \"value\""),
        (&post, "/api/v1/runs/1/pause".to_owned(), json!({ "x": "canary" }), "`x` is unknown"),
        (&post, "/api/v1/drafts/1/begin".to_owned(), json!({ "plan": "canary" }), "`plan` is unknown"),
    ] {
        let (status, message) = refused(&bench.json(method.clone(), &path, &body).await);
        assert_eq!(status, 400, "{path} {body}");
        assert!(message.contains(words), "{path} {body}: {message}");
        assert!(!message.contains("canary"), "{message}");
    }
}
