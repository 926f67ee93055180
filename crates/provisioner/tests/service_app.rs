//! Whole runs in Okta as a service app, whatever of what is only assumed of its sign-in turns out to be
//! true.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use idp_http::BaseUrl;
use idp_sim::{Act, Fault, Idp, Rule, SimConfig};
use okta_factors::{Credential, OktaClient, PrivateKey, ProofKey};
use provisioner::okta::Okta;
use provisioner::{Failure, Goal, Outcome, Pace, Stopped};
use support::{Run, World, counts, mixed_file};
use tokio_util::sync::CancellationToken;

const TOKENS: usize = 40;

fn world(switches: &[(&str, &str)]) -> World {
    let mut config = SimConfig::with_people(TOKENS);
    config.latency = Duration::from_millis(400);
    for (name, value) in switches {
        config.okta.set(name, value).unwrap();
    }
    World::with(config, mixed_file(TOKENS))
}

async fn connect(world: &World) -> Result<Okta, Failure> {
    let access = world.sim.okta();
    let count = AtomicU32::new(0);
    let names = move || format!("name-{}", count.fetch_add(1, Ordering::Relaxed));
    let credential = Credential::service_app(
        access.client_id,
        PrivateKey::parse(&access.private_key).unwrap(),
        ProofKey::from_random(&[7; 32]).unwrap(),
        Arc::new(names),
    );
    let client = OktaClient::new(
        Arc::clone(&world.transport),
        Arc::clone(&world.clock),
        credential,
        BaseUrl::parse(&access.org_url).unwrap(),
    );
    Okta::connect(client, &Pace::new(Arc::clone(&world.clock)), None).await
}

async fn provision(world: &World) -> Run {
    let okta = connect(world).await.unwrap();
    world
        .run(&okta, Goal::Activated, &CancellationToken::new())
        .await
}

async fn works(switches: &[(&str, &str)]) -> World {
    let world = world(switches);
    let run = provision(&world).await;
    assert!(run.stopped.is_none(), "{switches:?}: {:?}", run.stopped);
    assert_eq!(counts(&run.report), (TOKENS, 0), "{switches:?}");
    world.check(Idp::Okta, &run.report).await;
    world
}

#[tokio::test(start_paused = true)]
async fn every_assumption_ends_right() {
    for (name, values) in [
        ("dpop", &["required", "optional", "off"][..]),
        ("dpop_nonce", &["true", "false"]),
        ("dpop_call_nonce", &["true"]),
        ("dpop_nonce_life_s", &["1"]),
        ("dpop_nonce_grace_s", &["0"]),
        ("dpop_before_client", &["true"]),
        ("proof_age_s", &["5", "3600"]),
        ("assertion_skew_s", &["0", "300"]),
        ("kid_needed", &["true"]),
        ("scope_challenge", &["false"]),
        ("access_token_life_s", &["20", "600"]),
        (
            "app_scopes",
            &["okta.users.manage,okta.authenticators.read"],
        ),
        ("clock_offset_s", &["-10800", "-90", "90", "10800"]),
    ] {
        for value in values {
            works(&[(name, value)]).await;
        }
    }
    works(&[("date_spread_s", "2"), ("assertion_skew_s", "300")]).await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ends_in_the_middle_of_a_run_is_renewed_once() {
    // It is used for half of its short life; a sign-in costs one call from then on.
    let short = works(&[("access_token_life_s", "6"), ("rate_users", "20")]).await;
    let sign_ins = short.sim.calls().on("token");
    assert!((4..20).contains(&sign_ins), "{sign_ins}");
    let world = world(&[]);
    let end = Fault::Interfere {
        act: Act::WithdrawTokens,
        after: false,
    };
    world.faults(vec![Rule::nth("factors.enroll", 17, end)]);
    let run = provision(&world).await;
    assert_eq!(counts(&run.report), (TOKENS, 0));
    world.check(Idp::Okta, &run.report).await;
    // The nonce, the first token, and one more for all workers.
    assert_eq!(world.sim.calls().on("token"), 3);
}

#[tokio::test(start_paused = true)]
async fn an_app_that_is_deactivated_stops_the_run_in_order() {
    let world = world(&[]);
    let end = Fault::Interfere {
        act: Act::DeactivateApp,
        after: false,
    };
    world.faults(vec![Rule::nth("factors.enroll", 17, end)]);
    let run = provision(&world).await;
    let Some(Stopped::Provider(failure)) = &run.stopped else {
        panic!("{:?}", run.stopped);
    };
    assert_eq!(failure.problem.code, "sign-in");
    let (done, _) = counts(&run.report);
    assert!((1..TOKENS).contains(&done), "{done}");
    let rows = run.report.rows.iter();
    let pending = rows.filter(|row| row.outcome == Outcome::Pending).count();
    assert_eq!(done + pending, TOKENS, "no row is lost, none has failed");
    // The wrong credential was tried once, not once a worker.
    assert_eq!(world.sim.calls().on("token"), 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_granted_stops_before_anything_is_sent() {
    for (name, value) in [("app_scopes", "okta.users.read"), ("app_in_zone", "false")] {
        let world = world(&[(name, value)]);
        let failure = connect(&world).await.unwrap_err();
        assert_eq!(failure.problem.code, "sign-in", "{name}");
        assert_eq!(world.sim.calls().writes, 0);
    }
}
