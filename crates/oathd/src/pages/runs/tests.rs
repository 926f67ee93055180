//! Runs, over simulated services.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::to_bytes;
use futures_util::StreamExt;
use http::StatusCode;
use idp_sim::{Fault, Faults, Rule};
use provisioner::{Engine, Goal, Roster, RunId};
use seedfile::ReadOptions;
use tokio_util::sync::CancellationToken;

use crate::jobs::Status;
use crate::pages::draft::tests::MIXED;
use crate::places::Idp;
use crate::testing::{Client, Rehearsal, Wizard, seed_file};

async fn wizard() -> Wizard {
    Wizard::new(Rehearsal::new().await).await
}

/// Begins a run over twelve tokens whose first five are activated; then the service asks for two hours of
/// patience, again and again.
async fn held(wizard: &Wizard) -> RunId {
    let fault = Fault::Status {
        status: 429,
        retry_after: Some("7200".to_owned()),
        after_work: false,
    };
    let rule = Rule {
        route: Some("methods.*".to_owned()),
        writes_only: true,
        skip: 5,
        ..Rule::always(fault)
    };
    wizard
        .rehearsal
        .sim
        .set_faults(Faults { rules: vec![rule] });
    let draft = wizard.import("seeds.csv", &seed_file(12)).await;
    let page = wizard.want(&draft, "entra-activated").await;
    let run = wizard.begin(&draft, &page).await;
    let job = wizard.rehearsal.app.jobs.find(&run).unwrap();
    let mut progress = job.parts[0].board.watch();
    let waits = progress.wait_for(|now| now.status == Status::Waiting && now.counts.done == 5);
    waits.await.unwrap();
    run
}

/// The service lets everything through.
fn let_go(wizard: &Wizard) {
    wizard.rehearsal.sim.set_faults(Faults::default());
}

async fn until(wizard: &Wizard, run: &RunId, status: Status) {
    let job = wizard.rehearsal.app.jobs.find(run).unwrap();
    let mut progress = job.part(run).unwrap().board.watch();
    progress.wait_for(|now| now.status == status).await.unwrap();
}

fn activated(wizard: &Wizard) -> usize {
    let devices = wizard.rehearsal.sim.state().entra.devices;
    devices
        .iter()
        .filter(|device| device.status == "activated")
        .count()
}

/// A run that the command line began and left.
async fn left_by_others(wizard: &Wizard, file: &str, goal: Goal) -> RunId {
    let app = &wizard.rehearsal.app;
    let place = app.places.get(Idp::Entra).await.unwrap();
    let roster = Roster::read(file.as_bytes(), &ReadOptions::default()).unwrap();
    let plan = app.plan(&place, &roster, goal).await.unwrap().plan;
    let pace = place.pace();
    let run = RunId("of-the-command-line".to_owned());
    let engine = Engine {
        provider: &*place.provider,
        ledger: &app.ledger,
        pace: &pace,
        roster: &roster,
        events: &|_| (),
        stop: CancellationToken::new(),
    };
    engine.begin(&run, &plan).await.unwrap();
    run
}

