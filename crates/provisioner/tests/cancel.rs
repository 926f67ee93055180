//! A run that is stopped and not gone on with: nothing more is sent, and the report is what is there.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::time::Duration;

use idp_sim::{Fault, Idp, Rule, SimConfig};
use provisioner::{Goal, Ledger, Outcome, Problem, Report, State, Stopped};
use support::{BOTH, Run, World, answered, counts, mixed_file};
use tokio_util::sync::CancellationToken;

fn why() -> Problem {
    Problem::new("cancelled", "ann cancelled the run", "plan it again")
}

/// A run of a service whose calls take 100 ms, stopped after a while.
async fn stopped(world: &World, idp: Idp, after: Duration) -> Run {
    let stop = CancellationToken::new();
    let later = async {
        world.clock.sleep(after).await;
        stop.cancel();
    };
    let provider = world.provider(idp).await;
    let (run, ()) = tokio::join!(world.run(&*provider, Goal::Activated, &stop), later);
    assert!(matches!(run.stopped, Some(Stopped::Interrupted)));
    assert!(run.report.counts.pending > 0);
    run
}

fn slow(tokens: usize) -> World {
    let mut config = SimConfig::with_people(tokens);
    config.latency = Duration::from_millis(100);
    World::with(config, mixed_file(tokens))
}

