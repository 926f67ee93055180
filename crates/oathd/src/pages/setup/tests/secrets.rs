//! What was given in secret comes back nowhere, and goes nowhere else.

use http::{Method, StatusCode};

use super::{connect, connect_with_file, empty, entra, okta, pem, set};
use crate::door::Role;
use crate::pages;
use crate::places::{EntraSettings, Idp, Settings};
use crate::testing::{Answer, Client, Rehearsal};

/// Every page that can be asked for, as somebody may open it.
fn every_page() -> Vec<String> {
    let routes = pages::routes();
    let readable = routes
        .addresses()
        .iter()
        .filter(|a| a.method == Method::GET);
    let filled = readable.flat_map(|address| {
        Idp::ALL.map(|idp| {
            address
                .path
                .replace("{idp}", idp.name())
                .replace("{name}", "ann")
                .replace("{run}", "r")
                .replace("{serial}", "1")
        })
    });
    filled.filter(|path| !path.contains('{')).collect()
}

fn holds(answer: &Answer, secret: &str) -> bool {
    answer.body.contains(secret) || format!("{:?}", answer.headers).contains(secret)
}

#[tokio::test(start_paused = true)]
async fn no_page_shows_a_secret_that_was_saved() {
    let rehearsal = empty().await;
    let client = Client::new(&rehearsal).await;
    let pem = pem(1_800_000_000, 365);
    let key_line = pem.lines().nth(3).unwrap().to_owned();
    let app_key = rehearsal.sim.okta().private_key;
    let app_key_part: String = app_key
        .split("\"d\":\"")
        .nth(1)
        .unwrap()
        .chars()
        .take(20)
        .collect();
    let secrets = [
        "canary-secret-1",
        "canary-token-1",
        &key_line,
        &app_key_part,
    ];
    rehearsal.app.calls.switch(true);
    let mut answers = Vec::new();
    let mut fields = entra(&rehearsal);
    set(&mut fields, "secret", "canary-secret-1");
    answers.push(connect(&client, Idp::Entra, &fields).await);
    set(&mut fields, "max_capacity", "nothing");
    answers.push(connect(&client, Idp::Entra, &fields).await);
    let mut fields = okta(&rehearsal);
    set(&mut fields, "token", "canary-token-1");
    answers.push(connect(&client, Idp::Okta, &fields).await);
    set(&mut fields, "org", "");
    answers.push(connect(&client, Idp::Okta, &fields).await);
    let mut looked = look(&client, &mut answers).await;
    answers.push(connect_with_file(&client, &entra(&rehearsal), &pem).await);
    let mut fields = okta(&rehearsal);
    set(&mut fields, "with", "app");
    set(&mut fields, "client_id", rehearsal.sim.okta().client_id);
    set(&mut fields, "key", app_key.clone());
    answers.push(connect(&client, Idp::Okta, &fields).await);
    set(&mut fields, "max_capacity", "x");
    answers.push(connect(&client, Idp::Okta, &fields).await);
    looked += look(&client, &mut answers).await;
    assert!(looked > 20, "{looked} pages");
    assert!(!rehearsal.app.calls.list().is_empty());
    for answer in &answers {
        for secret in secrets {
            assert!(!holds(answer, secret), "{secret}: {}", answer.body);
        }
    }
    assert!(
        answers
            .iter()
            .any(|answer| answer.body.contains("set, not shown"))
    );
}

/// How many pages there were to see.
async fn look(client: &Client, answers: &mut Vec<Answer>) -> usize {
    let mut seen = 0;
    for path in every_page() {
        let answer = client.get(&path).await;
        seen += usize::from(answer.status == StatusCode::OK);
        answers.push(answer);
    }
    seen
}

fn other(rehearsal: &Rehearsal) -> EntraSettings {
    match rehearsal.app.places.settings(Idp::Entra) {
        Some(Settings::Entra(settings)) => settings,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_kept_is_sent_nowhere_else() {
    let rehearsal = empty().await;
    let client = Client::new(&rehearsal).await;
    rehearsal.app.calls.switch(true);
    connect(&client, Idp::Entra, &entra(&rehearsal)).await;
    for (field, value) in [
        ("authority", "https://login.evil.test"),
        ("graph", "https://graph.evil.test"),
        ("tenant", "evil.test"),
        ("client_id", "29c18626-4985-4dcd-85c0-193eef327366"),
        ("with", "file"),
    ] {
        let mut fields = entra(&rehearsal);
        set(&mut fields, "secret", "");
        set(&mut fields, field, value);
        let refused = connect(&client, Idp::Entra, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(refused.body.contains("Give it once more"), "{field}");
    }
    connect(&client, Idp::Okta, &okta(&rehearsal)).await;
    for (field, value) in [("org", "https://evil.okta.com"), ("with", "app")] {
        let mut fields = okta(&rehearsal);
        set(&mut fields, "token", "");
        set(&mut fields, "client_id", "0oa1");
        set(&mut fields, field, value);
        let refused = connect(&client, Idp::Okta, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(refused.body.contains("Give it once more"), "{field}");
    }
    client.get("/setup/entra/check").await;
    let calls = rehearsal.app.calls.list();
    assert!(!calls.is_empty() && calls.iter().all(|call| !call.host.contains("evil")));
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_kept_for_the_same_sign_in() {
    let rehearsal = empty().await;
    let client = Client::new(&rehearsal).await;
    connect(&client, Idp::Entra, &entra(&rehearsal)).await;
    let mut fields = entra(&rehearsal);
    set(&mut fields, "secret", "");
    set(&mut fields, "max_capacity", "20");
    let saved = connect(&client, Idp::Entra, &fields).await;
    assert_eq!(saved.location, "/setup/entra/check");
    assert_eq!(other(&rehearsal).max_capacity, 20);
    rehearsal.app.places.get(Idp::Entra).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_settings_are_for_admins() {
    let rehearsal = Rehearsal::new().await;
    for role in [Role::Viewer, Role::HelpDesk, Role::Operator] {
        let client = Client::with_role(&rehearsal, role).await;
        let routes = pages::routes();
        let mut refused = 0;
        for address in routes.addresses() {
            let needs = address.role.unwrap_or(Role::Viewer);
            if address.path.contains('{') || needs <= role {
                continue;
            }
            let answer = match address.method {
                Method::GET => client.get(address.path).await,
                _ => client.post(address.path, &[]).await,
            };
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", address.path);
            refused += 1;
        }
        assert!(refused >= 12, "{role:?}: {refused}");
        let page = client.get("/help").await.body;
        assert!(!page.contains("href=\"/settings\""));
        assert_eq!(page.contains("href=\"/calls\""), role == Role::Operator);
    }
}
