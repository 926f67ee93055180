//! What a rehearsal of a file does not meet: single tokens given by hand, and a second operator.

use std::time::Duration;

use idp_sim::{Act, Fault, Idp, Rule};
use oath_core::{Code, Key, Totp, Window};
use provisioner::{Goal, Outcome, Report, Roster, State};
use tokio_util::sync::CancellationToken;

use crate::support::{World, counts, file, line, mixed_file, serial, user};
use crate::{End, TOKENS, config, in_company, variants};

/// More time steps than a code may be off at activation, and than the clocks differ.
const FAR: u64 = 4000;
/// Longer than any change takes to show.
const SHOWN: Duration = Duration::from_secs(120);

/// A tenant that has the tokens of its file, held by nobody.
async fn stocked(settings: &[(&str, &str)]) -> World {
    let world = World::with(config(settings), mixed_file(TOKENS));
    let never = CancellationToken::new();
    let run = world.run(&world.entra(), Goal::Imported, &never).await;
    assert_eq!(counts(&run.report), (TOKENS, 0), "{settings:?}");
    world.clock.sleep(SHOWN).await;
    world
}

/// Gives one token to a user, with a code of the device where it is to be activated.
async fn give(world: &World, n: usize, goal: Goal, code: Option<Code>) -> Report {
    let mut chosen = world.chosen(&[&serial(n)]).await;
    chosen[0].user = Some(user(n));
    let mut roster = Roster::without_seeds(chosen);
    if let Some(code) = code {
        let at = world.clock.monotonic();
        roster.add_code(&serial(n).parse().unwrap(), code, at);
    }
    let never = CancellationToken::new();
    let run = world.run_of(&world.entra(), &roster, goal, &never).await;
    assert!(run.stopped.is_none(), "{:?}", run.stopped);
    world.clock.sleep(SHOWN).await;
    run.report
}

/// A code that no device of this token shows for days.
fn wrong_code(world: &World, n: usize) -> Code {
    let (roster, serial) = (world.roster(), serial(n));
    let mut tokens = roster.tokens().iter();
    let token = tokens
        .find(|token| token.serial.as_str() == serial)
        .unwrap();
    let key = Key::new(
        token.algorithm,
        roster.seed(&token.serial).unwrap().expose(),
    );
    let (totp, now) = (
        Totp::new(token.digits, token.period),
        world.clock.unix().as_secs(),
    );
    let mut codes = (0..1_000_000).map(|n| Code::parse(&format!("{n:06}")).unwrap());
    let is_wrong = |code: &Code| {
        let accepted = totp.verify(&key, now, Window::symmetric(FAR), code);
        accepted.is_none()
    };
    codes.find(is_wrong).unwrap()
}

/// The state of a token and its holder, as they really are.
fn really(world: &World, n: usize) -> (State, Option<String>) {
    let truth = world.truth(Idp::Entra);
    let token = &truth[&serial(n)];
    let state = match (token.active, &token.holder) {
        (true, _) => State::Activated,
        (false, Some(_)) => State::Assigned,
        (false, None) => State::Imported,
    };
    (state, token.holder.clone())
}

/// The one row of a report: it says what is so.
#[track_caller]
fn end<'r>(world: &World, n: usize, report: &'r Report, what: &str) -> (Outcome, &'r str) {
    let row = &report.rows[0];
    assert_eq!(row.state, Some(really(world, n).0), "{what}: {row:?}");
    let code = row.error.as_ref().map_or("", |problem| &problem.code);
    (row.outcome, code)
}

fn rival(routes: &[&str], act: &Act) -> Vec<Rule> {
    let rule = |route: &&str| Rule {
        route: Some((*route).to_owned()),
        nth: Some(1),
        ..Rule::always(Fault::Interfere {
            act: act.clone(),
            after: false,
        })
    };
    routes.iter().map(rule).collect()
}

/// A wrong code, then the right one.
async fn mistype(world: &World, what: &str) {
    let report = give(world, 1, Goal::Activated, Some(wrong_code(world, 1))).await;
    let refused = (Outcome::Failed, "code-refused");
    assert_eq!(end(world, 1, &report, what), refused, "{what}");
    let left = match what.contains("rolls_back") {
        true => (State::Imported, None),
        false => (State::Assigned, Some(user(1))),
    };
    assert_eq!(really(world, 1), left, "{what}");

    let right = Some(world.shown(&serial(1)));
    let report = give(world, 1, Goal::Activated, right).await;
    assert_eq!(end(world, 1, &report, what), (Outcome::Done, ""), "{what}");
    assert_eq!(really(world, 1), (State::Activated, Some(user(1))));
}

