//! What must not be sent, and what a service refuses: each with its reason, on its row, and no more.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use std::time::Duration;

use idp_sim::{Act, Fault, Idp, Person, Rule, SimConfig};
use provisioner::{Decision, Goal, Outcome, Problem, ReportRow, State, Stopped};
use support::{World, answered, counts, file, line, mixed_file, serial, user};
use tokio_util::sync::CancellationToken;

fn people(logins: &[&str]) -> SimConfig {
    SimConfig {
        people: logins.iter().copied().map(Person::new).collect(),
        ..SimConfig::default()
    }
}

fn problem(row: &ReportRow) -> (&str, Outcome) {
    let code = row.error.as_ref().map_or("", |problem| &problem.code);
    (code, row.outcome)
}

#[tokio::test(start_paused = true)]
async fn names_that_mean_nobody_or_several_are_rejected_and_the_rest_goes_on() {
    let lines = [
        line(1, "ann@example.com", false, 30),
        line(2, "nobody@example.com", false, 30),
        line(3, "shared@example.com", false, 30),
        line(4, "alias@example.com", false, 30),
    ];
    for idp in [Idp::Entra, Idp::Okta] {
        let mut config = people(&[
            "ann@example.com",
            "bob@x.test",
            "carla@x.test",
            "dave@x.test",
        ]);
        config.people[1].mail = Some("shared@example.com".to_owned());
        config.people[2].mail = Some("shared@example.com".to_owned());
        config.people[3].mail = Some("alias@example.com".to_owned());
        let world = World::with(config, file(lines.clone()));
        let run = world.provision(idp).await;
        let rows = &run.report.rows;
        assert_eq!(problem(&rows[0]), ("", Outcome::Done));
        assert_eq!(
            problem(&rows[1]),
            ("user-unknown", Outcome::Rejected),
            "{idp:?}"
        );
        assert_eq!(
            problem(&rows[2]),
            ("user-ambiguous", Outcome::Rejected),
            "{idp:?}"
        );
        assert_eq!(
            problem(&rows[3]),
            ("user-by-mail-only", Outcome::Rejected),
            "{idp:?}"
        );
        assert!(rows[3].error.as_ref().unwrap().next.contains("dave@x.test"));
        assert_eq!(world.truth(idp).len(), 1);
    }
}

/// An e-mail address is somebody's where the organisation says so, and one active user has it.
#[tokio::test(start_paused = true)]
async fn people_are_found_by_mail_on_request() {
    let names = ["alias", "shared", "left", "gone"];
    let users = names.map(|name| format!("{name}@example.com"));
    let lines = (1..).zip(&users).map(|(n, user)| line(n, user, false, 30));
    let mut config = people(&[
        "dave@x.test",
        "eve@x.test",
        "fay@x.test",
        "gus@x.test",
        "hal@x.test",
    ]);
    for (n, name) in [
        (0, "alias"),
        (1, "shared"),
        (2, "shared"),
        (3, "left"),
        (4, "left"),
    ] {
        config.people[n].mail = Some(format!("{name}@example.com"));
    }
    let world = World::with(config, file(lines));
    let left = Act::DeactivateUser {
        user: Some("hal@x.test".to_owned()),
    };
    world.sim.interfere(&left).unwrap();
    // A search lags behind.
    world.clock.sleep(Duration::from_secs(5)).await;
    let okta = world.okta(None).await.matching_mail(true);
    let run = world
        .run(&okta, Goal::Activated, &CancellationToken::new())
        .await;
    let rows = &run.report.rows;
    assert_eq!(problem(&rows[0]), ("", Outcome::Done));
    assert_eq!(problem(&rows[1]), ("user-ambiguous", Outcome::Rejected));
    assert_eq!(
        problem(&rows[2]),
        ("", Outcome::Done),
        "the other one has left"
    );
    assert_eq!(problem(&rows[3]), ("user-unknown", Outcome::Rejected));
    let holders: Vec<_> = world.truth(Idp::Okta).into_values().collect();
    assert_eq!(holders.len(), 2, "{holders:?}");
}

