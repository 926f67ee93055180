//! Somebody lost a token and gets another one.

use crate::support::{Key, Story, code, wrong_code};

const HOLDER: &str = "user0001@example.com";

/// Somebody signs in with a token, and another one lies in the drawer.
async fn a_lost_token() -> Story {
    let story = Story::begin().await;
    story.activated("60012301", HOLDER);
    story.in_stock(["60012302"]);
    story.connect_entra().await;
    story
}

/// The old one is taken back once the new one works.
async fn is_replaced(story: &Story) {
    story.is("60012302", "activated", Some(HOLDER));
    story.becomes("60012301", "available", None).await;
}

#[tokio::test]
async fn from_the_page_of_the_token() {
    let story = a_lost_token().await;
    let browser = &story.browser;
    story.open("/tokens/entra/60012301").await;
    browser.follow("Replace…").await;
    assert_eq!(browser.value("User").await, HOLDER);
    assert_eq!(
        browser.value("Serial number of the lost token").await,
        "60012301"
    );
    browser
        .fill("Serial number of the new token", "60012302")
        .await;
    browser.fill("Code that the new one shows", &code()).await;
    browser.press("Check first").await;
    browser.see("Nothing stands against it.").await;
    story.is("60012302", "available", None);
    browser.fill("Code that the new one shows", &code()).await;
    browser.press("Replace").await;
    browser.see("The row is as wanted.").await;
    is_replaced(&story).await;
    story.is_quiet().await;
}

#[tokio::test]
async fn at_the_help_desk_by_keyboard_alone() {
    let story = a_lost_token().await;
    story.connect_okta().await;
    let browser = &story.browser;
    story.open("/").await;
    browser.tab_to("Lost token").await;
    browser.key(Key::Enter).await;
    browser.see("Serial number of the lost token").await;
    // Writing begins in the user's field.
    assert_eq!(browser.focused().await, "User");
    browser.type_text("user0001").await;
    browser.see("user0001@example.com").await;
    browser.key(Key::Down).await;
    browser.key(Key::Enter).await;
    browser.tab_to("Serial number of the lost token").await;
    browser.type_text("60012301").await;
    browser.tab_to("Serial number of the new token").await;
    browser.type_text("60012302").await;
    browser.tab_to("Code that the new one shows").await;
    browser.type_text(&code()).await;
    browser.key(Key::Enter).await;
    browser.see("The row is as wanted.").await;
    is_replaced(&story).await;
    story.is_quiet().await;
}

#[tokio::test]
async fn a_wrong_code_leaves_the_old_token_working() {
    let story = a_lost_token().await;
    let browser = &story.browser;
    let address = format!("/lost-token?idp=entra&user={HOLDER}&old=60012301&new=60012302");
    story.open(&address).await;
    browser
        .see(&format!("{HOLDER} has 60012301 (activated)."))
        .await;
    browser
        .fill("Code that the new one shows", &wrong_code())
        .await;
    browser.press("Replace").await;
    browser.see("The row is not as wanted.").await;
    story.is("60012301", "activated", Some(HOLDER));
}
