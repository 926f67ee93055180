//! A certificate that is made here: its key is sealed and never shown, its public part is registered.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use entra_graph::Certificate;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use provisioner::Problem;
use secrecy::ExposeSecret;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::head;
use crate::app::App;
use crate::door::{Refusal, Role, Sent};
use crate::pages::Page;
use crate::routes::Routes;
use crate::trouble::OrTold;
use crate::vault::Vault;

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .post("/setup/entra/certificate", Role::Admin, make)
        .get("/setup/entra/oathkit.crt", Role::Admin, waiting_one)
        .get("/settings/entra/oathkit.crt", Role::Admin, connected_one)
}

/// The sealed document of a certificate that signs in nowhere yet.
const NAME: &str = "new-certificate";
/// The certificate's common name, which nobody minds.
const COMMON_NAME: &str = "oathkit";
pub(super) const DAYS: u16 = 365;

/// A certificate that was made here, and that nothing signs in with yet: its content as PEM.
pub(super) fn waiting(vault: &Vault) -> Result<Option<Zeroizing<String>>, Problem> {
    let pem = vault.load_bytes(NAME).or_told()?;
    let text = pem.map(|pem| String::from_utf8_lossy(&pem).into_owned());
    Ok(text.map(Zeroizing::new))
}

/// It signs in from now on.
pub(super) fn taken(vault: &Vault) -> Result<(), Problem> {
    vault.remove(NAME).or_told()
}

#[derive(Deserialize)]
struct Nothing {}

async fn make(page: Page, sent: Sent<Nothing>) -> Response {
    let app = Arc::clone(&page.app);
    let made = async move {
        let made = tokio::task::spawn_blocking(move || made(&app)).await;
        made.map_err(|_| Refusal::Broken)??;
        Ok("/setup/entra?said=certificate-made".to_owned())
    };
    let led = page.once(sent.once.as_deref(), made).await;
    page.led(head("Connect Entra ID"), led)
}

/// An RSA key takes a second.
fn made(app: &App) -> Result<(), Problem> {
    let pem = Certificate::self_signed(COMMON_NAME, app.clock.unix(), DAYS);
    let pem = pem.map_err(|error| Problem::new("key", error.to_string(), error.next_step()))?;
    let pem = pem.expose_secret().as_bytes();
    app.vault.save_bytes(NAME, pem).or_told()
}

async fn waiting_one(page: Page) -> Result<Response, Refusal> {
    let pem = waiting(&page.app.vault).ok().flatten();
    let pem = pem.ok_or(Refusal::NoSuchPage)?;
    let certificate = Certificate::from_pem(pem.as_bytes());
    Ok(file(&certificate.map_err(|_| Refusal::Broken)?))
}

async fn connected_one(page: Page) -> Result<Response, Refusal> {
    let certificate = page.app.places.certificate();
    Ok(file(&certificate.ok_or(Refusal::NoSuchPage)?))
}

fn file(certificate: &Certificate) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/x-pem-file"),
        (CONTENT_DISPOSITION, "attachment; filename=\"oathkit.crt\""),
    ];
    (headers, certificate.public_pem()).into_response()
}
