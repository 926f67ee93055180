//! A token that somebody was given becomes one that signs in.

use crate::support::{SEED, Story, code, seeds, wrong_code};

const HOLDER: &str = "user0001@example.com";
const TOKEN: &str = "/tokens/entra/60012301";
const FIELD: &str = "Code that the device shows";

/// Somebody was given a token, whose page is open.
async fn at_a_token() -> Story {
    let story = Story::begin().await;
    story.assigned("60012301", HOLDER);
    story.connect_entra().await;
    story.open(TOKEN).await;
    story
}

#[tokio::test]
async fn by_the_code_that_the_device_shows() {
    let story = at_a_token().await;
    let browser = &story.browser;
    browser
        .see(&format!("{HOLDER} can sign in with it from then on."))
        .await;
    browser.fill(FIELD, &code()).await;
    browser.press("Activate").await;
    browser.see("The row is as wanted.").await;
    story.is("60012301", "activated", Some(HOLDER));
    browser.follow("60012301").await;
    browser.see("activate: done").await;
    browser.see_no("Activate it").await;
    story.is_quiet().await;
}

#[tokio::test]
async fn a_wrong_code_is_refused_and_the_next_one_is_right() {
    let story = at_a_token().await;
    let browser = &story.browser;
    browser.fill(FIELD, "12345").await;
    browser.press("Activate").await;
    browser
        .see("Type all digits that the device shows; nothing was sent.")
        .await;
    story.is("60012301", "assigned", Some(HOLDER));
    browser.fill(FIELD, &wrong_code()).await;
    browser.press("Activate").await;
    browser.see("The row is not as wanted.").await;
    browser.see("What to do:").await;
    story.is("60012301", "failedActivation", Some(HOLDER));
    browser.follow("60012301").await;
    browser.see("activate: not done").await;
    browser.fill(FIELD, &code()).await;
    browser.press("Activate").await;
    browser.see("The row is as wanted.").await;
    story.is("60012301", "activated", Some(HOLDER));
}

#[tokio::test]
async fn by_a_seed_that_is_pasted_once_and_found_nowhere_afterwards() {
    let story = at_a_token().await;
    let browser = &story.browser;
    story.log_calls().await;
    story.open(TOKEN).await;
    browser.press("Or paste its seed").await;
    browser.paste("Seed", SEED).await;
    browser.press("Activate").await;
    browser.see("The row is as wanted.").await;
    story.is("60012301", "activated", Some(HOLDER));
    let run = browser.value_of("location.pathname").await;
    let run = run.as_str().unwrap().to_owned();
    story.is_quiet().await;
    let report = format!("{run}/report.html");
    let pages = [
        TOKEN,
        &run,
        &report,
        "/",
        "/runs",
        "/audit",
        "/calls",
        "/inventory/entra",
    ];
    story.nothing_shows(pages, seeds()).await;
}
