//! Access tokens, permissions, codes at sign-in.

use std::time::Duration;

use idp_sim::switches::entra::{ReplayPolicy, RetryAfter};
use idp_sim::{Idp, Rate, SignIn};

use serde_json::{Value, json};

use crate::client::{Client, DEVICES, code_at, device, methods};

#[tokio::test(start_paused = true)]
async fn a_token_that_is_ahead_is_learned_and_followed() {
    let client = Client::new(|_| {}).await;
    let id = client.create_for("S1", 1).await;
    // Two hours ahead: 240 steps.
    assert_eq!(
        client.activate(&id, 1, &client.code(7200)).await.status,
        204
    );
    assert_eq!(client.truth("S1").unwrap().drift, 240);
    client.wait(60).await;
    assert!(!client.sign_in(1, &client.code(0)).accepted);
    assert!(client.sign_in(1, &client.code(7200)).accepted);
    client.wait(60).await;
    assert!(client.sign_in(1, &client.code(7260)).accepted);
    assert_eq!(client.truth("S1").unwrap().drift, 242);
    client.wait(60).await;
    assert!(!client.sign_in(1, &client.code(7200 - 30)).accepted);
    assert!(client.sign_in(1, &client.code(7230)).accepted);
}

#[tokio::test(start_paused = true)]
async fn the_window_at_activation_is_a_day() {
    let client = Client::new(|_| {}).await;
    let id = client.create_for("S1", 1).await;
    assert_eq!(
        client
            .activate(&id, 1, &client.code(-2881 * 30))
            .await
            .status,
        400
    );
    assert_eq!(
        client
            .activate(&id, 1, &client.code(-2880 * 30))
            .await
            .status,
        204
    );
    assert_eq!(client.truth("S1").unwrap().drift, -2880);
}

#[tokio::test(start_paused = true)]
async fn a_code_works_once() {
    for (policy, same, older) in [
        (ReplayPolicy::SameStep, false, true),
        (ReplayPolicy::UpToStep, false, false),
        (ReplayPolicy::Allow, true, true),
    ] {
        let client = Client::new(|switches| switches.replay_policy = policy).await;
        let id = client.create_for("S1", 1).await;
        let code = client.code(0);
        client.activate(&id, 1, &code).await;
        assert_eq!(client.sign_in(1, &code).accepted, same);
        assert_eq!(client.sign_in(1, &client.code(-30)).accepted, older);
    }
}

#[tokio::test(start_paused = true)]
async fn only_an_activated_token_signs_in() {
    let client = Client::new(|_| {}).await;
    let id = client.create_for("S1", 1).await;
    assert_eq!(
        client.sign_in(1, &client.code(0)).reason.as_deref(),
        Some("no activated token")
    );
    client.activate(&id, 1, &client.code(0)).await;
    let attempt = |serial: &str, at| SignIn {
        idp: Idp::Entra,
        user: "USER0001@example.com".into(),
        serial: Some(serial.into()),
        code: code_at(at),
        at: Some(at),
    };
    let later = crate::client::START + 86_400;
    assert!(!client.sim.sign_in(&attempt("S2", later)).accepted);
    assert!(client.sim.sign_in(&attempt("S1", later)).accepted);
    client
        .call(
            "POST",
            &format!("{}/{id}/deactivate", methods(1)),
            Value::Null,
        )
        .await;
    assert!(!client.sim.sign_in(&attempt("S1", later + 30)).accepted);
    assert_eq!(
        client.sign_in(9, "000000").reason.as_deref(),
        Some("no such user")
    );
}

#[tokio::test(start_paused = true)]
async fn without_the_policy_nobody_signs_in() {
    const POLICY: &str = "/beta/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/hardwareOath";
    let client = Client::new(|switches| switches.policy_enabled = false).await;
    let id = client.create_for("S1", 1).await;
    assert_eq!(client.activate(&id, 1, &client.code(0)).await.status, 204);
    client.wait(60).await;
    let refused = client.sign_in(1, &client.code(0));
    assert!(!refused.accepted);
    assert_eq!(
        refused.reason.as_deref(),
        Some("the hardware OATH tokens policy is not enabled")
    );
    let enabled = json!({"state": "enabled"});
    assert_eq!(client.call("PATCH", POLICY, enabled).await.status, 204);
    assert!(client.sign_in(1, &client.code(0)).accepted);
}

