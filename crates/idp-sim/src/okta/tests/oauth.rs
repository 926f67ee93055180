//! Access tokens for the service app: each rule, broken once.

mod app;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING as P256, EcdsaKeyPair};

use self::app::{App, TOKEN_URL, jwt};
use super::*;
use crate::act::Act;

#[test]
fn a_token_is_bound_to_the_key_of_its_proof() {
    let mut app = App::new(&[]);
    let answer = app.sign_in("okta.users.read okta.authenticators.read");
    assert_eq!(
        (answer.status, &answer.body["token_type"]),
        (200, &json!("DPoP"))
    );
    assert_eq!(answer.body["expires_in"], 3600);
    let token = answer.body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(app.get(&token).status, 200);
    // A thief has the token, but not the key.
    let stolen = app.call("Bearer", &token, "GET", "/api/v1/users", &json!({}));
    assert_eq!(stolen.code(), (401, "E0000011"));
    app.proof_key = EcdsaKeyPair::generate(&P256).unwrap();
    assert_eq!(app.get(&token).code(), (401, "E0000011"));
}

#[test]
fn an_assertion_is_judged_part_by_part() {
    let now = NOW;
    for change in [
        json!({"iss": "0oaOther"}),
        json!({"sub": "0oaOther"}),
        json!({"sub": null}),
        json!({"aud": "https://org.test/oauth2/default/v1/token"}),
        json!({"aud": "https://org.test"}),
        json!({"exp": null}),
        json!({"exp": now - 1}),
        json!({"exp": now + 3601}),
        json!({"iat": now + 1}),
    ] {
        let mut app = App::new(&[("dpop_nonce", "false")]);
        assert_eq!(app.try_with(&json!({}), &json!({})).status, 200);
        let answer = app.try_with(&change, &json!({}));
        assert_eq!(
            (answer.status, &answer.body["error"]),
            (401, &json!("invalid_client")),
            "{change}"
        );
        assert!(answer.body["errorCode"].is_null());
    }
}

#[test]
fn an_assertion_serves_once() {
    let mut app = App::new(&[("dpop_nonce", "false")]);
    let same = json!({"jti": "the-same"});
    assert_eq!(app.try_with(&same, &json!({})).status, 200);
    assert_eq!(
        app.try_with(&same, &json!({})).body["error"],
        "invalid_client"
    );
    // Without a name nothing is remembered.
    let unnamed = json!({"jti": null});
    assert_eq!(app.try_with(&unnamed, &json!({})).status, 200);
    assert_eq!(app.try_with(&unnamed, &json!({})).status, 200);
}

#[test]
fn an_assertion_is_signed_by_a_registered_key() {
    let mut app = App::new(&[("dpop_nonce", "false"), ("kid_needed", "true")]);
    let claims = app.claims();
    let unnamed = jwt(&json!({"alg": "ES256"}), &claims, &app.key);
    let proof = app.proof_claims("POST", TOKEN_URL, None);
    let proof = app.proof(&proof);
    let answer = app.post(&unnamed, Some(&proof), "okta.users.read");
    assert_eq!(answer.body["error"], "invalid_client");
    // Another key, which is registered afterwards.
    app.key = EcdsaKeyPair::generate(&P256).unwrap();
    assert_eq!(app.try_with(&json!({}), &json!({})).status, 401);
    std::mem::swap(&mut app.key, &mut app.proof_key);
    let mut key = app.jwk();
    std::mem::swap(&mut app.key, &mut app.proof_key);
    key["kid"] = json!("mine");
    app.act(&Act::RegisterKey {
        key: key.to_string(),
    });
    let claims = app.claims();
    let assertion = jwt(&json!({"alg": "ES256", "kid": "mine"}), &claims, &app.key);
    let proof = app.proof_claims("POST", TOKEN_URL, None);
    let proof = app.proof(&proof);
    assert_eq!(
        app.post(&assertion, Some(&proof), "okta.users.read").status,
        200
    );
    for alg in ["none", "HS256", "ES384", "RS256"] {
        let claims = app.claims();
        let assertion = jwt(&json!({"alg": alg, "kid": "mine"}), &claims, &app.key);
        let answer = app.post(&assertion, Some(&proof), "okta.users.read");
        assert_eq!(answer.body["error"], "invalid_client", "{alg}");
    }
}

#[test]
fn a_proof_is_judged_part_by_part() {
    let mut app = App::new(&[]);
    let token = app.token("okta.users.read");
    for change in [
        json!({"htm": "GET"}),
        json!({"htu": "https://org.test/oauth2/v1/token?x=1"}),
        json!({"htu": "https://evil.test/oauth2/v1/token"}),
        json!({"iat": null}),
        json!({"iat": NOW - 301}),
        json!({"iat": NOW + 301}),
        json!({"jti": null}),
        json!({"ath": "x"}),
    ] {
        let answer = app.try_with(&json!({}), &change);
        assert_eq!(
            (answer.status, &answer.body["error"]),
            (400, &json!("invalid_dpop_proof")),
            "{change}"
        );
    }
    for change in [
        json!({"htm": "POST"}),
        json!({"htu": "https://org.test/api/v1/users?limit=1"}),
        json!({"ath": null}),
        json!({"ath": "x"}),
        json!({"iat": NOW - 301}),
    ] {
        let answer = app.call("DPoP", &token, "GET", "/api/v1/users?limit=1", &change);
        assert_eq!(answer.status, 401, "{change}");
        let header = answer.header("www-authenticate");
        assert!(
            header.starts_with("DPoP ") && header.contains("invalid_dpop_proof"),
            "{header}"
        );
    }
    let named = json!({"jti": "once"});
    let path = "/api/v1/users?limit=1";
    assert_eq!(app.call("DPoP", &token, "GET", path, &named).status, 200);
    assert_eq!(app.call("DPoP", &token, "GET", path, &named).status, 401);
}

