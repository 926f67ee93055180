//! What other people, other runs and a service that says untrue things do to a run.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use idp_sim::{Fault, Idp, Rule, SimConfig};
use provisioner::{Engine, Event, Goal, Outcome, Pace, Report, State, Stopped};
use support::{World, answered, counts, file, line, mixed_file, serial, user};
use tokio_util::sync::CancellationToken;

fn rewritten(route: &str, find: &str, put: &str) -> Rule {
    Rule {
        route: Some(route.to_owned()),
        ..Rule::always(Fault::Rewrite {
            find: find.to_owned(),
            put: put.to_owned(),
        })
    }
}

fn ends(report: &Report, outcome: Outcome) -> usize {
    report
        .rows
        .iter()
        .filter(|row| row.outcome == outcome)
        .count()
}

fn code(report: &Report, row: usize) -> &str {
    let error = report.rows[row].error.as_ref();
    error.map_or("", |problem| &problem.code)
}

/// A file in which user 10 has five tokens already, of which no list tells: the sixth is refused by
/// the service.
fn with_a_full_user(people: usize, rows: usize) -> World {
    let mut config = SimConfig::with_people(people);
    config.set("entra.bulk_errors", "atomic").unwrap();
    let old: Vec<String> = (0..5).map(|n| format!("{}:{n}", user(10))).collect();
    config.set("entra.legacy_tokens", &old.join(",")).unwrap();
    let rows = (1..=rows).map(|n| line(n, &user(n), false, 30));
    World::with(config, file(rows))
}

#[tokio::test(start_paused = true)]
async fn one_bad_row_of_a_bulk_call_fails_alone() {
    let world = with_a_full_user(100, 100);
    let run = world.provision(Idp::Entra).await;
    assert_eq!(counts(&run.report), (99, 0));
    assert_eq!(run.report.rows[9].outcome, Outcome::Failed);
    assert_eq!(code(&run.report, 9), "service-refused");
}

