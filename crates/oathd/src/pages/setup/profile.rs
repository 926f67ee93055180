//! Okta: the factor profile that tokens are enrolled with, picked from a list.

use std::sync::Arc;

use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use maud::{Markup, html};
use provisioner::Problem;
use provisioner::okta::SurveyedProfile;
use serde::Deserialize;

use super::{STEPS, check, head, okta};
use crate::app::App;
use crate::door::{Role, Sent};
use crate::pages::Page;
use crate::places::{Idp, Settings};
use crate::routes::Routes;
use crate::trouble;
use crate::ui::{self, Button, Choice, Empty, Errors, Field, Icon};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get("/setup/okta/profile", Role::Admin, show)
        .post("/setup/okta/profile", Role::Admin, save)
}

const TITLE: &str = "Which factor profile?";

#[derive(Deserialize)]
struct Picked {
    #[serde(default)]
    profile: String,
}

async fn show(page: Page) -> Response {
    let before = okta::connected(&page.app).and_then(|settings| settings.profile);
    match page.app.places.profiles().await {
        Ok(profiles) => {
            let picked = before.as_deref().unwrap_or_default();
            let shown = shown(&page, &profiles, picked, &Errors::default());
            page.show(&head(TITLE), shown).into_response()
        }
        Err(problem) => unread(&page, &problem),
    }
}

/// The profiles come with the first calls: a secret that is wrong shows here.
fn unread(page: &Page, problem: &Problem) -> Response {
    let content = html! {
        (ui::steps(&STEPS, 1))
        (ui::problem(problem))
        (ui::buttons(html! {
            (Button::primary("Change the settings").to("/setup/okta"))
            (Button::secondary("Try again").to("/setup/okta/profile"))
            (Button::secondary("Look what works").to(check::of(Idp::Okta)))
        }))
    };
    trouble::answer(problem, page.show(&head(TITLE).failed(true), content))
}

async fn save(page: Page, Sent { form, .. }: Sent<Picked>) -> Response {
    let profiles = match page.app.places.profiles().await {
        Ok(profiles) => profiles,
        Err(problem) => return unread(&page, &problem),
    };
    let fits = profiles
        .iter()
        .any(|profile| profile.id == form.profile && profile.misfit.is_none());
    if !fits && !form.profile.is_empty() {
        let mut errors = Errors::default();
        errors.add(
            "profile",
            "Tokens cannot be enrolled with this one: choose another one.",
        );
        let shown = page.show(
            &head(TITLE).failed(true),
            shown(&page, &profiles, "", &errors),
        );
        return (StatusCode::UNPROCESSABLE_ENTITY, shown).into_response();
    }
    match chosen(&page.app, form.profile) {
        Ok(()) => Redirect::to(&check::of(Idp::Okta).to_string()).into_response(),
        Err(problem) => page.trouble(head(TITLE), &problem),
    }
}

/// The same sign-in with another profile; an empty one stands for the one that fits.
fn chosen(app: &App, profile: String) -> Result<(), Problem> {
    let missing = || Problem::new("not-set-up", "Okta is not connected", "connect it first");
    let mut settings = okta::connected(app).ok_or_else(missing)?;
    settings.profile = (!profile.is_empty()).then_some(profile);
    app.places.set(Settings::Okta(settings))
}

fn shown(page: &Page, profiles: &[SurveyedProfile], picked: &str, errors: &Errors) -> Markup {
    let usable: Vec<_> = profiles.iter().filter(|p| p.misfit.is_none()).collect();
    let others: Vec<_> = profiles.iter().filter(|p| p.misfit.is_some()).collect();
    html! {
        (ui::steps(&STEPS, 1))
        (errors.summary())
        @if usable.is_empty() { (none()) } @else { (form(page, &usable, picked, errors)) }
        @if !others.is_empty() { (misfits(&others)) }
    }
}

fn none() -> Empty {
    Empty::new(
        Icon::Okta,
        "There is no factor profile that tokens can be enrolled with",
        "An administrator makes one in Okta: Security, Authenticators, Custom OTP.",
    )
    .actions(html! { (Button::primary("Look again").to("/setup/okta/profile")) })
}

fn form(page: &Page, usable: &[&SurveyedProfile], picked: &str, errors: &Errors) -> Markup {
    let any = Choice::new("", "The one that fits each token").hint(
        "By its hash, its digits and its time step. Choose this unless two profiles are alike.",
    );
    let choices = usable
        .iter()
        .map(|profile| Choice::new(&*profile.id, &*profile.name).hint(about(profile)));
    let choices: Vec<Choice> = std::iter::once(any).chain(choices).collect();
    // What was picked by its name, too.
    let chosen = usable
        .iter()
        .find(|profile| profile.id == picked || profile.name == picked);
    let picked = chosen.map_or("", |profile| profile.id.as_str());
    let content = html! {
        (Field::new("profile", "Factor profile").value(picked).errors(errors).radios(&choices))
        (ui::buttons(Button::primary("Save and check")))
    };
    ui::form(&page.frame, "/setup/okta/profile", content)
}

/// What tokens have to be like.
fn about(profile: &SurveyedProfile) -> String {
    format!(
        "{}, {} digits, {} s; a token's clock may be off by {} s. Of Token2's tokens it fits: {}.",
        profile.algorithm.to_uppercase(),
        profile.digits,
        profile.period,
        profile.drift_seconds,
        profile.fits.join(", ")
    )
}

fn misfits(others: &[&SurveyedProfile]) -> Markup {
    let content = html! {
        ul.plain { @for profile in others { li {
            b { (profile.name) } ": " (profile.misfit.as_deref().unwrap_or_default())
        } } }
    };
    ui::section("misfits", "Not for tokens", content)
}
