//! One token and one user: what is known of them, and what is done with them.

use std::time::SystemTime;

use data_encoding::BASE32;
use idp_sim::Token;
use oath_core::{Algorithm, Digits, Key, Period, Totp};

use super::Tour;
use super::tour::LONG;
use super::world::{GIVEN, IN_STOCK, IN_USE, SEED};

#[tokio::test]
async fn tokens_and_users() {
    let mut tour = Tour::at_work("desk").await;
    users(&mut tour).await;
    tokens(&mut tour).await;
    taken_away(&mut tour).await;
    lost(&mut tour).await;
    tour.end().await;
}

async fn users(tour: &mut Tour) {
    for (screen, path) in [
        ("users", "/users"),
        ("users-found", "/users/entra?q=user001"),
        ("users-nobody", "/users/entra?q=zz"),
        ("user-not-there", "/users/entra/nobody"),
    ] {
        tour.visit(screen, path).await;
    }
    for (screen, login) in [
        ("user", "ann@example.com"),
        ("user-long-name", LONG),
        ("user-disabled", "omar@example.com"),
        ("user-without-token", "nora@example.com"),
    ] {
        tour.meet("entra", login).await;
        tour.look(screen).await;
    }
    tour.browser().press("Give it").await;
    tour.browser().see("Type the number").await;
    tour.look("user-give-refused").await;
    tour.meet("okta", "user0001@example.com").await;
    tour.look("user-okta").await;
}

async fn tokens(tour: &mut Tour) {
    for (screen, path) in [
        ("token-in-use", "entra/60234501"),
        ("token-okta", "okta/60250001"),
        ("token-not-there", "entra/99999999"),
    ] {
        tour.visit(screen, &format!("/tokens/{path}")).await;
    }
    tour.visit("token-given", &format!("/tokens/entra/{GIVEN}"))
        .await;
    tour.browser()
        .fill("Code that the device shows", "12345")
        .await;
    tour.browser().press("Activate").await;
    tour.browser().see("One field needs a change").await;
    tour.look("token-activate-refused").await;
    tour.visit("token-in-stock", &format!("/tokens/entra/{IN_STOCK}"))
        .await;
    tour.browser().fill("User", "user000").await;
    tour.browser().see("user0009@example.com").await;
    tour.glance("users-suggested").await;
    tour.browser().fill("User", "").await;
    tour.browser().press("Give it").await;
    tour.browser().see("Nobody is named").await;
    tour.look("token-give-refused").await;
}

async fn taken_away(tour: &mut Tour) {
    for (screen, deed) in [
        ("token-take-back", "take-back"),
        ("token-deactivate", "deactivate"),
        ("token-delete", "delete"),
        ("token-clock", "drift"),
    ] {
        tour.visit(screen, &format!("/tokens/entra/{IN_USE}/{deed}"))
            .await;
    }
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let key = Key::new(Algorithm::Sha1, &SEED);
    let device = Token::new(key, Totp::new(Digits::SIX, Period::THIRTY)).set_ahead(90);
    let browser = tour.browser();
    browser.paste("Seed", &BASE32.encode(&SEED)).await;
    for (field, at) in [
        ("A code that the device showed", now - 30),
        ("The code that it shows now, right after that one", now),
    ] {
        browser.fill(field, device.code(at).as_str()).await;
    }
    browser.press("Check").await;
    browser.see("The clock is").await;
    tour.look("token-clock-measured").await;
}

async fn lost(tour: &mut Tour) {
    let known = "/lost-token?idp=entra&user=ann@example.com&old=60234501";
    for (screen, path) in [
        ("lost-token", "/lost-token"),
        (
            "lost-token-okta",
            "/lost-token?idp=okta&user=user0001@example.com",
        ),
        ("lost-token-known", known),
    ] {
        tour.visit(screen, path).await;
    }
    let browser = tour.browser();
    browser
        .fill("Serial number of the new token", "60240101")
        .await;
    browser.fill("Code that the new one shows", "123456").await;
    browser.press("Check first").await;
    browser.see("Nothing stands against it").await;
    tour.look("lost-token-checked").await;
    let browser = tour.browser();
    browser
        .fill("Serial number of the new token", "99999999")
        .await;
    browser.press("Replace").await;
    browser.see("99999999").await;
    tour.look("lost-token-refused").await;
}