#[tokio::test(start_paused = true)]
async fn guests_and_deactivated_users_hold_no_tokens() {
    let mut config = people(&["guest@example.com"]);
    config.people[0].guest = true;
    let world = World::with(config, file([line(1, "guest@example.com", false, 30)]));
    let run = world.provision(Idp::Entra).await;
    assert_eq!(
        problem(&run.report.rows[0]),
        ("user-guest", Outcome::Rejected)
    );

    let mut config = people(&["gone@example.com"]);
    config.people[0].enabled = false;
    let world = World::with(config, file([line(1, "gone@example.com", false, 30)]));
    let run = world.provision(Idp::Okta).await;
    assert_eq!(
        problem(&run.report.rows[0]),
        ("user-inactive", Outcome::Rejected)
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_that_no_factor_profile_takes_is_refused_in_the_plan() {
    let lines = [
        line(1, &user(1), false, 30),
        line(2, &user(2), true, 30),
        line(3, &user(3), false, 60),
    ];
    let mut config = SimConfig::with_people(3);
    config
        .set("okta.profiles", "Main:sha1:6:30:hexadecimal:3")
        .unwrap();
    let world = World::with(config, file(lines));
    let run = world.provision(Idp::Okta).await;
    let rows = &run.report.rows;
    // The encoding differs: the secret is transcoded, and the token works.
    assert_eq!(problem(&rows[0]), ("", Outcome::Done));
    for (row, reason) in [(1, "algorithm sha256"), (2, "60 s")] {
        assert_eq!(problem(&rows[row]), ("profile-mismatch", Outcome::Rejected));
        assert!(rows[row].error.as_ref().unwrap().message.contains(reason));
    }
    assert_eq!(world.sim.calls().on("factors.enroll"), 1);
    world.check(Idp::Okta, &run.report).await;
}

#[tokio::test(start_paused = true)]
async fn between_two_fitting_profiles_nothing_is_guessed() {
    let mut config = SimConfig::with_people(1);
    let two = "One:sha1:6:30:base32:3,Two:sha1:6:30:base64:3";
    config.set("okta.profiles", two).unwrap();
    let world = World::with(config, file([line(1, &user(1), false, 30)]));
    let run = world.provision(Idp::Okta).await;
    assert_eq!(
        problem(&run.report.rows[0]),
        ("profile-ambiguous", Outcome::Rejected)
    );

    let okta = world.okta(Some("Two")).await;
    let run = world
        .run(&okta, Goal::Activated, &CancellationToken::new())
        .await;
    assert_eq!(counts(&run.report), (1, 0));
    world.check(Idp::Okta, &run.report).await;
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_does_not_exist_is_named() {
    let world = World::new(1, mixed_file(1));
    let access = world.sim.okta();
    let client = okta_factors::OktaClient::new(
        std::sync::Arc::new(world.sim.transport()),
        std::sync::Arc::clone(&world.clock),
        okta_factors::SswsToken::new(access.token),
        okta_factors::org_url(&access.org_url).unwrap(),
    );
    let pace = provisioner::Pace::new(std::sync::Arc::clone(&world.clock));
    let failure = provisioner::okta::Okta::connect(client, &pace, Some("Nope"))
        .await
        .unwrap_err();
    assert_eq!(failure.problem.code, "profile-unknown");
}

#[tokio::test(start_paused = true)]
async fn no_token_is_taken_from_its_holder() {
    let world = World::new(2, file([line(1, &user(1), false, 30)]));
    world.provision(Idp::Entra).await;
    let other = World {
        file: file([line(1, &user(2), false, 30)]),
        ..world
    };
    let run = other.provision(Idp::Entra).await;
    assert_eq!(
        problem(&run.report.rows[0]),
        ("held-by-another", Outcome::Conflict)
    );
    let error = run.report.rows[0].error.as_ref().unwrap();
    assert!(error.message.contains(&user(1)), "{}", error.message);
    assert_eq!(run.report.calls.writes, 0);
    assert_eq!(
        other.truth(Idp::Entra)["60000001"].holder.as_deref(),
        Some(user(1).as_str())
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_known_with_other_parameters_is_a_conflict() {
    let world = World::new(1, file([line(1, &user(1), false, 30)]));
    world.provision(Idp::Entra).await;
    let other = World {
        file: file([line(1, &user(1), true, 60)]),
        ..world
    };
    let run = other.provision(Idp::Entra).await;
    let row = &run.report.rows[0];
    assert_eq!(problem(row), ("known-differently", Outcome::Conflict));
    let message = &row.error.as_ref().unwrap().message;
    assert!(
        message.contains("sha1 there") && message.contains("60 s in the file"),
        "{message}"
    );
}

/// The provider shows no seed; what was sent for a serial is known from the ledger.
#[tokio::test(start_paused = true)]
async fn another_seed_for_a_serial_that_is_there_is_a_conflict() {
    for idp in [Idp::Entra, Idp::Okta] {
        let world = World::new(1, file([line(1, &user(1), false, 30)]));
        world.provision(idp).await;
        let of_another = line(2, &user(1), false, 30).replace(&serial(2), &serial(1));
        let other = World {
            file: file([of_another]),
            ..world
        };
        let run = other.provision(idp).await;
        let row = &run.report.rows[0];
        assert_eq!(
            problem(row),
            ("known-differently", Outcome::Conflict),
            "{idp:?}"
        );
        assert_eq!(run.report.calls.writes, 0);
    }
}

/// A user of Okta has one hardware token; another token's seed does not verify against it.
#[tokio::test(start_paused = true)]
async fn a_factor_of_another_token_stays_and_is_a_conflict() {
    let world = World::new(1, file([line(1, &user(1), false, 30)]));
    world.provision(Idp::Okta).await;
    let other = World {
        file: file([line(2, &user(1), false, 30)]),
        ..world
    };
    // What the ledger knows and is there is told in the plan: neither a seed nor a code is spent on it.
    let run = other.provision(Idp::Okta).await;
    let expected = ("user-has-too-many", Outcome::Rejected);
    assert_eq!(problem(&run.report.rows[0]), expected);
    assert_eq!(run.report.calls.writes, 0);
    other.ledger.lose();
    let run = other.provision(Idp::Okta).await;
    assert_eq!(
        problem(&run.report.rows[0]),
        ("other-token", Outcome::Conflict)
    );
    assert_eq!(other.truth(Idp::Okta)[&user(1)].made, 1);
}

#[tokio::test(start_paused = true)]
async fn one_bad_token_does_not_hold_up_its_companions_in_a_bulk_call() {
    for errors in ["partial", "atomic"] {
        let mut config = SimConfig::with_people(20);
        config.set("entra.bulk_errors", errors).unwrap();
        let world = World::with(config, mixed_file(20));
        // The bulk call is refused as a whole; each token then goes alone.
        world.faults(vec![Rule {
            times: Some(1),
            ..answered("devices.bulk-create", 400)
        }]);
        let run = world.provision(Idp::Entra).await;
        assert_eq!(counts(&run.report), (20, 0), "{errors}");
        world.check(Idp::Entra, &run.report).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_code_is_tried_once_more_and_then_named() {
    let world = World::new(1, file([line(1, &user(1), false, 30)]));
    world.faults(vec![answered("methods.activate", 400)]);
    let run = world.provision(Idp::Entra).await;
    let row = &run.report.rows[0];
    assert_eq!(problem(row), ("code-refused", Outcome::Failed));
    assert_eq!(row.state, Some(State::Assigned));
    assert_eq!(world.sim.calls().on("methods.activate"), 2);
}

#[tokio::test(start_paused = true)]
async fn codes_are_for_the_services_time_not_for_ours() {
    // Our clock is an hour off: a code for our time would leave a drift of an hour.
    let mut config = SimConfig::with_people(40);
    config.set("entra.clock_offset_s", "3600").unwrap();
    let world = World::with(config, mixed_file(40));
    let run = world.provision(Idp::Entra).await;
    assert_eq!(counts(&run.report), (40, 0));
    let drifts: Vec<i64> = world
        .sim
        .state()
        .entra
        .devices
        .iter()
        .map(|d| d.drift)
        .collect();
    assert!(drifts.iter().all(|drift| *drift == 0), "{drifts:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_accepted_but_not_seen_yet_is_waited_for() {
    let mut config = SimConfig::with_people(40);
    config.set("entra.visibility_lag_ms", "30000").unwrap();
    let world = World::with(config, mixed_file(40));
    let run = world.provision(Idp::Entra).await;
    assert_eq!(counts(&run.report), (40, 0));
    world.check(Idp::Entra, &run.report).await;
    let calls = world.sim.calls();
    assert_eq!(calls.on("devices.bulk-create"), 1);
    assert_eq!(calls.on("methods.activate"), 40);
}

#[tokio::test(start_paused = true)]
async fn a_success_without_effect_is_not_believed() {
    let world = World::new(2, mixed_file(2));
    world.faults(vec![Rule {
        nth: Some(1),
        ..answered("methods.activate", 204)
    }]);
    let run = world.provision(Idp::Entra).await;
    let failed: Vec<_> = run
        .report
        .rows
        .iter()
        .filter(|row| row.outcome == Outcome::Failed)
        .collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(problem(failed[0]), ("not-visible", Outcome::Failed));
    assert_eq!(failed[0].state, Some(State::Assigned));
}

#[tokio::test(start_paused = true)]
async fn a_change_in_doubt_that_shows_late_is_not_made_twice() {
    for idp in [Idp::Entra, Idp::Okta] {
        let mut config = SimConfig::with_people(40);
        config.set("entra.visibility_lag_ms", "20000").unwrap();
        config.set("okta.factor_lag_ms", "20000").unwrap();
        let world = World::with(config, mixed_file(40));
        world.faults(vec![Rule {
            every: Some(2),
            writes_only: true,
            ..Rule::always(Fault::ResetAfter)
        }]);
        let run = world.provision(idp).await;
        assert_eq!(counts(&run.report), (40, 0), "{idp:?} {:?}", run.stopped);
        world.check(idp, &run.report).await;
    }
}

/// The next code has to wait for the next time step; until then the work of the first one shows.
#[tokio::test(start_paused = true)]
async fn a_token_in_doubt_is_looked_at_again_before_its_next_code() {
    let mut config = SimConfig::with_people(1);
    config.set("entra.visibility_lag_ms", "20000").unwrap();
    let world = World::with(config, file([line(1, &user(1), false, 30)]));
    let entra = world.entra();
    let stop = CancellationToken::new();
    world.run(&entra, Goal::Assigned, &stop).await;
    world.clock.sleep(std::time::Duration::from_secs(60)).await;
    world.faults(vec![Rule {
        writes_only: true,
        ..Rule::always(Fault::ResetAfter)
    }]);
    let run = world.run(&entra, Goal::Activated, &stop).await;
    assert_eq!(counts(&run.report), (1, 0), "{:?}", run.stopped);
    assert_eq!(world.sim.calls().on("methods.activate"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_long_wait_that_the_service_asks_for_can_be_interrupted() {
    let world = World::new(30, mixed_file(30));
    world.faults(vec![Rule {
        writes_only: true,
        ..Rule::always(Fault::Status {
            status: 429,
            retry_after: Some("3000".to_owned()),
            after_work: false,
        })
    }]);
    let stop = CancellationToken::new();
    let entra = world.entra();
    let clock = std::sync::Arc::clone(&world.clock);
    let soon = async {
        clock.sleep(std::time::Duration::from_secs(5)).await;
        stop.cancel();
    };
    let (run, ()) = tokio::join!(world.run(&entra, Goal::Activated, &stop), soon);
    assert!(matches!(run.stopped, Some(Stopped::Interrupted)));
    assert!(
        run.report.elapsed_ms < 10_000,
        "{} ms",
        run.report.elapsed_ms
    );
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_stops_the_run_and_is_named() {
    let mut config = SimConfig::with_people(10);
    config
        .set(
            "entra.granted_roles",
            "Policy.ReadWrite.AuthenticationMethod,User.Read.All",
        )
        .unwrap();
    let world = World::with(config, mixed_file(10));
    let run = world.provision(Idp::Entra).await;
    let Some(Stopped::Provider(failure)) = &run.stopped else {
        panic!("{:?}", run.stopped);
    };
    assert_eq!(failure.problem.code, "permission");
    let said = failure.problem.to_string();
    assert!(
        said.contains("UserAuthenticationMethod.ReadWrite.All"),
        "{said}"
    );
    assert_eq!(run.report.counts.pending, 10);
    assert!(world.truth(Idp::Entra).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expires_in_the_middle_is_renewed() {
    let mut config = SimConfig::with_people(300);
    config.latency = std::time::Duration::from_secs(20);
    // The run takes longer than a token lives.
    config.set("entra.token_lifetime_s", "330").unwrap();
    let world = World::with(config, mixed_file(300));
    let run = world.provision(Idp::Entra).await;
    assert_eq!(counts(&run.report), (300, 0), "{:?}", run.stopped);
    assert!(world.sim.calls().on("token") >= 2);
    world.check(Idp::Entra, &run.report).await;
}

#[tokio::test(start_paused = true)]
async fn a_token_refused_in_the_middle_is_renewed_and_the_call_made_again() {
    let world = World::new(50, mixed_file(50));
    world.faults(vec![Rule {
        nth: Some(20),
        ..answered("methods.activate", 401)
    }]);
    let run = world.provision(Idp::Entra).await;
    assert_eq!(counts(&run.report), (50, 0), "{:?}", run.stopped);
    world.check(Idp::Entra, &run.report).await;
}

#[tokio::test(start_paused = true)]
async fn an_expired_secret_stops_the_plan() {
    let mut config = SimConfig::with_people(1);
    config.set("entra.secret_expired", "true").unwrap();
    let world = World::with(config, mixed_file(1));
    let Err(Stopped::Provider(failure)) = world.plan(Idp::Entra, Goal::Activated).await else {
        panic!("no plan is made without sign-in");
    };
    assert_eq!(failure.problem.code, "sign-in");
    let Problem { message, next, .. } = failure.problem;
    assert!(message.contains("7000222"), "{message}");
    assert!(next.contains("AZURE_CLIENT_SECRET"), "{next}");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_stays_away_leaves_rows_pending() {
    for idp in [Idp::Entra, Idp::Okta] {
        let world = World::new(5, mixed_file(5));
        world.faults(vec![Rule {
            writes_only: true,
            ..Rule::always(Fault::ResetBefore)
        }]);
        let run = world.provision(idp).await;
        assert_eq!(run.report.counts.pending, 5, "{idp:?}");
        assert!(
            matches!(run.stopped, Some(Stopped::NoProgress)),
            "{:?}",
            run.stopped
        );
        world.faults(Vec::new());
        let (report, stopped) = world.resume(idp, &world.ledger.last_run(), &run.plan).await;
        assert!(stopped.is_none());
        assert_eq!(counts(&report), (5, 0));
        world.check(idp, &report).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_without_a_user_can_be_imported_but_not_activated() {
    let world = World::new(1, file([line(1, "", false, 30)]));
    let run = world.provision(Idp::Entra).await;
    assert_eq!(
        problem(&run.report.rows[0]),
        ("user-missing", Outcome::Rejected)
    );
    let entra = world.entra();
    let run = world
        .run(&entra, Goal::Imported, &CancellationToken::new())
        .await;
    assert_eq!(counts(&run.report), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn two_tokens_for_one_okta_user_are_both_refused() {
    let lines = [line(1, &user(1), false, 30), line(2, &user(1), false, 30)];
    let world = World::new(1, file(lines));
    let run = world.provision(Idp::Okta).await;
    for row in &run.report.rows {
        assert_eq!(problem(row), ("user-has-too-many", Outcome::Rejected));
        assert!(row.error.as_ref().unwrap().message.contains("rows 2, 3"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_data_and_the_same_each_time() {
    let world = World::new(30, mixed_file(30));
    let plan = world.plan(Idp::Entra, Goal::Activated).await.unwrap();
    let again = world.plan(Idp::Entra, Goal::Activated).await.unwrap();
    assert_eq!(plan.digest(), again.digest());
    let json = serde_json::to_string(&plan).unwrap();
    assert_eq!(
        serde_json::from_str::<provisioner::Plan>(&json).unwrap(),
        plan
    );
    assert!(matches!(plan.rows[0].decision, Decision::Steps { .. }));
    for n in 1..=30 {
        let seed = data_encoding::BASE32_NOPAD.encode(&support::seed(n, 20));
        assert!(!json.contains(&seed));
    }
}
