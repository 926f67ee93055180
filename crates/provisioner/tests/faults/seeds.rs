//! A file whose seeds are not those of its serials.

use data_encoding::BASE32_NOPAD;
use idp_sim::{Act, Idp, SimConfig};
use provisioner::{Outcome, State, Stopped};

use crate::support::{World, file, line, seed, serial, user};
use crate::{code, ends, has_advice, plain_file};

/// A tenant whose tokens another operator added, some of them with other seeds.
fn with_other_seeds(count: usize, wrong: impl Fn(usize) -> bool) -> World {
    let world = World::with(SimConfig::with_people(count), plain_file(count));
    for n in 1..=count {
        let act = Act::CreateDevice {
            serial: Some(serial(n)),
            secret: (!wrong(n)).then(|| BASE32_NOPAD.encode(&seed(n, 20))),
            user: None,
        };
        world.sim.interfere(&act).unwrap();
    }
    world
}

#[tokio::test(start_paused = true)]
async fn a_wrong_seed_fails_its_row_after_two_codes_and_says_what_to_compare() {
    let world = with_other_seeds(20, |n| n == 9);
    let run = world.provision(Idp::Entra).await;
    assert!(run.stopped.is_none(), "{:?}", run.stopped);
    assert_eq!(ends(&run.report, Outcome::Done), 19);
    let row = &run.report.rows[8];
    assert_eq!(
        (row.outcome, row.state),
        (Outcome::Failed, Some(State::Assigned))
    );
    assert_eq!(code(&run.report, 8), "code-refused");
    let next = &row.error.as_ref().unwrap().next;
    assert!(next.contains("seed") && next.contains("compare"), "{next}");
    assert!(!world.truth(Idp::Entra)[&serial(9)].active);
}

#[tokio::test(start_paused = true)]
async fn a_file_of_other_tokens_seeds_stops_the_run_early() {
    let world = with_other_seeds(1000, |_| true);
    let run = world.provision(Idp::Entra).await;
    let Some(Stopped::Provider(failure)) = &run.stopped else {
        panic!("{:?}", run.stopped);
    };
    assert_eq!(failure.problem.code, "seeds-do-not-match");
    let said = failure.problem.to_string();
    assert!(said.contains("serial") && said.contains("resume"), "{said}");
    // Those under way when it is seen.
    let codes = world.sim.calls().on("methods.assign-activate");
    assert!(codes <= 100, "{codes}");
    // One code in two hundred is right by chance: the service takes those of two days.
    assert!(run.report.counts.pending >= 995);
    has_advice_where_tried(&run.report);
}

#[tokio::test(start_paused = true)]
async fn some_wrong_seeds_late_in_a_large_file_stop_it_too() {
    let world = with_other_seeds(1000, |n| n > 300);
    let run = world.provision(Idp::Entra).await;
    assert!(
        matches!(run.stopped, Some(Stopped::Provider(_))),
        "{:?}",
        run.stopped
    );
    assert!(run.report.counts.pending > 600, "{:?}", run.report.counts);
}

/// Two in a hundred are rows of their own.
#[tokio::test(start_paused = true)]
async fn few_wrong_seeds_stop_nothing() {
    for (count, nth) in [(1000, 50), (60, 12)] {
        let world = with_other_seeds(count, |n| n % nth == 0);
        let run = world.provision(Idp::Entra).await;
        assert!(run.stopped.is_none(), "{count}: {:?}", run.stopped);
        assert_eq!(ends(&run.report, Outcome::Failed), count / nth);
        assert_eq!(ends(&run.report, Outcome::Done), count - count / nth);
        has_advice(&run.report);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_stopped_over_its_seeds_goes_on_when_it_is_resumed() {
    let world = World::with(SimConfig::with_people(100), plain_file(100));
    world.faults(vec![idp_sim::Rule {
        times: Some(40),
        ..crate::every("methods.activate", crate::status(400, None))
    }]);
    let run = world.provision(Idp::Entra).await;
    assert!(
        matches!(run.stopped, Some(Stopped::Provider(_))),
        "{:?}",
        run.stopped
    );
    world.faults(Vec::new());
    let (report, stopped) = world
        .resume(Idp::Entra, &world.ledger.last_run(), &run.plan)
        .await;
    assert!(stopped.is_none(), "{stopped:?}");
    assert_eq!(ends(&report, Outcome::Done), 100);
    world.check(Idp::Entra, &report).await;
}

/// One wrong seed in each of two orders never loops.
#[tokio::test(start_paused = true)]
async fn at_okta_a_wrong_seed_shows_when_a_factor_is_proved() {
    let world = World::new(2, plain_file(2));
    world.provision(Idp::Okta).await;
    world.ledger.lose();
    let swapped = [line(1, &user(2), false, 30), line(2, &user(1), false, 30)];
    let world = World {
        file: file(swapped),
        ..world
    };
    let run = world.provision(Idp::Okta).await;
    for row in 0..2 {
        assert_eq!(run.report.rows[row].outcome, Outcome::Conflict);
        assert_eq!(code(&run.report, row), "other-token");
    }
    assert_eq!(world.sim.calls().on("factors.verify"), 2);
}

#[track_caller]
fn has_advice_where_tried(report: &provisioner::Report) {
    let tried = report.rows.iter().filter_map(|row| row.error.as_ref());
    assert!(tried.clone().count() >= 6);
    for problem in tried {
        assert!(!problem.next.is_empty(), "{problem}");
    }
}
