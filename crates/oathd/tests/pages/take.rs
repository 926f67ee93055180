//! A token is taken away: back, out of use, or out of the inventory.

use crate::support::{Browser, Story};

const HOLDER: &str = "user0001@example.com";
const TOKEN: &str = "/tokens/entra/60012301";

/// Somebody signs in with a token, whose page is open.
async fn at_a_token() -> Story {
    let story = Story::begin().await;
    story.activated("60012301", HOLDER);
    story.connect_entra().await;
    story.open(TOKEN).await;
    story
}

/// The button waits for the right word.
async fn confirm(browser: &Browser, deed: &str) {
    let field = format!("Type 60012301 to {}", deed.to_lowercase());
    browser.cannot_press(deed).await;
    browser.fill(&field, "60012302").await;
    browser.cannot_press(deed).await;
    browser.fill(&field, "60012301").await;
    browser.press(deed).await;
    browser.see("The row is as wanted.").await;
}

#[tokio::test]
async fn a_token_is_taken_back_and_stays_in_the_inventory() {
    let story = at_a_token().await;
    let browser = &story.browser;
    browser.follow("Take back…").await;
    browser
        .see(&format!("{HOLDER} cannot sign in with it any more."))
        .await;
    browser
        .see("It is the only token that this user has.")
        .await;
    story.is("60012301", "activated", Some(HOLDER));
    confirm(browser, "Take it back").await;
    story.is("60012301", "available", None);
    browser.follow("60012301").await;
    browser.see("Give it to somebody").await;
    story.is_quiet().await;
}

#[tokio::test]
async fn a_deactivated_token_stays_with_its_holder() {
    let story = at_a_token().await;
    let browser = &story.browser;
    browser.follow("Deactivate…").await;
    browser.see("It stays with its holder").await;
    confirm(browser, "Deactivate it").await;
    story.is("60012301", "assigned", Some(HOLDER));
    browser.follow("60012301").await;
    browser.see("Activate it").await;
    story.is_quiet().await;
}

#[tokio::test]
async fn a_deleted_token_is_gone_and_its_page_leads_on() {
    let story = at_a_token().await;
    let browser = &story.browser;
    browser.follow("Delete…").await;
    browser
        .see("It is gone from Entra ID: to bring it back takes its seed.")
        .await;
    confirm(browser, "Delete it").await;
    assert!(story.device("60012301").is_none());
    story.is_quiet().await;
    browser.follow("60012301").await;
    browser.see("No such token: 60012301.").await;
    browser.follow("What was done with it").await;
    browser.see("delete").await;
    browser.follow("Inventory").await;
    browser.see("No tokens yet").await;
}

#[tokio::test]
async fn without_scripts_a_wrong_word_does_nothing() {
    let story = at_a_token().await;
    let browser = &story.browser;
    browser.script_off().await;
    for (deed, button) in [
        ("take-back", "Take it back"),
        ("deactivate", "Deactivate it"),
        ("delete", "Delete it"),
    ] {
        story.open(&format!("{TOKEN}/{deed}")).await;
        let field = format!("Type 60012301 to {}", button.to_lowercase());
        browser.fill(&field, "yes").await;
        browser.press(button).await;
        browser
            .see("This is not the serial number of the token.")
            .await;
        story.is("60012301", "activated", Some(HOLDER));
    }
}
