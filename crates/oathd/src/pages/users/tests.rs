//! People over simulated services, in virtual time.

use idp_sim::{Person, SimConfig};

use crate::door::Role;
use crate::testing::{Client, Device, Rehearsal};

const USER: &str = "user0001@example.com";
const PAYLOAD: &str = "<img src=x onerror=alert(1)>";

async fn desk() -> (Rehearsal, Client) {
    let rehearsal = Rehearsal::new().await;
    let client = Client::new(&rehearsal).await;
    (rehearsal, client)
}

/// The page of the one user whom a search finds.
async fn found(client: &Client, place: &str, login: &str) -> String {
    let page = client.get(&format!("/users/{place}?q={login}")).await.body;
    let link = format!("href=\"/users/{place}/");
    let id = page.split(&link).nth(1).unwrap_or_else(|| panic!("{page}"));
    format!("/users/{place}/{}", id.split('"').next().unwrap())
}

#[tokio::test(start_paused = true)]
async fn people_are_suggested_while_one_types() {
    let (_rehearsal, client) = desk().await;
    for address in [
        "/users/entra/suggest?",
        "/users/suggest?idp=entra&",
        "/users/okta/suggest?",
    ] {
        let answer = client.get(&format!("{address}q=user00")).await;
        let people: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        let people = people.as_array().unwrap();
        assert_eq!(people.len(), 10, "{address}");
        let first = people[0].as_object().unwrap();
        let mut fields: Vec<_> = first.keys().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["login", "name", "problem", "status"]);
        assert_eq!(first["login"], USER);
        assert!(first["problem"].is_null());
        let short = client.get(&format!("{address}q=u")).await;
        assert_eq!((short.status.as_u16(), short.body.as_str()), (200, "[]"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_is_found_with_the_tokens() {
    let (rehearsal, client) = desk().await;
    rehearsal.activated("T1", USER);
    let page = client.get("/users/entra").await.body;
    assert!(page.contains("two letters at least"));
    assert!(
        page.contains("data-search=\"/users/entra/suggest\""),
        "{page}"
    );
    let nobody = client.get("/users/entra?q=zzz").await.body;
    assert!(nobody.contains("Nobody was found"));
    let page = client.get(&found(&client, "entra", USER).await).await.body;
    assert!(
        page.contains("T1") && page.contains("Give a token"),
        "{page}"
    );
    let replacing = "/lost-token?idp=entra&amp;user=user0001%40example.com&amp;old=T1";
    assert!(page.contains(replacing), "{page}");
    for unknown in [
        "/users/entra/7",
        "/users/okta/7",
        "/users/okta/%3Cimg%20src=x%3E",
    ] {
        let answer = client.get(unknown).await;
        assert_eq!(answer.status, 404, "{unknown}");
        assert!(!answer.body.contains("<img"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_of_the_stock_is_given() {
    let (rehearsal, client) = desk().await;
    rehearsal.stocked("T1", None);
    rehearsal.listed(crate::places::Idp::Entra).await;
    let user = found(&client, "entra", USER).await;
    let page = client.get(&user).await.body;
    assert!(page.contains(&format!("{user}?serial=T1")), "{page}");
    let filled = client.get(&format!("{user}?serial=T1")).await.body;
    assert!(filled.contains("value=\"T1\""));
    let give = format!("{user}/give");
    let given = client.post(&give, &[("serial", "T1")]).await;
    rehearsal.ended(&given).await;
    assert_eq!(
        rehearsal.in_entra("T1"),
        ("assigned".to_owned(), Some(USER.to_owned()))
    );
}

#[tokio::test(start_paused = true)]
async fn of_a_new_token_s_key_alone_hash_and_time_step_are_asked_for() {
    let (rehearsal, client) = desk().await;
    let device = Device::new("T1");
    let give = format!("{}/give", found(&client, "entra", USER).await);
    let key = [("serial", "T1"), ("seed", &*device.seed)];
    let (hash, step) = (("algorithm", "sha256"), ("period", "60"));
    for fields in [vec![], vec![hash], vec![step]] {
        let fields = [&key, fields.as_slice()].concat();
        let refused = client.post(&give, &fields).await;
        assert_eq!(refused.status, 422, "{fields:?}");
        assert!(refused.body.contains("f-seed-error"), "{}", refused.body);
    }
    assert_eq!(rehearsal.writes(), 0);
    let fields = [&key, [hash, step].as_slice()].concat();
    let report = rehearsal.ended(&client.post(&give, &fields).await).await;
    assert_eq!(report.counts.done, 1, "{report:?}");
    let entra = &rehearsal.sim.state().entra.devices[0];
    assert_eq!((&*entra.hash, entra.period), ("hmacsha256", 60));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_new_is_given_with_its_seed() {
    let (rehearsal, client) = desk().await;
    let device = Device::new("T1");
    let link = device.link();
    for place in ["entra", "okta"] {
        let give = format!("{}/give", found(&client, place, USER).await);
        let given = client
            .post(&give, &[("serial", "T1"), ("seed", &link)])
            .await;
        let report = rehearsal.ended(&given).await;
        assert_eq!(report.counts.done, 1, "{place}: {report:?}");
    }
    assert_eq!(rehearsal.in_entra("T1").0, "activated");
    assert_eq!(rehearsal.sim.state().okta.factors.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_given_stands_at_its_field_and_nothing_is_sent() {
    let (rehearsal, client) = desk().await;
    rehearsal.stocked("T2", Some("user0002@example.com"));
    let code = rehearsal.stocked("T1", None).code(&rehearsal);
    let cases = [
        ("entra", vec![("serial", "")], "serial"),
        ("entra", vec![("serial", PAYLOAD)], "serial"),
        ("entra", vec![("serial", "T9")], "serial"),
        ("entra", vec![("serial", "T9"), ("code", &code)], "serial"),
        ("entra", vec![("serial", "T2")], "serial"),
        ("entra", vec![("serial", "T1"), ("code", "1")], "code"),
        ("entra", vec![("serial", "T1"), ("seed", "?")], "seed"),
        ("okta", vec![("serial", "T1")], "seed"),
    ];
    for (place, fields, field) in cases {
        let give = format!("{}/give", found(&client, place, USER).await);
        let answer = client.post(&give, &fields).await;
        assert_eq!(answer.status, 422, "{fields:?}");
        let error = format!("id=\"f-{field}-error\"");
        assert!(answer.body.contains(&error), "{fields:?}: {}", answer.body);
        assert!(!answer.body.contains("<img"));
    }
    assert_eq!(rehearsal.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_can_have_none_is_said_and_names_come_out_escaped() {
    let mut config = SimConfig::with_people(1);
    config.people.push(Person {
        name: PAYLOAD.to_owned(),
        guest: true,
        ..Person::new("guest@example.com")
    });
    let rehearsal = Rehearsal::of(config).await;
    let client = Client::new(&rehearsal).await;
    let list = client.get("/users/entra?q=guest").await.body;
    assert!(list.contains("no: guest@example.com is a guest") && !list.contains("<img"));
    let page = client
        .get(&found(&client, "entra", "guest").await)
        .await
        .body;
    assert!(
        page.contains("is a guest") && !page.contains("Give a token"),
        "{page}"
    );
    assert!(page.contains("&lt;img src=x") && !page.contains("<img"));
    let odd = client.get("/users/entra?q=%22%3E%3Cimg%20src=x%3E").await;
    assert!(!odd.body.contains("<img"));
}

#[tokio::test(start_paused = true)]
async fn a_user_who_has_all_that_is_possible_is_told_so() {
    let (rehearsal, client) = desk().await;
    for number in 1..=5 {
        rehearsal.stocked(&format!("T{number}"), Some(USER));
    }
    let page = client.get(&found(&client, "entra", USER).await).await.body;
    assert!(page.contains("has all that is possible: 5 tokens.") && !page.contains("Give a token"));
}

#[tokio::test(start_paused = true)]
async fn a_viewer_sees_users_and_gives_nothing() {
    let rehearsal = Rehearsal::new().await;
    let viewer = Client::with_role(&rehearsal, Role::Viewer).await;
    let user = found(&viewer, "entra", USER).await;
    let page = viewer.get(&user).await.body;
    assert!(page.contains(USER) && !page.contains("Give a token"));
    let sent = viewer
        .post(&format!("{user}/give"), &[("serial", "T1")])
        .await;
    assert_eq!(sent.status, 403);
}
