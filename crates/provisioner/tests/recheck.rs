//! A kept plan meets a world in which another operator was at work: what changed is a conflict on its
//! row, the rest is done, and nothing happens that the plan does not hold.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use entra_graph::{ClientSecret, GraphClient, GraphEndpoint, GraphOptions, TenantId};
use idp_http::{BadAnswer, BaseUrl, Body, Effect, Endpoint, Query, Request, Response, Segment};
use idp_sim::{Fault, Idp, Rule, SimConfig};
use provisioner::{Decision, Engine, Goal, Made, Outcome, Pace, Plan, Report, ReportRow, Stopped};
use support::{World, file, line, serial, user};
use tokio_util::sync::CancellationToken;

const BOTH: [Idp; 2] = [Idp::Entra, Idp::Okta];

/// A plan as it comes back from where it was kept.
async fn keep(world: &World, idp: Idp) -> Plan {
    let mut plan = world.plan(idp, Goal::Activated).await.unwrap();
    plan.made = Some(Made {
        by: "ann@office".to_owned(),
        at: 1,
        with: "test".to_owned(),
    });
    Plan::read(plan.document().as_bytes()).unwrap()
}

/// Rechecks a kept plan and carries it out.
async fn apply(world: &World, idp: Idp, kept: &Plan) -> (Plan, Report) {
    let (plan, report, stopped) = carry_out(world, idp, kept).await;
    assert!(stopped.is_none(), "{stopped:?}");
    (plan, report)
}

async fn carry_out(world: &World, idp: Idp, kept: &Plan) -> (Plan, Report, Option<Stopped>) {
    let provider = world.provider(idp).await;
    let roster = world.roster();
    let pace = Pace::new(Arc::clone(&world.clock));
    let engine = Engine {
        provider: &*provider,
        ledger: &world.ledger,
        pace: &pace,
        roster: &roster,
        events: &|_| {},
        stop: CancellationToken::new(),
    };
    let plan = engine.recheck(kept).await.unwrap();
    assert_eq!(plan.carries_out, Some(kept.digest()));
    let (report, stopped) = engine.apply(&world.ledger.new_run(), &plan).await.unwrap();
    (plan, report, stopped)
}

/// The same tenant through another operator's file.
fn with_file(world: World, lines: impl IntoIterator<Item = String>) -> World {
    World {
        file: file(lines),
        ..world
    }
}

/// Another operator brings one token of 30 s and SHA-1 to a state.
async fn another(world: World, n: usize, who: &str, goal: Goal) -> World {
    let world = with_file(world, [line(n, who, false, 30)]);
    let entra = world.entra();
    let run = world.run(&entra, goal, &CancellationToken::new()).await;
    assert!(run.report.is_complete(), "{:?}", run.report.rows);
    world
}

/// Another operator deletes a device.
struct Delete(String);

impl Endpoint for Delete {
    type Output = ();
    const NAME: &'static str = "delete a device";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let path = [
            "beta",
            "directory",
            "authenticationMethodDevices",
            "hardwareOathDevices",
        ];
        let mut path = path.map(Segment::literal).to_vec();
        path.push(Segment::new(&self.0).unwrap());
        let mut request = Request::new(Body::empty());
        *request.method_mut() = "DELETE".parse().unwrap();
        *request.uri_mut() = base.uri(&path, &Query::new());
        request
    }

    fn response(&self, _: &BaseUrl, _: &Response) -> Result<(), BadAnswer> {
        Ok(())
    }
}

impl GraphEndpoint for Delete {
    fn permission(&self) -> &'static str {
        "Policy.ReadWrite.AuthenticationMethod"
    }
}

async fn delete(world: &World, n: usize) {
    let devices = world.sim.state().entra.devices;
    let device = devices
        .into_iter()
        .find(|device| device.serial == serial(n));
    let access = world.sim.entra();
    let id = TenantId::parse(&access.tenant_id).unwrap();
    let client = GraphClient::new(
        Arc::new(world.sim.transport()),
        Arc::clone(&world.clock),
        ClientSecret::new(id, access.client_id, access.client_secret.into()),
        GraphOptions::new(
            BaseUrl::parse(&access.login_url).unwrap(),
            BaseUrl::parse(&access.graph_url).unwrap(),
            Arc::new(|| "a-request".to_owned()),
        ),
    );
    client.send(&Delete(device.unwrap().id)).await.unwrap();
}

