//! A list that one finds one's way in, and that things are done from.

use idp_sim::SimConfig;
use serde_json::Value;

use crate::support::{SEED, Story, code_in};

const HOLDER: &str = "user0001@example.com";

/// Sixty tokens: more than a page shows. Two people hold three of them.
async fn sixty_tokens() -> Story {
    let story = Story::with(SimConfig::with_people(5)).await;
    for number in 1..=57 {
        story.in_stock([&format!("600100{number:02}")]);
    }
    story.assigned("60012301", HOLDER);
    story.activated("60012302", HOLDER);
    story.activated("60012303", "user0002@example.com");
    story.connect_entra().await;
    story.open("/inventory").await;
    story.browser.see("1–50 of 60 tokens").await;
    story
}

/// The serial numbers of the rows, as they stand.
async fn rows(story: &Story) -> Vec<String> {
    let rows =
        "[...document.querySelectorAll('tbody [role=rowheader]')].map(one => one.innerText.trim())";
    serde_json::from_value(story.browser.value_of(rows).await).unwrap()
}

#[tokio::test]
async fn the_view_stands_in_the_address() {
    let story = sixty_tokens().await;
    let browser = &story.browser;
    browser.choose("State", "Activated").await;
    browser.press("Filter").await;
    browser.see("2 tokens").await;
    assert_eq!(rows(&story).await, ["60012302", "60012303"]);
    browser.follow("Serial").await;
    browser.follow("Serial").await;
    let sorted = async || rows(&story).await == ["60012303", "60012302"];
    browser.wait_until("it is not sorted", sorted).await;
    let view = browser.url().await;
    assert!(
        view.contains("state=activated") && view.contains("sort=-serial"),
        "{view}"
    );
    // Somebody else gets the address.
    browser.open("about:blank").await;
    browser.open(&view).await;
    assert_eq!(rows(&story).await, ["60012303", "60012302"]);
    assert_eq!(browser.value("State").await, "activated");
    browser.follow("Clear").await;
    browser.fill("Search", "600123").await;
    browser.press("Filter").await;
    browser.see("3 tokens").await;
    browser.fill("Search", "user0002").await;
    browser.press("Filter").await;
    browser.see("1 token").await;
    assert_eq!(rows(&story).await, ["60012303"]);
    browser.fill("Search", "nothing like this").await;
    browser.press("Filter").await;
    browser.see("No token fits").await;
    browser.follow("Clear").await;
    browser.follow("Next").await;
    browser.see("51–60 of 60 tokens").await;
    story.is_quiet().await;
}

#[tokio::test]
async fn a_page_or_all_that_match_are_selected_and_deleted_after_typing_their_number() {
    let story = sixty_tokens().await;
    let browser = &story.browser;
    browser.fill("Search", "600100").await;
    browser.press("Filter").await;
    browser.see("1–50 of 57 tokens").await;
    browser.tick("Select all rows of this page").await;
    browser.see("50 selected").await;
    browser.untick("Select 60010007").await;
    browser.see("49 selected").await;
    browser.tick("Select all 57 that match").await;
    browser.see("57 selected").await;
    browser.press("Delete…").await;
    browser
        .see("Nobody has one of these tokens: nobody loses anything.")
        .await;
    let deed = "Delete 57 tokens";
    browser.cannot_press(deed).await;
    browser.fill("Type 57 to delete 57 tokens", "all").await;
    browser.cannot_press(deed).await;
    assert_eq!(story.devices().len(), 60);
    browser.fill("Type 57 to delete 57 tokens", "57").await;
    browser.press(deed).await;
    browser.see("All 57 rows are as wanted.").await;
    let left: Vec<String> = story
        .devices()
        .into_iter()
        .map(|device| device.serial)
        .collect();
    assert_eq!(left, ["60012301", "60012302", "60012303"]);
    story.open("/inventory").await;
    let three = async || {
        browser.reload().await;
        rows(&story).await.len() == 3
    };
    browser
        .wait_until("the inventory is not read again", three)
        .await;
    story.is_quiet().await;
}

#[tokio::test]
async fn some_are_selected_and_taken_back_and_others_stay() {
    let story = sixty_tokens().await;
    let browser = &story.browser;
    browser.fill("Search", "600123").await;
    browser.press("Filter").await;
    browser.see("3 tokens").await;
    browser.tick("Select 60012301").await;
    browser.tick("Select 60012303").await;
    browser.see("2 selected").await;
    browser.press("Take back…").await;
    browser.see("2 users cannot sign in with it any more").await;
    browser
        .see("user0001@example.com, user0002@example.com.")
        .await;
    browser.fill("Type 2 to take back 2 tokens", "2").await;
    browser.press("Take back 2 tokens").await;
    browser.see("All 2 rows are as wanted.").await;
    story.is("60012301", "available", None);
    story.is("60012302", "activated", Some(HOLDER));
    story.is("60012303", "available", None);
    story.is_quiet().await;
}

#[tokio::test]
async fn what_the_filter_matches_is_saved_as_a_file() {
    let story = sixty_tokens().await;
    let browser = &story.browser;
    browser.fill("Search", "600100").await;
    browser.press("Filter").await;
    browser.see("1–50 of 57 tokens").await;
    browser.follow("CSV of all that match").await;
    let csv = String::from_utf8(browser.saved("tokens-entra.csv").await).unwrap();
    let mut lines = csv.lines();
    let head: Vec<&str> = lines.next().unwrap().split(',').collect();
    let at = head.iter().position(|column| *column == "serial").unwrap();
    let saved: Vec<&str> = lines.map(|line| line.split(',').nth(at).unwrap()).collect();
    let devices = story.devices();
    let real = devices.iter().map(|device| device.serial.as_str());
    let real: Vec<&str> = real.filter(|serial| serial.starts_with("600100")).collect();
    assert_eq!(saved, real);
    browser.choose("State", "Activated").await;
    browser.fill("Search", "").await;
    browser.press("Filter").await;
    browser.see("2 tokens").await;
    browser.follow("JSON of all that match").await;
    let json: Value = serde_json::from_slice(&browser.saved("tokens-entra.json").await).unwrap();
    let tokens = json["tokens"].as_array().unwrap();
    let saved: Vec<_> = tokens
        .iter()
        .map(|token| token["serial"].as_str().unwrap())
        .collect();
    assert_eq!(saved, ["60012302", "60012303"]);
    assert!(!csv.contains(SEED) && !json.to_string().contains(SEED));
    story.is_quiet().await;
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_from_two_codes() {
    let story = Story::begin().await;
    story.activated("60012301", HOLDER);
    story.connect_entra().await;
    let browser = &story.browser;
    story.open("/tokens/entra/60012301").await;
    browser.follow("Check its clock").await;
    browser.paste("Seed", SEED).await;
    browser
        .fill("A code that the device showed", &code_in(600 - 30))
        .await;
    let now = "The code that it shows now, right after that one";
    browser.fill(now, &code_in(600)).await;
    browser.press("Check").await;
    browser.see("The clock is").await;
    browser.see("ahead").await;
    browser.see("time steps ahead.").await;
    assert!(!browser.html().await.contains(SEED));
    story.is("60012301", "activated", Some(HOLDER));
    story.is_quiet().await;
}
