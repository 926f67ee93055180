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

/// Addresses, and what is said of them.
const WRONG: &[(&str, &str)] = &[
    ("runs?state=ended", "`state` is malformed; expected: open"),
    (
        "audit?limit=all",
        "`limit` is malformed; expected: a whole number",
    ),
    ("audit?serial=a%20b", "`serial` is malformed"),
    ("audit/verify?anchor=x", "`anchor` is malformed"),
    (
        "audit/export?format=xml",
        "`format` is malformed; expected: jsonl, ecs, cef",
    ),
    (
        "runs/1/report?format=xml",
        "`format` is malformed; expected: json, csv, html",
    ),
    (
        "places/entra/tokens?state=x",
        "`state` is malformed; expected: imported, assigned, activated",
    ),
    (
        "places/entra/tokens?format=x",
        "`format` is malformed; expected: json, csv, jsonl",
    ),
    (
        "places/entra/tokens?sort=x",
        "`sort` is malformed; expected: serial",
    ),
    ("places/entra/users", "`q` is missing"),
    (
        "places/entra/users?q=u",
        "`q` is too short; expected: two letters at least",
    ),
    (
        "places/mars/tokens",
        "`idp` in the address is malformed; expected: entra, okta",
    ),
    ("places/mars/tokens/1", "`idp` in the address"),
    (
        "places/entra/tokens/a%20b",
        "the serial number in the address",
    ),
];

/// The same where a file is sent.
const WRONG_OF_A_FILE: &[(&str, &str)] = &[
    (
        "to=entra",
        "`until` is missing; expected: import, assign, activate",
    ),
    (
        "to=entra&until=x",
        "`until` is malformed; expected: import, assign, activate",
    ),
    ("until=import", "`to` is missing; expected: entra, okta"),
    (
        "to=mars&until=import",
        "`to` is malformed; expected: entra, okta",
    ),
    ("to=entra&until=import&until=assign", "`until` is malformed"),
    (
        "to=entra&until=import&digits=x",
        "`digits` is malformed; expected: a whole number",
    ),
    (
        "to=entra&until=import&short_keys=1",
        "`short_keys` is malformed; expected: true or false",
    ),
];

#[tokio::test(start_paused = true)]
async fn a_parameter_that_is_wrong_is_named_with_what_is_expected() {
    let bench = Bench::new(Role::Admin).await;
    let check = |said: &Said, path: &str, words: &str| {
        let (status, message) = refused(said);
        assert_eq!(status, 400, "{path}");
        assert!(message.contains(words), "{path}: {message}");
    };
    for (path, words) in WRONG {
        let said = bench.get(&format!("/api/v1/{path}")).await;
        check(&said, path, words);
    }
    for (query, words) in WRONG_OF_A_FILE {
        let path = format!("/api/v1/drafts?{query}");
        let said = bench.file(Method::POST, &path, &seed_file(1)).await;
        check(&said, &path, words);
    }
    let assign = "/api/v1/places/entra/tokens/1/assign?dry_run=yes";
    let said = bench.post(assign, &json!({ "user": "ann" })).await;
    let words = "`dry_run` is malformed; expected: true or false";
    check(&said, assign, words);
}

/// Addresses, bodies, and what is said of them.
#[rustfmt::skip]
const WRONG_IN_A_BODY: &[(&str, &str, &str)] = &[
    ("places/entra/tokens/1/assign", r#"{}"#, "`user` is missing"),
    ("places/entra/tokens/1/assign", r#"{"user":"a","usr":"canary"}"#, "`usr` is unknown; expected: user"),
    ("places/entra/tokens/1/activate", r#"{"proof":{"sed":"canary"}}"#, "`proof.sed` is unknown"),
    ("places/entra/tokens/1/activate", r#"{"proof":{"seed":["canary"]}}"#, "`proof.seed` is malformed; expected: a string"),
    ("places/entra/tokens/1/activate", r#"{"proof":{"digits":"canary"}}"#, "`proof.digits` is malformed; expected: a whole number"),
    ("places/entra/tokens/1/activate", r#"{"proof":"canary"}"#, "`proof` is malformed"),
    ("places/entra/tokens/1/drift", r#"{"first":"1","second":"2"}"#, "`seed` is missing"),
    ("places/entra/tokens/1/unassign", r#"{"x":"canary"}"#, "`x` is unknown"),
    ("places/entra/replace", r#"{"user":"a","old":"ca nary","new":"1","proof":{}}"#, "`old` is malformed"),
    ("places/entra/drafts", r#"{"do":"canary"}"#, "`do` is malformed; expected: one of assign"),
    ("places/entra/drafts", r#"{"do":"assign","tokens":[{}]}"#, "`tokens[0].serial` is missing"),
    ("places/entra/tokens/1/activate", r#"{"proof":{"GEZDGNBVGY3TQOJQGEZDGNBVGY":"seed"}}"#, "`proof.…` is unknown"),
    ("places/entra/drafts", r#"{"do":"assign","tokens":[{"serial":"1","x":"canary"}]}"#, "`tokens[0].x` is unknown"),
    ("places/entra/drafts", r#"{"do":"assign","matching":{"x":"canary"}}"#, "`matching.x` is unknown"),
    ("calls", r#"{"on":true,"x":"canary"}"#, "`x` is unknown"),
    ("places/entra/settings", r#"{"idp":"entra","tenant":"a","client_id":"b","key":{"kind":"secret","value":"canary"},"x":1}"#, "`x` is unknown"),
    ("places/okta/settings", r#"{"idp":"okta","org":"a","key":{"kind":"canary","value":"canary"}}"#, "expected: token or app"),
    ("places/okta/settings", r#"{"idp":"okta","org":"a","key":{"kind":"token","value":"canary","x":1}}"#, "expected: \"kind\" or \"value\""),
    ("runs/1/pause", r#"{"x":"canary"}"#, "`x` is unknown"),
    ("drafts/1/begin", r#"{"plan":"canary"}"#, "`plan` is unknown"),
];

#[tokio::test(start_paused = true)]
async fn a_field_that_is_wrong_is_named_and_its_value_is_not() {
    let bench = Bench::new(Role::Admin).await;
    for (path, body, words) in WRONG_IN_A_BODY {
        let method = match path.ends_with("settings") || *path == "calls" {
            true => Method::PUT,
            false => Method::POST,
        };
        let body: Value = serde_json::from_str(body).unwrap();
        let said = bench.json(method, &format!("/api/v1/{path}"), &body).await;
        let (status, message) = refused(&said);
        assert_eq!(status, 400, "{path} {body}");
        assert!(message.contains(words), "{path} {body}: {message}");
        assert!(!message.contains("canary"), "{message}");
    }
}
