//! Coming in, and a server to which nothing is connected yet.

use super::Tour;

#[tokio::test]
async fn the_door_and_a_server_that_is_new() {
    let mut tour = Tour::begin("door").await;
    for (screen, path) in [
        ("new-home", "/"),
        ("new-inventory", "/inventory"),
        ("new-users", "/users"),
        ("new-lost-token", "/lost-token"),
        ("new-import", "/import"),
        ("new-runs", "/runs"),
        ("new-audit", "/audit"),
        ("new-calls", "/calls"),
        ("new-settings", "/settings"),
        ("new-accounts", "/settings/accounts"),
        ("new-api-tokens", "/settings/api-tokens"),
        ("start-another", "/start"),
        ("not-there", "/nothing/there"),
    ] {
        tour.visit(screen, path).await;
    }
    let nobody = tour.browser().another().await;
    let server = tour.story.server.as_ref().unwrap();
    let (used, sign_in) = (server.url("/start"), server.url("/sign-in"));
    let refused = server.url("/inventory");
    // Without the script, which presses the button.
    nobody.script_off().await;
    nobody.open(&server.address).await;
    tour.look_at(&nobody, "start").await;
    nobody.open(&used).await;
    tour.look_at(&nobody, "start-used").await;
    nobody.open(&sign_in).await;
    tour.look_at(&nobody, "sign-in-nobody").await;
    nobody.open(&refused).await;
    tour.look_at(&nobody, "sign-in-first").await;
    tour.end().await;
}
