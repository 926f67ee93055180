//! What was done, and by whom: looked up, verified, taken along.

use serde_json::Value;

use crate::support::{SEED, Story};

/// Two tokens were given to two people.
async fn after_two_deeds() -> Story {
    let story = Story::begin().await;
    story.in_stock(["60012301", "60012302"]);
    story.connect_entra().await;
    for (serial, user) in [("60012301", "user0001"), ("60012302", "user0002")] {
        story.open(&format!("/tokens/entra/{serial}")).await;
        let browser = &story.browser;
        browser.fill("User", &format!("{user}@example.com")).await;
        browser.press("Give it").await;
        browser.see("The row is as wanted.").await;
    }
    story
}

#[tokio::test]
async fn the_audit_tells_what_was_done_with_a_token() {
    let story = after_two_deeds().await;
    let browser = &story.browser;
    browser.follow("Audit").await;
    browser.see("60012301").await;
    browser.fill("Serial", "60012302").await;
    browser.press("Filter").await;
    browser.see_no("60012301").await;
    browser.see("About to assign").await;
    browser.see("Answer to assign done").await;
    assert!(browser.url().await.contains("serial=60012302"));
    browser.fill("Serial", "").await;
    browser.fill("For whom", "user0001@example.com").await;
    browser.press("Filter").await;
    browser.see_no("60012302").await;
    browser.see("60012301").await;
    browser.fill("For whom", "").await;
    browser.fill("By whom", "somebody-else").await;
    browser.press("Filter").await;
    browser.see("No record fits").await;
    browser.follow("Clear").await;
    browser.see("60012302").await;
    story.is_quiet().await;
}

#[tokio::test]
async fn the_audit_is_verified_and_taken_along() {
    let story = after_two_deeds().await;
    let browser = &story.browser;
    story.open("/audit").await;
    browser.follow("Verify").await;
    browser.press("Verify now").await;
    browser.see("The audit is whole.").await;
    browser.see("Anchor to keep").await;
    let anchor = "[...document.querySelectorAll('[data-copy-text]')].at(-1).textContent";
    let anchor = browser.value_of(anchor).await;
    let anchor = anchor.as_str().unwrap();
    let field = "An anchor that you kept elsewhere (optional)";
    browser.fill(field, "9:no-hash").await;
    browser.press("Verify now").await;
    browser.see("This is no anchor").await;
    browser.fill(field, anchor).await;
    browser.press("Verify now").await;
    browser.see("The audit is whole.").await;
    story.open("/audit").await;
    browser.follow("Export").await;
    browser.follow("Download JSON lines").await;
    let file = String::from_utf8(browser.saved("audit.jsonl").await).unwrap();
    assert!(!file.contains(SEED));
    let records: Vec<Value> = file
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |serial: &str| file.lines().filter(|line| line.contains(serial)).count();
    assert!(
        of("60012301") > 1 && of("60012301") == of("60012302"),
        "{file}"
    );
    let (_, hash) = anchor.split_once(':').unwrap();
    let last = records.last().unwrap().to_string();
    assert!(last.contains(hash), "{hash} is not the hash of {last}");
}
