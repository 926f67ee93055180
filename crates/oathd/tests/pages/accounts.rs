//! Several people at one server, each with what they may do.

use crate::support::{Browser, Story};

const PASSWORD: &str = "five quiet owls at night";
const HOLDER: &str = "user0001@example.com";

impl Story {
    /// An admin adds an account, and that person signs in at another browser.
    async fn joined_by(&self, name: &str, role: &str) -> Browser {
        let browser = &self.browser;
        self.open("/settings/accounts").await;
        browser.fill("Name", name).await;
        browser.choose("Role", role).await;
        browser.fill("Password", PASSWORD).await;
        browser.fill("Password, once more", PASSWORD).await;
        browser.press("Add the account").await;
        browser.see("Saved.").await;
        assert!(!browser.html().await.contains(PASSWORD));
        let other = browser.another().await;
        other.open(&self.url("/inventory")).await;
        sign_in(&other, name, PASSWORD).await;
        other.see(name).await;
        other
    }
}

async fn sign_in(browser: &Browser, name: &str, password: &str) {
    browser.fill("Name", name).await;
    browser.fill("Password", password).await;
    browser.press("Sign in").await;
}

#[tokio::test]
async fn a_viewer_sees_everything_and_changes_nothing() {
    let story = Story::begin().await;
    story.assigned("60012301", HOLDER);
    story.connect_entra().await;
    let viewer = "viewer: looks, changes nothing";
    let vera = story.joined_by("vera", viewer).await;
    vera.open(&story.url("/tokens/entra/60012301")).await;
    vera.see(HOLDER).await;
    for offer in ["Activate", "Take back…", "Delete…", "Replace…"] {
        let [buttons, links] = [vera.offers("button").await, vera.offers("link").await];
        assert!(
            !buttons.iter().chain(&links).any(|one| one == offer),
            "{offer}"
        );
    }
    for section in ["Import", "Lost token", "Calls", "Settings"] {
        let links = vera.offers("link").await;
        assert!(!links.iter().any(|link| link == section), "{section}");
    }
    for address in [
        "/import",
        "/lost-token",
        "/tokens/entra/60012301/take-back",
        "/settings",
    ] {
        vera.open(&story.url(address)).await;
        vera.see("and you have the role viewer.").await;
        vera.see("Ask an admin to do it, or for that role.").await;
    }
    story.is("60012301", "assigned", Some(HOLDER));
    story.is_quiet().await;
}

#[tokio::test]
async fn an_operator_works_under_their_own_name_until_the_account_is_removed() {
    let story = Story::begin().await;
    story.in_stock(["60012301"]);
    story.connect_entra().await;
    let operator = "operator: imports, and many tokens at once";
    let otto = story.joined_by("otto", operator).await;
    otto.open(&story.url("/tokens/entra/60012301")).await;
    otto.fill("User", HOLDER).await;
    otto.press("Give it").await;
    otto.see("The row is as wanted.").await;
    otto.see("by otto").await;
    story.is("60012301", "assigned", Some(HOLDER));
    otto.open(&story.url("/settings")).await;
    otto.see("This takes the role admin, and you have the role operator.")
        .await;
    let browser = &story.browser;
    story.open("/settings/accounts").await;
    browser.follow("otto").await;
    let typed = "Type otto to remove the account otto";
    browser.cannot_press("Remove the account otto").await;
    browser.fill(typed, "otto").await;
    browser.press("Remove the account otto").await;
    browser.see("Removed.").await;
    otto.open(&story.url("/inventory")).await;
    otto.see("Nobody has an account with a password yet.").await;
    assert!(otto.url().await.contains("/sign-in"));
    story.is_quiet().await;
}

#[tokio::test]
async fn a_wrong_password_lets_nobody_in() {
    let story = Story::begin().await;
    let viewer = "viewer: looks, changes nothing";
    let vera = story.joined_by("vera", viewer).await;
    vera.press("Sign out").await;
    sign_in(&vera, "vera", "five loud owls at noon").await;
    vera.see("The name or the password is wrong.").await;
    assert_eq!(vera.value("Password").await, "");
    sign_in(&vera, "vera", PASSWORD).await;
    vera.see("viewer").await;
}
