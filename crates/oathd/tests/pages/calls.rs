//! The log of calls: what was asked of the services.

use serde_json::Value;

use crate::support::{SEED, Story};

const HOLDER: &str = "user0001@example.com";

#[tokio::test]
async fn the_log_shows_each_call_and_no_secret() {
    let story = Story::begin().await;
    story.assigned("60012301", HOLDER);
    story.connect_entra().await;
    let browser = &story.browser;
    story.log_calls().await;
    browser.see("No call yet").await;
    story.open("/tokens/entra/60012301").await;
    browser.press("Or paste its seed").await;
    browser.paste("Seed", SEED).await;
    browser.press("Activate").await;
    browser.see("The row is as wanted.").await;
    story.is("60012301", "activated", Some(HOLDER));
    browser.follow("Calls").await;
    browser.see("activate").await;
    for column in ["When", "Call", "Answer", "Took", "Request id"] {
        browser.see(column).await;
    }
    browser.follow("Export").await;
    let file = browser.saved("calls.json").await;
    let file: Value = serde_json::from_slice(&file).unwrap();
    let calls = file["calls"].as_array().unwrap();
    let activation = calls
        .iter()
        .find(|call| call["path"].as_str().unwrap().ends_with("/activate"));
    let activation = activation.unwrap();
    assert_eq!(
        (&activation["method"], &activation["status"]),
        (&"POST".into(), &204.into())
    );
    assert!(activation["took_ms"].is_u64());
    browser
        .see(activation["request_id"].as_str().unwrap())
        .await;
    assert_eq!(browser.count("tbody tr").await, calls.len() as u64);
    let secret = &story.ready().entra.client_secret;
    assert!(
        [SEED, secret, "Bearer"]
            .iter()
            .all(|secret| !file.to_string().contains(secret))
    );
    browser.choose("Which", "Failed ones only").await;
    browser.press("Filter").await;
    browser.see("No call fits").await;
    browser.press("Stop logging").await;
    browser.see("Calls are no longer logged.").await;
    browser.press("Clear").await;
    browser.see("Calls are not logged").await;
    story.is_quiet().await;
    story.nothing_shows(["/calls"], [SEED, secret]).await;
}
