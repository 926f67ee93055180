//! The start page over simulated services, in virtual time.

use std::time::Duration;

use idp_sim::{Act, Fault, Faults, Rule, SimConfig};

use crate::door::Role;
use crate::places::Idp;
use crate::testing::{Client, Rehearsal};

#[tokio::test(start_paused = true)]
async fn the_start_page_says_what_is_there() {
    let rehearsal = Rehearsal::new().await;
    rehearsal.stocked("T1", None);
    rehearsal.activated("T2", "user0001@example.com");
    rehearsal.listed(Idp::Entra).await;
    rehearsal.listed(Idp::Okta).await;
    let client = Client::new(&rehearsal).await;
    let page = client.get("/").await.body;
    assert!(page.contains("Entra ID") && page.contains("Okta"), "{page}");
    assert!(page.contains("Nothing was done yet"));
    for state in ["imported", "assigned", "activated"] {
        let link = format!("/inventory/entra?state={state}");
        assert!(page.contains(&link), "{link}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_place_that_refuses_the_sign_in_comes_first() {
    let rehearsal = Rehearsal::new().await;
    rehearsal.sim.interfere(&Act::RevokeApiToken).unwrap();
    rehearsal.listed(Idp::Entra).await;
    let client = Client::new(&rehearsal).await;
    let page = client.get("/").await.body;
    let problem = page
        .find("Okta cannot be used")
        .unwrap_or_else(|| panic!("{page}"));
    assert!(problem < page.find("In stock").unwrap_or_else(|| panic!("{page}")));
    assert!(page.contains("href=\"/settings\""));
    let viewer = Client::with_role(&rehearsal, Role::Viewer).await;
    let page = viewer.get("/").await.body;
    assert!(page.contains("cannot be used") && !page.contains("href=\"/settings\" class=\"button"));
}

#[tokio::test(start_paused = true)]
async fn an_inventory_that_cannot_be_read_comes_first() {
    let rehearsal = Rehearsal::new().await;
    rehearsal.app.places.get(Idp::Entra).await.unwrap();
    let fault = Fault::Status {
        status: 403,
        retry_after: None,
        after_work: false,
    };
    let rule = Rule {
        route: Some("devices.*".to_owned()),
        idp: Some(idp_sim::Idp::Entra),
        writes_only: false,
        skip: 0,
        rate: None,
        nth: None,
        every: None,
        times: None,
        from_ms: None,
        until_ms: None,
        fault,
    };
    rehearsal.sim.set_faults(Faults { rules: vec![rule] });
    rehearsal.listed(Idp::Entra).await;
    let client = Client::new(&rehearsal).await;
    let page = client.get("/").await.body;
    assert!(
        page.contains("The inventory of Entra ID could not be read"),
        "{page}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_place_that_does_not_answer_does_not_hold_the_page_up() {
    let rehearsal = Rehearsal::of(SimConfig {
        latency: Duration::from_secs(5),
        ..SimConfig::with_people(1)
    })
    .await;
    let client = Client::new(&rehearsal).await;
    let before = rehearsal.clock.monotonic();
    let page = client.get("/").await.body;
    assert!(page.contains("Okta is still being connected."), "{page}");
    assert!((rehearsal.clock.monotonic() - before).as_secs() <= 3);
    rehearsal.listed(Idp::Okta).await;
    let page = client.get("/").await.body;
    assert!(!page.contains("Okta is still being connected."));
}

#[tokio::test(start_paused = true)]
async fn open_runs_stand_there_with_how_far_they_are() {
    let rehearsal = Rehearsal::slow().await;
    let client = Client::new(&rehearsal).await;
    rehearsal.stocked("T1", None);
    let user = [("user", "user0001@example.com")];
    let given = client.post("/tokens/entra/T1/give", &user).await;
    let page = client.get("/").await.body;
    assert!(
        page.contains("Open runs") && page.contains("0 of 1 rows"),
        "{page}"
    );
    assert!(page.contains(&given.location));
    rehearsal.ended(&given).await;
    let page = client.get("/").await.body;
    assert!(
        !page.contains("Open runs") && page.contains("1 row"),
        "{page}"
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_is_led_where_they_are_refused() {
    let rehearsal = Rehearsal::new().await;
    rehearsal.listed(Idp::Entra).await;
    let viewer = Client::with_role(&rehearsal, Role::Viewer).await;
    for path in ["/", "/runs", "/inventory/entra", "/help"] {
        let page = viewer.get(path).await.body;
        assert!(!page.contains("href=\"/import\""), "{path}");
        assert!(!page.contains("href=\"/lost-token\""), "{path}");
        let asked = ["Ask an operator", "ask an operator"];
        assert!(
            asked.iter().any(|text| page.contains(text)),
            "{path}: {page}"
        );
    }
    for idp in [Idp::Entra, Idp::Okta] {
        rehearsal.app.places.remove(idp).unwrap();
    }
    for path in ["/inventory", "/users"] {
        let page = viewer.get(path).await.body;
        assert!(!page.contains("href=\"/setup\""), "{path}");
        assert!(page.contains("Ask an admin"), "{path}: {page}");
    }
}
