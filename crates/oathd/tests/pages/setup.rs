//! The first run: from an empty server to two services that tokens can go to.

use idp_sim::{Act, SimConfig};

use crate::support::{Browser, Story};

/// What the settings show, and what asks for credentials.
const PAGES: [&str; 5] = [
    "/settings",
    "/setup/entra",
    "/setup/okta",
    "/settings/entra/doctor",
    "/settings/okta/doctor",
];

#[tokio::test]
async fn a_new_server_leads_to_its_wizard_and_to_both_services() {
    let story = Story::begin().await;
    let (browser, ready) = (&story.browser, story.ready());
    browser.see("Where shall tokens go?").await;
    browser.follow("Connect Entra ID").await;
    browser
        .press("Commands that register the application")
        .await;
    browser.see("az ad app create").await;
    story.fill_in_entra(&ready.entra.client_secret).await;
    browser.press("Save and check").await;
    browser.see("with a client secret").await;
    browser.see("User.Read.All").await;
    all_is_good(browser).await;
    browser.follow("Connect Okta, too").await;
    browser.paste("Organisation", &ready.okta.org_url).await;
    browser.paste("API token", &ready.okta.token).await;
    browser.press("Save and go on").await;
    let profile = &ready.okta.profiles[0].name;
    browser.choose("Factor profile", profile).await;
    browser.press("Save and check").await;
    browser.see("Does Okta work?").await;
    all_is_good(browser).await;
    story.open("/settings").await;
    browser.see(&ready.okta.profiles[0].id).await;
    story
        .nothing_shows(PAGES, [&ready.entra.client_secret, &ready.okta.token])
        .await;
    story.is_quiet().await;
}

#[tokio::test]
async fn entra_is_signed_in_to_with_a_certificate_that_the_page_makes() {
    let story = Story::begin().await;
    let browser = &story.browser;
    story.open("/setup/entra").await;
    browser.press("Make a certificate here").await;
    browser.see("A certificate was made.").await;
    browser.follow("Download its public part").await;
    let certificate = browser.saved("oathkit.crt").await;
    let certificate = String::from_utf8(certificate).unwrap();
    assert!(!certificate.contains("PRIVATE"), "{certificate}");
    story.fill_in_entra("").await;
    let made = "The certificate that was made here";
    browser.choose("It signs in with", made).await;
    browser.press("Save and check").await;
    // Nobody has registered it yet.
    browser.see("Something will not work.").await;
    browser.see("Put right what is marked as bad").await;
    story.operator(&Act::RegisterCertificate { certificate });
    browser.follow("Check again").await;
    browser.see("with a certificate").await;
    browser.see("the certificate is good for 36").await;
    all_is_good(browser).await;
    story.is_quiet().await;
    story.nothing_shows(PAGES, ["PRIVATE KEY"]).await;
}

#[tokio::test]
async fn a_wrong_secret_is_refused_with_what_to_do() {
    let story = Story::begin().await;
    let browser = &story.browser;
    story.open("/setup/entra").await;
    story
        .fill_in_entra("d77a5f8e-0d6d-4b1c-8f5b-c5a1a1d2f8a4")
        .await;
    browser.press("Save and check").await;
    browser
        .see("This looks like the secret's id. Copy its value")
        .await;
    browser
        .paste("Client secret", "a-secret-that-was-mistyped")
        .await;
    browser.press("Save and check").await;
    browser.see("AADSTS7000215").await;
    browser
        .see("Set the client secret to the Value (not the Secret ID)")
        .await;
    let secret = &story.ready().entra.client_secret;
    browser.follow("Change the settings").await;
    browser.paste("Client secret", secret).await;
    browser.press("Save and check").await;
    all_is_good(browser).await;
    story
        .nothing_shows(PAGES, [secret, "a-secret-that-was-mistyped"])
        .await;
}

#[tokio::test]
async fn a_missing_permission_is_red_and_the_rest_is_green() {
    let mut config = SimConfig::with_people(5);
    config
        .entra
        .granted_roles
        .retain(|role| role != "User.Read.All");
    let story = Story::with(config).await;
    story.connect_entra().await;
    let browser = &story.browser;
    browser.see("User.Read.All is missing").await;
    browser
        .see("Grant the application permission User.Read.All")
        .await;
    browser.see("Something will not work.").await;
    let of = async |badge: &str| {
        let found = format!("[...document.querySelectorAll('.finding:has({badge})')]");
        let words = format!("{found}.map(finding => finding.innerText)");
        browser.value_of(&words).await.to_string()
    };
    assert!(of(".badge.bad").await.contains("User.Read.All"));
    assert!(
        of(".badge.good")
            .await
            .contains("Policy.ReadWrite.AuthenticationMethod")
    );
    story.is_quiet().await;
}

#[tokio::test]
async fn okta_is_signed_in_to_with_the_key_of_a_service_app() {
    let story = Story::begin().await;
    let (browser, okta) = (&story.browser, &story.ready().okta);
    story.open("/setup/okta").await;
    browser.paste("Organisation", &okta.org_url).await;
    browser.choose("Signs in with", "A service app").await;
    browser
        .paste("Client id of the service app", &okta.client_id)
        .await;
    browser
        .paste("Private key of the service app", "no key")
        .await;
    browser.press("Save and go on").await;
    browser.see("One field needs a change.").await;
    let key = "Private key of the service app";
    browser.paste(key, &okta.private_key).await;
    browser.press("Save and go on").await;
    browser
        .choose("Factor profile", "The one that fits each token")
        .await;
    browser.press("Save and check").await;
    browser.see("Check again").await;
    all_is_good(browser).await;
    let private = okta.private_key.split("\"d\":\"").nth(1).unwrap();
    story.nothing_shows(PAGES, [&private[..20]]).await;
}

/// The doctor found nothing that hinders.
async fn all_is_good(browser: &Browser) {
    browser.see("Import a seed file").await;
    assert_eq!(browser.count(".finding .badge.bad").await, 0);
    assert!(browser.count(".finding .badge.good").await > 0);
}