/// Nobody has this login any more.
fn gone(login: &str) -> Rule {
    Rule {
        route: Some("users.*".to_owned()),
        ..Rule::always(Fault::Rewrite {
            find: login.to_owned(),
            put: "somebody.else@example.com".to_owned(),
        })
    }
}

#[track_caller]
fn is_changed(row: &ReportRow, words: &[&str]) {
    assert_eq!(row.outcome, Outcome::Conflict, "{row:?}");
    let error = row.error.as_ref().unwrap();
    assert_eq!(error.code, "changed-since-plan");
    for word in words {
        assert!(error.message.contains(word), "no {word:?}: {error}");
    }
}

fn outcomes(report: &Report) -> Vec<Outcome> {
    report.rows.iter().map(|row| row.outcome).collect()
}

fn lines(count: usize) -> Vec<String> {
    (1..=count).map(|n| line(n, &user(n), false, 30)).collect()
}

#[tokio::test(start_paused = true)]
async fn what_another_operator_changed_is_a_conflict_and_the_rest_is_done() {
    // Tokens 3 to 8 are in the inventory, 1 and 2 are not.
    let mut world = World::new(9, String::new());
    for n in 3..=8 {
        world = another(world, n, &user(n), Goal::Imported).await;
    }
    world = with_file(world, lines(8));
    let kept = keep(&world, Idp::Entra).await;

    world = another(world, 1, &user(1), Goal::Imported).await;
    delete(&world, 3).await;
    world = another(world, 4, &user(9), Goal::Assigned).await;
    world = another(world, 5, &user(5), Goal::Assigned).await;
    world = another(world, 6, &user(6), Goal::Activated).await;
    world = with_file(world, lines(8));
    world.faults(vec![gone(&user(7))]);
    let before = world.truth(Idp::Entra);
    let (plan, report) = apply(&world, Idp::Entra, &kept).await;

    let rows = &report.rows;
    is_changed(
        &rows[0],
        &["it was not seen there; now it was seen imported as"],
    );
    assert_eq!(rows[1].outcome, Outcome::Done);
    is_changed(
        &rows[2],
        &["it was seen imported as", "now it was not seen there"],
    );
    is_changed(
        &rows[3],
        &["seen imported", "now another user holds this token"],
    );
    is_changed(
        &rows[4],
        &["seen imported", "now it was seen assigned as", "held by"],
    );
    assert_eq!(rows[5].outcome, Outcome::Unchanged);
    is_changed(&rows[6], &["now there is no user user0007@example.com"]);
    assert_eq!(rows[7].outcome, Outcome::Done);
    assert!(matches!(plan.rows[0].decision, Decision::Conflict { .. }));

    let after = world.truth(Idp::Entra);
    for n in [1, 4, 5, 6, 7] {
        let (was, is) = (&before[&serial(n)], &after[&serial(n)]);
        assert_eq!(format!("{was:?}"), format!("{is:?}"), "token {n}");
    }
    assert!(!after.contains_key(&serial(3)), "a deleted token came back");
    for n in [2, 8] {
        let token = &after[&serial(n)];
        assert!(token.active && token.made == 1 && token.activated == 1);
        assert_eq!(token.holder, Some(user(n)));
    }
    assert_eq!(after.len(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_another_device_by_now_is_a_conflict() {
    let world = another(World::new(1, String::new()), 1, &user(1), Goal::Imported).await;
    let kept = keep(&world, Idp::Entra).await;
    delete(&world, 1).await;
    // Entra takes the serial of a deleted device again after a while.
    world.clock.sleep(Duration::from_secs(3600)).await;
    let world = another(world, 1, &user(1), Goal::Imported).await;
    let (_, report) = apply(&world, Idp::Entra, &kept).await;
    is_changed(&report.rows[0], &["seen imported as"]);
    assert_eq!(world.truth(Idp::Entra)[&serial(1)].holder, None);
}

#[tokio::test(start_paused = true)]
async fn a_user_who_left_is_a_conflict_at_both_services() {
    for idp in BOTH {
        let world = World::new(3, file(lines(3)));
        let kept = keep(&world, idp).await;
        world.faults(vec![gone(&user(2))]);
        let (_, report) = apply(&world, idp, &kept).await;
        let (done, conflict) = (Outcome::Done, Outcome::Conflict);
        assert_eq!(outcomes(&report), [done, conflict, done], "{idp:?}");
        is_changed(&report.rows[1], &[&user(2)]);
        assert_eq!(world.truth(idp).len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_means_somebody_else_by_now_is_a_conflict() {
    let world = World::new(2, file([line(1, &user(1), false, 30)]));
    let kept = keep(&world, Idp::Entra).await;
    // The first user got another name, and the second one has the name.
    let rename = |find: &str, put: &str| Rule {
        route: Some("users.*".to_owned()),
        ..Rule::always(Fault::Rewrite {
            find: find.to_owned(),
            put: put.to_owned(),
        })
    };
    let other = World::new(2, file([line(1, &user(2), false, 30)]));
    let second = keep(&other, Idp::Entra).await.rows[0].user.clone().unwrap();
    let first = kept.rows[0].user.clone().unwrap();
    world.faults(vec![rename(&first.0, &second.0)]);
    let (_, report) = apply(&world, Idp::Entra, &kept).await;
    is_changed(&report.rows[0], &[&user(1), &first.0, &second.0]);
    assert!(world.truth(Idp::Entra).is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_is_not_taken_up_unasked() {
    for idp in BOTH {
        let world = World::new(2, file(lines(2)));
        world.faults(vec![gone(&user(1))]);
        let kept = keep(&world, idp).await;
        let (_, report) = apply(&world, idp, &kept).await;
        assert_eq!(report.rows[0].outcome, Outcome::Rejected);

        let world = World::new(2, file(lines(2)));
        world.faults(Vec::new());
        let (_, report) = apply(&world, idp, &kept).await;
        is_changed(&report.rows[0], &["could be done now"]);
        assert_eq!(report.rows[1].outcome, Outcome::Done);
        assert_eq!(world.truth(idp).len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_kept_plan_comes_to_what_provision_comes_to_and_a_second_time_to_nothing() {
    for idp in BOTH {
        let at_once = World::new(20, support::mixed_file(20));
        let expected = at_once.provision(idp).await.report;
        let world = World::new(20, support::mixed_file(20));
        let kept = keep(&world, idp).await;
        assert_eq!(world.sim.calls().writes, 0);
        let (_, report) = apply(&world, idp, &kept).await;
        assert_eq!(report.rows, expected.rows);
        assert_eq!(report.counts.done, 20);
        world.check(idp, &report).await;

        let writes = world.sim.calls().writes;
        let (plan, again) = apply(&world, idp, &kept).await;
        assert!(plan.is_empty() && again.is_complete());
        assert_eq!(again.counts.unchanged, 20);
        assert_eq!(world.sim.calls().writes, writes);
    }
}

#[tokio::test(start_paused = true)]
async fn another_tenant_or_another_file_gets_nothing() {
    let kept = keep(&World::new(2, file(lines(2))), Idp::Entra).await;
    let mut config = SimConfig::with_people(2);
    config.seed = 99;
    let elsewhere = World::with(config, file(lines(2)));
    refused(&elsewhere, &kept, "other-tenant").await;

    let swapped = [line(1, &user(2), false, 30), line(3, &user(1), false, 30)];
    let world = World::new(2, file(swapped));
    refused(&world, &kept, "other-file").await;
}

async fn refused(world: &World, kept: &Plan, code: &str) {
    let (_, _, stopped) = carry_out(world, Idp::Entra, kept).await;
    match stopped {
        Some(Stopped::Provider(failure)) => assert_eq!(failure.problem.code, code),
        other => panic!("{other:?}"),
    }
    assert_eq!(world.sim.calls().writes, 0);
}
