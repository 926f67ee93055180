//! Forms, links, files, and what is said when something is not there.

use std::time::Duration;

use axum::Router;
use axum::extract::Multipart;
use axum::http::header::CONTENT_DISPOSITION;
use axum::response::Html;
use axum::routing::{get, post};

use crate::support::{Browser, Site, page};

use super::{failure, one_page};

const FORM: &str = "
    <form method=post action=/sent enctype=multipart/form-data>
      <label for=serial>Serial number</label><input id=serial name=serial value=old>
      <input aria-label='User name' name=user>
      <label>Place <select name=place><option value=entra>Entra ID<option value=okta>Okta</select></label>
      <fieldset><legend>Mode</legend>
        <label><input type=radio name=mode value=import checked> Import</label>
        <label><input type=radio name=mode value=assign> Import and assign</label>
      </fieldset>
      <label><input type=checkbox name=sure> I am sure</label>
      <label><input type=checkbox name=mail checked> Send a mail</label>
      <label>Rows <textarea name=rows></textarea></label>
      <label>Seed file <input type=file name=file></label>
      <button disabled>Send</button> <button>Send <span aria-hidden=true>→</span></button>
    </form>
    <a href=/rows.csv download>Save all rows</a> <a href=/>Back</a>";

async fn sent(mut form: Multipart) -> Html<String> {
    let mut said = String::new();
    while let Some(field) = form.next_field().await.unwrap() {
        let name = field.name().unwrap().to_owned();
        said += &format!("<p>{name}={}.</p>", field.text().await.unwrap());
    }
    page(&said)
}

async fn site() -> Site {
    let rows = async || ([(CONTENT_DISPOSITION, "attachment")], "serial\n1\n");
    let router = Router::new()
        .route("/", get(async || page(FORM)))
        .route("/sent", post(sent))
        .route("/rows.csv", get(rows));
    Site::of(router).await
}

#[tokio::test]
async fn a_form_is_filled_in_by_its_labels_and_sent() {
    let (site, browser) = (site().await, Browser::start().await);
    let file = browser.home().join("seeds.csv");
    std::fs::write(&file, "in the file").unwrap();
    browser.open(&site.url("/")).await;

    browser.fill("Serial number", "60012345").await;
    browser.fill("User name", "ж 🙂 O'Brien").await;
    browser.choose("Place", "Okta").await;
    browser.choose("Mode", "Import and assign").await;
    browser.tick("I am sure").await;
    browser.tick("I am sure").await;
    browser.untick("Send a mail").await;
    browser.paste("Rows", "old").await;
    browser.paste("Rows", "one\ntwo").await;
    browser.upload("Seed file", &file).await;
    assert_eq!(browser.value("Serial number").await, "60012345");
    browser.press("Send").await;

    for field in [
        "serial=60012345.",
        "user=ж 🙂 O'Brien.",
        "place=okta.",
        "mode=assign.",
        "sure=on.",
        "rows=one two.",
        "file=in the file.",
    ] {
        browser.see(field).await;
    }
    browser.see_no("mail=").await;
    assert!(browser.html().await.contains("<p>mode=assign.</p>"));
    assert_eq!(browser.url().await, site.url("/sent"));
    assert_eq!(browser.text("h1").await, "A page");
    assert_eq!(browser.troubles().await, [""; 0]);
}

#[tokio::test]
async fn links_are_followed_and_files_saved() {
    let (site, browser) = (site().await, Browser::start().await);
    browser.open(&site.url("/?view=all")).await;
    browser.follow("Save all rows").await;
    assert_eq!(browser.saved("rows.csv").await, b"serial\n1\n");
    browser.follow("Back").await;
    assert_eq!(browser.url().await, site.url("/"));
}

#[tokio::test]
async fn what_comes_late_is_waited_for() {
    let site = one_page(
        "<p id=said>Wait.</p><button disabled>Go on</button><script>
            const button = document.querySelector('button');
            button.onclick = () => setTimeout(() => { said.textContent = 'It is done.'; }, 300);
            setTimeout(() => { button.disabled = false; }, 300);
        </script>",
    )
    .await;
    let browser = Browser::start().await;
    browser.open(&site.url("/")).await;
    browser.press("Go on").await;
    browser.see("It is done.").await;
    browser.see_no("Wait.").await;
}

#[tokio::test]
async fn a_failure_says_what_there_is_instead() {
    let site = site().await;
    let mut browser = Browser::start().await;
    browser.patience = Duration::from_millis(200);
    browser.open(&site.url("/")).await;
    let said = failure(browser.see("60012345")).await;
    assert!(
        said.contains("\"60012345\" is not to be seen") && said.contains("I am sure"),
        "{said}"
    );
    let said = failure(browser.press("Delete")).await;
    assert!(said.contains("0 times button \"Delete\""), "{said}");
    assert!(said.contains(r#"["Send (disabled)","Send"]"#), "{said}");
    let said = failure(browser.choose("Mode", "Delete")).await;
    assert!(said.contains(r#"["Import","Import and assign"]"#), "{said}");
    let said = failure(browser.see_no("I am sure")).await;
    assert!(said.contains("is still to be seen"), "{said}");
}
