//! Okta: the organisation, and what signs in to it.

use std::sync::Arc;

use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use maud::{Markup, html};
use okta_factors::PrivateKey;
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::{AGAIN, STEPS, capacity, capacity_field, head};
use crate::app::App;
use crate::door::{Role, Sent};
use crate::pages::Page;
use crate::places::{Hidden, Idp, OktaKey, OktaSettings, Settings};
use crate::routes::Routes;
use crate::ui::{self, Button, Choice, Errors, Field};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get("/setup/okta", Role::Admin, show)
        .post("/setup/okta", Role::Admin, save)
}

const TITLE: &str = "Connect Okta";
const TOKEN: &str = "token";
const APP: &str = "app";

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    org: String,
    with: String,
    token: Hidden,
    client_id: String,
    key: Hidden,
    match_mail: Option<String>,
    max_capacity: String,
}

impl Typed {
    /// What is set up, without its secrets.
    fn of(settings: Option<&OktaSettings>) -> Self {
        let Some(settings) = settings else {
            return Self {
                with: TOKEN.to_owned(),
                max_capacity: "100".to_owned(),
                ..Self::default()
            };
        };
        let (with, client_id) = match &settings.key {
            OktaKey::Token(_) => (TOKEN, ""),
            OktaKey::App { client_id, .. } => (APP, client_id.as_str()),
        };
        Self {
            org: settings.org.clone(),
            with: with.to_owned(),
            client_id: client_id.to_owned(),
            match_mail: settings.match_mail.then(|| "yes".to_owned()),
            max_capacity: settings.max_capacity.to_string(),
            ..Self::default()
        }
    }

    fn settings(&self, app: &App) -> Result<Settings, Errors> {
        let mut errors = Errors::default();
        let org = self.org(&mut errors);
        let before = connected(app);
        let profile = before.and_then(|before| before.profile.filter(|_| before.org == org));
        let settings = Settings::Okta(OktaSettings {
            org,
            key: self.key(&mut errors),
            profile,
            match_mail: self.match_mail.is_some(),
            max_capacity: capacity(&mut errors, &self.max_capacity),
        });
        if errors.is_empty() && app.places.lacks_secret(&settings) {
            let (field, missing) = match self.with.as_str() {
                APP => ("key", "Paste the private key of the service app."),
                _ => ("token", "Enter the API token."),
            };
            let is_set_up = connected(app).is_some();
            errors.add(field, if is_set_up { AGAIN } else { missing });
        }
        match errors.is_empty() {
            true => Ok(settings),
            false => Err(errors),
        }
    }

    /// The organisation as it is always written: what is kept for it is known by that.
    fn org(&self, errors: &mut Errors) -> String {
        match okta_factors::org_url(&self.org) {
            Ok(url) => url.to_string(),
            Err(why) => {
                errors.add("org", format!("It cannot be used: {why}."));
                String::new()
            }
        }
    }

    fn key(&self, errors: &mut Errors) -> OktaKey {
        if self.with != APP {
            let token = self.token.secret().expose_secret().trim();
            return OktaKey::Token(Hidden::new(token));
        }
        let client_id = self.client_id.trim().to_owned();
        if client_id.is_empty() {
            errors.add("client_id", "Enter the service app's client id.");
        }
        let key = self.key.secret().expose_secret().trim();
        if !key.is_empty()
            && let Err(why) = PrivateKey::parse(key)
        {
            errors.add("key", format!("It cannot be used: {why}."));
        }
        OktaKey::App {
            client_id,
            key: Hidden::new(key),
        }
    }
}

/// What is set up, without its secrets.
pub(super) fn connected(app: &App) -> Option<OktaSettings> {
    match app.places.settings(Idp::Okta)? {
        Settings::Okta(settings) => Some(settings),
        Settings::Entra(_) => None,
    }
}

async fn show(page: Page) -> Response {
    let typed = Typed::of(connected(&page.app).as_ref());
    let shown = shown(&page, &typed, &Errors::default());
    page.show(&head(TITLE), shown).into_response()
}

async fn save(page: Page, Sent { form, .. }: Sent<Typed>) -> Response {
    let settings = match form.settings(&page.app) {
        Ok(settings) => settings,
        Err(errors) => {
            let head = head(TITLE).failed(true);
            let shown = page.show(&head, shown(&page, &form, &errors));
            return (StatusCode::UNPROCESSABLE_ENTITY, shown).into_response();
        }
    };
    match page.app.places.set(settings) {
        Ok(()) => Redirect::to("/setup/okta/profile").into_response(),
        Err(problem) => page.trouble(head(TITLE), &problem),
    }
}

fn shown(page: &Page, typed: &Typed, errors: &Errors) -> Markup {
    html! {
        (ui::steps(&STEPS, 1))
        (errors.summary())
        (ui::panel("sign-in", "What signs in", form(page, typed, errors)))
    }
}

fn form(page: &Page, typed: &Typed, errors: &Errors) -> Markup {
    let set = connected(&page.app).map(|settings| settings.key);
    let ways = [
        Choice::new(TOKEN, "An API token").hint("It may do what the administrator may who made it, and ends 30 days after its last use."),
        Choice::new(APP, "A service app").hint("An application with a key of its own and the scopes okta.users.read and okta.users.manage."),
    ];
    let content = html! {
        (Field::new("org", "Organisation").value(&*typed.org).required().mono().errors(errors)
            .hint("Its address: acme.okta.com.").url())
        (Field::new("with", "Signs in with").value(&*typed.with).radios(&ways))
        (Field::new("token", "API token").errors(errors)
            .hint("It is sealed on this machine and never shown again.")
            .secret(matches!(set, Some(OktaKey::Token(_)))))
        (Field::new("client_id", "Client id of the service app").value(&*typed.client_id).mono().errors(errors).text())
        (Field::new("key", "Private key of the service app").mono().errors(errors).autocomplete("off")
            .hint(if matches!(set, Some(OktaKey::App { .. })) { "One is set, and not shown. Leave this empty to keep it." }
                else { "PEM or a JSON Web Key. It is sealed on this machine and never shown again." })
            .area(4))
        (Field::new("match_mail", "A mail address may stand for the one user who has it")
            .hint("Otherwise files name users by their login.").checkbox(typed.match_mail.is_some()))
        (capacity_field(&typed.max_capacity, errors))
        (ui::buttons(Button::primary("Save and go on")))
    };
    ui::form(&page.frame, "/setup/okta", content)
}
