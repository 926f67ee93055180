//! Plans that change single tokens of an inventory: given and taken, activated by a code that somebody
//! reads off the device, deleted, and imported again.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use std::time::Duration;

use idp_sim::{Act, Fault, Idp, Rule, SimConfig};
use provisioner::{Goal, Outcome, Prover, Report, Roster, State};
use support::{Run, World, answered, counts, file, line, mixed_file, serial, user};
use tokio_util::sync::CancellationToken;

/// Does something to tokens that are chosen from the inventory.
async fn change(world: &World, roster: &Roster, goal: Goal) -> Run {
    let never = CancellationToken::new();
    let entra = world.entra();
    world.run_of(&entra, roster, goal, &never).await
}

/// Types the code that `shown` shows now for the token `serial`.
fn type_code(world: &World, roster: &mut Roster, serial: &str, shown: &str) {
    let at = world.clock.monotonic();
    roster.add_code(&serial.parse().unwrap(), world.shown(shown), at);
}

async fn of_serial(world: &World, serial: &str) -> Roster {
    Roster::without_seeds(world.chosen(&[serial]).await)
}

async fn for_user(world: &World, serial: &str, user: &str) -> Roster {
    let mut tokens = world.chosen(&[serial]).await;
    tokens[0].user = Some(user.to_owned());
    Roster::without_seeds(tokens)
}

/// A tenant that has the tokens of its file, held by nobody.
async fn imported(tokens: usize) -> World {
    let world = World::new(tokens + 1, mixed_file(tokens));
    let never = CancellationToken::new();
    let run = world.run(&world.entra(), Goal::Imported, &never).await;
    assert_eq!(counts(&run.report), (tokens, 0));
    world
}

fn end(report: &Report) -> (Outcome, Option<State>, &str) {
    let row = &report.rows[0];
    let code = row.error.as_ref().map_or("", |problem| &problem.code);
    (row.outcome, row.state, code)
}

fn is_active(world: &World, serial: &str) -> bool {
    world.truth(Idp::Entra)[serial].active
}

fn holder(world: &World, serial: &str) -> Option<String> {
    world.truth(Idp::Entra)[serial].holder.clone()
}

