//! Okta behind the same core: a token enrolled through the transport signs in.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod faults;
mod org;

use std::sync::Arc;
use std::time::Duration;

use idp_http::{Body, TokioClock, Transport};
use idp_sim::{Fault, Idp, Rule, SignIn, Sim, SimConfig};
use oath_core::{Algorithm, Digits, Key, Totp};
use serde_json::json;

const START: u64 = 1_800_000_000;
const USER: &str = "user0001@example.com";

async fn enroll(sim: &Sim) -> Option<u16> {
    let okta = sim.okta();
    let body = json!({
        "factorType": "token:hotp", "provider": "CUSTOM", "factorProfileId": okta.profiles.first()?.id,
        "profile": {"sharedSecret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"},
    });
    let request = http::Request::post(format!(
        "{}/api/v1/users/{USER}/factors?activate=true",
        okta.org_url
    ))
    .header("authorization", format!("SSWS {}", okta.token))
    .header("content-type", "application/json")
    .body(Body::from(body.to_string().into_bytes()))
    .unwrap();
    let answer = sim.transport().send(request).await.ok()?;
    Some(answer.status().as_u16())
}

#[tokio::test(start_paused = true)]
async fn a_token_is_enrolled_and_signs_in() {
    let clock = TokioClock::starting_at(Duration::from_secs(START));
    let sim = Sim::new(SimConfig::with_people(1), Arc::new(clock));
    let lost = Rule::nth("factors.enroll", 1, Fault::ResetBefore);
    sim.set_faults(vec![lost].into());
    assert_eq!(enroll(&sim).await, None);
    assert!(sim.state().okta.factors.is_empty());
    assert_eq!(enroll(&sim).await, Some(200));

    let profile = sim.okta().profiles.first().cloned().unwrap();
    assert_eq!(profile.algorithm, "sha1");
    let totp = Totp::new(
        Digits::new(profile.digits).unwrap(),
        profile.period.try_into().unwrap(),
    );
    let key = Key::new(Algorithm::Sha1, b"12345678901234567890");
    let attempt = |code: &str| SignIn {
        idp: Idp::Okta,
        user: USER.to_owned(),
        serial: None,
        code: code.to_owned(),
        at: None,
    };
    assert!(!sim.sign_in(&attempt("000000")).accepted);
    let code = totp.generate(&key, START);
    assert!(sim.sign_in(&attempt(code.as_str())).accepted);
    assert_eq!(sim.calls().on("factors.enroll"), 2);
}
