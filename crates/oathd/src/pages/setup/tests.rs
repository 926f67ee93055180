//! The wizard, at simulated services.

mod secrets;

use std::time::Duration;

use entra_graph::Certificate;
use http::StatusCode;
use idp_sim::{Act, SimConfig};
use secrecy::ExposeSecret;

use crate::door::Role;
use crate::places::{Idp, Settings};
use crate::testing::{Answer, Client, Rehearsal};

/// What a browser sends with the form for Entra ID.
type Fields = Vec<(&'static str, String)>;

pub(super) fn entra(rehearsal: &Rehearsal) -> Fields {
    let access = rehearsal.sim.entra();
    vec![
        ("tenant", access.tenant_id),
        ("client_id", access.client_id),
        ("with", "secret".to_owned()),
        ("secret", access.client_secret),
        ("authority", access.login_url),
        ("graph", access.graph_url),
        ("max_capacity", "50".to_owned()),
    ]
}

pub(super) fn okta(rehearsal: &Rehearsal) -> Fields {
    let access = rehearsal.sim.okta();
    vec![
        ("org", access.org_url),
        ("with", "token".to_owned()),
        ("token", access.token),
        ("client_id", String::new()),
        ("key", String::new()),
        ("max_capacity", "75".to_owned()),
    ]
}

fn set(fields: &mut Fields, name: &'static str, value: impl Into<String>) {
    fields.retain(|(there, _)| *there != name);
    fields.push((name, value.into()));
}

async fn connect(client: &Client, idp: Idp, fields: &Fields) -> Answer {
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    match idp {
        Idp::Entra => client.upload("/setup/entra", &fields, "", "").await,
        Idp::Okta => client.post("/setup/okta", &fields).await,
    }
}

/// The same with a certificate's file.
async fn connect_with_file(client: &Client, fields: &Fields, file: &str) -> Answer {
    let mut fields = fields.clone();
    set(&mut fields, "with", "file");
    set(&mut fields, "secret", "");
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let name = "oathkit.pem";
    client.upload("/setup/entra", &fields, name, file).await
}

fn pem(now: u64, days: u16) -> String {
    let made = Certificate::self_signed("Ann's", Duration::from_secs(now), days);
    made.unwrap().expose_secret().to_owned()
}

async fn empty() -> Rehearsal {
    let rehearsal = Rehearsal::new().await;
    for idp in Idp::ALL {
        rehearsal.app.places.remove(idp).unwrap();
    }
    rehearsal
}

#[tokio::test(start_paused = true)]
async fn nothing_is_connected_and_the_wizard_begins() {
    let rehearsal = empty().await;
    let client = Client::new(&rehearsal).await;
    let home = client.get("/").await;
    assert_eq!(home.location, "/setup");
    let page = client.follow(&home).await.body;
    for words in ["Connect Entra ID", "Connect Okta", "oathd --sandbox"] {
        assert!(page.contains(words), "{words}");
    }
    let form = client.get("/setup/entra").await.body;
    assert!(form.contains("az ad app create") && form.contains("openssl req"));
}

#[tokio::test(start_paused = true)]
async fn entra_is_connected_and_looked_at() {
    let rehearsal = empty().await;
    let client = Client::new(&rehearsal).await;
    let saved = connect(&client, Idp::Entra, &entra(&rehearsal)).await;
    assert_eq!(saved.location, "/setup/entra/check");
    let check = client.follow(&saved).await.body;
    for words in [
        "with a client secret",
        "User.Read.All",
        "Import a seed file",
        "Connect Okta, too",
    ] {
        assert!(check.contains(words), "{words}: {check}");
    }
    rehearsal.app.places.get(Idp::Entra).await.unwrap();
    let again = rehearsal.again().await;
    let Some(Settings::Entra(kept)) = again.app.places.settings(Idp::Entra) else {
        panic!("not kept");
    };
    assert_eq!(kept.tenant, again.sim.entra().tenant_id);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_secret_is_told_in_the_services_words() {
    let rehearsal = empty().await;
    let client = Client::new(&rehearsal).await;
    let mut fields = entra(&rehearsal);
    set(&mut fields, "secret", "not-the-secret");
    let check = client
        .follow(&connect(&client, Idp::Entra, &fields).await)
        .await;
    assert!(check.body.contains("AADSTS7000215"), "{}", check.body);
    assert!(check.body.contains("Change the settings"));
    assert!(!check.body.contains("Import a seed file"));
    let mut fields = okta(&rehearsal);
    set(&mut fields, "token", "not-the-token");
    let profiles = client
        .follow(&connect(&client, Idp::Okta, &fields).await)
        .await;
    assert_eq!(profiles.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(profiles.body.contains("Invalid token"), "{}", profiles.body);
}

#[tokio::test(start_paused = true)]
async fn what_was_typed_wrongly_is_told_at_its_field() {
    let rehearsal = empty().await;
    let client = Client::new(&rehearsal).await;
    let payload = "\"><img src=x onerror=alert(1)>";
    for (field, value) in [
        ("tenant", payload),
        ("client_id", "Oathkit"),
        ("authority", "http://login.example.com"),
        ("graph", "graph"),
        ("max_capacity", "0"),
        ("max_capacity", "300"),
        ("with", "nothing"),
        ("secret", ""),
        ("secret", "29c18626-4985-4dcd-85c0-193eef327366"),
    ] {
        let mut fields = entra(&rehearsal);
        set(&mut fields, field, value);
        let refused = connect(&client, Idp::Entra, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(
            refused.body.contains(&format!("href=\"#f-{field}\"")),
            "{field}"
        );
        assert!(!refused.body.contains("<img"), "{field}");
    }
    for (field, value) in [
        ("org", "https://user@acme.okta.com"),
        ("org", payload),
        ("token", ""),
        ("max_capacity", "x"),
    ] {
        let mut fields = okta(&rehearsal);
        set(&mut fields, field, value);
        let refused = connect(&client, Idp::Okta, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(
            refused.body.contains(&format!("href=\"#f-{field}\"")),
            "{field}"
        );
        assert!(!refused.body.contains("<img"), "{field}");
    }
    assert_eq!(rehearsal.app.places.set_up(), []);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_cannot_be_used_is_told() {
    let rehearsal = empty().await;
    let client = Client::new(&rehearsal).await;
    let fields = entra(&rehearsal);
    let whole = pem(1_800_000_000, 365);
    let parts = |pem: &str| {
        let (key, certificate) = pem.split_at(pem.find("-----BEGIN CERTIFICATE").unwrap());
        (key.to_owned(), certificate.to_owned())
    };
    let (key, certificate) = parts(&whole);
    let (_, anothers) = parts(&pem(1_800_000_000, 9));
    for (file, words) in [
        ("nothing", "no private key"),
        (&key, "no certificate"),
        (&certificate, "no private key"),
        (&pem(1_000_000_000, 10), "has ended"),
        ("0\u{2}", "PFX"),
        (&[key.as_str(), &anothers].concat(), "does not fit"),
    ] {
        let refused = connect_with_file(&client, &fields, file).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        assert!(refused.body.contains(words), "{words}: {}", refused.body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_of_a_file_signs_in_once_it_is_registered() {
    let rehearsal = empty().await;
    let client = Client::new(&rehearsal).await;
    let whole = pem(1_800_000_000, 365);
    let saved = connect_with_file(&client, &entra(&rehearsal), &whole).await;
    let unknown = client.follow(&saved).await.body;
    assert!(unknown.contains("AADSTS700027"), "{unknown}");
    register(&rehearsal, &whole);
    let check = client.follow(&saved).await.body;
    assert!(check.contains("with a certificate"), "{check}");
}

fn register(rehearsal: &Rehearsal, certificate: &str) {
    let certificate = certificate.to_owned();
    let act = Act::RegisterCertificate { certificate };
    rehearsal.sim.interfere(&act).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_made_here_and_its_key_never_leaves() {
    let rehearsal = empty().await;
    let client = Client::new(&rehearsal).await;
    let none = client.get("/setup/entra/oathkit.crt").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    let made = client.post("/setup/entra/certificate", &[]).await;
    let form = client.follow(&made).await.body;
    assert!(form.contains("Made here") && !form.contains("openssl req"));
    let public = client.get("/setup/entra/oathkit.crt").await;
    assert!(public.body.starts_with("-----BEGIN CERTIFICATE-----"));
    let disposition = public.headers["content-disposition"].to_str().unwrap();
    assert!(disposition.contains("attachment"));
    register(&rehearsal, &public.body);
    let mut fields = entra(&rehearsal);
    set(&mut fields, "with", "made");
    set(&mut fields, "secret", "");
    let check = client
        .follow(&connect(&client, Idp::Entra, &fields).await)
        .await
        .body;
    assert!(check.contains("with a certificate"), "{check}");
    let connected = client.get("/settings/entra/oathkit.crt").await;
    assert_eq!(connected.body, public.body);
    let gone = client.get("/setup/entra/oathkit.crt").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND, "it is in use now");
    for page in [form, public.body, check, connected.body] {
        assert!(!page.contains("PRIVATE KEY"));
    }
}

#[tokio::test(start_paused = true)]
async fn okta_is_connected_and_its_profile_is_picked() {
    let rehearsal = empty().await;
    let client = Client::new(&rehearsal).await;
    let saved = connect(&client, Idp::Okta, &okta(&rehearsal)).await;
    assert_eq!(saved.location, "/setup/okta/profile");
    let list = client.follow(&saved).await.body;
    let profiles = rehearsal.app.places.profiles().await.unwrap();
    for profile in &profiles {
        assert!(list.contains(&profile.name), "{}", profile.name);
    }
    assert!(list.contains("fits: classic, programmable, molto-2"));
    let refused = client
        .post("/setup/okta/profile", &[("profile", "made-up")])
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let good = profiles.iter().find(|p| p.misfit.is_none()).unwrap();
    let picked = client
        .post("/setup/okta/profile", &[("profile", &good.id)])
        .await;
    assert_eq!(picked.location, "/setup/okta/check");
    assert!(
        client
            .follow(&picked)
            .await
            .body
            .contains("Import a seed file")
    );
    // The token was kept, and is used.
    rehearsal.app.places.get(Idp::Okta).await.unwrap();
    let Some(Settings::Okta(kept)) = rehearsal.app.places.settings(Idp::Okta) else {
        panic!("not kept");
    };
    assert_eq!(kept.profile.as_ref(), Some(&good.id));
    // Another change of the same sign-in leaves it as it is.
    let mut fields = okta(&rehearsal);
    set(&mut fields, "token", "");
    connect(&client, Idp::Okta, &fields).await;
    let list = client.get("/setup/okta/profile").await.body;
    let checked = format!("value=\"{}\" checked", good.id);
    assert!(list.contains(&checked), "{list}");
}

#[tokio::test(start_paused = true)]
async fn a_service_app_signs_in_with_its_key() {
    let rehearsal = empty().await;
    let client = Client::new(&rehearsal).await;
    let access = rehearsal.sim.okta();
    let mut fields = okta(&rehearsal);
    set(&mut fields, "with", "app");
    set(&mut fields, "client_id", access.client_id);
    set(&mut fields, "key", "-----BEGIN nothing");
    let refused = connect(&client, Idp::Okta, &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("href=\"#f-key\""));
    set(&mut fields, "key", access.private_key);
    let list = client
        .follow(&connect(&client, Idp::Okta, &fields).await)
        .await;
    assert_eq!(list.status, StatusCode::OK, "{}", list.body);
}

#[tokio::test(start_paused = true)]
async fn the_doctor_names_a_right_that_is_missing_to_whoever_may_look() {
    let mut config = SimConfig::with_people(3);
    let granted = "Policy.ReadWrite.AuthenticationMethod,User.Read.All";
    config.set("entra.granted_roles", granted).unwrap();
    let rehearsal = Rehearsal::of(config).await;
    let viewer = Client::with_role(&rehearsal, Role::Viewer).await;
    let page = viewer.get("/settings/entra/doctor").await;
    assert_eq!(page.status, StatusCode::OK);
    for words in [
        "UserAuthenticationMethod.ReadWrite.All",
        "admin consent",
        "Something will not work",
        "data-badge=\"bad\"",
        "data-badge=\"good\"",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert_eq!(
        viewer.get("/settings/okta/doctor").await.status,
        StatusCode::OK
    );
    assert_eq!(
        viewer.get("/settings/nothing/doctor").await.status,
        StatusCode::BAD_REQUEST
    );
    let admin = Client::new(&rehearsal).await;
    let check = admin.get("/setup/entra/check").await.body;
    assert!(check.contains("Check again") && !check.contains("Import a seed file"));
    assert_eq!(rehearsal.sim.calls().writes, 0, "it only reads");
}