#[tokio::test(start_paused = true)]
async fn a_token_goes_its_whole_way_by_hand() {
    let world = imported(3).await;
    let (one, whom) = (serial(1), user(4));

    let roster = for_user(&world, &one, &whom).await;
    let run = change(&world, &roster, Goal::Assigned).await;
    assert_eq!(end(&run.report), (Outcome::Done, Some(State::Assigned), ""));
    assert_eq!(holder(&world, &one), Some(whom.clone()));

    let mut roster = for_user(&world, &one, &whom).await;
    type_code(&world, &mut roster, &one, &one);
    let run = change(&world, &roster, Goal::Activated).await;
    assert_eq!(
        end(&run.report),
        (Outcome::Done, Some(State::Activated), "")
    );
    assert_eq!(run.report.rows[0].activated_by, Some(Prover::User));
    assert!(is_active(&world, &one));

    let run = change(&world, &of_serial(&world, &one).await, Goal::Deactivated).await;
    assert_eq!(end(&run.report), (Outcome::Done, Some(State::Assigned), ""));
    assert!(!is_active(&world, &one));
    assert_eq!(holder(&world, &one), Some(whom));

    let run = change(&world, &of_serial(&world, &one).await, Goal::Unassigned).await;
    assert_eq!(end(&run.report), (Outcome::Done, Some(State::Imported), ""));
    assert_eq!(holder(&world, &one), None);

    let run = change(&world, &of_serial(&world, &one).await, Goal::Deleted).await;
    assert_eq!(end(&run.report), (Outcome::Done, None, ""));
    assert_eq!(
        world.truth(Idp::Entra).len(),
        2,
        "the others are still there"
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_is_given_and_activated_at_once() {
    let world = imported(2).await;
    let mut roster = for_user(&world, &serial(2), &user(3)).await;
    type_code(&world, &mut roster, &serial(2), &serial(2));
    let run = change(&world, &roster, Goal::Activated).await;
    assert_eq!(
        end(&run.report),
        (Outcome::Done, Some(State::Activated), "")
    );
    assert_eq!(holder(&world, &serial(2)), Some(user(3)));
}

#[tokio::test(start_paused = true)]
async fn a_held_token_is_taken_back_before_it_is_deleted() {
    let world = World::new(3, mixed_file(3));
    world.provision(Idp::Entra).await;
    let chosen = world.chosen(&[&serial(1), &serial(3)]).await;
    let run = change(&world, &Roster::without_seeds(chosen), Goal::Deleted).await;
    assert_eq!(counts(&run.report), (2, 0));
    let left: Vec<String> = world.truth(Idp::Entra).into_keys().collect();
    assert_eq!(left, [serial(2)]);
}

#[tokio::test(start_paused = true)]
async fn what_is_so_already_is_unchanged() {
    let world = imported(1).await;
    for goal in [Goal::Imported, Goal::Deactivated, Goal::Unassigned] {
        let run = change(&world, &of_serial(&world, &serial(1)).await, goal).await;
        assert_eq!(run.report.rows[0].outcome, Outcome::Unchanged, "{goal}");
        assert_eq!(run.report.calls.writes, 0, "{goal}");
    }
    let gone = of_serial(&world, &serial(1)).await;
    change(&world, &gone, Goal::Deleted).await;
    let run = change(&world, &gone, Goal::Deleted).await;
    assert_eq!(end(&run.report), (Outcome::Conflict, None, "not-seen"));
}

#[tokio::test(start_paused = true)]
async fn nobody_loses_a_token_to_somebody_else() {
    let world = World::new(3, mixed_file(2));
    world.provision(Idp::Entra).await;
    for goal in [Goal::Assigned, Goal::Activated] {
        let mut roster = for_user(&world, &serial(1), &user(3)).await;
        type_code(&world, &mut roster, &serial(1), &serial(1));
        let run = change(&world, &roster, goal).await;
        assert_eq!(run.report.rows[0].outcome, Outcome::Conflict, "{goal}");
        assert_eq!(end(&run.report).2, "held-by-another");
    }
    assert_eq!(holder(&world, &serial(1)), Some(user(1)));
}

/// The code was typed once; a computed one could be sent again, this one not.
#[tokio::test(start_paused = true)]
async fn a_typed_code_is_sent_once() {
    let lost = |fault| Rule {
        route: Some("methods.activate".to_owned()),
        nth: Some(1),
        ..Rule::always(fault)
    };
    let refused = |status, after_work| Fault::Status {
        status,
        retry_after: None,
        after_work,
    };
    for (fault, activated) in [
        (Fault::ResetAfter, true),
        (Fault::ResetBefore, false),
        (refused(503, true), true),
        (refused(503, false), false),
        // Even that may come although the work was done.
        (refused(429, true), true),
        (refused(429, false), false),
    ] {
        let world = imported(1).await;
        let roster = for_user(&world, &serial(1), &user(1)).await;
        change(&world, &roster, Goal::Assigned).await;
        let mut roster = for_user(&world, &serial(1), &user(1)).await;
        type_code(&world, &mut roster, &serial(1), &serial(1));
        world.faults(vec![lost(fault.clone())]);
        let before = calls(&world, "methods.activate");
        let run = change(&world, &roster, Goal::Activated).await;
        assert_eq!(calls(&world, "methods.activate") - before, 1, "{fault:?}");
        assert_eq!(is_active(&world, &serial(1)), activated, "{fault:?}");
        let expected = match activated {
            true => (Outcome::Done, Some(State::Activated), ""),
            false => (Outcome::Failed, Some(State::Assigned), "code-spent"),
        };
        assert_eq!(end(&run.report), expected, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_code_is_refused_and_the_token_stays_as_it_is() {
    let world = imported(2).await;
    let mut roster = for_user(&world, &serial(1), &user(1)).await;
    type_code(&world, &mut roster, &serial(1), &serial(2));
    let run = change(&world, &roster, Goal::Activated).await;
    assert_eq!(run.report.rows[0].outcome, Outcome::Failed);
    assert_eq!(end(&run.report).2, "code-refused");
    assert!(!is_active(&world, &serial(1)));
}

#[tokio::test(start_paused = true)]
async fn taking_back_survives_every_lost_answer() {
    for route in ["methods.deactivate", "methods.delete", "devices.delete"] {
        for fault in [Fault::ResetAfter, Fault::ResetBefore] {
            for goal in [Goal::Deactivated, Goal::Unassigned, Goal::Deleted] {
                let world = World::new(1, mixed_file(1));
                world.provision(Idp::Entra).await;
                world.faults(vec![Rule {
                    route: Some(route.to_owned()),
                    nth: Some(1),
                    ..Rule::always(fault.clone())
                }]);
                let run = change(&world, &of_serial(&world, &serial(1)).await, goal).await;
                assert_eq!(counts(&run.report), (1, 0), "{route} {fault:?} {goal}");
                let truth = world.truth(Idp::Entra);
                let left = truth.get(&serial(1));
                assert_eq!(
                    left.is_none(),
                    goal == Goal::Deleted,
                    "{route} {fault:?} {goal}"
                );
                assert!(left.is_none_or(|token| !token.active));
            }
        }
    }
}

/// A run without seeds goes on without a file.
#[tokio::test(start_paused = true)]
async fn taking_back_is_resumed_without_a_seed_file() {
    let world = World::new(4, mixed_file(4));
    world.provision(Idp::Entra).await;
    let serials: Vec<String> = (1..=4).map(serial).collect();
    let serials: Vec<&str> = serials.iter().map(String::as_str).collect();
    let chosen = Roster::without_seeds(world.chosen(&serials).await);
    world.faults(vec![answered("devices.delete", 401)]);
    let first = change(&world, &chosen, Goal::Deleted).await;
    assert!(first.stopped.is_some());
    assert!(!first.plan.needs_seeds());
    world.faults(Vec::new());
    let of_plan = Roster::of_plan(&first.plan);
    let run = world.ledger.last_run();
    let (report, stopped) = world
        .resume_of(Idp::Entra, &run, &first.plan, &of_plan)
        .await;
    assert!(stopped.is_none(), "{stopped:?}");
    assert_eq!(counts(&report), (4, 0));
    assert!(world.truth(Idp::Entra).is_empty());
}

/// "Try again in 15 minutes": what is imported again too soon waits, and is taken up when it is time.
#[tokio::test(start_paused = true)]
async fn what_comes_again_too_soon_waits_for_its_time() {
    for rows in [1, 3] {
        let world = World::new(3, file((1..=rows).map(|n| line(n, &user(n), false, 30))));
        world.provision(Idp::Entra).await;
        change(&world, &of_serial(&world, &serial(1)).await, Goal::Deleted).await;
        let deleted_at = world.clock.unix();

        let first = world.provision(Idp::Entra).await;
        assert!(first.stopped.is_none(), "{:?}", first.stopped);
        assert_eq!(counts(&first.report), (0, rows - 1));
        assert_eq!(end(&first.report), (Outcome::Pending, None, "try-later"));
        let not_before = Duration::from_secs(first.report.rows[0].not_before.unwrap());
        let waited = not_before.checked_sub(deleted_at).unwrap();
        assert!((960..1200).contains(&waited.as_secs()), "{waited:?}");

        let run = world.ledger.last_run();
        let before = calls(&world, "devices.");
        let (report, stopped) = world.resume(Idp::Entra, &run, &first.plan).await;
        // One look, for the service's time.
        assert!(stopped.is_none(), "{stopped:?}");
        assert_eq!(end(&report), (Outcome::Pending, None, "try-later"));
        assert_eq!(calls(&world, "devices."), before + 1, "too soon");

        let left = not_before.checked_sub(world.clock.unix()).unwrap();
        world.clock.sleep(left).await;
        let (report, stopped) = world.resume(Idp::Entra, &run, &first.plan).await;
        assert!(stopped.is_none(), "{stopped:?}");
        assert_eq!(end(&report), (Outcome::Done, Some(State::Activated), ""));
        world.sign_in_everybody(Idp::Entra).await;
    }
}

/// The same where the service says so of a token that is there already.
#[tokio::test(start_paused = true)]
async fn a_token_that_is_there_does_not_wait() {
    let mut config = idp_sim::SimConfig::with_people(2);
    config.set("entra.duplicate_error", "try_again").unwrap();
    // It shows after the first look, so that it is made a second time.
    config.set("entra.visibility_lag_ms", "20000").unwrap();
    let world = World::with(config, mixed_file(1));
    world.faults(vec![Rule {
        route: Some("devices.create".to_owned()),
        nth: Some(1),
        ..Rule::always(Fault::ResetAfter)
    }]);
    let run = world.provision(Idp::Entra).await;
    assert_eq!(counts(&run.report), (1, 0));
    assert_eq!(world.truth(Idp::Entra)[&serial(1)].made, 1);
    assert_eq!(
        calls(&world, "devices.create"),
        2,
        "the second one was refused"
    );
}

/// One that waits spoils a call for many only until it is found.
#[tokio::test(start_paused = true)]
async fn one_that_waits_costs_the_others_few_calls() {
    let mut config = idp_sim::SimConfig::with_people(400);
    config.set("entra.bulk_errors", "atomic").unwrap();
    let world = World::with(config, file([line(1, &user(1), false, 30)]));
    world.provision(Idp::Entra).await;
    change(&world, &of_serial(&world, &serial(1)).await, Goal::Deleted).await;
    let world = World {
        file: file((1..=400).map(|n| line(n, &user(n), false, 30))),
        ..world
    };
    let before = calls(&world, "devices.");
    let run = world.provision(Idp::Entra).await;
    assert_eq!(counts(&run.report), (399, 0));
    assert_eq!(end(&run.report).0, Outcome::Pending);
    let made = calls(&world, "devices.") - before;
    assert!(made < 40, "{made} calls for 400 tokens");
}

/// What the list does not show after it was deleted is gone: no token is asked for by its id.
#[tokio::test(start_paused = true)]
async fn what_was_deleted_is_read_back_from_the_list() {
    let world = imported(60).await;
    let serials: Vec<String> = (1..=60).map(serial).collect();
    let serials: Vec<&str> = serials.iter().map(String::as_str).collect();
    let roster = Roster::without_seeds(world.chosen(&serials).await);
    let run = change(&world, &roster, Goal::Deleted).await;
    assert_eq!(counts(&run.report), (60, 0));
    assert_eq!(calls(&world, "devices.delete"), 60);
    assert_eq!(calls(&world, "devices.get"), 0);
}

/// A token that waited and was found is judged by what comes then.
#[tokio::test(start_paused = true)]
async fn what_waited_and_was_found_fails_for_its_own_reason() {
    let mut config = idp_sim::SimConfig::with_people(1);
    config.set("entra.duplicate_error", "try_again").unwrap();
    config.set("entra.visibility_lag_ms", "20000").unwrap();
    let world = World::with(config, mixed_file(1));
    world.faults(vec![
        Rule {
            route: Some("devices.create".to_owned()),
            nth: Some(1),
            ..Rule::always(Fault::ResetAfter)
        },
        answered("methods.activate", 400),
    ]);
    let run = world.provision(Idp::Entra).await;
    let row = &run.report.rows[0];
    assert_eq!(
        (row.outcome, row.not_before),
        (Outcome::Failed, None),
        "{row:?}"
    );
    assert_eq!(end(&run.report).2, "code-refused");
}

/// It was listed; that it is not seen any more proves nothing.
#[tokio::test(start_paused = true)]
async fn what_was_listed_and_is_not_seen_is_not_called_deleted() {
    let world = imported(1).await;
    let roster = of_serial(&world, &serial(1)).await;
    world.faults(vec![answered("devices.get", 404)]);
    let filtered = Rule {
        route: Some("devices.list".to_owned()),
        ..Rule::always(Fault::Rewrite {
            find: serial(1),
            put: "0".to_owned(),
        })
    };
    world.faults(vec![filtered, answered("devices.get", 404)]);
    let run = change(&world, &roster, Goal::Deleted).await;
    assert_eq!(end(&run.report), (Outcome::Conflict, None, "not-seen"));
    assert_eq!(world.truth(Idp::Entra).len(), 1);
}

fn calls(world: &World, route: &str) -> u64 {
    let calls = world.sim.calls().calls;
    let of_route = calls.iter().filter(|call| call.route.starts_with(route));
    of_route.map(|call| call.count).sum()
}

/// Tokens whose clocks are off by so many time steps; the file says so where `told`.
fn drifted(drifts: &[i32], told: bool) -> World {
    let rows = drifts.iter().zip(1..).map(|(drift, n)| {
        let period = if n % 2 == 0 { 60 } else { 30 };
        let cell = if told {
            drift.to_string()
        } else {
            String::new()
        };
        line(n, &user(n), n % 3 == 0, period).replace('\n', &format!(",{cell}\n"))
    });
    let text = file(rows).replacen("model\n", "model,drift\n", 1);
    World::new(drifts.len(), text)
}

/// Whether each device signs its user in with what it shows.
fn sign_in(world: &World, drifts: &[i32]) -> Vec<bool> {
    let roster = world.roster();
    let now = world.clock.unix().as_secs() + 60;
    let tokens = roster.tokens().iter().zip(drifts);
    let answers = tokens.map(|(token, drift)| {
        let seed = roster.seed(&token.serial).unwrap();
        let off = i64::from(*drift) * i64::from(token.period.seconds());
        let key = oath_core::Key::new(token.algorithm, seed.expose());
        let shows = oath_core::Totp::new(token.digits, token.period);
        let code = shows.generate(&key, now.saturating_add_signed(off));
        let attempt = idp_sim::SignIn {
            idp: Idp::Entra,
            user: token.user.clone().unwrap(),
            serial: Some(token.serial.to_string()),
            code: code.as_str().to_owned(),
            at: Some(now),
        };
        world.sim.sign_in(&attempt).accepted
    });
    answers.collect()
}

#[tokio::test(start_paused = true)]
async fn a_token_whose_drift_is_known_works_at_the_first_sign_in() {
    let drifts = [0, 1, -3, 5, 60, -60, 2879, -2879];
    let world = drifted(&drifts, true);
    let run = world.provision(Idp::Entra).await;
    assert_eq!(counts(&run.report), (drifts.len(), 0));
    assert_eq!(sign_in(&world, &drifts), [true; 8]);
}

/// Why it matters: activation accepts a day of drift, sign-in a minute.
#[tokio::test(start_paused = true)]
async fn a_token_whose_drift_is_not_known_may_be_activated_and_useless() {
    let drifts = [0, 1, -60];
    let world = drifted(&drifts, false);
    let run = world.provision(Idp::Entra).await;
    assert_eq!(counts(&run.report), (3, 0));
    assert_eq!(sign_in(&world, &drifts), [true, true, false]);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_entra_would_not_follow_is_refused_beforehand() {
    let world = drifted(&[2881, -2880], true);
    let run = world.provision(Idp::Entra).await;
    let row = &run.report.rows[0];
    assert_eq!(
        (row.outcome, end(&run.report).2),
        (Outcome::Rejected, "profile-mismatch")
    );
    assert!(
        row.error
            .as_ref()
            .unwrap()
            .message
            .contains("2881 time steps off")
    );
}

/// Five are possible, and what somebody has that is not in the file counts.
#[tokio::test(start_paused = true)]
async fn nobody_is_given_a_sixth_token() {
    let world = World::new(15, file((1..=5).map(|n| line(n, &user(1), false, 30))));
    world.provision(Idp::Entra).await;
    let rows = (1..=12).map(|n| line(100 + n, &user(n), false, 30));
    let world = World {
        file: file(rows),
        ..world
    };
    let run = world.provision(Idp::Entra).await;
    assert_eq!(
        end(&run.report),
        (Outcome::Rejected, None, "user-has-too-many")
    );
    assert_eq!(counts(&run.report), (11, 0));
    let message = &run.report.rows[0].error.as_ref().unwrap().message;
    assert!(
        message.contains("has 5 other tokens and would have 6"),
        "{message}"
    );

    // Those that are theirs already stay theirs.
    let again = world.provision(Idp::Entra).await;
    assert_eq!(counts(&again.report), (0, 11));
}

/// One token alone is not looked at beside what its user has: then the refusal tells.
#[tokio::test(start_paused = true)]
async fn a_sixth_token_is_not_called_a_wrong_code() {
    let mut lines: Vec<String> = (1..=5).map(|n| line(n, &user(1), false, 30)).collect();
    let world = World::new(2, file(lines.clone()));
    world.provision(Idp::Entra).await;
    lines.push(line(6, &user(2), false, 30));
    let world = World {
        file: file(lines),
        ..world
    };
    let never = CancellationToken::new();
    world.run(&world.entra(), Goal::Imported, &never).await;
    for goal in [Goal::Activated, Goal::Assigned] {
        let mut roster = for_user(&world, &serial(6), &user(1)).await;
        if goal == Goal::Activated {
            type_code(&world, &mut roster, &serial(6), &serial(6));
        }
        let run = change(&world, &roster, goal).await;
        assert_eq!(end(&run.report).0, Outcome::Failed, "{goal}");
        assert_eq!(end(&run.report).2, "user-has-too-many", "{goal}");
        world.clock.sleep(Duration::from_secs(60)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_given_a_token_whose_account_is_disabled() {
    let mut config = idp_sim::SimConfig::with_people(2);
    config.people[0].enabled = false;
    let world = World::with(config, mixed_file(2));
    let run = world.provision(Idp::Entra).await;
    assert_eq!(end(&run.report), (Outcome::Rejected, None, "user-disabled"));
    assert_eq!(counts(&run.report), (1, 0));
}

/// A token was chosen for what it was: what became of it since is not taken from anybody.
#[tokio::test(start_paused = true)]
async fn what_changed_hands_since_it_was_listed_is_left_alone() {
    for goal in [Goal::Deleted, Goal::Unassigned, Goal::Deactivated] {
        let world = imported(2).await;
        let free = of_serial(&world, &serial(1)).await;
        let given = Act::AssignDevice {
            serial: Some(serial(1)),
            user: Some(user(1)),
        };
        world.sim.interfere(&given).unwrap();
        let run = change(&world, &free, goal).await;
        assert_eq!(
            end(&run.report),
            (Outcome::Conflict, None, "changed-since-plan")
        );

        let held = of_serial(&world, &serial(1)).await;
        let back = Act::UnassignDevice {
            serial: Some(serial(1)),
        };
        world.sim.interfere(&back).unwrap();
        let other = Act::AssignDevice {
            serial: Some(serial(1)),
            user: Some(user(2)),
        };
        world.sim.interfere(&other).unwrap();
        let run = change(&world, &held, goal).await;
        assert_eq!(
            end(&run.report),
            (Outcome::Conflict, None, "changed-since-plan")
        );
        assert_eq!(holder(&world, &serial(1)), Some(user(2)), "{goal}");
        assert_eq!(run.report.calls.writes, 0, "{goal}");
    }
}

/// Entra would take an old code for a slow clock, and refuse the next sign-in.
#[tokio::test(start_paused = true)]
async fn a_code_that_was_read_long_ago_is_not_sent() {
    let world = imported(1).await;
    let mut roster = for_user(&world, &serial(1), &user(1)).await;
    type_code(&world, &mut roster, &serial(1), &serial(1));
    world.clock.sleep(Duration::from_secs(125)).await;
    let run = change(&world, &roster, Goal::Activated).await;
    assert_eq!(end(&run.report).2, "code-spent");
    assert_eq!(run.report.calls.writes, 0);
    assert!(!is_active(&world, &serial(1)));
}

/// The one code was sent, the answer is lost, and the service shows late what it did.
#[tokio::test(start_paused = true)]
async fn a_typed_code_is_given_time_to_show() {
    let mut config = SimConfig::with_people(2);
    config.set("entra.visibility_lag_ms", "20000").unwrap();
    let world = World::with(config, mixed_file(1));
    let never = CancellationToken::new();
    world.run(&world.entra(), Goal::Assigned, &never).await;
    world.clock.sleep(Duration::from_secs(60)).await;
    let mut roster = for_user(&world, &serial(1), &user(1)).await;
    type_code(&world, &mut roster, &serial(1), &serial(1));
    world.faults(vec![Rule {
        route: Some("methods.activate".to_owned()),
        nth: Some(1),
        ..Rule::always(Fault::ResetAfter)
    }]);
    let run = change(&world, &roster, Goal::Activated).await;
    assert_eq!(
        end(&run.report),
        (Outcome::Done, Some(State::Activated), "")
    );
}

/// When a row may be tried again is for the service's clock to say.
#[tokio::test(start_paused = true)]
async fn a_wrong_clock_here_wakes_nothing_up() {
    for offset in ["-10800", "10800"] {
        let mut config = SimConfig::with_people(1);
        config.set("entra.clock_offset_s", offset).unwrap();
        let world = World::with(config, mixed_file(1));
        world.provision(Idp::Entra).await;
        change(&world, &of_serial(&world, &serial(1)).await, Goal::Deleted).await;
        let first = world.provision(Idp::Entra).await;
        assert_eq!(end(&first.report).0, Outcome::Pending);
        let run = world.ledger.last_run();
        let before = calls(&world, "devices.create");
        let (again, _) = world.resume(Idp::Entra, &run, &first.plan).await;
        assert_eq!(end(&again).0, Outcome::Pending, "{offset}");
        assert_eq!(
            calls(&world, "devices.create"),
            before,
            "{offset}: too soon"
        );
        world.clock.sleep(Duration::from_secs(1000)).await;
        let (again, _) = world.resume(Idp::Entra, &run, &first.plan).await;
        assert_eq!(end(&again).0, Outcome::Done, "{offset}");
    }
}

/// The service has yet to see that nobody holds the token.
#[tokio::test(start_paused = true)]
async fn a_deletion_that_is_refused_once_is_tried_again() {
    let world = World::new(1, mixed_file(1));
    world.provision(Idp::Entra).await;
    world.faults(vec![Rule {
        nth: Some(1),
        ..answered("devices.delete", 400)
    }]);
    let roster = of_serial(&world, &serial(1)).await;
    let run = change(&world, &roster, Goal::Deleted).await;
    assert_eq!(end(&run.report), (Outcome::Done, None, ""));
    assert_eq!(calls(&world, "devices.delete"), 2);
}
