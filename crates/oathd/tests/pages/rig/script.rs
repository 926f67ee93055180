//! JavaScript on and off, and what the console hears.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;

use crate::support::{Browser, Site, page};

use super::{one_page, strict_page};

const SCRIPTED: &str = "
    <p id=said>Nothing ran.</p><p onclick='said.textContent = 1'>Listens</p><noscript>Without script.</noscript>
    <form><label>Name <input name=name></label><button>Send</button></form>
    <script>said.textContent = 'A script ran.'; setInterval(() => { said.textContent += '.'; }, 1)</script>";

#[tokio::test]
async fn script_that_is_off_does_not_run_on_any_page() {
    let (site, browser) = (one_page(SCRIPTED).await, Browser::start().await);
    browser.open(&site.url("/")).await;
    browser.see("A script ran.").await;
    browser.see_no("Without script.").await;

    browser.script_off().await;
    for address in [
        site.url("/"),
        site.url("/").replace("127.0.0.1", "localhost"),
    ] {
        browser.open(&address).await;
        browser.see("Without script.").await;
        browser.fill("Name", "by hand").await;
        browser.press("Send").await;
        let sent = format!("{address}?name=by+hand");
        browser
            .wait_until("the form was not sent", async || {
                browser.url().await == sent
            })
            .await;
        assert_eq!(browser.text("#said").await, "Nothing ran.");
        let clicked = "document.querySelector('[onclick]').click()";
        browser.value_of(clicked).await;
        assert_eq!(browser.text("#said").await, "Nothing ran.");
    }
}

#[tokio::test]
async fn what_goes_wrong_in_a_page_is_heard() {
    let router = Router::new()
        .route(
            "/good",
            get(async || page("<script>console.log(1)</script>")),
        )
        .route(
            "/",
            get(async || {
                page("<script>console.error('said'); nothing.of()</script><img src=/gone alt=x>")
            }),
        )
        .fallback(async || StatusCode::NOT_FOUND);
    let (site, browser) = (Site::of(router).await, Browser::start().await);
    browser.open(&site.url("/good")).await;
    assert_eq!(browser.troubles().await, [""; 0]);
    browser.open(&site.url("/")).await;
    browser.open(&site.url("/good")).await;
    let troubles = browser.troubles().await;
    for trouble in ["\"said\"", "nothing is not defined", "404"] {
        assert!(
            troubles.iter().any(|told| told.contains(trouble)),
            "no {trouble} in {troubles:#?}"
        );
    }
    assert_eq!(troubles.len(), 3, "{troubles:#?}");
}

#[tokio::test]
async fn what_the_policy_forbids_is_heard() {
    let site = strict_page("<p style='color: red'>Red</p><script>window.ran = 1</script>").await;
    let browser = Browser::start().await;
    browser.open(&site.url("/")).await;
    let troubles = browser.troubles().await;
    assert_eq!(troubles.len(), 2, "{troubles:#?}");
    for (trouble, what) in troubles.iter().zip(["inline style", "inline script"]) {
        assert!(
            trouble.starts_with("security: ") && trouble.contains(what),
            "{trouble}"
        );
    }
    assert_eq!(browser.value_of("window.ran ?? 0").await, 0);
}
