//! The settings.

use http::StatusCode;

use crate::door::Role;
use crate::places::Idp;
use crate::testing::{Client, Rehearsal};

const PASSWORD: &str = "correct horse battery";

#[tokio::test(start_paused = true)]
async fn places_are_shown_without_their_secrets_and_removed_by_typing() {
    let rehearsal = Rehearsal::new().await;
    let client = Client::new(&rehearsal).await;
    let page = client.get("/settings").await.body;
    let access = rehearsal.sim.entra();
    assert!(page.contains(&access.tenant_id) && page.contains("set, not shown"));
    assert!(!page.contains(&access.client_secret));
    let confirm = client.get("/settings/okta/remove").await.body;
    assert!(confirm.contains("Type okta to remove Okta"), "{confirm}");
    let refused = client
        .post("/settings/okta/remove", &[("typed", "entra")])
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(rehearsal.app.places.set_up(), Idp::ALL);
    let removed = client
        .post("/settings/okta/remove", &[("typed", "okta")])
        .await;
    assert!(client.follow(&removed).await.body.contains("Connect Okta"));
    assert_eq!(rehearsal.app.places.set_up(), [Idp::Entra]);
}

#[tokio::test(start_paused = true)]
async fn accounts_are_added_changed_and_removed() {
    let rehearsal = Rehearsal::new().await;
    let client = Client::new(&rehearsal).await;
    let add = async |name: &str, role: &str, password: &str, again: &str| {
        let fields = [
            ("name", name),
            ("role", role),
            ("password", password),
            ("again", again),
        ];
        client.post("/settings/accounts", &fields).await
    };
    for (name, password, again, field) in [
        ("a b", PASSWORD, PASSWORD, "name"),
        ("ada", "short", "short", "password"),
        ("ada", PASSWORD, "another one, longer", "again"),
        ("<img src=x onerror=alert(1)>", PASSWORD, PASSWORD, "name"),
    ] {
        let refused = add(name, "admin", password, again).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(&format!("href=\"#f-{field}\"")));
        assert!(!refused.body.contains(PASSWORD) && !refused.body.contains("<img"));
    }
    add("Ada", "admin", PASSWORD, PASSWORD).await;
    let added = add("bob", "help-desk", PASSWORD, PASSWORD).await;
    let list = client.follow(&added).await.body;
    assert!(list.contains("/settings/accounts/bob") && list.contains("help desk"));
    let taken = add("bob", "viewer", PASSWORD, PASSWORD).await;
    assert!(taken.body.contains("There is an account bob already"));
    let last = client
        .post("/settings/accounts/ada/role", &[("role", "viewer")])
        .await;
    assert_eq!(last.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(last.body.contains("Ada is the last admin"));
    let changed = client
        .post("/settings/accounts/bob/role", &[("role", "admin")])
        .await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER);
    let fields = [
        ("password", "staple staple stable"),
        ("again", "staple staple stable"),
    ];
    let changed = client
        .post("/settings/accounts/bob/password", &fields)
        .await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER);
    let refused = client
        .post("/settings/accounts/ada/remove", &[("typed", "bob")])
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let removed = client
        .post("/settings/accounts/ada/remove", &[("typed", "ada")])
        .await;
    let list = client.follow(&removed).await.body;
    assert!(!list.contains("/settings/accounts/ada") && list.contains("Removed."));
    let gone = client.get("/settings/accounts/ada").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn an_api_token_is_shown_once_and_can_be_revoked() {
    let rehearsal = Rehearsal::new().await;
    let client = Client::new(&rehearsal).await;
    let fields = [("name", "<b>nightly"), ("role", "operator"), ("days", "30")];
    let issued = client.post("/settings/api-tokens", &fields).await;
    let start = issued.body.find("oathkit_").unwrap();
    let token = &issued.body[start..start + 51];
    assert!(issued.body.contains("&lt;b&gt;nightly") && !issued.body.contains("<b>nightly"));
    assert_eq!(issued.headers["cache-control"], "no-store");
    let list = client.get("/settings/api-tokens").await.body;
    assert!(!list.contains(token) && list.contains("never") && list.contains("operator"));
    let twice = client.post("/settings/api-tokens", &fields).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    let revoke = "/settings/api-tokens/revoke";
    let page = client.get(&format!("{revoke}?name=%3Cb%3Enightly")).await;
    assert!(page.body.contains("Type &lt;b&gt;nightly"));
    let unknown = client.get(&format!("{revoke}?name=other")).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let wrong = [("name", "<b>nightly"), ("typed", "nightly")];
    let refused = client.post(revoke, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = [("name", "<b>nightly"), ("typed", "<b>nightly")];
    let revoked = client.post(revoke, &right).await;
    let list = client.follow(&revoked).await.body;
    assert!(list.contains("There is no token") && list.contains("Revoked"));
}

#[tokio::test(start_paused = true)]
async fn this_server_says_what_it_is() {
    let rehearsal = Rehearsal::new().await;
    let client = Client::new(&rehearsal).await;
    let page = client.get("/settings/server").await.body;
    let directory = rehearsal.directory.path().display().to_string();
    assert!(page.contains(&format!("{directory}/state")));
    assert!(page.contains(&format!("{directory}/key")));
    assert!(page.contains("action=\"/start/new\""));
    let fields = [
        ("theme", "dark"),
        ("keys", "off"),
        ("back", "/settings/server?said=saved"),
    ];
    let looks = client.post("/look", &fields).await;
    assert_eq!(looks.location, "/settings/server?said=saved");
    let cookie = looks.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("oathkit-look=dark.off"));
    let another = client.post("/start/new", &[]).await;
    assert!(another.body.contains("/start?key="));
}

#[tokio::test]
async fn whoever_watches_needs_no_session_and_is_told_little() {
    let rehearsal = Rehearsal::new().await;
    let nobody = Client::nobody(&rehearsal);
    let health = nobody.get("/healthz").await;
    assert_eq!(
        (health.status, health.body.as_str()),
        (StatusCode::OK, "ok")
    );
    let version = nobody.get("/version").await.body;
    assert_eq!(
        version,
        concat!(
            r#"{"name":"oathd","version":""#,
            env!("CARGO_PKG_VERSION"),
            r#""}"#
        )
    );
    let ready = nobody.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::OK);
    assert_eq!(
        ready.body,
        r#"{"ready":true,"ledger":"ok","vault":"ok","disk":"ok"}"#
    );
    let sealed = rehearsal.directory.path().join("state/sealed");
    std::fs::remove_dir_all(sealed).unwrap();
    let broken = nobody.get("/readyz").await;
    assert_eq!(broken.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        broken.body,
        r#"{"ready":false,"ledger":"ok","vault":"cannot be read","disk":"ok"}"#
    );
    let state = rehearsal.directory.path().join("state");
    std::fs::rename(&state, rehearsal.directory.path().join("moved")).unwrap();
    let broken = nobody.get("/readyz").await;
    assert_eq!(broken.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(broken.body.contains(r#""disk":"cannot be written""#));
    assert_eq!(
        Client::with_role(&Rehearsal::new().await, Role::Viewer)
            .await
            .get("/settings/server")
            .await
            .status,
        StatusCode::FORBIDDEN
    );
}
