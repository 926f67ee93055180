//! Tokens of Okta after their enrolment: listed, checked, taken back, replaced, adopted and proven.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use idp_sim::{Act, Fault, Idp, Rule, SimConfig};
use provisioner::{
    Goal, IdentityProvider, InventoryFilter, InventoryToken, Known, Ledger, Outcome, Proof,
    Replacement, Roster, RunId, State, UserId,
};
use seedfile::Serial;
use support::{Run, World, answered, counts, file, line, mixed_file, serial, user};
use tokio_util::sync::CancellationToken;

async fn run_of(world: &World, roster: &Roster, goal: Goal) -> Run {
    let never = CancellationToken::new();
    let okta = world.okta(None).await;
    world.run_of(&okta, roster, goal, &never).await
}

async fn known(world: &World) -> BTreeMap<Serial, Known> {
    let okta = world.okta(None).await;
    world.ledger.known(okta.tenant()).await.unwrap()
}

async fn listed(world: &World, filter: InventoryFilter) -> Vec<InventoryToken> {
    let okta = world.okta(None).await;
    let known = world.ledger.known(okta.tenant()).await.unwrap();
    let mut tokens = Vec::new();
    let mut take = |token| tokens.push(token);
    let pace = world.pace();
    let listed = okta.inventory(&pace, &known, &filter, &mut take);
    listed.await.unwrap();
    tokens
}

fn checked() -> InventoryFilter {
    InventoryFilter {
        check: true,
        ..InventoryFilter::default()
    }
}

fn serials(tokens: &[InventoryToken]) -> Vec<&str> {
    tokens.iter().map(|token| token.serial.as_str()).collect()
}

fn verified(world: &World) -> u64 {
    world.sim.calls().on("factors.verify")
}

