//! The main job: every token of a file ends usable, exactly once, with few calls, whatever fails.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use std::time::Duration;

use idp_sim::{Fault, Idp, Rule};
use provisioner::{Decision, Goal, Outcome, State, Stopped};
use support::{BOTH, World, counts, mixed_file, per_token, storm, tempest};
use tokio_util::sync::CancellationToken;

#[tokio::test(start_paused = true)]
async fn a_thousand_tokens_at_about_one_call_each() {
    for idp in BOTH {
        let world = World::new(1000, mixed_file(1000));
        let run = world.provision(idp).await;
        assert!(run.stopped.is_none());
        assert_eq!(counts(&run.report), (1000, 0), "{idp:?}");
        world.check(idp, &run.report).await;
        // What the simulator counted: sign-in and everything read beforehand included.
        let calls = world.sim.calls();
        assert!(calls.total <= 1100, "{idp:?}: {} calls", calls.total);
        assert!(per_token(run.report.calls, 1000) <= 1.1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_file_again_writes_nothing() {
    for idp in BOTH {
        let world = World::new(200, mixed_file(200));
        world.provision(idp).await;
        let writes = world.sim.calls().writes;
        let again = world.provision(idp).await;
        assert!(again.plan.is_empty());
        assert_eq!(counts(&again.report), (0, 200), "{idp:?}");
        assert_eq!(again.report.calls.writes, 0);
        // Sign-in does not count as a write.
        assert_eq!(world.sim.calls().writes, writes);
        world.check(idp, &again.report).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_storm_loses_doubles_and_misreports_nothing() {
    for idp in BOTH {
        let world = World::new(1000, mixed_file(1000));
        world.faults(storm());
        let run = world.provision(idp).await;
        assert!(run.stopped.is_none(), "{:?}", run.stopped);
        assert_eq!(counts(&run.report), (1000, 0), "{idp:?}");
        world.check(idp, &run.report).await;
        println!("{idp:?}: {:?}", run.report.calls);
    }
}

#[tokio::test(start_paused = true)]
async fn tempests_of_many_kinds_lose_double_and_misreport_nothing() {
    for seed in 1..=8 {
        for idp in BOTH {
            let mut config = idp_sim::SimConfig::with_people(150);
            config.seed = 100 + seed;
            let world = World::with(config, mixed_file(150));
            world.faults(tempest());
            let mut run = world.try_provision(idp).await;
            // A read may fail ten times in a row; then the run has stopped, and goes on.
            while let Err(stopped) = run {
                println!("seed {seed}: {stopped}");
                run = world.try_provision(idp).await;
            }
            let report = run.unwrap();
            let (done, unchanged) = counts(&report);
            assert_eq!(done + unchanged, 150, "{idp:?} seed {seed}");
            world.faults(Vec::new());
            world.check(idp, &report).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_answer_although_the_work_was_done_is_settled_by_reading() {
    for idp in BOTH {
        let world = World::new(50, mixed_file(50));
        world.faults(vec![Rule {
            every: Some(3),
            writes_only: true,
            ..Rule::always(Fault::Status {
                status: 429,
                retry_after: Some("2".to_owned()),
                after_work: true,
            })
        }]);
        let run = world.provision(idp).await;
        assert_eq!(counts(&run.report), (50, 0), "{idp:?}");
        world.check(idp, &run.report).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_stopped_run_is_resumed_without_doubling_anything() {
    for idp in BOTH {
        let world = World::new(120, mixed_file(120));
        world.ledger.fail_after(80);
        let first = world.provision(idp).await;
        assert!(matches!(
            first.stopped,
            Some(provisioner::Stopped::Ledger(_))
        ));
        assert!(first.report.counts.pending > 0);
        world.ledger.heal();
        let (report, stopped) = world
            .resume(idp, &world.ledger.last_run(), &first.plan)
            .await;
        assert!(stopped.is_none(), "{stopped:?}");
        assert_eq!(counts(&report), (120, 0), "{idp:?}");
        world.check(idp, &report).await;
    }
}

/// The service carries the lost activation out after the run was resumed.
#[tokio::test(start_paused = true)]
async fn a_call_in_doubt_is_given_time_after_a_resume_too() {
    let world = World::new(1, mixed_file(1));
    let entra = world.entra();
    world.faults(vec![Rule {
        nth: Some(1),
        route: Some("methods.activate".to_owned()),
        ..Rule::always(Fault::ResetThenWork { ms: 8000 })
    }]);
    // A new code is three seconds away.
    world.clock.sleep(Duration::from_secs(20)).await;
    let stop = CancellationToken::new();
    let interrupted = async {
        world.clock.sleep(Duration::from_secs(1)).await;
        stop.cancel();
    };
    let (first, ()) = tokio::join!(world.run(&entra, Goal::Activated, &stop), interrupted);
    assert!(matches!(first.stopped, Some(Stopped::Interrupted)));
    let run = world.ledger.last_run();
    let (report, stopped) = world.resume(Idp::Entra, &run, &first.plan).await;
    assert!(stopped.is_none(), "{stopped:?}");
    assert_eq!(world.sim.calls().on("methods.activate"), 1);
    world.check(Idp::Entra, &report).await;
}

/// The user signed in a moment ago: the code that would prove the factor is used.
#[tokio::test(start_paused = true)]
async fn a_proof_whose_code_was_used_waits_for_the_next_code() {
    let world = World::new(1, mixed_file(1));
    world.provision(Idp::Okta).await;
    world.ledger.lose();
    world.clock.sleep(Duration::from_secs(60)).await;
    let now = world.clock.unix().as_secs();
    let roster = world.roster();
    let answer = world.sign_in(Idp::Okta, &roster, &roster.tokens()[0], now);
    assert!(answer.accepted);
    let run = world.provision(Idp::Okta).await;
    assert_eq!(counts(&run.report), (0, 1), "{:?}", run.report);
    // The code before that one, that one, and the next.
    assert_eq!(world.sim.calls().on("factors.verify"), 3);
}

#[tokio::test(start_paused = true)]
async fn with_the_ledger_lost_the_same_file_comes_to_the_same_end() {
    for idp in BOTH {
        let world = World::new(120, mixed_file(120));
        world.ledger.fail_after(80);
        world.provision(idp).await;
        world.ledger.lose();
        let run = world.provision(idp).await;
        assert!(run.stopped.is_none());
        assert_eq!(
            run.report.counts.done + run.report.counts.unchanged,
            120,
            "{idp:?}"
        );
        world.check(idp, &run.report).await;
    }
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_are_finished_when_a_run_is_interrupted() {
    for idp in BOTH {
        let mut config = idp_sim::SimConfig::with_people(300);
        config.latency = std::time::Duration::from_millis(100);
        let world = World::with(config, mixed_file(300));
        let stop = CancellationToken::new();
        let later = {
            let (clock, stop) = (std::sync::Arc::clone(&world.clock), stop.clone());
            async move {
                clock.sleep(std::time::Duration::from_millis(800)).await;
                stop.cancel();
            }
        };
        let provider = world.provider(idp).await;
        let (run, ()) = tokio::join!(world.run(&*provider, Goal::Activated, &stop), later);
        assert!(matches!(
            run.stopped,
            Some(provisioner::Stopped::Interrupted)
        ));
        assert!(run.report.counts.pending > 0);
        let (report, stopped) = world.resume(idp, &world.ledger.last_run(), &run.plan).await;
        assert!(stopped.is_none());
        assert_eq!(counts(&report), (300, 0), "{idp:?}");
        world.check(idp, &report).await;
    }
}

#[tokio::test(start_paused = true)]
async fn stages_can_be_taken_one_by_one_on_entra() {
    let world = World::new(30, mixed_file(30));
    let entra = world.entra();
    let stop = CancellationToken::new();
    for (goal, words, state) in [
        (Goal::Imported, "import", Some(State::Imported)),
        (Goal::Assigned, "assign", Some(State::Assigned)),
        (Goal::Activated, "activate", Some(State::Activated)),
        (Goal::Deactivated, "deactivate", Some(State::Assigned)),
        (Goal::Unassigned, "unassign", Some(State::Imported)),
        (Goal::Deleted, "delete", None),
    ] {
        let run = world.run(&entra, goal, &stop).await;
        let Decision::Steps { steps, .. } = &run.plan.rows[0].decision else {
            panic!("{:?}", run.plan.rows[0]);
        };
        assert_eq!(steps.len(), 1);
        assert_eq!(steps[0].to_string(), words);
        assert_eq!(counts(&run.report), (30, 0));
        assert!(run.report.rows.iter().all(|row| row.state == state));
        let again = world.run(&entra, goal, &stop).await;
        assert!(again.plan.is_empty(), "{goal}");
    }
}

#[tokio::test(start_paused = true)]
async fn okta_has_no_inventory_to_import_into() {
    let world = World::new(3, mixed_file(3));
    let plan = world.plan(Idp::Okta, Goal::Imported).await.unwrap();
    assert!(plan.is_empty());
    let before = world.sim.calls().writes;
    let okta = world.okta(None).await;
    let run = world
        .run(&okta, Goal::Imported, &CancellationToken::new())
        .await;
    assert!(
        run.report
            .rows
            .iter()
            .all(|row| row.outcome == Outcome::Rejected)
    );
    assert_eq!(world.sim.calls().writes, before);
}
