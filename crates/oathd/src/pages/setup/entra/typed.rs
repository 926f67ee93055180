//! What was typed into the form, and what it means.

use std::sync::Arc;

use entra_graph::{Certificate, ClientSecret, GraphOptions, ObjectId, TenantId};
use idp_http::BaseUrl;

use super::super::{AGAIN, capacity, certificate};
use crate::app::App;
use crate::door::Uploaded;
use crate::places::{EntraKey, EntraSettings, Hidden, Settings};
use crate::ui::Errors;

pub(super) const SECRET: &str = "secret";
pub(super) const FILE: &str = "file";
pub(super) const MADE: &str = "made";

/// All but the secrets.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub(super) tenant: String,
    pub(super) client_id: String,
    /// Empty where nothing was chosen yet.
    pub(super) with: String,
    pub(super) authority: String,
    pub(super) graph: String,
    pub(super) max_capacity: String,
}

impl Typed {
    /// What is set up.
    pub(super) fn of(settings: Option<&Settings>) -> Self {
        let Some(Settings::Entra(settings)) = settings else {
            return Self::nothing();
        };
        let with = match settings.key {
            EntraKey::Secret(_) => SECRET,
            EntraKey::Certificate(_) => FILE,
        };
        Self {
            tenant: settings.tenant.clone(),
            client_id: settings.client_id.clone(),
            with: with.to_owned(),
            authority: settings.authority.clone().unwrap_or_default(),
            graph: settings.graph.clone().unwrap_or_default(),
            max_capacity: settings.max_capacity.to_string(),
        }
    }

    fn nothing() -> Self {
        Self {
            tenant: String::new(),
            client_id: String::new(),
            with: String::new(),
            authority: String::new(),
            graph: String::new(),
            max_capacity: "100".to_owned(),
        }
    }

    pub(super) fn sent(sent: &Uploaded) -> Self {
        let text = |name: &str| sent.text(name).unwrap_or_default().trim().to_owned();
        Self {
            tenant: text("tenant"),
            client_id: text("client_id"),
            with: text("with"),
            authority: text("authority"),
            graph: text("graph"),
            max_capacity: text("max_capacity"),
        }
    }

    pub(super) fn settings(&self, app: &App, sent: &Uploaded) -> Result<Settings, Errors> {
        let mut errors = Errors::default();
        let tenant = self.tenant(&mut errors);
        if ObjectId::parse(&self.client_id).is_err() {
            let why =
                "This is no application id: copy it from the overview of the app registration.";
            errors.add("client_id", why);
        }
        self.check_addresses(&mut errors);
        let key = self.key(app, sent, tenant.as_ref(), &mut errors);
        let max_capacity = capacity(&mut errors, &self.max_capacity);
        let settings = Settings::Entra(EntraSettings {
            tenant: self.tenant.clone(),
            client_id: self.client_id.clone(),
            key,
            authority: some(&self.authority),
            graph: some(&self.graph),
            max_capacity,
        });
        if errors.is_empty() && app.places.lacks_secret(&settings) {
            errors.add(self.key_field(), self.missing(app));
        }
        match errors.is_empty() {
            true => Ok(settings),
            false => Err(errors),
        }
    }

    fn tenant(&self, errors: &mut Errors) -> Option<TenantId> {
        let tenant = TenantId::parse(&self.tenant);
        if tenant.is_err() {
            let why = "This cannot be a tenant: enter its id, a GUID, or one of its domains.";
            errors.add("tenant", why);
        }
        tenant.ok()
    }

    fn check_addresses(&self, errors: &mut Errors) {
        let url = |text: &str| some(text).map(|text| BaseUrl::parse(&text)).transpose();
        let (authority, graph) = (url(&self.authority), url(&self.graph));
        if let Err(why) = &authority {
            errors.add("authority", format!("It cannot be used: {why}."));
        }
        if let Err(why) = &graph {
            errors.add("graph", format!("It cannot be used: {why}."));
        }
        if let (Ok(Some(authority)), Ok(None)) = (authority, graph)
            && let Err(why) = GraphOptions::for_authority(authority, Arc::new(String::new))
        {
            errors.add("graph", format!("Its address is needed: {why}."));
        }
    }

    fn key(
        &self,
        app: &App,
        sent: &Uploaded,
        tenant: Option<&TenantId>,
        errors: &mut Errors,
    ) -> EntraKey {
        match self.with.as_str() {
            FILE => {
                let file = sent.file("file").map(|file| file.content.as_slice());
                let pem = file.and_then(|bytes| pem(app, bytes, errors));
                EntraKey::Certificate(pem.unwrap_or_default())
            }
            MADE => {
                let made = certificate::waiting(&app.vault).ok().flatten();
                let pem = made.and_then(|made| pem(app, made.as_bytes(), errors));
                EntraKey::Certificate(pem.unwrap_or_default())
            }
            SECRET => {
                let secret = Hidden::new(sent.text("secret").unwrap_or_default().trim());
                if let Some(tenant) = tenant {
                    self.check_secret(tenant, &secret, errors);
                }
                EntraKey::Secret(secret)
            }
            _ => {
                errors.add("with", "Choose what it signs in with.");
                EntraKey::Secret(Hidden::default())
            }
        }
    }

    fn check_secret(&self, tenant: &TenantId, secret: &Hidden, errors: &mut Errors) {
        let text = secret.secret().clone();
        let secret = ClientSecret::new(tenant.clone(), self.client_id.clone(), text);
        if secret.looks_like_secret_id() {
            let why = "This looks like the secret's id. Copy its value, which is shown once after it was made.";
            errors.add("secret", why);
        }
    }

    fn key_field(&self) -> &'static str {
        match self.with.as_str() {
            FILE => "file",
            MADE => "with",
            _ => "secret",
        }
    }

    fn missing(&self, app: &App) -> &'static str {
        let is_set_up = app.places.settings(crate::places::Idp::Entra).is_some();
        match self.with.as_str() {
            MADE => "There is none any more: make one above.",
            _ if is_set_up => AGAIN,
            FILE => "Choose the file with the certificate and its key.",
            _ => "Enter the secret's value.",
        }
    }
}

/// A certificate that can be signed in with.
fn pem(app: &App, bytes: &[u8], errors: &mut Errors) -> Option<Hidden> {
    match Certificate::from_pem(bytes) {
        Ok(certificate) if certificate.not_after() <= app.clock.unix() => {
            errors.add(
                "file",
                "The certificate has ended: make a new one, and register it.",
            );
            None
        }
        Ok(_) => {
            let text = std::str::from_utf8(bytes).ok();
            if text.is_none() {
                errors.add("file", "The file is no text: choose a PEM file.");
            }
            text.map(Hidden::new)
        }
        Err(why) => {
            let next = match bytes.first() {
                // What DER begins with, and with it every PFX file.
                Some(0x30) => {
                    "it seems to be a PFX file: turn it into PEM (openssl pkcs12 -in file.pfx -noenc)"
                }
                _ => why.next_step(),
            };
            errors.add("file", format!("It cannot be used: {why}; {next}."));
            None
        }
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