/// Another operator takes somebody's factor away.
fn lose_factor(world: &World, n: usize) {
    let act = Act::DeleteFactor {
        user: Some(user(n)),
    };
    world.sim.interfere(&act).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_list_is_what_the_ledger_says_until_it_is_checked() {
    let world = World::new(3, mixed_file(3));
    world.provision(Idp::Okta).await;
    lose_factor(&world, 2);
    let before = world.sim.calls().total;
    let recorded = listed(&world, InventoryFilter::default()).await;
    assert_eq!(serials(&recorded), [serial(1), serial(2), serial(3)]);
    assert!(recorded.iter().all(|token| token.status == "recorded"));
    let holder = recorded[0].holder.as_ref().unwrap();
    assert_eq!(holder.name, Some(user(1)));
    let to_connect = world.sim.calls().total - before;
    let checked = listed(&world, checked()).await;
    assert_eq!(serials(&checked), [serial(1), serial(3)]);
    assert!(checked.iter().all(|token| token.status == "ACTIVE"));
    let made = world.sim.calls().total - before - 2 * to_connect;
    assert_eq!(made, 3, "one call a token");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_taken_back_and_enrolled_again() {
    let world = World::new(2, mixed_file(2));
    world.provision(Idp::Okta).await;
    let all = listed(&world, InventoryFilter::default()).await;
    let roster = Roster::of_inventory(&all[..1]).unwrap();
    let run = run_of(&world, &roster, Goal::Deleted).await;
    let row = &run.report.rows[0];
    assert_eq!((row.outcome, row.state), (Outcome::Done, None), "{row:?}");
    assert_eq!(run.report.calls.writes, 1);
    assert_eq!(world.truth(Idp::Okta).len(), 1);
    // The ledger forgets it, the audit does not.
    assert!(
        !known(&world)
            .await
            .contains_key(&serial(1).parse().unwrap())
    );
    let again = world.provision(Idp::Okta).await;
    assert_eq!(counts(&again.report), (1, 1));
    world.sign_in_everybody(Idp::Okta).await;
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_took_back_is_not_taken_twice() {
    let world = World::new(1, mixed_file(1));
    world.provision(Idp::Okta).await;
    let all = listed(&world, InventoryFilter::default()).await;
    lose_factor(&world, 1);
    let run = run_of(&world, &Roster::of_inventory(&all).unwrap(), Goal::Deleted).await;
    assert_eq!(run.report.rows[0].outcome, Outcome::Conflict);
    assert_eq!(run.report.calls.writes, 0);
}

/// Enrolled by other means: the ledger knows nothing of it.
#[tokio::test(start_paused = true)]
async fn a_factor_without_a_serial_number_goes_by_its_id() {
    let world = World::new(1, mixed_file(1));
    world.provision(Idp::Okta).await;
    let holder = listed(&world, InventoryFilter::default()).await[0]
        .holder
        .clone();
    world.ledger.lose();
    assert!(listed(&world, checked()).await.is_empty());
    let of_holder = InventoryFilter {
        holder: holder.map(|holder| holder.id),
        ..InventoryFilter::default()
    };
    let found = listed(&world, of_holder).await;
    assert_eq!((found.len(), &*found[0].serial), (1, ""));
    let roster = Roster::of_inventory(&found).unwrap();
    assert_eq!(roster.tokens()[0].serial.as_str(), found[0].id.0);
    let run = run_of(&world, &roster, Goal::Deleted).await;
    assert_eq!(counts(&run.report), (1, 0));
    assert!(world.truth(Idp::Okta).is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_there_is_adopted_by_a_code_of_each() {
    let world = World::new(4, mixed_file(3));
    world.provision(Idp::Okta).await;
    lose_factor(&world, 3);
    let factors = known(&world).await;
    world.ledger.lose();
    world.clock.sleep(Duration::from_secs(120)).await;
    // The file gives user 2 another token, and has one more user without a factor.
    let lines = [(1, 1), (7, 2), (3, 3), (4, 4)];
    let lines = lines.map(|(n, of)| line(n, &user(of), n % 2 == 0, 30));
    let world = World {
        file: file(lines),
        ..world
    };
    let run = run_of(&world, &world.roster(), Goal::Adopted).await;
    let ends = run.report.rows.iter();
    let ends: Vec<_> = ends
        .map(|row| {
            (
                row.outcome,
                row.error.as_ref().map_or("", |error| &error.code),
            )
        })
        .collect();
    assert_eq!(
        ends,
        [
            (Outcome::Unchanged, ""),
            (Outcome::Conflict, "other-token"),
            (Outcome::Rejected, "not-there"),
            (Outcome::Rejected, "not-there"),
        ]
    );
    assert_eq!(verified(&world), 2, "one try each");
    assert_eq!(
        world.sim.calls().on("factors.enroll"),
        3,
        "nothing is enrolled"
    );
    let known = known(&world).await;
    let one: Serial = serial(1).parse().unwrap();
    assert_eq!(known.keys().collect::<Vec<_>>(), [&one]);
    assert_eq!(known[&one].id, factors[&one].id);
    assert!(known[&one].code_accepted);
    // The present code is the user's still.
    let now = world.clock.unix().as_secs();
    let roster = world.roster();
    let answer = world.sign_in(Idp::Okta, &roster, &roster.tokens()[0], now);
    assert!(answer.accepted);
    let again = run_of(&world, &roster.only(&one, &user(1)).unwrap(), Goal::Adopted).await;
    assert_eq!((counts(&again.report), verified(&world)), ((0, 1), 2));
}

#[tokio::test(start_paused = true)]
async fn an_enrolment_is_proven_by_one_code() {
    let world = World::new(3, mixed_file(3));
    let run = run_of(&world, &world.roster(), Goal::Proven).await;
    assert_eq!(counts(&run.report), (3, 0), "{:?}", run.report.rows);
    assert_eq!(verified(&world), 3);
    let again = run_of(&world, &world.roster(), Goal::Proven).await;
    assert_eq!((counts(&again.report), verified(&world)), ((0, 3), 3));
    world.sign_in_everybody(Idp::Okta).await;

    // Those that were enrolled without are proven afterwards.
    let world = World::new(3, mixed_file(3));
    world.provision(Idp::Okta).await;
    world.clock.sleep(Duration::from_secs(120)).await;
    let run = run_of(&world, &world.roster(), Goal::Proven).await;
    assert_eq!((counts(&run.report), verified(&world)), ((0, 3), 3));
}

#[tokio::test(start_paused = true)]
async fn entra_proves_by_activating() {
    let world = World::new(1, mixed_file(1));
    let plan = world.plan(Idp::Entra, Goal::Proven).await.unwrap();
    assert!(!plan.is_feasible() && plan.is_empty());
}

/// A user of Okta has one token: the old one goes first.
#[tokio::test(start_paused = true)]
async fn a_token_is_replaced_in_the_order_that_harms_least() {
    let world = World::new(1, mixed_file(1));
    world.provision(Idp::Okta).await;
    let old = listed(&world, InventoryFilter::default()).await.remove(0);
    let holder = old.holder.clone().unwrap().id;
    let new = World::new(1, file([line(9, "", false, 30)])).roster();
    let proof = Proof {
        seeds: Some(new),
        ..Proof::default()
    };
    let nine: Serial = serial(9).parse().unwrap();
    let given = proof.roster(&nine, None, &user(1), Duration::ZERO).unwrap();
    let okta = world.okta(None).await;
    let replacement =
        Replacement::new(okta.capabilities(), &old, given, &holder, 1, false).unwrap();
    assert!(replacement.gap);
    for (roster, goal) in [&replacement.first, &replacement.second] {
        let run = run_of(&world, roster, *goal).await;
        assert!(run.report.is_complete(), "{:?}", run.report.rows);
    }
    let truth = world.truth(Idp::Okta);
    assert_eq!(truth.len(), 1);
    let known = known(&world).await;
    assert_eq!(known.keys().collect::<Vec<_>>(), [&nine]);
    assert_eq!(known[&nine].user, Some(holder.clone()));

    // Where there is room, the new one is given first.
    let entra = world.entra();
    for (held, gap) in [(1, false), (4, false), (5, true)] {
        let new = World::new(1, mixed_file(2)).roster();
        let new = new.only(&serial(2).parse().unwrap(), &user(1)).unwrap();
        let made = Replacement::new(entra.capabilities(), &old, new, &holder, held, true);
        let made = made.unwrap();
        assert_eq!(
            (made.gap, made.first.1 == Goal::Deleted),
            (gap, gap),
            "{held}"
        );
    }

    let again = Roster::of_inventory([&old]).unwrap();
    let stranger = UserId("00u0".to_owned());
    let refused = |roster, holder| {
        let made = Replacement::new(okta.capabilities(), &old, roster, holder, 1, false);
        made.unwrap_err().code
    };
    assert_eq!(refused(again, &holder), "same-token");
    let other = World::new(1, mixed_file(2)).roster();
    let other = other.only(&serial(2).parse().unwrap(), &user(1)).unwrap();
    assert_eq!(refused(other, &stranger), "not-held");
}

#[test]
fn what_is_held_by_nobody_is_in_the_inventory_or_gone() {
    let entra = provisioner::entra::capabilities(provisioner::entra::EntraOptions::default());
    let okta = provisioner::okta::capabilities_of_any_profile();
    assert_eq!(entra.taken_back(), Goal::Unassigned);
    assert_eq!(okta.taken_back(), Goal::Deleted);
    assert!(Goal::Adopted.is_met_by(Some(State::Activated)));
}

/// The user is still being activated: the row waits some minutes, and is taken up then.
#[tokio::test(start_paused = true)]
async fn a_user_who_is_being_activated_is_waited_for() {
    for users in [vec![user(2)], vec![user(1), user(2)]] {
        let mut config = SimConfig::with_people(2);
        let activating = [("activating", &*users.join(",")), ("activating_s", "200")];
        for (name, value) in activating {
            config.okta.set(name, value).unwrap();
        }
        let world = World::with(config, mixed_file(2));
        let first = world.provision(Idp::Okta).await;
        assert!(first.stopped.is_none(), "{:?}", first.stopped);
        assert_eq!(first.report.counts.pending, users.len());
        let row = &first.report.rows[1];
        assert_eq!(row.error.as_ref().unwrap().code, "try-later");
        let left = row.not_before.unwrap() - world.clock.unix().as_secs();
        assert!((290..=301).contains(&left), "{left}");

        let run = world.ledger.last_run();
        let enrolled = || world.sim.calls().on("factors.enroll");
        let before = enrolled();
        let (report, _) = world.resume(Idp::Okta, &run, &first.plan).await;
        assert_eq!((report.counts.pending, enrolled()), (users.len(), before));
        world.clock.sleep(Duration::from_secs(left)).await;
        let (report, stopped) = world.resume(Idp::Okta, &run, &first.plan).await;
        assert!(stopped.is_none(), "{stopped:?}");
        assert_eq!(counts(&report), (2, 0), "{:?}", report.rows);
        world.check(Idp::Okta, &report).await;
    }
}

/// A right that was taken away: nobody has seen that the factors are gone.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_not_called_deleted() {
    let world = World::new(3, mixed_file(3));
    world.provision(Idp::Okta).await;
    let all = listed(&world, InventoryFilter::default()).await;
    for routes in [&["factors.delete", "factors.get"][..], &["factors.delete"]] {
        world.faults(routes.iter().map(|route| answered(route, 403)).collect());
        let run = run_of(&world, &Roster::of_inventory(&all).unwrap(), Goal::Deleted).await;
        let is_done = |outcome| matches!(outcome, Outcome::Done | Outcome::Unchanged);
        assert!(
            run.report.rows.iter().all(|row| !is_done(row.outcome)),
            "{routes:?}"
        );
        world.faults(Vec::new());
        assert_eq!(known(&world).await.len(), 3);
        assert_eq!(world.truth(Idp::Okta).len(), 3);
    }
}

/// The answer was lost, and somebody else enrolled another token since: that one stays.
#[tokio::test(start_paused = true)]
async fn a_removal_in_doubt_is_not_settled_by_another_factor() {
    let world = World::new(1, mixed_file(1));
    world.provision(Idp::Okta).await;
    let all = listed(&world, InventoryFilter::default()).await;
    let enrolled = Act::EnrollFactor {
        user: Some(user(1)),
        secret: None,
    };
    world.faults(vec![Rule {
        route: Some("factors.delete".to_owned()),
        nth: Some(1),
        ..Rule::always(Fault::ResetAfter)
    }]);
    let roster = Roster::of_inventory(&all).unwrap();
    let okta = world.okta(None).await;
    let stop = CancellationToken::new();
    let meanwhile = async {
        world.clock.sleep(Duration::from_secs(5)).await;
        world.sim.interfere(&enrolled).unwrap();
    };
    let (run, ()) = tokio::join!(
        world.run_of(&okta, &roster, Goal::Deleted, &stop),
        meanwhile
    );
    assert_eq!(
        run.report.rows[0].outcome,
        Outcome::Done,
        "{:?}",
        run.report.rows
    );
    assert_eq!(world.truth(Idp::Okta).len(), 1, "the new one");
    assert!(known(&world).await.is_empty());
}

/// Somebody wrote down whose factor holds which token, and was wrong.
#[tokio::test(start_paused = true)]
async fn what_somebody_wrote_down_is_proved_before_it_counts() {
    let world = World::new(2, mixed_file(2));
    world.provision(Idp::Okta).await;
    let before = known(&world).await;
    world.clock.sleep(Duration::from_secs(120)).await;
    world.ledger.lose();
    let okta = world.okta(None).await;
    // Each is said to be the other.
    let swapped = [(1, 2), (2, 1)].map(|(n, of)| {
        let known = &before[&serial(of).parse::<Serial>().unwrap()];
        let bare = Known {
            fingerprint: None,
            code_accepted: false,
            ..known.clone()
        };
        (serial(n).parse::<Serial>().unwrap(), bare)
    });
    let run = RunId("import".to_owned());
    let swapped = swapped.into_iter().collect();
    world
        .ledger
        .remember(&run, okta.tenant(), swapped)
        .await
        .unwrap();
    for goal in [Goal::Activated, Goal::Adopted] {
        let run = run_of(&world, &world.roster(), goal).await;
        let rows = run.report.rows.iter();
        assert!(
            rows.clone().all(|row| row.outcome == Outcome::Conflict),
            "{goal} {:?}",
            run.report.rows
        );
    }
    assert_eq!(world.truth(Idp::Okta).len(), 2);
}

/// Wrong seeds do not spend a code of everybody.
#[tokio::test(start_paused = true)]
async fn adopting_with_a_wrong_file_stops_early() {
    let world = World::new(60, mixed_file(60));
    world.provision(Idp::Okta).await;
    world.ledger.lose();
    world.clock.sleep(Duration::from_secs(120)).await;
    let lines = (1..=60).map(|n| line(n + 100, &user(n), n % 2 == 0, 30));
    let world = World {
        file: file(lines),
        ..world
    };
    let run = run_of(&world, &world.roster(), Goal::Adopted).await;
    assert!(run.stopped.is_some());
    assert!(verified(&world) < 40, "{}", verified(&world));
    assert!(known(&world).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_speaks_against_a_token_is_read_beforehand() {
    let mut config = SimConfig::with_people(2);
    config.set("okta.policy_forbids", &user(2)).unwrap();
    let world = World::with(config, mixed_file(2));
    let okta = world.okta(None).await;
    let people = okta
        .users(&world.pace(), &[user(1), user(2)])
        .await
        .unwrap();
    let objection = async |n| {
        let id = people[&user(n)].id().unwrap();
        okta.objection(&world.pace(), id).await.unwrap()
    };
    assert_eq!(objection(1).await, None);
    assert_eq!(objection(2).await.unwrap().code, "policy");
    world.provision(Idp::Okta).await;
    assert_eq!(objection(1).await, None, "who has one may have it");
}

/// Whatever a login is made of, its token goes to that user, asked for alone or among many.
#[tokio::test(start_paused = true)]
async fn a_login_is_found_whatever_it_is_made_of() {
    let logins = [
        "a/b", "a?b", "a#b", "a+b", "o'b", "a\"b", "a\\b", "zoë", "日本", "a&b", "a%2Fb", "a=b",
    ];
    let logins = logins.map(|login| format!("{login}@example.com"));
    // Somebody whom a cut or a decoded name would mean.
    let cut = ["a", "a@example.com", "a b@example.com", "zoe@example.com"];
    let people = logins.iter().map(String::as_str).chain(cut);
    let config = SimConfig {
        people: people.map(idp_sim::Person::new).collect(),
        ..SimConfig::default()
    };
    let quoted = |user: &String| format!("\"{}\"", user.replace('"', "\"\""));
    let lines = || {
        (1..)
            .zip(&logins)
            .map(|(n, user)| line(n, &quoted(user), false, 30))
    };
    for idp in [Idp::Entra, Idp::Okta] {
        let all = World::with(config.clone(), file(lines()));
        let run = all.provision(idp).await;
        let rows = &run.report.rows;
        assert_eq!(counts(&run.report), (logins.len(), 0), "{rows:?}");
        all.sign_in_everybody(idp).await;
    }
    for (login, line) in logins.iter().zip(lines()) {
        let alone = World::with(config.clone(), file([line]));
        let run = alone.provision(Idp::Okta).await;
        assert_eq!(
            counts(&run.report),
            (1, 0),
            "{login}: {:?}",
            run.report.rows
        );
        let holders: Vec<String> = alone.truth(Idp::Okta).into_keys().collect();
        assert_eq!(holders.join(" "), *login);
    }
}

/// A service whose clock was never set: the step before the first one has no code.
#[tokio::test(start_paused = true)]
async fn a_clock_that_begins_at_nothing_ends_no_run() {
    let mut config = SimConfig::with_people(1);
    config.set("okta.clock_offset_s", "-1799999999").unwrap();
    let world = World::with(config, mixed_file(1));
    let run = run_of(&world, &world.roster(), Goal::Proven).await;
    assert!(run.stopped.is_none(), "{:?}", run.stopped);
    assert_eq!(run.report.counts.rows, 1);
}

/// A record of a factor that is gone hides no other one.
#[tokio::test(start_paused = true)]
async fn every_other_token_of_a_user_is_asked_for() {
    let of_user = |n: usize| file([line(n, &user(1), false, 30)]);
    let mut world = World::new(1, of_user(1));
    world.provision(Idp::Okta).await;
    lose_factor(&world, 1);
    world.file = of_user(2);
    world.provision(Idp::Okta).await;
    assert_eq!(known(&world).await.len(), 2);
    world.file = of_user(3);
    let run = world.provision(Idp::Okta).await;
    let problem = run.report.rows[0].error.as_ref().unwrap();
    assert_eq!(problem.code, "user-has-too-many");
    assert_eq!((run.report.calls.writes, verified(&world)), (0, 0));
}

/// Somebody whose factors may not be read hides nobody else's.
#[tokio::test(start_paused = true)]
async fn a_holder_out_of_reach_is_marked_in_the_list() {
    let world = World::new(3, mixed_file(3));
    world.provision(Idp::Okta).await;
    world.faults(vec![Rule {
        nth: Some(1),
        ..answered("factors.get", 403)
    }]);
    let checked = listed(&world, checked()).await;
    let status: Vec<&str> = checked.iter().map(|token| token.status.as_str()).collect();
    assert_eq!(status, ["unreadable", "ACTIVE", "ACTIVE"]);
}
