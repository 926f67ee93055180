//! Sign-ins that bring no token: what may be done next, and what a person can do.

use std::time::Duration;

use idp_http::{Response, Retry};
use okta_factors::{EnrollFactor, Error, GetOrganization, ListUsers, ProfileId, UserId};

use crate::org::answer;
use crate::service_app::{ACCESS_TOKEN, World, challenge, done, form, refusal, token};

async fn refused(answers: impl IntoIterator<Item = Response>) -> Error {
    World::new(answers)
        .client
        .send(&GetOrganization)
        .await
        .unwrap_err()
}

#[tokio::test]
async fn each_refusal_says_what_to_do() {
    for (status, error, advice) in [
        (401, "invalid_client", "OKTA_CLIENT_PRIVATEKEYID"),
        (
            400,
            "invalid_scope",
            "okta.users.manage okta.authenticators.read",
        ),
        (403, "access_denied", "network zone"),
        (400, "invalid_dpop_proof", "clock"),
        (400, "unauthorized_client", "API Services"),
        (400, "unsupported_grant_type", "API Services"),
        (400, "invalid_request", "support"),
        (400, "something_new", "support"),
        (404, "", "OKTA_CLIENT_ORGURL"),
        (302, "", "OKTA_CLIENT_ORGURL"),
    ] {
        let error = refused([refusal(status, error, &[("x-okta-request-id", "r-1")])]).await;
        assert_eq!(
            (error.retry(), error.is_sign_in()),
            (Retry::Never, true),
            "{error}"
        );
        assert_eq!(error.request_id(), Some("r-1"));
        assert!(
            error.next_step().contains(advice),
            "{error}: {}",
            error.next_step()
        );
        assert!(!error.is_permission() && !error.is_throttled());
    }
    let said = refused([refusal(400, "invalid_scope", &[])])
        .await
        .to_string();
    assert_eq!(
        said,
        "sign in: Because of invalid_scope. (HTTP 400, invalid_scope)"
    );
}

#[tokio::test]
async fn what_passes_may_be_tried_again() {
    let busy = answer(
        429,
        &[
            ("x-rate-limit-limit", "50"),
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", "1795291230"),
            ("date", "Sat, 21 Nov 2026 20:00:00 GMT"),
        ],
        r#"{"errorCode":"E0000047","errorSummary":"API call exceeded rate limit"}"#,
    );
    let error = refused([busy]).await;
    let after = Some(Duration::from_secs(31));
    assert_eq!(
        (error.retry(), error.is_throttled()),
        (Retry::Safe { after }, true)
    );
    assert!(error.to_string().contains("E0000047"), "{error}");
    for status in [500, 502, 503, 504] {
        let error = refused([answer(status, &[], "<html>")]).await;
        assert_eq!(
            (error.retry(), error.is_sign_in()),
            (Retry::Safe { after: None }, false)
        );
    }
}

#[tokio::test]
async fn an_endless_challenge_ends_after_one_repetition() {
    let world = World::new([challenge("n-1"), challenge("n-2"), challenge("n-3")]);
    let error = world.client.send(&GetOrganization).await.unwrap_err();
    assert!(
        error.is_sign_in() && error.next_step().contains("proxy"),
        "{error}"
    );
    assert_eq!(world.seen().len(), 2);
    // No nonce, or none that could stand in a header: nothing to repeat with.
    for headers in [
        &[][..],
        &[("dpop-nonce", "")],
        &[("dpop-nonce", &"n".repeat(1025))],
    ] {
        let world = World::new([refusal(400, "use_dpop_nonce", headers)]);
        assert!(
            world
                .client
                .send(&GetOrganization)
                .await
                .unwrap_err()
                .is_sign_in()
        );
        assert_eq!(world.seen().len(), 1);
    }
}