#[tokio::test(start_paused = true)]
async fn the_service_can_have_another_time() {
    let client = Client::new(|switches| switches.clock_offset_s = -7200).await;
    let answer = client.get(DEVICES).await;
    // 1,800,000,000 is 08:00:00.
    assert_eq!(answer.headers["date"], "Fri, 15 Jan 2027 06:00:00 GMT");
    let id = client.create_for("S1", 1).await;
    client.activate(&id, 1, &client.code(-7200)).await;
    assert_eq!(client.truth("S1").unwrap().drift, 0);
}

#[tokio::test(start_paused = true)]
async fn the_token_endpoint_says_what_is_wrong() {
    let client = Client::new(|_| {}).await;
    for (field, value, status, number, error) in [
        ("tenant", "0000", 400, 90_002, "invalid_request"),
        ("client_id", "0000", 400, 700_016, "unauthorized_client"),
        ("client_secret", "0000", 401, 7_000_215, "invalid_client"),
        ("client_secret", "", 401, 7_000_216, "invalid_client"),
        (
            "grant_type",
            "password",
            400,
            70_003,
            "unsupported_grant_type",
        ),
        (
            "scope",
            "https://graph.sim.test/User.Read",
            400,
            1_002_012,
            "invalid_scope",
        ),
        (
            "scope",
            "https://other.test/.default",
            400,
            500_011,
            "invalid_resource",
        ),
        ("scope", "%2", 400, 900_144, "invalid_request"),
    ] {
        let answer = client.sign_in_app(&[(field, value)]).await;
        assert_eq!(answer.status, status, "{field}={value}");
        assert_eq!(answer.body["error_codes"], json!([number]));
        assert_eq!(answer.body["error"], error);
        assert!(
            !answer
                .body
                .to_string()
                .contains(&client.sim.entra().client_secret)
        );
    }
    assert_eq!(
        client
            .sign_in_app(&[("tenant", "sim.example")])
            .await
            .status,
        200
    );
    assert_eq!(client.sim.calls().on("token"), 10);

    let client = Client::new(|switches| switches.secret_expired = true).await;
    assert_eq!(
        client.sign_in_app(&[]).await.body["error_codes"],
        json!([7_000_222])
    );
}

#[tokio::test(start_paused = true)]
async fn access_tokens_expire() {
    let mut client = Client::new(|_| {}).await;
    client.wait(3598).await;
    assert_eq!(client.get(DEVICES).await.status, 200);
    client.wait(1).await;
    assert_eq!(
        client.get(DEVICES).await.refused(),
        (401, "InvalidAuthenticationToken".into())
    );
    client.token = "made up".to_owned();
    assert_eq!(
        client.get(DEVICES).await.refused(),
        (401, "InvalidAuthenticationToken".into())
    );
}

#[tokio::test(start_paused = true)]
async fn each_operation_needs_its_permission() {
    let denied = (403, "Authorization_RequestDenied".to_owned());
    let client = Client::new(|switches| {
        switches
            .set("granted_roles", "Policy.ReadWrite.AuthenticationMethod")
            .unwrap();
    })
    .await;
    let id = client.create("S1").await;
    assert_eq!(client.assign(&id, 1).await.refused(), denied);
    assert_eq!(client.get("/v1.0/users").await.refused(), denied);
    let mut assigned = device("S2");
    assigned["assignTo"] = json!({"id": "any"});
    assert_eq!(
        client.call("POST", DEVICES, assigned).await.refused(),
        denied
    );

    let client =
        Client::new(|switches| switches.set("granted_roles", "User.Read.All").unwrap()).await;
    assert_eq!(client.get("/v1.0/users").await.status, 200);
    for path in [DEVICES, "/v1.0/organization", &methods(1)] {
        assert_eq!(client.get(path).await.refused(), denied);
    }
    assert_eq!(
        client.get("/v1.0/nothing").await.refused(),
        (400, "BadRequest".into())
    );
}

#[tokio::test(start_paused = true)]
async fn quotas_can_be_set() {
    let client = Client::new(|switches| {
        switches.activation_rate = Some(Rate {
            count: 1,
            per: Duration::from_secs(30),
        });
        switches.retry_after = RetryAfter::Fractional;
    })
    .await;
    let id = client.create_for("S1", 1).await;
    assert_eq!(client.activate(&id, 1, &client.code(0)).await.status, 204);
    client.wait(10).await;
    let answer = client.activate(&id, 1, &client.code(0)).await;
    assert_eq!(answer.refused(), (429, "TooManyRequests".into()));
    assert_eq!(answer.headers["retry-after"], "20.000");
    assert_eq!(client.get(DEVICES).await.status, 200);
    client.wait(20).await;
    assert_eq!(client.activate(&id, 1, &client.code(0)).await.status, 204);
}