#[test]
fn a_proof_is_needed_unless_the_app_does_without() {
    for (dpop, with, without) in [
        ("required", Ok("DPoP"), Err("invalid_dpop_proof")),
        ("optional", Ok("DPoP"), Ok("Bearer")),
        ("off", Ok("Bearer"), Ok("Bearer")),
    ] {
        let mut app = App::new(&[("dpop", dpop), ("dpop_nonce", "false")]);
        for (sends, expected) in [(true, with), (false, without)] {
            let claims = app.claims();
            let proof = app.proof_claims("POST", TOKEN_URL, None);
            let (assertion, proof) = (app.assertion(&claims), app.proof(&proof));
            let answer = app.post(&assertion, sends.then_some(&proof), "okta.users.read");
            match expected {
                Ok(kind) => assert_eq!(answer.body["token_type"], kind, "{dpop}"),
                Err(error) => assert_eq!(answer.body["error"], error, "{dpop}"),
            }
        }
    }
}

#[test]
fn a_nonce_is_asked_for_and_an_old_one_is_good_for_days() {
    let mut app = App::new(&[("dpop_call_nonce", "true")]);
    let refused = app.try_with(&json!({}), &json!({}));
    assert_eq!(
        (refused.status, &refused.body["error"]),
        (400, &json!("use_dpop_nonce"))
    );
    let token = app.token("okta.users.read");
    // The nonces of calls are others.
    let challenge = app.get(&token);
    assert_eq!(challenge.status, 401);
    assert!(
        challenge
            .header("www-authenticate")
            .contains("use_dpop_nonce")
    );
    let of_sign_in = app.nonce.replace(challenge.header("dpop-nonce").to_owned());
    assert_eq!(app.get(&token).status, 200);
    app.nonce = of_sign_in;
    app.org.now += 3 * 86_400;
    assert_eq!(app.try_with(&json!({}), &json!({})).status, 200);
    app.org.now += 86_400 + 1;
    assert_eq!(
        app.try_with(&json!({}), &json!({})).body["error"],
        "use_dpop_nonce"
    );
}

#[test]
fn calls_need_their_scope() {
    let mut app = App::new(&[]);
    let token = app.token("okta.users.read");
    assert_eq!(app.get(&token).status, 200);
    let path = "/api/v1/users/Ann%40a.test/factors?activate=true";
    for (method, path) in [("POST", path), ("GET", "/api/v1/authenticators")] {
        let answer = app.call("DPoP", &token, method, path, &json!({}));
        assert_eq!(answer.code(), (403, "E0000006"), "{path}");
        assert!(
            answer
                .header("www-authenticate")
                .contains("insufficient_scope")
        );
    }
    // To manage includes to read.
    let token = app.token("okta.users.manage");
    assert_eq!(app.get(&token).status, 200);
    for scope in ["", "okta.logs.read", "okta.users.read okta.logs.read"] {
        let answer = app.sign_in(scope);
        assert_eq!(
            (answer.status, &answer.body["error"]),
            (400, &json!("invalid_scope")),
            "{scope}"
        );
    }
}

#[test]
fn tokens_end_by_time_and_by_order() {
    let mut app = App::new(&[]);
    let token = app.token("okta.users.read");
    app.org.now += 3599;
    assert_eq!(app.get(&token).status, 200);
    app.org.now += 1;
    let ended = app.get(&token);
    assert_eq!(ended.code(), (401, "E0000011"));
    assert!(ended.header("www-authenticate").contains("invalid_token"));
    let token = app.token("okta.users.read");
    app.act(&Act::WithdrawTokens);
    assert_eq!(app.get(&token).status, 401);
    let token = app.token("okta.users.read");
    app.act(&Act::DeactivateApp);
    assert_eq!(app.get(&token).status, 401);
    assert_eq!(
        app.sign_in("okta.users.read").body["error"],
        "invalid_client"
    );
    app.act(&Act::RevokeApiToken);
    assert_eq!(app.org.get("/api/v1/users").code(), (401, "E0000011"));
}

#[test]
fn outside_of_the_network_zone_there_is_no_token() {
    let mut app = App::new(&[("app_in_zone", "false")]);
    let answer = app.sign_in("okta.users.read");
    assert_eq!(
        (answer.status, &answer.body["error"]),
        (403, &json!("access_denied"))
    );
}

#[test]
fn what_is_no_such_request_is_told() {
    let mut app = App::new(&[]);
    for (kind, body, error) in [
        ("application/json", "{}", "invalid_request"),
        (
            "application/x-www-form-urlencoded",
            "scope=a&scope=b",
            "invalid_request",
        ),
        (
            "application/x-www-form-urlencoded",
            "grant_type=password",
            "unsupported_grant_type",
        ),
        (
            "application/x-www-form-urlencoded",
            "grant_type=client_credentials&client_secret=x",
            "invalid_client",
        ),
    ] {
        let request = http::Request::post(TOKEN_URL).header("content-type", kind);
        let answer = app.org.exchange(&request.body(body.into()).unwrap());
        assert_eq!(answer.body["error"], error, "{body}");
    }
}
