//! The places that are connected.

use std::sync::Arc;

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use super::{PLACES, below, head, tabs};
use crate::app::App;
use crate::door::{Role, Sent};
use crate::pages::{Page, setup};
use crate::places::{EntraKey, EntraSettings, Idp, OktaKey, OktaSettings, Settings};
use crate::routes::Routes;
use crate::ui::{self, Address, Badge, Button, Confirm, Empty, Errors, Icon};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get("/settings", Role::Admin, show)
        .get("/settings/{idp}/remove", Role::Admin, confirm)
        .post("/settings/{idp}/remove", Role::Admin, remove)
}

async fn show(page: Page) -> Response {
    let places = Idp::ALL.into_iter();
    let set_up: Vec<Settings> = places
        .filter_map(|idp| page.app.places.settings(idp))
        .collect();
    let missing = Idp::ALL
        .into_iter()
        .filter(|idp| set_up.iter().all(|settings| settings.idp() != *idp));
    let content = html! {
        (tabs(PLACES))
        @for settings in &set_up { (place(&page, settings)) }
        @if set_up.is_empty() { (Empty::new(Icon::Link, "No place is connected", "Connect Entra ID or Okta, or both.")) }
        (ui::buttons(html! { @for idp in missing {
            (Button::primary(format!("Connect {}", idp.title())).to(setup::form_of(idp)))
        } }))
    };
    page.show(&head(PLACES), content).into_response()
}

fn place(page: &Page, settings: &Settings) -> Markup {
    let idp = settings.idp();
    let address = |what: &str| Address::of(["settings", idp.name(), what]);
    let facts = match settings {
        Settings::Entra(settings) => entra(page, settings),
        Settings::Okta(settings) => okta(settings),
    };
    let about = idp.title();
    let content = html! {
        (ui::facts(&facts))
        (ui::buttons(html! {
            (Button::secondary("Change").about(about).to(setup::form_of(idp)))
            @if idp == Idp::Okta { (Button::secondary("Factor profile").to("/setup/okta/profile")) }
            (Button::secondary("Ask the doctor").about(about).to(address("doctor")))
            (Button::danger("Remove…").about(about).to(address("remove")))
        }))
    };
    ui::panel(idp.name(), idp.title(), content)
}

type Facts = Vec<(&'static str, Markup)>;

fn entra(page: &Page, settings: &EntraSettings) -> Facts {
    let with = match settings.key {
        EntraKey::Secret(_) => html! { "a client secret " (Badge::SET) },
        EntraKey::Certificate(_) => certificate(page),
    };
    let mut facts = vec![
        ("Tenant", html! { span.mono { (settings.tenant) } }),
        ("Application", html! { span.mono { (settings.client_id) } }),
        ("Signs in with", with),
    ];
    if let Some(authority) = &settings.authority {
        facts.push(("Sign-in service", html! { (authority) }));
    }
    if let Some(graph) = &settings.graph {
        facts.push(("Graph", html! { (graph) }));
    }
    facts.push(share(settings.max_capacity));
    facts
}

fn certificate(page: &Page) -> Markup {
    let certificate = page.app.places.certificate();
    html! {
        "a certificate " (Badge::SET)
        @if let Some(certificate) = certificate {
            ", thumbprint " span.mono { (certificate.thumbprint_sha1()) }
            ", good until " (ui::moment(certificate.not_after().as_secs())) ". "
            a href="/settings/entra/oathkit.crt" download { "Its public part" }
        }
    }
}

fn okta(settings: &OktaSettings) -> Facts {
    let with = match &settings.key {
        OktaKey::Token(_) => html! { "an API token " (Badge::SET) },
        OktaKey::App { client_id, .. } => html! {
            "the service app " span.mono { (client_id) } ", its key " (Badge::SET)
        },
    };
    let profile = match &settings.profile {
        Some(profile) => html! { span.mono { (profile) } },
        None => html! { "the one that fits each token" },
    };
    let users = match settings.match_mail {
        true => "by login, or by the mail address of the one user who has it",
        false => "by login",
    };
    vec![
        ("Organisation", html! { (settings.org) }),
        ("Signs in with", with),
        ("Factor profile", profile),
        ("Finds users", html! { (users) }),
        share(settings.max_capacity),
    ]
}

fn share(percent: u8) -> (&'static str, Markup) {
    ("Share of the quota", html! { (percent) " %" })
}

async fn confirm(page: Page, Path(idp): Path<Idp>) -> Response {
    asked(&page, idp, &Errors::default(), StatusCode::OK)
}

fn asked(page: &Page, idp: Idp, errors: &Errors, status: StatusCode) -> Response {
    let address = Address::of(["settings", idp.name(), "remove"]);
    let deed = format!("remove {}", idp.title());
    let content = Confirm::new(&page.frame, address, idp.name(), deed)
        .consequences(html! {
            p { "This server forgets how it signs in to " (idp.title()) ", secret and certificate included. "
                "Tokens, users and the audit stay as they are; whoever has a token can go on using it." }
            p { "Runs that wait for " (idp.title()) " go on when it is connected again." }
        })
        .errors(errors)
        .back(PLACES);
    let head = below(format!("Remove {}", idp.title()), ("Places", PLACES));
    let shown = page.show(&head.failed(!errors.is_empty()), content);
    (status, shown).into_response()
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    typed: String,
}

async fn remove(page: Page, Path(idp): Path<Idp>, Sent { form, .. }: Sent<Typed>) -> Response {
    if form.typed.trim() != idp.name() {
        let mut errors = Errors::default();
        errors.add("typed", format!("Type {idp} to remove it."));
        return asked(&page, idp, &errors, StatusCode::UNPROCESSABLE_ENTITY);
    }
    match page.app.disconnect(idp, &page.caller.name) {
        Ok(()) => Redirect::to("/settings?said=removed").into_response(),
        Err(problem) => page.trouble(head(PLACES), &problem),
    }
}
