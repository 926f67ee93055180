//! Credentials that expire, are revoked, or lose a right in the middle.

use std::time::Duration;

use idp_sim::{Fault, Idp, Rule, SimConfig};
use provisioner::{Outcome, Stopped};

use crate::support::{BOTH, World, counts, mixed_file};
use crate::{code, ends, every, status};

const TOKENS: usize = 1000;

fn tenant() -> World {
    let mut config = SimConfig::with_people(TOKENS);
    config.latency = Duration::from_millis(50);
    World::with(config, mixed_file(TOKENS))
}

/// Calls that are on their way when it happens are all that fail.
#[tokio::test(start_paused = true)]
async fn a_credential_that_is_revoked_in_the_middle_stops_the_run_and_not_every_row() {
    for idp in BOTH {
        let world = tenant();
        let from = Rule {
            from_ms: Some(1500),
            ..Rule::always(status(401, None))
        };
        world.faults(vec![from]);
        let run = world.provision(idp).await;
        let Some(Stopped::Provider(failure)) = &run.stopped else {
            panic!("{idp:?} {:?}", run.stopped);
        };
        assert_eq!(failure.problem.code, "sign-in", "{}", failure.problem);
        let refused: u64 = world
            .sim
            .calls()
            .calls
            .iter()
            .filter(|call| call.status == "401")
            .map(|call| call.count)
            .sum();
        assert!((1..=80).contains(&refused), "{idp:?}: {refused}");
        assert_eq!(ends(&run.report, Outcome::Failed), 0);
        assert!(run.report.counts.pending > 500);
        // With a new credential the run goes on.
        world.faults(Vec::new());
        world.clock.sleep(Duration::from_secs(60)).await;
        let (report, stopped) = world.resume(idp, &world.ledger.last_run(), &run.plan).await;
        assert!(stopped.is_none(), "{stopped:?}");
        assert_eq!(counts(&report), (TOKENS, 0));
        world.check(idp, &report).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_api_token_that_expires_in_the_middle_stops_the_run() {
    let mut config = SimConfig::with_people(TOKENS);
    config.latency = Duration::from_millis(50);
    config.set("okta.token_life_s", "2").unwrap();
    let world = World::with(config, mixed_file(TOKENS));
    let run = world.provision(Idp::Okta).await;
    let Some(Stopped::Provider(failure)) = &run.stopped else {
        panic!("{:?}", run.stopped);
    };
    assert_eq!(failure.problem.code, "sign-in");
    assert!(run.report.counts.done > 0 && run.report.counts.pending > 0);
    assert_eq!(ends(&run.report, Outcome::Failed), 0);
}

/// An access token lives for an hour, and here for little more than the refresh ahead of its end.
#[tokio::test(start_paused = true)]
async fn an_access_token_that_expires_is_renewed_once_for_all_workers() {
    let mut config = SimConfig::with_people(TOKENS);
    config.latency = Duration::from_millis(800);
    config.set("entra.token_lifetime_s", "20").unwrap();
    let world = World::with(config, mixed_file(TOKENS));
    let run = world.provision(Idp::Entra).await;
    assert_eq!(counts(&run.report), (TOKENS, 0), "{:?}", run.stopped);
    let renewals = world.sim.calls().on("token");
    assert!((2..=6).contains(&renewals), "{renewals}");
    assert_eq!(run.report.calls.throttled, 0);
}

/// Once 401 although the token was good: it is renewed, and the call made again.
#[tokio::test(start_paused = true)]
async fn one_refused_access_token_costs_one_more_call() {
    for route in ["devices.bulk-create", "methods.activate", "devices.list"] {
        let world = World::new(20, mixed_file(20));
        world.faults(vec![Rule::nth(route, 1, status(401, None))]);
        let run = world.provision(Idp::Entra).await;
        assert_eq!(counts(&run.report), (20, 0), "{route} {:?}", run.stopped);
        world.check(Idp::Entra, &run.report).await;
    }
}

/// After earlier successes one 403 may be about its user alone, but not fifty in a row.
#[tokio::test(start_paused = true)]
async fn a_right_that_is_lost_in_the_middle_stops_the_run() {
    for (idp, route) in [
        (Idp::Entra, "methods.activate"),
        (Idp::Okta, "factors.enroll"),
    ] {
        let world = tenant();
        world.faults(vec![Rule {
            skip: 100,
            ..every(route, status(403, None))
        }]);
        let run = world.provision(idp).await;
        let active = world
            .truth(idp)
            .values()
            .filter(|token| token.active)
            .count();
        assert_eq!(active, 100);
        let Some(Stopped::Provider(failure)) = &run.stopped else {
            panic!("{idp:?} {:?}: {:?}", run.stopped, run.report.counts);
        };
        assert_eq!(failure.problem.code, "permission");
        assert!(world.sim.calls().on(route) < 300);
    }
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_is_refused_stops_before_anything_is_read() {
    let mut config = SimConfig::with_people(3);
    config.set("entra.secret_expired", "true").unwrap();
    let world = World::with(config, mixed_file(3));
    let stopped = world.try_provision(Idp::Entra).await.unwrap_err();
    assert!(stopped.to_string().contains("secret"), "{stopped}");
    assert_eq!(world.sim.calls().on("token"), 1);
    assert_eq!(world.sim.calls().total, 1);
}

/// Trouble at the token endpoint in the middle of a run is trouble, not a refusal.
#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_is_away_for_a_while_is_waited_for() {
    for fault in [
        status(503, None),
        status(429, Some("5")),
        Fault::ResetBefore,
        Fault::HangBefore { ms: 20_000 },
    ] {
        let mut config = SimConfig::with_people(60);
        config.latency = Duration::from_secs(10);
        config.set("entra.token_lifetime_s", "310").unwrap();
        let world = World::with(config, mixed_file(60));
        world.faults(vec![Rule {
            skip: 1,
            times: Some(5),
            ..every("token", fault.clone())
        }]);
        let run = world.provision(Idp::Entra).await;
        assert_eq!(
            counts(&run.report),
            (60, 0),
            "{fault:?} {:?} {}",
            run.stopped,
            code(&run.report, 0)
        );
        world.check(Idp::Entra, &run.report).await;
    }
}