#[tokio::test(start_paused = true)]
async fn a_run_is_paused_and_goes_on_by_forms() {
    let wizard = wizard().await;
    let run = held(&wizard).await;
    let at = format!("/runs/{run}");
    let page = wizard.get(&at).await;
    assert!(page.contains("going on") && page.contains(&format!("{at}/events?from=")));
    assert!(page.contains("http-equiv=\"refresh\""));
    assert_eq!(wizard.go(&format!("{at}/pause"), &[]).await, at);
    until(&wizard, &run, Status::Paused).await;
    let page = wizard.get(&at).await;
    assert!(
        page.contains("ann paused it: nothing is sent until somebody lets it go on"),
        "{page}"
    );
    let_go(&wizard);
    let day = Duration::from_secs(24 * 60 * 60);
    wizard.rehearsal.clock.sleep(day).await;
    assert_eq!(activated(&wizard), 5);
    wizard.go(&format!("{at}/resume"), &[]).await;
    assert_eq!(wizard.end(&run).await.counts.done, 12);
    let page = wizard.get(&at).await;
    assert!(page.contains("All 12 rows are as wanted") && !page.contains("data-events"));
    wizard.saw_no_seed_of(&seed_file(12));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_keeps_what_was_done_and_says_so() {
    let wizard = wizard().await;
    let run = held(&wizard).await;
    let page = wizard.get(&format!("/runs/{run}")).await;
    assert!(page.contains("What was done stays"));
    wizard.go(&format!("/runs/{run}/cancel"), &[]).await;
    let report = wizard.end(&run).await;
    assert_eq!(
        (
            report.counts.pending,
            report.counts.done,
            activated(&wizard)
        ),
        (0, 5, 5)
    );
    let page = wizard.get(&format!("/runs/{run}")).await;
    assert!(
        page.contains("cancelled") && page.contains("was cancelled by ann"),
        "{page}"
    );
    let list = wizard.get("/runs").await;
    assert!(
        list.contains("not as wanted") && !list.contains("data-badge=\"finished\""),
        "{list}"
    );
    // Once more, from another window.
    let led = wizard.go(&format!("/runs/{run}/cancel"), &[]).await;
    assert_eq!(led, format!("/runs/{run}"));
}

/// Events up to the end, as a browser takes them apart: name, id, data.
async fn events(client: &Client, path: &str, seen: Option<&str>) -> Vec<[String; 3]> {
    let answer = client.listen(path, seen).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(answer.headers()["x-accel-buffering"], "no");
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    parsed(std::str::from_utf8(&body).unwrap())
}

fn parsed(text: &str) -> Vec<[String; 3]> {
    let event = |block: &str| {
        let field = |name: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim().to_owned()
        };
        [field("event:"), field("id:"), field("data:")]
    };
    let blocks = text.split("\n\n").filter(|block| block.contains("event:"));
    blocks.map(event).collect()
}

