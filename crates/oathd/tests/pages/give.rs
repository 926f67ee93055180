//! A token from the inventory goes to somebody.

use crate::support::{Key, Story, code};

/// Entra is connected and has two tokens, one of which is open in the browser.
async fn at_a_token() -> Story {
    let story = Story::begin().await;
    story.in_stock(["60012301", "60012302"]);
    story.connect_entra().await;
    story.open("/inventory").await;
    story.browser.follow("60012301").await;
    story
}

#[tokio::test]
async fn the_user_is_found_while_one_types_and_picked_by_the_keyboard() {
    let story = at_a_token().await;
    let browser = &story.browser;
    browser.fill("User", "user004").await;
    browser.see("user0042@example.com").await;
    browser.see_no("user0050@example.com").await;
    for _ in 0..3 {
        browser.key(Key::Down).await;
    }
    browser.key(Key::Enter).await;
    assert_eq!(browser.value("User").await, "user0042@example.com");
    browser.see_no("user0043").await;
    browser.press("Give it").await;
    browser.see("The row is as wanted.").await;
    story.is("60012301", "assigned", Some("user0042@example.com"));
    story.is("60012302", "available", None);
    browser.follow("60012301").await;
    browser.see("assign: done").await;
    browser.follow("user0042").await;
    browser.see("60012301").await;
    story.is_quiet().await;
}

#[tokio::test]
async fn without_scripts_the_login_is_typed() {
    let story = at_a_token().await;
    let browser = &story.browser;
    browser.script_off().await;
    browser.reload().await;
    browser.fill("User", "nobody@example.com").await;
    browser.press("Give it").await;
    browser.see("One field needs a change.").await;
    assert_eq!(browser.value("User").await, "nobody@example.com");
    story.is("60012301", "available", None);
    browser.fill("User", "user0007@example.com").await;
    browser.press("Give it").await;
    browser.see("The row is as wanted.").await;
    story.is("60012301", "assigned", Some("user0007@example.com"));
}

#[tokio::test]
async fn with_the_code_that_the_device_shows_it_works_at_once() {
    let story = at_a_token().await;
    let browser = &story.browser;
    browser.fill("User", "user0007@example.com").await;
    let shown = code();
    let (first, last) = shown.split_at(3);
    let field = "Code that the device shows (optional)";
    browser.fill(field, &format!("{first} {last}")).await;
    browser.press("Give it").await;
    browser.see("The row is as wanted.").await;
    story.is("60012301", "activated", Some("user0007@example.com"));
    story.is_quiet().await;
}
