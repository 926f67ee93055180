//! What an administrator sets up, and how others come in.

use idp_sim::Act;

use super::Tour;

const PASSWORD: &str = "five plain words in a row";

#[tokio::test]
async fn what_an_administrator_sets_up() {
    let mut tour = Tour::at_work("admin").await;
    places(&mut tour).await;
    accounts(&mut tour).await;
    api_tokens(&mut tour).await;
    others(&mut tour).await;
    setup(&mut tour).await;
    broken(&mut tour).await;
    tour.end().await;
}

async fn places(tour: &mut Tour) {
    for (screen, path) in [
        ("help", "/help"),
        ("settings", "/settings"),
        ("settings-server", "/settings/server"),
        ("doctor", "/settings/entra/doctor"),
        ("doctor-okta", "/settings/okta/doctor"),
        ("settings-remove", "/settings/okta/remove"),
    ] {
        tour.visit(screen, path).await;
    }
    tour.story.open("/settings/server").await;
    tour.browser().press("Make an address").await;
    tour.browser().see("A new one-time address").await;
    tour.look("start-new").await;
}

async fn accounts(tour: &mut Tour) {
    for (name, role) in [
        ("anna", "operator: imports, and many tokens at once"),
        (
            "somebody.at.the.help.desk@department.example.com",
            "help desk: single tokens",
        ),
    ] {
        tour.story.open("/settings/accounts").await;
        tour.browser().fill("Name", name).await;
        tour.browser().choose("Role", role).await;
        tour.browser().paste("Password", PASSWORD).await;
        tour.browser().paste("Password, once more", PASSWORD).await;
        tour.browser().press("Add the account").await;
        tour.browser().see("Saved.").await;
    }
    tour.look("settings-accounts").await;
    tour.browser().fill("Name", "anna").await;
    tour.browser().paste("Password", "short").await;
    tour.browser().paste("Password, once more", "shorter").await;
    tour.browser().press("Add the account").await;
    tour.browser().see("One field needs a change").await;
    tour.look("settings-accounts-refused").await;
    tour.visit("settings-account", "/settings/accounts/anna")
        .await;
}

async fn api_tokens(tour: &mut Tour) {
    tour.story.open("/settings/api-tokens").await;
    tour.browser().fill("Name", "nightly import").await;
    tour.browser().press("Make the token").await;
    tour.browser().see("Copy the token now").await;
    tour.look("settings-api-token").await;
    tour.visit("settings-api-tokens", "/settings/api-tokens")
        .await;
    tour.browser().fill("Name", "nightly import").await;
    tour.browser().press("Make the token").await;
    tour.browser().see("One field needs a change").await;
    tour.look("settings-api-tokens-refused").await;
    tour.story.open("/settings/api-tokens").await;
    tour.browser().follow("Revoke… nightly import").await;
    tour.browser().see("Whatever comes with this token").await;
    tour.look("settings-api-tokens-revoke").await;
}

/// Somebody of the help desk comes in, and goes where only an administrator may.
async fn others(tour: &mut Tour) {
    let other = tour.browser().another().await;
    let server = tour.story.server.as_ref().unwrap();
    let (sign_in, settings) = (server.url("/sign-in"), server.url("/settings"));
    other.open(&sign_in).await;
    tour.look_at(&other, "sign-in").await;
    other.fill("Name", "anna").await;
    other.paste("Password", "not the password").await;
    other.press("Sign in").await;
    other.see("password is wrong").await;
    tour.look_at(&other, "sign-in-refused").await;
    other.paste("Password", PASSWORD).await;
    other.press("Sign in").await;
    other.see("Sign out").await;
    tour.look_at(&other, "home-of-an-operator").await;
    other.open(&settings).await;
    tour.look_at(&other, "not-allowed").await;
}

async fn setup(tour: &mut Tour) {
    for (screen, path) in [
        ("setup", "/setup"),
        ("setup-entra", "/setup/entra"),
        ("setup-entra-check", "/setup/entra/check"),
        ("setup-okta", "/setup/okta"),
        ("setup-okta-profile", "/setup/okta/profile"),
        ("setup-okta-check", "/setup/okta/check"),
    ] {
        tour.visit(screen, path).await;
    }
    tour.story.open("/setup/okta").await;
    tour.browser().fill("Organisation", "acme").await;
    tour.browser()
        .choose("Signs in with", "A service app")
        .await;
    tour.browser().press("Save and go on").await;
    tour.browser().see("need a change").await;
    tour.look("setup-okta-refused").await;
    tour.story.open("/setup/entra").await;
    tour.browser().press("Make a certificate here").await;
    tour.browser().see("thumbprint").await;
    tour.browser()
        .press("Commands that register the application")
        .await;
    tour.look("setup-entra-certificate").await;
    tour.browser().fill("Tenant", "our tenant").await;
    tour.browser().fill("Application", "Oathkit").await;
    tour.browser().press("Save and check").await;
    tour.browser().see("need a change").await;
    tour.look("setup-entra-refused").await;
}

/// What is said when a service lets nobody in any more.
async fn broken(tour: &mut Tour) {
    tour.act(&Act::RevokeCredentials);
    tour.act(&Act::RevokeApiToken);
    for (screen, path) in [
        ("doctor-bad", "/settings/entra/doctor"),
        ("setup-okta-check-bad", "/setup/okta/check"),
        ("setup-okta-profile-bad", "/setup/okta/profile"),
        ("inventory-broken", "/inventory/entra"),
        ("users-broken", "/users/entra?q=ann"),
    ] {
        tour.visit(screen, path).await;
    }
    tour.story.start().await;
    tour.visit("home-broken", "/").await;
}
