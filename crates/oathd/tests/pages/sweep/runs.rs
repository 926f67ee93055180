//! From a file to a run and what is left of it: import, plan, run, audit, calls.

use idp_sim::Fault;

use super::Tour;
use super::world::{ACTIVATE, MIXED, numbered, tokens};

#[tokio::test]
async fn files_and_runs() {
    let mut tour = Tour::at_work("runs").await;
    import(&mut tour).await;
    draft(&mut tour).await;
    run(&mut tour).await;
    cancelled(&mut tour).await;
    audit(&mut tour).await;
    calls(&mut tour).await;
    tour.end().await;
}

async fn import(tour: &mut Tour) {
    tour.visit("import", "/import").await;
    tour.browser().press("Paste it instead").await;
    tour.browser().press("How the file is read").await;
    tour.look("import-pasted").await;
    tour.browser()
        .paste("The lines of the file", "no seed file")
        .await;
    tour.browser().press("Read it").await;
    tour.browser().see("Error").await;
    tour.look("import-refused").await;
    tour.visit("draft-not-there", "/drafts/none").await;
}

/// A file of which some rows are wrong, up to the report of its run.
async fn draft(tour: &mut Tour) {
    tour.send("token2-mixed.csv", MIXED).await;
    tour.look("draft").await;
    let users = "user0020@example.com\nuser0021@example.com\nuser0022@example.com";
    tour.browser().paste("Users", users).await;
    tour.browser().press("Use this list").await;
    tour.browser().see("2 users get a token").await;
    tour.browser().press("2 users get a token").await;
    tour.look("draft-users").await;
    tour.browser().follow("Show its rows").await;
    tour.browser().see("The rows of the file").await;
    tour.look("draft-rows").await;
    tour.visit("home-waiting", "/").await;
    tour.visit("import-waiting", "/import").await;
    tour.browser().follow("token2-mixed.csv").await;
    tour.plan(ACTIVATE).await;
    tour.look("plan").await;
    tour.carry_out().await;
    // The page was loaded again, with what there is at the end.
    tour.browser().see("It took").await;
    tour.look("run-finished-with-failures").await;
}

/// A run that waits, pauses, stops, and ends.
async fn run(tour: &mut Tour) {
    tour.send("delivery.csv", &tokens(60_260_001..=60_260_120, numbered))
        .await;
    tour.plan(ACTIVATE).await;
    tour.hinder(31, refusal(429));
    tour.carry_out().await;
    tour.browser().see("the service asked for it").await;
    tour.look("run-waiting").await;
    tour.browser().press("Pause").await;
    tour.browser().see("nothing is sent until").await;
    tour.look("run-paused").await;
    let run = tour.browser().url().await;
    tour.visit("home-paused", "/").await;
    tour.visit("runs", "/runs").await;
    tour.hinder(0, refusal(403));
    tour.browser().open(&run).await;
    tour.browser().press("Let it go on").await;
    tour.browser().see("It stopped").await;
    tour.look("run-stopped").await;
    tour.visit("home-stopped", "/").await;
    tour.hinder_nothing();
    tour.browser().open(&run).await;
    tour.browser().press("Let it go on").await;
    // The page was loaded again, with what there is at the end.
    tour.browser().see("It took").await;
    tour.look("run-finished").await;
}

fn refusal(status: u16) -> Fault {
    Fault::Status {
        status,
        retry_after: Some("30".to_owned()),
        after_work: false,
    }
}

async fn cancelled(tour: &mut Tour) {
    let file = tokens(60_270_001..=60_270_006, numbered);
    tour.send("another.csv", &file).await;
    tour.plan(ACTIVATE).await;
    tour.hinder(0, Fault::Delay { ms: 20_000 });
    tour.carry_out().await;
    tour.browser().press("Pause").await;
    tour.browser().see("nothing is sent until").await;
    tour.hinder_nothing();
    tour.browser().press("Cancel").await;
    tour.look("run-cancel").await;
    tour.browser().press("Cancel the run").await;
    tour.browser().see("It took").await;
    tour.look("run-cancelled").await;
    tour.visit("runs-none", "/runs?state=open&place=okta").await;
    tour.visit("run-not-there", "/runs/none").await;
}

async fn audit(tour: &mut Tour) {
    for (screen, path) in [
        ("audit", "/audit"),
        ("audit-nothing-fits", "/audit?q=nothing*like*this"),
        ("audit-refused", "/audit?since=yesterday"),
        ("audit-export", "/audit/export"),
        ("audit-not-verified", "/audit/verify"),
    ] {
        tour.visit(screen, path).await;
    }
    tour.browser().press("Verify now").await;
    tour.browser().see("The audit is whole").await;
    tour.look("audit-verified").await;
    let anchor = "An anchor that you kept elsewhere (optional)";
    tour.browser().fill(anchor, "the last one").await;
    tour.browser().press("Verify now").await;
    tour.browser().see("This is no anchor").await;
    tour.look("audit-verify-refused").await;
}

async fn calls(tour: &mut Tour) {
    tour.story.open("/calls").await;
    tour.browser().press("Log calls").await;
    tour.browser().see("No call yet").await;
    tour.look("calls-none").await;
    tour.story.open("/users/entra?q=ann").await;
    tour.story.open("/users/okta?q=ann").await;
    tour.story.open("/users/entra/nobody").await;
    tour.visit("calls", "/calls").await;
    tour.visit("calls-nothing-fits", "/calls?q=nothing").await;
}