fn states(report: &Report, outcome: Outcome) -> Vec<Option<State>> {
    let rows = report.rows.iter().filter(|row| row.outcome == outcome);
    rows.map(|row| row.state).collect()
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_cancelled_midway_reports_what_is_there() {
    for idp in BOTH {
        let world = slow(1500);
        let run = stopped(&world, idp, Duration::from_millis(2500)).await;
        let (name, writes) = (world.ledger.last_run(), world.sim.calls().writes);
        let (report, stopped) = world.cancel(idp, &name, &run.plan, &why()).await;
        assert!(stopped.is_none(), "{stopped:?}");
        assert_eq!(world.sim.calls().writes, writes, "nothing is sent");
        assert_eq!(report.counts.pending, 0, "{idp:?} {:?}", report.counts);
        let (done, all) = (report.counts.done, report.counts.rows);
        assert!(0 < done && done < all, "{idp:?} {:?}", report.counts);
        world.check(idp, &report).await;
        // What the ledger keeps is what was reported.
        let history = world.ledger.history(&name).await.unwrap();
        for row in &report.rows {
            let kept = history[row.serial.as_ref().unwrap()]
                .result
                .as_ref()
                .unwrap();
            assert_eq!((kept.outcome, &kept.error), (row.outcome, &row.error));
        }
        // It is over.
        let (again, stopped) = world.resume(idp, &name, &run.plan).await;
        assert!(stopped.is_none());
        assert_eq!(
            (again.counts, world.sim.calls().writes),
            (report.counts, writes)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_on_their_way_say_how_far_they_came() {
    let world = slow(40);
    world.faults(vec![answered("methods.activate", 503)]);
    let run = stopped(&world, Idp::Entra, Duration::from_secs(5)).await;
    let name = world.ledger.last_run();
    let (report, stopped) = world.cancel(Idp::Entra, &name, &run.plan, &why()).await;
    assert!(stopped.is_none(), "{stopped:?}");
    assert_eq!(report.counts.failed, 40, "{:?}", report.counts);
    let failed = states(&report, Outcome::Failed);
    assert!(failed.iter().all(|state| *state == Some(State::Assigned)));
    let problem = report.rows[0].error.as_ref().unwrap();
    assert_eq!(problem.code, "cancelled");
    let message = "ann cancelled the run; it was on its way, and the provider has it as assigned";
    assert_eq!(
        (problem.message.as_str(), problem.next.as_str()),
        (message, "plan it again")
    );
    world.check(Idp::Entra, &report).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_not_begun_is_rejected_without_a_look() {
    for idp in BOTH {
        let world = World::new(3, mixed_file(3));
        let plan = world.plan(idp, Goal::Activated).await.unwrap();
        let name = world.ledger.new_run();
        world.ledger.begin(&name, &plan).await.unwrap();
        let before = world.sim.calls().writes;
        let (report, stopped) = world.cancel(idp, &name, &plan, &why()).await;
        assert!(stopped.is_none());
        assert_eq!(world.sim.calls().writes, before);
        assert_eq!((report.counts.rejected, counts(&report)), (3, (0, 0)));
        assert!(report.rows.iter().all(|row| row.error == Some(why())));
        assert!(world.truth(idp).is_empty());
    }
}

/// The service carries the lost activation out after the run was stopped.
#[tokio::test(start_paused = true)]
async fn a_call_in_doubt_is_given_time() {
    let world = World::new(1, mixed_file(1));
    world.faults(vec![Rule {
        nth: Some(1),
        route: Some("methods.activate".to_owned()),
        ..Rule::always(Fault::ResetThenWork { ms: 8000 })
    }]);
    // A new code is three seconds away.
    world.clock.sleep(Duration::from_secs(20)).await;
    let run = stopped(&world, Idp::Entra, Duration::from_secs(1)).await;
    let name = world.ledger.last_run();
    let (report, stopped) = world.cancel(Idp::Entra, &name, &run.plan, &why()).await;
    assert!(stopped.is_none());
    assert_eq!(counts(&report), (1, 0), "{:?}", report.rows);
    world.check(Idp::Entra, &report).await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_looked_at_stays_pending_until_it_can() {
    let world = slow(1500);
    let run = stopped(&world, Idp::Okta, Duration::from_millis(2500)).await;
    let name = world.ledger.last_run();
    world.faults(vec![
        answered("factors.list", 401),
        answered("factors.get", 401),
    ]);
    let (report, stopped) = world.cancel(Idp::Okta, &name, &run.plan, &why()).await;
    assert!(matches!(stopped, Some(Stopped::Provider(_))), "{stopped:?}");
    assert!(
        report.counts.pending > 0 && report.counts.rejected > 0,
        "{:?}",
        report.counts
    );
    world.faults(Vec::new());
    let (report, stopped) = world.cancel(Idp::Okta, &name, &run.plan, &why()).await;
    assert!(stopped.is_none(), "{stopped:?}");
    assert_eq!(report.counts.pending, 0);
    world.check(Idp::Okta, &report).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_of_another_tenant_is_not_cancelled_here() {
    let world = World::new(1, mixed_file(1));
    let plan = world.plan(Idp::Okta, Goal::Activated).await.unwrap();
    let name = world.ledger.new_run();
    world.ledger.begin(&name, &plan).await.unwrap();
    let (report, stopped) = world.cancel(Idp::Entra, &name, &plan, &why()).await;
    assert!(stopped.is_some_and(|stopped| stopped.to_string().contains("this sign-in is for")));
    assert_eq!(report.counts.pending, 1);
    assert!(world.ledger.history(&name).await.unwrap().is_empty());
}

/// An answer is lost, and Okta says of no factor which token it is.
#[tokio::test(start_paused = true)]
async fn a_factor_that_may_be_the_token_is_named_as_such() {
    let world = World::new(1, mixed_file(1));
    world.faults(vec![Rule {
        route: Some("factors.enroll".to_owned()),
        ..Rule::always(Fault::ResetAfter)
    }]);
    let run = stopped(&world, Idp::Okta, Duration::from_secs(1)).await;
    let name = world.ledger.last_run();
    let (report, stopped) = world.cancel(Idp::Okta, &name, &run.plan, &why()).await;
    assert!(stopped.is_none(), "{stopped:?}");
    assert_eq!(states(&report, Outcome::Failed), [Some(State::Activated)]);
    let problem = report.rows[0].error.as_ref().unwrap();
    let says = "the user has one as activated that may be it";
    assert!(problem.message.ends_with(says), "{}", problem.message);
    world.check(Idp::Okta, &report).await;
}