#[tokio::test(start_paused = true)]
async fn two_browsers_watch_one_run_to_its_end() {
    let wizard = wizard().await;
    let run = held(&wizard).await;
    let second = Client::new(&wizard.rehearsal).await;
    let path = format!("/runs/{run}/events?from=0");
    let_go(&wizard);
    let begun = wizard.rehearsal.clock.monotonic();
    let (one, two) = tokio::join!(
        events(&wizard.client, &path, None),
        events(&second, &path, None)
    );
    let half_seconds = (wizard.rehearsal.clock.monotonic() - begun).as_millis() / 500 + 2;
    for seen in [&one, &two] {
        let of = |name: &str| seen.iter().filter(|[event, ..]| event == name).count();
        assert_eq!(of("end"), 1);
        assert!((of("progress") as u128) <= half_seconds);
        let done = |[event, _, data]: &&[String; 3]| {
            event == "row" && data.contains(r#""outcome":"done","state":"activated""#)
        };
        assert_eq!(seen.iter().filter(done).count(), 12, "{seen:?}");
        let last = seen
            .iter()
            .rfind(|[event, ..]| event == "progress")
            .unwrap();
        assert!(last[2].contains(r#""value":12,"max":12"#), "{last:?}");
        assert_eq!(seen.last().unwrap()[0], "end");
    }
    // It is over: a browser that comes now is told so at once.
    let late = events(&wizard.client, &path, Some("3")).await;
    assert_eq!(late.len(), 1);
    assert_eq!(late[0][0], "end");
}

#[tokio::test(start_paused = true)]
async fn a_browser_that_comes_back_gets_what_it_missed() {
    let wizard = wizard().await;
    let run = held(&wizard).await;
    let path = format!("/runs/{run}/events?from=0");
    let_go(&wizard);
    let rest = events(&wizard.client, &path, Some("5")).await;
    let mut rows = rest.iter().filter(|[event, ..]| event == "row");
    assert_eq!(rows.next().unwrap()[1], "6");
    assert!(rows.count() >= 6);
}

#[tokio::test(start_paused = true)]
async fn whoever_signs_out_watches_no_more() {
    let wizard = wizard().await;
    let run = held(&wizard).await;
    let path = format!("/runs/{run}/events?from=0");
    let sign_out = async {
        let done = wizard.client.post("/sign-out", &[]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER);
        let_go(&wizard);
    };
    let (told, ()) = tokio::join!(events(&wizard.client, &path, None), sign_out);
    let rows = told.iter().filter(|[event, ..]| event == "row");
    assert_eq!(rows.count(), 5, "{told:?}");
    assert_eq!(told.last().unwrap()[0], "end");
    let page = wizard.client.get(&format!("/runs/{run}")).await;
    assert!(page.location.starts_with("/sign-in"), "{}", page.location);
}

#[tokio::test(start_paused = true)]
async fn after_a_restart_a_browser_loads_the_page_again() {
    let wizard = wizard().await;
    let run = held(&wizard).await;
    wizard.go(&format!("/runs/{run}/pause"), &[]).await;
    until(&wizard, &run, Status::Paused).await;
    let wizard = Wizard::new(wizard.rehearsal.again().await).await;
    wizard.rehearsal.app.jobs.take_up().await;
    let path = format!("/runs/{run}/events?from=99");
    let told = events(&wizard.client, &path, None).await;
    assert_eq!(told[0][0], "end");
    // The page itself knows where to go on from.
    let page = wizard.get(&format!("/runs/{run}")).await;
    let from = page
        .split("data-events=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let mut stream = wizard
        .client
        .listen(from, None)
        .await
        .into_body()
        .into_data_stream();
    let first = stream.next().await.unwrap().unwrap();
    assert!(first.starts_with(b"event: progress"), "{first:?}");
}

#[tokio::test(start_paused = true)]
async fn the_report_can_be_kept_in_three_forms() {
    let wizard = wizard().await;
    let (run, _) = wizard.run(MIXED, "entra-activated").await;
    let at = format!("/runs/{run}");
    let html = wizard.get(&format!("{at}/report.html")).await;
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("60234601"));
    let csv = wizard.get(&format!("{at}/report.csv")).await;
    assert_eq!(csv.lines().count(), 6);
    let json = wizard.get(&format!("{at}/report.json")).await;
    let report: provisioner::Report = serde_json::from_str(&json).unwrap();
    assert_eq!(report.counts.done, 2);
    let failed = wizard.get(&format!("{at}/failed.csv")).await;
    assert!(
        failed.lines().count() == 4 && !failed.contains("60234601"),
        "{failed}"
    );
    let rows = wizard.get(&format!("{at}?outcome=done")).await;
    assert!(rows.contains("/tokens/entra/60234602") && !rows.contains("60234604"));
    wizard.saw_no_seed_of(MIXED);
}

#[tokio::test(start_paused = true)]
async fn the_failed_rows_become_a_draft_of_their_own() {
    let wizard = wizard().await;
    let draft = wizard.import("batch.csv", MIXED).await;
    // The list gives the free token to somebody who is not there.
    let users = [
        ("list", "user9999@example.com"),
        ("strategy", "next-available"),
    ];
    wizard
        .client
        .upload(&format!("{draft}/users"), &users, "", "")
        .await;
    let plan = wizard.want(&draft, "entra-activated").await;
    let run = wizard.begin(&draft, &plan).await;
    wizard.end(&run).await;
    let again = format!("/runs/{run}/again");
    let other = wizard
        .client
        .upload(&again, &[], "batch.csv", &seed_file(3))
        .await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(other.body.contains("not the file that the run began with"));
    let sent = wizard.client.upload(&again, &[], "batch.csv", MIXED).await;
    let page = wizard.see(wizard.client.follow(&sent).await).body;
    assert!(page.contains("failed rows of batch.csv"), "{page}");
    assert!(
        page.contains("60234605") && page.contains("user9999@example.com"),
        "{page}"
    );
    let rows = wizard.get(&format!("{}/rows", sent.location)).await;
    assert!(rows.contains("60234604") && !rows.contains("60234601"));
    wizard.saw_no_seed_of(MIXED);
}

/// The rows of a report as a table, without the first line.
async fn report_rows(wizard: &Wizard, run: &RunId) -> Vec<String> {
    let csv = wizard.get(&format!("/runs/{run}/report.csv")).await;
    let lines = csv.lines().skip(1);
    lines
        .map(|line| line.split(',').next().unwrap().to_owned())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn failed_rows_stay_the_lines_of_the_file_however_often_they_are_run() {
    let wizard = wizard().await;
    let (first, _) = wizard.run(MIXED, "entra-activated").await;
    assert_eq!(
        report_rows(&wizard, &first).await,
        ["2", "3", "4", "5", "7"]
    );
    let again = async |run: &RunId| {
        let again = format!("/runs/{run}/again");
        let sent = wizard.client.upload(&again, &[], "batch.csv", MIXED).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        let page = wizard.see(wizard.client.follow(&sent).await).body;
        assert!(
            page.contains("failed rows of batch.csv") && page.contains("lines 4<"),
            "{page}"
        );
        let rejected = wizard.get(&format!("{}/rejected.csv", sent.location)).await;
        assert!(rejected.contains("\n4,"), "{rejected}");
        sent.location
    };
    let draft = again(&first).await;
    let rows = wizard.get(&format!("{draft}/rows")).await;
    assert!(
        rows.contains(">5<") && rows.contains(">7<") && !rows.contains(">2<"),
        "{rows}"
    );
    let plan = wizard.want(&draft, "entra-imported").await;
    assert!(plan.contains(">5<") && plan.contains(">7<"), "{plan}");
    let second = wizard.begin(&draft, &plan).await;
    wizard.end(&second).await;
    assert_eq!(report_rows(&wizard, &second).await, ["4", "5", "7"]);
    let draft = again(&second).await;
    let rows = wizard.get(&format!("{draft}/rows")).await;
    assert!(rows.contains(">4<") && !rows.contains(">5<"), "{rows}");
    wizard.saw_no_seed_of(MIXED);
}

#[tokio::test(start_paused = true)]
async fn failed_rows_do_not_go_to_another_tenant() {
    let wizard = wizard().await;
    let draft = wizard.import("batch.csv", MIXED).await;
    let plan = wizard.want(&draft, "entra-activated").await;
    let tenant = wizard.rehearsal.sim.entra().tenant_id;
    assert!(plan.contains(&tenant), "a plan says for whom it is");
    let run = wizard.begin(&draft, &plan).await;
    wizard.end(&run).await;
    let there = Wizard::new(wizard.rehearsal.elsewhere().await).await;
    assert_ne!(there.rehearsal.sim.entra().tenant_id, tenant);
    let again = format!("/runs/{run}/again");
    let refused = [
        there.client.upload(&again, &[], "batch.csv", MIXED).await,
        there.post(&format!("/runs/{run}/retry"), &[]).await,
    ];
    for answer in refused {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let told = format!("run went to entra {tenant}, which is not connected here");
        assert!(answer.body.contains(&told), "{}", answer.body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_of_the_command_line_goes_on_with_its_file() {
    let wizard = wizard().await;
    let file = seed_file(4);
    let run = left_by_others(&wizard, &file, Goal::Activated).await;
    let at = format!("/runs/{run}");
    let page = wizard.get(&at).await;
    assert!(
        page.contains("4 rows are open, and nobody carries this run out here"),
        "{page}"
    );
    let without = wizard.post(&format!("{at}/resume"), &[]).await;
    assert!(without.body.contains("goes on with its seed file alone"));
    let other = wizard
        .client
        .upload(&format!("{at}/seeds"), &[], "a.csv", &seed_file(5))
        .await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(other.body.contains("not the file that the run began with"));
    let none = wizard
        .client
        .upload(&format!("{at}/seeds"), &[], "", "")
        .await;
    assert!(none.body.contains("No file was chosen"));
    let sent = wizard
        .client
        .upload(&format!("{at}/seeds"), &[], "a.csv", &file)
        .await;
    assert_eq!(sent.location, at);
    assert_eq!(wizard.end(&run).await.counts.done, 4);
    assert_eq!(activated(&wizard), 4);
    assert_eq!(wizard.rehearsal.app.vault.names("").unwrap(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_run_of_the_command_line_is_cancelled_without_its_file() {
    let wizard = wizard().await;
    let run = left_by_others(&wizard, &seed_file(4), Goal::Imported).await;
    wizard.go(&format!("/runs/{run}/cancel"), &[]).await;
    assert_eq!(wizard.end(&run).await.counts.rejected, 4);
    assert!(wizard.rehearsal.sim.state().entra.devices.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_list_is_filtered_by_state_and_place() {
    let wizard = wizard().await;
    let (ended, _) = wizard.run(&seed_file(2), "okta-activated").await;
    let open = held(&wizard).await;
    for (query, has, has_not) in [
        ("?state=open", &open, &ended),
        ("?state=ended", &ended, &open),
        ("?place=okta", &ended, &open),
        ("?place=entra", &open, &ended),
    ] {
        let page = wizard.get(&format!("/runs{query}")).await;
        let link = |run: &RunId| format!("href=\"/runs/{run}\"");
        assert!(
            page.contains(&link(has)) && !page.contains(&link(has_not)),
            "{query}"
        );
    }
    let page = wizard.get("/runs").await;
    assert!(page.contains("Activate") && page.contains("open") && page.contains("ann"));
    let none = wizard.client.get("/runs/nowhere").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    let none = wizard.client.get("/runs/nowhere/events").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn tokens_are_deleted_only_after_their_number_was_typed() {
    let wizard = wizard().await;
    wizard.run(&seed_file(2), "entra-activated").await;
    let app = &wizard.rehearsal.app;
    let serials = ["60234501", "60234502"].map(|serial| (serial.parse().unwrap(), None));
    let wish = crate::drafts::Wish {
        idp: Idp::Entra,
        goal: Goal::Deleted,
    };
    let source = crate::drafts::Source::Tokens(BTreeMap::from(serials));
    let name = ("d1".to_owned(), "ann");
    let draft = app.drafts.add(name, source, wish, app.clock.monotonic());
    app.plan_draft(&draft);
    let page = wizard.planned("/drafts/d1").await;
    assert!(page.contains("Type 2 to delete 2 tokens"), "{page}");
    assert!(
        page.contains("2 users cannot sign in with it any more"),
        "{page}"
    );
    assert!(page.contains("user0001@example.com, user0002@example.com"));
    let version = crate::testing::field(&page, "plan");
    let untyped = wizard.post("/drafts/d1/begin", &[("plan", &version)]).await;
    assert!(untyped.body.contains("The number 2 was not typed"));
    assert_eq!(activated(&wizard), 2);
    let typed = [("plan", &*version), ("typed", "2")];
    let led = wizard.go("/drafts/d1/begin", &typed).await;
    let run = RunId(led.strip_prefix("/runs/").unwrap().to_owned());
    assert_eq!(wizard.end(&run).await.counts.done, 2);
    assert!(wizard.rehearsal.sim.state().entra.devices.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_report_is_made_once() {
    let wizard = wizard().await;
    let run = held(&wizard).await;
    let app = &wizard.rehearsal.app;
    let job = app.jobs.find(&run).unwrap();
    let report = async |live: bool, seconds: u64| {
        let live = live.then_some(&job.parts[0].plan);
        let now = Duration::from_secs(seconds);
        let report = app.reports.get(&app.ledger, &run, live, now).await;
        report.unwrap().unwrap()
    };
    let first = report(true, 10).await;
    assert!(Arc::ptr_eq(&first, &report(true, 11).await));
    assert!(!Arc::ptr_eq(&first, &report(true, 12).await));
    let_go(&wizard);
    wizard.end(&run).await;
    // What was read while it went on does not count after its end.
    let last = report(false, 12).await;
    assert_eq!(last.report.counts.done, 12);
    assert!(Arc::ptr_eq(&last, &report(false, 9_000).await));
    // Four others were asked for since.
    for name in ["a", "b", "c", "d"] {
        let other = RunId(name.to_owned());
        let none = app.reports.get(&app.ledger, &other, None, Duration::ZERO);
        assert!(none.await.unwrap().is_none());
    }
    assert!(!Arc::ptr_eq(&last, &report(false, 9_000).await));
}
