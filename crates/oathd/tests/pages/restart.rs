//! Runs that outlive their server, are paused, and are cancelled.

use std::time::Duration;

use idp_sim::Fault;

use crate::support::{Story, seed_file};

const TOKENS: usize = 12;
const ALL_THE_WAY: &str = "Import, assign and activate in Entra ID";
/// Longer than anybody looks.
const NEVER: u64 = 600_000;

#[tokio::test]
async fn a_run_goes_on_after_its_server_was_killed() {
    let mut story = Story::begin().await;
    // A code that was perhaps sent is not sent again; the next one comes within half a minute.
    story.browser.patience = Duration::from_secs(60);
    story.connect_entra().await;
    // Four are activated, of four the answer never comes, and four are not carried out before the end.
    let faults = (0..4).map(|_| Fault::Delay { ms: 0 });
    let faults = faults.chain((0..4).map(|_| Fault::DelayAfter { ms: NEVER }));
    let faults = faults.chain((0..4).map(|_| Fault::Delay { ms: NEVER }));
    story.meets("methods.activate", faults);
    story.import("twelve.csv", &seed_file(12)).await;
    story.plan(ALL_THE_WAY).await;
    story.begin_run("12 changes").await;
    story.until("activated", 8).await;
    let run = story.browser.url().await;
    story.browser.open("about:blank").await;
    story.kill_and_start();
    story.come_in().await;
    story.browser.open(&run).await;
    let report = story.report().await;
    assert_eq!(report.counts.done, TOKENS);
    nothing_is_doubled(&story);
    story.shows_no_seed_of(&seed_file(12)).await;
    story.is_quiet().await;
}

/// Each token was created once and activated once, and nothing else was asked for.
fn nothing_is_doubled(story: &Story) {
    let devices = story.devices();
    assert_eq!((devices.len(), story.count("activated")), (TOKENS, TOKENS));
    for device in &devices {
        assert_eq!(
            (device.creations, device.activations),
            (1, 1),
            "{device:#?}"
        );
    }
    let calls = story.sim.calls();
    assert_eq!(calls.on("devices.bulk-create"), 1, "{calls:#?}");
    assert_eq!(calls.on("methods.activate"), TOKENS as u64, "{calls:#?}");
}

/// Tokens that are imported and assigned; the run is still to activate them.
async fn half_way() -> Story {
    let story = Story::begin().await;
    story.connect_entra().await;
    story.meets("devices.bulk-create", [Fault::DelayAfter { ms: 3_000 }]);
    story.import("twelve.csv", &seed_file(12)).await;
    story.plan(ALL_THE_WAY).await;
    story.begin_run("12 changes").await;
    story.until("assigned", TOKENS).await;
    story
}

async fn paused() -> Story {
    let story = half_way().await;
    story.browser.press("Pause").await;
    story
        .browser
        .see("nothing is sent until somebody lets it go on.")
        .await;
    assert_eq!(story.count("activated"), 0);
    story
}

#[tokio::test]
async fn a_run_that_was_paused_stays_paused_until_somebody_lets_it_go_on() {
    let mut story = paused().await;
    let run = story.browser.url().await;
    story.browser.open("about:blank").await;
    let writes = story.sim.calls().writes;
    story.kill_and_start();
    story.come_in().await;
    story.browser.open(&run).await;
    story
        .browser
        .see("nothing is sent until somebody lets it go on.")
        .await;
    assert_eq!(story.sim.calls().writes, writes);
    story.browser.press("Let it go on").await;
    let report = story.report().await;
    assert_eq!(report.counts.done, TOKENS);
    nothing_is_doubled(&story);
    story.is_quiet().await;
}

#[tokio::test]
async fn a_run_that_is_cancelled_leaves_what_was_done() {
    let story = half_way().await;
    let browser = &story.browser;
    browser.press("Cancel").await;
    browser.see("What was done stays").await;
    browser.press("Cancel the run").await;
    let report = story.report().await;
    browser.see("cancelled").await;
    assert_eq!((report.counts.done, report.counts.pending), (0, 0));
    assert_eq!(story.count("assigned"), TOKENS);
    let calls = story.sim.calls();
    assert_eq!(
        (calls.on("methods.activate"), calls.on("devices.delete")),
        (0, 0)
    );
    story.is_quiet().await;
}

#[tokio::test]
async fn a_page_that_stayed_open_shows_the_sign_in_after_a_restart() {
    let mut story = paused().await;
    let run = story.browser.url().await;
    story.kill_and_start();
    story.browser.see("Sign in").await;
    // What it tells of the stream is the only trouble.
    let troubles = story.browser.troubles().await;
    let of_stream = |told: &String| told.contains("/events") || told.contains("EventSource");
    assert!(troubles.iter().all(of_stream), "{troubles:#?}");
    story.come_in().await;
    story.browser.open(&run).await;
    story.browser.press("Let it go on").await;
    assert_eq!(story.report().await.counts.done, TOKENS);
    nothing_is_doubled(&story);
}
