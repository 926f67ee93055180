//! From nothing to a place that tokens can go to: choose it, connect it, see that it works.

mod certificate;
mod check;
mod entra;
mod okta;
mod profile;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::Page;
use crate::app::App;
use crate::door::Role;
use crate::places::Idp;
use crate::routes::Routes;
use crate::ui::{self, Address, Button, Errors, Field, Head, Notice, Section, Tone};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get("/setup", Role::Admin, choose)
        .and(certificate::routes())
        .and(check::routes())
        .and(entra::routes())
        .and(okta::routes())
        .and(profile::routes())
}

const STEPS: [&str; 3] = ["Choose", "Connect", "Check"];

/// The address of the form for one place.
pub(super) fn form_of(idp: Idp) -> Address {
    Address::of(["setup", idp.name()])
}

fn head(title: &str) -> Head {
    Head::new(title)
        .section(Section::Settings)
        .below("Settings", "/settings")
}

async fn choose(page: Page) -> Response {
    let set_up = page.app.places.set_up();
    let content = html! {
        (ui::steps(&STEPS, 0))
        @if page.app.sandbox.is_some() {
            (Notice::new(Tone::Info, "This is the sandbox: both places are simulated, and what you set here ends with it."))
        }
        (place(Idp::Entra, set_up.contains(&Idp::Entra), "Tokens of users in Microsoft Entra ID. It takes an application in your tenant; the next page has the commands that register it."))
        (place(Idp::Okta, set_up.contains(&Idp::Okta), "Tokens of users in Okta. It takes an API token of an administrator, or a service app with a key."))
        @if page.app.sandbox.is_none() { (try_first()) }
    };
    let head = head("Where shall tokens go?").lead(html! {
        "Connect one of them to begin; the other one can come later."
    });
    page.show(&head, content).into_response()
}

fn place(idp: Idp, is_set_up: bool, what: &str) -> Markup {
    let button = match is_set_up {
        true => Button::secondary(format!("Change {}", idp.title())),
        false => Button::primary(format!("Connect {}", idp.title())),
    };
    let content = html! {
        p { (what) }
        @if is_set_up { p.hint { "It is connected." } }
        (ui::buttons(button.to(form_of(idp))))
    };
    ui::panel(idp.name(), idp.title(), content)
}

fn try_first() -> Markup {
    let content = html! {
        p { "Start the program in its sandbox: it brings a simulator of both, with users and sample files. "
            "Nothing reaches a real service, and nothing is kept." }
        (ui::code_block("the command", "oathd --sandbox"))
    };
    ui::panel("sandbox", "Only want to try it?", content)
}

/// The share of the service's quota, as it was typed.
fn capacity(errors: &mut Errors, typed: &str) -> u8 {
    let share: Option<u8> = typed.trim().parse().ok();
    let share = share.filter(|share| (1..=100).contains(share));
    if share.is_none() {
        errors.add("max_capacity", "This is a number from 1 to 100.");
    }
    share.unwrap_or(100)
}

fn capacity_field(typed: &str, errors: &Errors) -> Markup {
    Field::new("max_capacity", "Share of the service's quota, in percent")
        .value(typed)
        .hint("Each run takes as much. Less leaves room for others, and takes longer.")
        .short()
        .errors(errors)
        .number()
}

/// What is said where a secret that is kept does not belong to what was typed.
const AGAIN: &str = "Give it once more: the one that is kept is for the sign-in as it was before, and is sent nowhere else.";