#[tokio::test]
async fn what_is_no_token_is_no_success() {
    let deep = format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000));
    for body in [
        "",
        "<html>Sign in</html>",
        "{}",
        "null",
        r#"{"token_type":"DPoP","expires_in":3600}"#,
        r#"{"token_type":"DPoP","access_token":""}"#,
        r#"{"token_type":"DPoP","access_token":7}"#,
        r#"{"token_type":"DPoP","access_token":"a\nb"}"#,
        r#"{"token_type":"mac","access_token":"abc"}"#,
        r#"{"token_type":["DPoP"],"access_token":"abc"}"#,
        r#"{"access_token":"abc"}"#,
        r#"{"token_type":"DPoP","access_token":"eyJ-ACCESS"#,
        &deep,
    ] {
        let error = refused([answer(200, &[], body)]).await;
        assert!(
            matches!(
                error,
                Error::Answer {
                    operation: "sign in",
                    ..
                }
            ),
            "{body}"
        );
        assert!(error.next_step().contains("OKTA_CLIENT_ORGURL"), "{error}");
        assert!(!format!("{error:?}").contains("eyJ"), "{error:?}");
    }
    let error = refused([answer(204, &[], "")]).await;
    assert!(matches!(error, Error::SignIn(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_token_without_a_good_lifetime_serves_once() {
    for lifetime in ["null", "-1", "0", "1e9", "\"soon\"", "[]"] {
        let body =
            format!(r#"{{"token_type":"DPoP","expires_in":{lifetime},"access_token":"abc"}}"#);
        let short = || answer(200, &[], &body);
        let world = World::new([short(), done(), short(), done()]);
        for _ in 0..2 {
            world.client.send(&GetOrganization).await.unwrap();
        }
        assert_eq!(world.seen().len(), 4, "{lifetime}");
    }
    let text = r#"{"token_type":"DPoP","expires_in":"3600","access_token":"abc"}"#;
    let world = World::new([answer(200, &[], text), done(), done()]);
    for _ in 0..2 {
        world.client.send(&GetOrganization).await.unwrap();
    }
}

/// A careless endpoint quotes what it refuses.
#[tokio::test]
async fn nothing_secret_is_repeated() {
    let world = World::new([refusal(400, "invalid_request", &[])]);
    world.client.send(&GetOrganization).await.unwrap_err();
    let seen = world.seen();
    let assertion = &form(&seen[0])[3].1;
    // The names of assertions are counted, but signatures differ.
    let echo: std::sync::Arc<std::sync::Mutex<String>> = std::sync::Arc::default();
    let keep = std::sync::Arc::clone(&echo);
    let client = crate::service_app::client(idp_http::WithTransport(
        move |request: idp_http::Request| {
            let assertion = form(&request)[3].1.clone();
            let body = serde_json::json!({"error": assertion, "error_description": format!("bad: {assertion}")});
            *keep.lock().unwrap() = assertion;
            Ok(answer(401, &[], &body.to_string()))
        },
    ));
    let error = client.send(&GetOrganization).await.unwrap_err();
    let echoed = echo.lock().unwrap().clone();
    let shown = format!(
        "{error} {error:?} {} {client:?} {seen:?}",
        error.next_step()
    );
    for secret in [&echoed, assertion] {
        assert!(
            secret.len() > 100 && !shown.contains(secret.as_str()),
            "{shown}"
        );
    }
    assert!(shown.contains("[redacted]"));
}

#[tokio::test]
async fn the_token_is_never_shown() {
    // A careless org quotes it.
    let body = format!(
        r#"{{"errorCode":"E0000011","errorSummary":"{} {ACCESS_TOKEN}!","errorCauses":[{{"errorSummary":"{ACCESS_TOKEN}"}}]}}"#,
        "x".repeat(480)
    );
    let world = World::new([token(), answer(401, &[], &body)]);
    let error = world.client.send(&ListUsers::all()).await.unwrap_err();
    let jwk = crate::keys::curve_jwk(&crate::keys::P256, "P-256");
    let shown = format!("{error} {error:?} {:?} {:?}", world.client, world.seen());
    for secret in [&ACCESS_TOKEN[..8], jwk["d"].as_str().unwrap()] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("[REDACTED]"));
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let challenge = "DPoP error=\"insufficient_scope\", error_description=\"x\"";
    let body = r#"{"errorCode":"E0000006","errorSummary":"You do not have permission"}"#;
    let missing = answer(403, &[("www-authenticate", challenge)], body);
    let world = World::new([token(), missing]);
    let enroll = EnrollFactor {
        user: UserId::parse("00u1").unwrap(),
        profile: ProfileId::parse("fpr1").unwrap(),
        shared_secret: "JBSWY3DPEHPK3PXP".into(),
    };
    let error = world.client.send(&enroll).await.unwrap_err();
    assert!(error.is_permission() && !error.is_sign_in());
    let next = error.next_step();
    for word in [
        "service app",
        "okta.users.manage",
        "okta.users.credentials.manage",
    ] {
        assert!(next.contains(word), "{next}");
    }
    assert!(!next.contains("OKTA_CLIENT_TOKEN"), "{next}");
}