#[tokio::test(start_paused = true)]
async fn one_bad_row_fails_alone_after_a_call_in_doubt_too() {
    for status in [429, 503] {
        let world = with_a_full_user(100, 100);
        for nth in [1, 2] {
            world.faults(vec![Rule {
                nth: Some(nth),
                ..answered("devices.bulk-create", status)
            }]);
        }
        let run = world.provision(Idp::Entra).await;
        assert_eq!(counts(&run.report), (99, 0), "{status}");
        assert_eq!(run.report.rows[9].outcome, Outcome::Failed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_resumed_run_takes_nothing_from_whom_a_later_run_gave_it() {
    let world = World::new(2, file([line(1, &user(1), false, 30)]));
    world.ledger.fail_after(0);
    let first = world.provision(Idp::Okta).await;
    let run = world.ledger.last_run();
    world.ledger.heal();
    let corrected = World {
        file: file([line(1, &user(2), false, 30)]),
        ..world
    };
    corrected.provision(Idp::Okta).await;
    let world = World {
        file: file([line(1, &user(1), false, 30)]),
        ..corrected
    };
    let (report, _) = world.resume(Idp::Okta, &run, &first.plan).await;
    assert_eq!(report.rows[0].outcome, Outcome::Conflict);
    assert_eq!(code(&report, 0), "held-by-another");
    let holders: Vec<String> = world.truth(Idp::Okta).into_keys().collect();
    assert_eq!(holders, [user(2)]);
}

#[tokio::test(start_paused = true)]
async fn a_serial_in_other_case_is_the_same_token() {
    for idp in [Idp::Entra, Idp::Okta] {
        let spelt = |who: &str, how: &str| line(1, who, false, 30).replace(&serial(1), how);
        let world = World::new(2, file([spelt(&user(1), "abc0001")]));
        world.provision(idp).await;
        let other = World {
            file: file([spelt(&user(2), "ABC0001")]),
            ..world
        };
        let run = other.provision(idp).await;
        assert_eq!(run.report.rows[0].outcome, Outcome::Conflict, "{idp:?}");
        assert_eq!(other.truth(idp).len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_other_hands_is_not_believed() {
    for rows in [1, 3] {
        let world = World::new(9, mixed_file(rows));
        let entra = world.entra();
        let plan = world.plan(Idp::Entra, Goal::Assigned).await.unwrap();
        let holder = plan.rows[0].user.clone().unwrap().0;
        let someone = "0cadbf92-0000-4000-8000-000000000000";
        world.faults(vec![rewritten("devices.*", &holder, someone)]);
        let run = world
            .run(&entra, Goal::Assigned, &CancellationToken::new())
            .await;
        assert_eq!(run.report.rows[0].outcome, Outcome::Conflict, "{rows}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_says_more_than_was_asked_is_not_believed() {
    let world = World::new(3, mixed_file(3));
    world.faults(vec![rewritten(
        "devices.bulk-create",
        "\"assigned\"",
        "\"activated\"",
    )]);
    let run = world.provision(Idp::Entra).await;
    assert_eq!(counts(&run.report), (3, 0));
    world.check(Idp::Entra, &run.report).await;
}

#[tokio::test(start_paused = true)]
async fn a_user_who_goes_in_the_middle_is_a_row_of_its_own() {
    let world = World::new(100, mixed_file(100));
    world.faults(vec![
        Rule {
            nth: Some(5),
            ..answered("factors.enroll", 404)
        },
        answered("factors.list", 404),
    ]);
    let run = world.provision(Idp::Okta).await;
    assert!(run.stopped.is_none(), "{:?}", run.stopped);
    // It was tried again after the look, and that went well.
    assert_eq!(
        ends(&run.report, Outcome::Done) + ends(&run.report, Outcome::Failed),
        100
    );
    assert!(ends(&run.report, Outcome::Done) >= 99);
}

#[tokio::test(start_paused = true)]
async fn what_is_forbidden_for_one_user_stops_nobody_else() {
    for (idp, route) in [
        (Idp::Okta, "factors.enroll"),
        (Idp::Entra, "methods.activate"),
    ] {
        let world = World::new(100, mixed_file(100));
        world.faults(vec![Rule {
            every: Some(40),
            ..answered(route, 403)
        }]);
        let run = world.provision(idp).await;
        assert!(run.stopped.is_none(), "{idp:?} {:?}", run.stopped);
        assert!(ends(&run.report, Outcome::Done) >= 96, "{idp:?}");
        assert_eq!(ends(&run.report, Outcome::Pending), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_forbidden_for_everybody_stops_the_run() {
    for idp in [Idp::Okta, Idp::Entra] {
        let world = World::new(100, mixed_file(100));
        let routes = ["factors.enroll", "devices.bulk-create", "devices.create"];
        world.faults(routes.map(|route| answered(route, 403)).into());
        let run = world.provision(idp).await;
        let Some(Stopped::Provider(failure)) = &run.stopped else {
            panic!("{idp:?} {:?}", run.stopped);
        };
        assert_eq!(failure.problem.code, "permission");
        assert_eq!(ends(&run.report, Outcome::Pending), 100);
        assert!(run.report.calls.writes < 30, "{:?}", run.report.calls);
    }
}

#[tokio::test(start_paused = true)]
async fn a_strangers_token_is_tried_with_one_code_a_run() {
    let mut config = SimConfig::with_people(1);
    config.set("okta.lock_after", "5").unwrap();
    let world = World::with(config, file([line(1, &user(1), false, 30)]));
    world.provision(Idp::Okta).await;
    let other = World {
        file: file([line(2, &user(1), false, 30)]),
        ..world
    };
    // What the ledger knows is told without a code.
    let run = other.provision(Idp::Okta).await;
    assert_eq!(code(&run.report, 0), "user-has-too-many");
    assert_eq!(other.sim.calls().on("factors.verify"), 0);
    other.ledger.lose();
    let run = other.provision(Idp::Okta).await;
    assert_eq!(code(&run.report, 0), "other-token");
    assert_eq!(other.sim.calls().on("factors.verify"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_factor_that_does_not_become_active_is_a_failure_and_not_a_refusal() {
    let world = World::new(3, mixed_file(3));
    let okta = world.okta(None).await;
    world.faults(vec![rewritten(
        "factors.*",
        "\"ACTIVE\"",
        "\"PENDING_ACTIVATION\"",
    )]);
    let run = world
        .run(&okta, Goal::Activated, &CancellationToken::new())
        .await;
    for row in &run.report.rows {
        assert_eq!(row.outcome, Outcome::Failed);
        assert_eq!(row.state, Some(State::Assigned));
    }
}

#[tokio::test(start_paused = true)]
async fn a_proof_is_no_change_even_when_its_answer_is_lost() {
    let world = World::new(3, mixed_file(3));
    world.provision(Idp::Okta).await;
    world.ledger.lose();
    world.faults(vec![Rule {
        route: Some("factors.verify".to_owned()),
        nth: Some(1),
        ..Rule::always(Fault::ResetAfter)
    }]);
    let run = world.provision(Idp::Okta).await;
    assert_eq!(counts(&run.report), (0, 3));
    assert!(run.report.rows.iter().all(|row| row.activated_by.is_none()));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_asks_for_no_wait_is_given_one() {
    for idp in [Idp::Okta, Idp::Entra] {
        let world = World::new(100, mixed_file(100));
        world.faults(vec![Rule {
            writes_only: true,
            ..Rule::always(Fault::Status {
                status: 429,
                retry_after: Some("0".to_owned()),
                after_work: false,
            })
        }]);
        let run = world.provision(idp).await;
        assert!(
            matches!(run.stopped, Some(Stopped::NoProgress)),
            "{:?}",
            run.stopped
        );
        let seconds = run.report.elapsed_ms / 1000;
        let per_second = run.report.calls.total / seconds;
        assert!(per_second <= 220, "{idp:?}: {per_second} calls a second");
    }
}

#[tokio::test(start_paused = true)]
async fn rows_are_told_as_they_end() {
    let mut config = SimConfig::with_people(200);
    config.latency = Duration::from_millis(200);
    let world = World::with(config, mixed_file(200));
    let provider = world.provider(Idp::Okta).await;
    let roster = world.roster();
    let pace = Pace::new(Arc::clone(&world.clock));
    world.faults(vec![Rule {
        every: Some(50),
        ..answered("factors.enroll", 400)
    }]);
    let (times, told) = (Mutex::new(Vec::new()), Mutex::new(BTreeMap::new()));
    let clock = Arc::clone(&world.clock);
    let note = |event: &Event| {
        if let Event::Settled {
            serial,
            outcome,
            state,
            error,
            ..
        } = event
        {
            times.lock().unwrap().push(clock.monotonic());
            let end = (*outcome, *state, error.clone());
            told.lock().unwrap().insert(serial.clone(), end);
        }
    };
    let engine = Engine {
        provider: &*provider,
        ledger: &world.ledger,
        pace: &pace,
        roster: &roster,
        events: &note,
        stop: CancellationToken::new(),
    };
    let plan = engine.plan(Goal::Activated).await.unwrap();
    let (report, _) = engine.apply(&world.ledger.new_run(), &plan).await.unwrap();
    let times = times.lock().unwrap();
    assert_eq!(times.len(), 200);
    assert!(report.counts.failed > 0, "{:?}", report.counts);
    for row in report.rows {
        let told = told.lock().unwrap().remove(&row.serial.unwrap());
        assert_eq!(told, Some((row.outcome, row.state, row.error)));
    }
    assert!(times[199] - times[0] > Duration::from_secs(2));
}

/// Everything that is only assumed about the services may be otherwise, and the job is done all the
/// same.
#[tokio::test(start_paused = true)]
async fn whatever_the_services_are_like_the_job_is_done() {
    let entra = [
        ("bulk_status", "201"),
        ("bulk_item_shape", "nested"),
        ("bulk_content_id", "false"),
        ("bulk_errors", "atomic"),
        ("bulk_max", "5"),
        ("create_with_assign_status", "available"),
        ("duplicate_error", "400"),
        ("visibility_lag_ms", "2000"),
        ("replay_policy", "allow"),
        ("device_page_size", "7"),
        ("user_page_size", "4"),
        ("clock_offset_s", "-400"),
        ("retry_after", "http_date"),
        ("write_rate", "20/10"),
    ];
    let okta = [
        ("engine", "v1"),
        ("settings_case", "mixed"),
        ("settings_place", "flat"),
        ("enroll_answer", "array"),
        ("extra_factors", "true"),
        ("factor_lag_ms", "2000"),
        ("index_lag_ms", "1000"),
        ("double_rate_headers", "true"),
        ("rate", "free"),
        ("clock_offset_s", "400"),
    ];
    let entra = entra.map(|(name, value)| (Idp::Entra, name, value));
    let okta = okta.map(|(name, value)| (Idp::Okta, name, value));
    for (idp, name, value) in entra.into_iter().chain(okta) {
        let mut config = SimConfig::with_people(24);
        let prefix = if idp == Idp::Entra { "entra" } else { "okta" };
        config.set(&format!("{prefix}.{name}"), value).unwrap();
        let world = World::with(config, mixed_file(24));
        let run = world.provision(idp).await;
        assert!(run.stopped.is_none(), "{name}={value}: {:?}", run.stopped);
        assert_eq!(counts(&run.report), (24, 0), "{name}={value}");
        world.check(idp, &run.report).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_at_a_user_out_of_reach_stays_there() {
    for status in [403, 400] {
        let world = World::new(2, file([line(1, &user(1), false, 30)]));
        world.provision(Idp::Okta).await;
        let other = World {
            file: file([line(1, &user(2), false, 30)]),
            ..world
        };
        other.faults(vec![answered("factors.get", status)]);
        let run = other.provision(Idp::Okta).await;
        assert_eq!(code(&run.report, 0), "held-by-another", "{status}");
        let holders: Vec<String> = other.truth(Idp::Okta).into_keys().collect();
        assert_eq!(holders, [user(1)]);
    }
}

#[tokio::test(start_paused = true)]
async fn administrators_at_the_head_of_a_file_block_nobody() {
    let mut config = SimConfig::with_people(20);
    let administrators: Vec<String> = (1..=5).map(user).collect();
    config
        .set("entra.protected_users", &administrators.join(","))
        .unwrap();
    let world = World::with(config, file((1..=20).map(|n| line(n, &user(n), false, 30))));
    let run = world.provision(Idp::Entra).await;
    assert!(run.stopped.is_none(), "{:?}", run.stopped);
    assert_eq!(counts(&run.report), (15, 0));
    assert_eq!(ends(&run.report, Outcome::Failed), 5);
    assert_eq!(code(&run.report, 0), "permission");
    // The same file again: they are still the only ones, and stop nothing.
    let again = world.provision(Idp::Entra).await;
    assert_eq!(counts(&again.report), (0, 15));
}

#[tokio::test(start_paused = true)]
async fn one_administrator_among_tokens_as_wanted_ends_as_a_row() {
    let mut config = SimConfig::with_people(20);
    config.set("entra.protected_users", &user(7)).unwrap();
    let world = World::with(config, file((1..=20).map(|n| line(n, &user(n), false, 30))));
    world.provision(Idp::Entra).await;
    let again = world.provision(Idp::Entra).await;
    assert!(again.stopped.is_none(), "{:?}", again.stopped);
    assert_eq!(counts(&again.report), (0, 19));
    assert_eq!(code(&again.report, 6), "permission");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_was_overcome_is_not_the_reason() {
    let world = World::new(1, mixed_file(1));
    world.faults(vec![
        Rule {
            nth: Some(1),
            ..answered("methods.activate", 400)
        },
        rewritten("devices.list", "\"activated\"", "\"assigned\""),
    ]);
    let run = world.provision(Idp::Entra).await;
    assert_eq!(code(&run.report, 0), "not-visible");
}

#[tokio::test(start_paused = true)]
async fn capitals_make_no_second_token_in_short_files_either() {
    for others in [0, 15] {
        let spelt = |who: &str, how: &str| line(1, who, false, 30).replace(&serial(1), how);
        let world = World::new(40, file([spelt(&user(1), "AbC0001")]));
        world.provision(Idp::Entra).await;
        let more = (10..10 + others).map(|n| line(n, &user(n), false, 30));
        let other = World {
            file: file(std::iter::once(spelt(&user(2), "aBc0001")).chain(more)),
            ..world
        };
        let run = other.provision(Idp::Entra).await;
        assert_eq!(code(&run.report, 0), "held-by-another", "{others}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_row_says_what_was_in_its_way() {
    let world = World::new(1, mixed_file(1));
    world.faults(vec![answered("methods.activate", 500)]);
    let run = world.provision(Idp::Entra).await;
    assert_eq!(run.report.rows[0].outcome, Outcome::Pending);
    assert_eq!(code(&run.report, 0), "service-unavailable");
}

#[tokio::test(start_paused = true)]
async fn refusals_are_progress() {
    let mut config = SimConfig::with_people(400);
    config.latency = Duration::from_secs(15);
    let world = World::with(
        config,
        file((1..=400).map(|n| line(n, &user(n), false, 30))),
    );
    world.provision(Idp::Okta).await;
    world.ledger.lose();
    // Every enrolment is refused, for longer than a run waits for progress, before one is looked at.
    let run = world.provision(Idp::Okta).await;
    assert!(run.stopped.is_none(), "{:?}", run.stopped);
    assert_eq!(counts(&run.report), (0, 400));
}
