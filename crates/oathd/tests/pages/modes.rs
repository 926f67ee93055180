//! How far a file is taken in Entra: each way ends exactly there.

use crate::support::{Story, seed_file};

#[tokio::test]
async fn tokens_are_only_imported() {
    let story = ends_at("Import into Entra ID", "available").await;
    let devices = story.devices();
    assert!(devices.iter().all(|device| device.assigned_to.is_none()));
    let calls = story.sim.calls();
    assert_eq!((calls.on("devices.bulk-create"), calls.writes), (1, 1));
}

#[tokio::test]
async fn tokens_are_imported_and_assigned() {
    let story = ends_at("Import and assign in Entra ID", "assigned").await;
    each_has_its_own(&story);
    assert_eq!(story.sim.calls().on("methods.activate"), 0);
}

#[tokio::test]
async fn tokens_are_imported_assigned_and_activated() {
    let story = ends_at("Import, assign and activate in Entra ID", "activated").await;
    each_has_its_own(&story);
    assert_eq!(story.sim.calls().on("methods.activate"), 3);
}

/// Takes a file of three tokens as far as this, by the pages.
async fn ends_at(wanted: &str, status: &str) -> Story {
    let story = Story::begin().await;
    story.connect_entra().await;
    story.import("three.csv", &seed_file(3)).await;
    story.plan(wanted).await;
    story.begin_run("3 changes").await;
    let report = story.report().await;
    assert_eq!((report.counts.done, report.counts.rows), (3, 3));
    let devices = story.devices();
    let all_are = devices.iter().all(|device| device.status == status);
    assert!(devices.len() == 3 && all_are, "{devices:#?}");
    // The inventory shows what is there.
    story.open("/inventory/entra").await;
    let shown = if status == "available" {
        "imported"
    } else {
        status
    };
    for device in &devices {
        let user = device.assigned_to.as_deref().unwrap_or_default();
        let name = user.split('@').next().unwrap();
        story.browser.see_row(&device.serial, &[shown, name]).await;
    }
    story.is_quiet().await;
    story
}

fn each_has_its_own(story: &Story) {
    for device in story.devices() {
        let number = device.serial.strip_prefix("6030").unwrap();
        let user = format!("user{number}@example.com");
        assert_eq!(device.assigned_to, Some(user));
    }
}
