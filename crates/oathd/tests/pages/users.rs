//! People: looked for, looked at, and given what they need.

use crate::support::{Story, code};

const HOLDER: &str = "user0001@example.com";

#[tokio::test]
async fn a_person_is_found_with_all_their_tokens_and_given_one_more() {
    let story = Story::begin().await;
    story.activated("60012301", HOLDER);
    story.assigned("60012302", HOLDER);
    story.in_stock(["60012303"]);
    story.connect_entra().await;
    let browser = &story.browser;
    browser.follow("Users").await;
    browser.see("two letters at least").await;
    browser.fill("Login or name", "nobody-like-this").await;
    browser.press("Filter").await;
    browser.see("Nobody was found").await;
    browser.fill("Login or name", "user000").await;
    browser.press("Filter").await;
    browser.see("user0009@example.com").await;
    browser.see_no("user0010@example.com").await;
    browser.follow(HOLDER).await;
    browser.see("60012301 activated").await;
    browser.see("60012302 assigned").await;
    browser.fill("Serial number", "60012303").await;
    browser
        .fill("Code that the device shows (optional)", &code())
        .await;
    browser.press("Give it").await;
    browser.see("The row is as wanted.").await;
    story.is("60012303", "activated", Some(HOLDER));
    story.is("60012302", "assigned", Some(HOLDER));
    story.is_quiet().await;
}

#[tokio::test]
async fn who_cannot_hold_a_token_is_told_before() {
    let story = Story::begin().await;
    story.connect_entra().await;
    let user = Some(HOLDER.to_owned());
    story.operator(&idp_sim::Act::DisableUser { user });
    let browser = &story.browser;
    story.open("/users/entra?q=user0001").await;
    browser.see("no: ").await;
    browser.follow(HOLDER).await;
    browser.see_no("Give a token").await;
    story.is_quiet().await;
}

#[tokio::test]
async fn in_okta_a_person_is_given_a_token_by_its_seed_and_loses_it_again() {
    let story = Story::begin().await;
    story.connect_okta().await;
    let browser = &story.browser;
    story.open("/users/okta?q=user0001").await;
    browser.follow(HOLDER).await;
    browser.fill("Serial number", "60012301").await;
    browser.press("Give it").await;
    browser.see("Paste its line of the seed file.").await;
    browser.paste("Seed", crate::support::SEED).await;
    browser.press("Give it").await;
    browser.see("A key alone does not say the device").await;
    browser.paste("Seed", crate::support::SEED).await;
    browser.choose("Hash", "SHA-1").await;
    browser.choose("Time step", "30 seconds").await;
    browser.press("Give it").await;
    browser.see("The row is as wanted.").await;
    let factors = story.sim.state().okta.factors;
    let [factor] = factors.as_slice() else {
        panic!("{factors:?}");
    };
    assert_eq!((&*factor.user, &*factor.status), (HOLDER, "ACTIVE"));
    browser.follow("60012301").await;
    browser.follow("Take back…").await;
    browser
        .fill("Type 60012301 to take it back", "60012301")
        .await;
    browser.press("Take it back").await;
    browser.see("The row is as wanted.").await;
    assert_eq!(story.sim.state().okta.factors, []);
}
