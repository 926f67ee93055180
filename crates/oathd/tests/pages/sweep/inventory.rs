//! What there is: the start page and the lists of tokens.

use super::Tour;
use super::world::IN_USE;

#[tokio::test]
async fn what_there_is() {
    let mut tour = Tour::at_work("inventory").await;
    for (screen, path) in [
        ("inventory", "/inventory"),
        (
            "inventory-sorted",
            "/inventory/entra?state=activated&sort=-serial",
        ),
        ("inventory-nothing-fits", "/inventory/entra?q=nobody"),
        ("inventory-okta", "/inventory/okta"),
        ("home", "/"),
    ] {
        tour.visit(screen, path).await;
    }
    tour.story.open("/").await;
    // As on a small window.
    tour.browser()
        .value_of("document.querySelector('.menu').open = true")
        .await;
    tour.look("menu").await;
    tour.story.open("/inventory/entra").await;
    tour.browser().follow("Keyboard").await;
    tour.look("keys").await;
    choices(&mut tour).await;
    tour.end().await;
}

/// What is done with several tokens.
async fn choices(tour: &mut Tour) {
    tour.story.open("/inventory/entra").await;
    for serial in [IN_USE, "60234501", "60234502"] {
        tour.browser().tick(&format!("Select {serial}")).await;
    }
    tour.look("inventory-selected").await;
    tour.browser().press("Delete…").await;
    tour.browser().see("Look at the plan").await;
    tour.look("inventory-delete").await;
    tour.story.open("/inventory/entra?state=imported").await;
    tour.browser().tick("Select 60240101").await;
    tour.browser().press("Assign…").await;
    tour.browser().see("Assign 1 token").await;
    tour.look("inventory-assign").await;
    tour.browser()
        .paste("Users", "ann@example.com\nbob@example.com")
        .await;
    tour.browser().press("Go on").await;
    tour.browser().see("Leave users out").await;
    tour.look("inventory-assign-refused").await;
}
