//! JavaScript switched off, from the one-time address to the report: nothing is out of reach.

use idp_sim::SimConfig;

use crate::support::{Browser, Story};

const FILE: &str = "upn,serial number,secret key,timeinterval,manufacturer,model
user0001@example.com,60012301,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,C301-i
user0002@example.com,60012302,DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,Token2,C301-i
,60012303,PHCBEH6GBBL577X4OS4ZTTEF6GIKYRWI,30,Token2,C302-i
,60012304,XTPXFDTQ7ZWM5BQ6GPTLB2S7LWMMTB26,30,Token2,C302-i
";
/// The last one's.
const SEED: &str = "XTPXFDTQ7ZWM5BQ6GPTLB2S7LWMMTB26";

async fn story() -> Story {
    let browser = Browser::start().await;
    browser.script_off().await;
    let story = Story::at(browser, SimConfig::with_people(20)).await;
    story.connect_entra().await;
    story
}

/// Sends the file.
async fn send(story: &Story) {
    let browser = &story.browser;
    let file = story.file("four.csv", FILE);
    browser.follow("Import").await;
    browser.upload("Seed file", &file).await;
    browser.press("Read it").await;
    browser.see("4 that can be used").await;
}

/// Goes as far as the plan of what is wished.
async fn plan(story: &Story, wish: &str) {
    let browser = &story.browser;
    browser.choose("What is to be done", wish).await;
    browser.press("Make the plan").await;
    // The page comes again by itself until the plan is there.
    browser.see("Rows of the plan").await;
}

/// Confirms the plan, and sees the run end.
async fn carry_out(story: &Story, button: &str) {
    story.browser.press(button).await;
    story.browser.see("Report (HTML)").await;
}

/// Of each token its state and its holder, in the order of the serial numbers.
fn tokens(story: &Story) -> Vec<(String, Option<String>)> {
    let mut devices = story.devices();
    devices.sort_by(|one, other| one.serial.cmp(&other.serial));
    let told = devices.into_iter();
    told.map(|device| (device.status, device.assigned_to))
        .collect()
}

fn has(state: &str, user: &str) -> (String, Option<String>) {
    let user = (!user.is_empty()).then(|| format!("{user}@example.com"));
    (state.to_owned(), user)
}

#[tokio::test]
async fn a_file_is_paired_planned_carried_out_and_reported() {
    let story = story().await;
    let browser = &story.browser;
    send(&story).await;
    browser
        .paste("Users", "user0003@example.com\nuser0004@example.com")
        .await;
    browser
        .choose(
            "How tokens find their users",
            "Each user the next free token",
        )
        .await;
    browser.press("Use this list").await;
    browser.see("4 of 4 tokens have a user").await;
    plan(&story, "Import, assign and activate in Entra ID").await;
    carry_out(&story, "Carry out 4 changes").await;

    browser.see("All 4 rows are as wanted.").await;
    let users = ["user0001", "user0002", "user0003", "user0004"];
    assert_eq!(tokens(&story), users.map(|user| has("activated", user)));
    browser.follow("Report (CSV)").await;
    let report = String::from_utf8(browser.saved("report.csv").await).unwrap();
    assert_eq!(report.lines().count(), 5);
    assert_eq!(report.matches(",activated,").count(), 4);
    story.is_quiet().await;
}

#[tokio::test]
async fn tokens_are_found_selected_and_deleted_by_typing_their_number() {
    let story = story().await;
    let browser = &story.browser;
    send(&story).await;
    plan(&story, "Import into Entra ID").await;
    carry_out(&story, "Carry out 4 changes").await;
    browser.follow("Inventory").await;
    browser.see("4 tokens").await;
    browser.choose("Model", "C302-i (2)").await;
    browser.press("Filter").await;
    browser.see_no("60012301").await;
    browser.see("2 tokens").await;

    browser.tick("Select 60012303").await;
    browser.press("Delete…").await;
    browser.fill("Type 1 to delete 1 token", "2").await;
    browser.press("Delete 1 token").await;
    browser.see("The number 1 was not typed").await;
    assert_eq!(tokens(&story).len(), 4);
    browser.fill("Type 1 to delete 1 token", "1").await;
    carry_out(&story, "Delete 1 token").await;
    let left = story.devices().into_iter().map(|device| device.serial);
    let mut left: Vec<String> = left.collect();
    left.sort();
    assert_eq!(left, ["60012301", "60012302", "60012304"]);

    story.open("/inventory/entra").await;
    // What can be done is there as soon as something is selected.
    browser.tick("Select 60012301").await;
    browser.tick("Select all 3 that match").await;
    browser.press("Delete…").await;
    browser.fill("Type 3 to delete 3 tokens", "3").await;
    carry_out(&story, "Delete 3 tokens").await;
    assert_eq!(tokens(&story), []);
    story.is_quiet_but_for("status of 422").await;
}

#[tokio::test]
async fn a_lost_token_is_replaced() {
    let story = story().await;
    let browser = &story.browser;
    send(&story).await;
    plan(&story, "Import, assign and activate in Entra ID").await;
    carry_out(&story, "Carry out 2 changes").await;
    let before = tokens(&story);
    assert_eq!(before[0], has("activated", "user0001"));

    browser.follow("Lost token").await;
    browser.paste("User", "user0001@example.com").await;
    browser.press("Check first").await;
    browser
        .see("user0001@example.com has 60012301 (activated).")
        .await;
    browser
        .paste("Serial number of the lost token", "60012301")
        .await;
    browser
        .paste("Serial number of the new token", "60012304")
        .await;
    browser.press("Or paste its seed").await;
    browser.paste("Seed", SEED).await;
    browser.choose("Hash", "SHA-1").await;
    browser.choose("Time step", "30 seconds").await;
    browser.press("Replace").await;
    browser.see("Report (HTML)").await;
    let after = tokens(&story);
    assert_eq!(after[0], has("available", ""));
    assert_eq!(after[2], has("activated", "user0001"));
    story.is_quiet().await;
}