/// Somebody else gives the token away between our look and our call.
async fn come_late(world: &World, n: usize, goal: Goal, route: &str, what: &str) {
    let whom = user(n + 6);
    let act = Act::AssignDevice {
        serial: None,
        user: Some(whom.clone()),
    };
    world.faults(rival(&[route], &act));
    let code = (goal == Goal::Activated).then(|| world.shown(&serial(n)));
    let report = give(world, n, goal, code).await;
    world.faults(Vec::new());
    let late = (Outcome::Conflict, "held-by-another");
    assert_eq!(end(world, n, &report, what), late, "{what}");
    assert_eq!(really(world, n), (State::Assigned, Some(whom)), "{what}");
}

/// Every way back of a token that is in use.
async fn take_back(world: &World, what: &str) {
    for (goal, left) in [
        (Goal::Deactivated, (State::Assigned, Some(user(1)))),
        (Goal::Unassigned, (State::Imported, None)),
    ] {
        let roster = Roster::without_seeds(world.chosen(&[&serial(1)]).await);
        let never = CancellationToken::new();
        let run = world.run_of(&world.entra(), &roster, goal, &never).await;
        assert_eq!(counts(&run.report), (1, 0), "{what} {:?}", run.report.rows);
        world.clock.sleep(SHOWN).await;
        assert_eq!(really(world, 1), left, "{what} {goal}");
    }
}

/// What is shown late is known late: that is for the tests of lag.
fn is_shown_at_once(name: &str) -> bool {
    name != "visibility_lag_ms"
}

#[tokio::test(start_paused = true)]
async fn tokens_given_by_hand_end_right_whatever_is_true() {
    for (name, values) in variants() {
        let works = values.iter().filter(|(_, end)| *end == End::Works);
        for (value, _) in works.filter(|_| is_shown_at_once(name)) {
            let settings = in_company(name, value);
            let what = format!("{settings:?}");
            let world = stocked(&settings).await;
            mistype(&world, &what).await;
            come_late(&world, 2, Goal::Assigned, "methods.assign", &what).await;
            let route = "methods.assign-activate";
            come_late(&world, 3, Goal::Activated, route, &what).await;
            take_back(&world, &what).await;
        }
    }
}

/// Another operator adds a token of the file between our look and our call: the very same one, so that
/// it is there and everything works.
#[tokio::test(start_paused = true)]
async fn a_token_that_somebody_adds_meanwhile_is_taken_as_it_is() {
    let act = Act::CreateDevice {
        serial: None,
        secret: None,
        user: None,
    };
    for (name, values) in variants() {
        let works = values.iter().filter(|(_, end)| *end == End::Works);
        for (value, _) in works.filter(|_| is_shown_at_once(name)) {
            let settings = in_company(name, value);
            let world = World::with(config(&settings), mixed_file(TOKENS));
            world.faults(rival(&["devices.bulk-create"], &act));
            let (report, _) = world.persist(Idp::Entra).await;
            let (done, unchanged) = counts(&report);
            let what = format!("{settings:?} {:?}", report.rows);
            assert_eq!(done + unchanged, TOKENS, "{what}");
            world.check_with(Idp::Entra, &report, 2).await;
        }
    }
}

/// A serial number is the same in any case, whether the service thinks so or not.
#[tokio::test(start_paused = true)]
async fn capitals_in_a_serial_make_no_second_token() {
    for ignored in ["true", "false"] {
        for rows in [1, TOKENS] {
            let spelt = |how: &'static str| {
                let lines = (1..=rows).map(|n| line(n, &user(n), false, 30));
                file(lines.map(|line| line.replace(",6000", how)))
            };
            let settings = [("serial_ignores_case", ignored)];
            let mut world = World::with(config(&settings), spelt(",abc0"));
            let run = world.provision(Idp::Entra).await;
            assert_eq!(counts(&run.report), (rows, 0));
            world.file = spelt(",ABC0");
            let run = world.provision(Idp::Entra).await;
            assert_eq!(run.report.counts.done, 0, "{ignored} {rows}");
            assert_eq!(run.report.calls.writes, 0, "{ignored} {rows}");
            assert_eq!(world.truth(Idp::Entra).len(), rows);
        }
    }
}
