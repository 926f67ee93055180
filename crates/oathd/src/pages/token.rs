//! One token: what is known of it, what was done with it, and what can be done.

mod act;
mod drift;
mod facts;
mod history;
mod take;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::{Path, Query as Params};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use maud::{Markup, html};
use provisioner::{FoundUser, InventoryToken, Operation, Problem, State, UserId};
use seedfile::Serial;
use serde::Deserialize;

pub(super) use self::act::gives;
use super::Page;
use super::proof::Proof;
use crate::app::App;
use crate::desk::{Fault, NO_ANSWER};
use crate::door::Role;
use crate::places::{Hidden, Idp, Place};
use crate::routes::Routes;
use crate::trouble;
use crate::ui::{self, Address, Button, Errors, Head, Icon, Section};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get("/tokens/{idp}/{serial}", Role::Viewer, show)
        .post("/tokens/{idp}/{serial}/give", Role::HelpDesk, act::give)
        .post(
            "/tokens/{idp}/{serial}/activate",
            Role::HelpDesk,
            act::activate,
        )
        .get("/tokens/{idp}/{serial}/drift", Role::HelpDesk, drift::show)
        .post("/tokens/{idp}/{serial}/drift", Role::HelpDesk, drift::check)
        .and(take::routes())
}

/// What the forms of a token send.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    user: String,
    #[serde(flatten)]
    proof: Proof,
    typed: String,
    first: Hidden,
    second: Hidden,
}

/// Who holds it, where the serial number alone does not find it.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Where {
    holder: String,
}

impl Where {
    fn holder(&self) -> Option<UserId> {
        (!self.holder.is_empty()).then(|| UserId(self.holder.clone()))
    }
}

/// A token with all that its page says of it.
struct Sight {
    place: Arc<Place>,
    serial: Serial,
    token: InventoryToken,
    /// What else its holder has.
    others: Vec<InventoryToken>,
    /// Its holder as the directory has it; none where nobody holds it, or who does cannot be read.
    holder: Option<FoundUser>,
    at: Where,
}

impl Sight {
    async fn of(page: &Page, (idp, serial): (Idp, &str), at: &Where) -> Result<Self, Problem> {
        let serial = Serial::new(serial).map_err(|_| nothing(serial))?;
        let (app, place) = (&page.app, page.app.place(idp).await?);
        let holder = at.holder();
        let looked = app.look_at_held(&place, &serial, holder.as_ref()).await?;
        let holder = match &looked.token.holder {
            Some(holder) => app.user(&place, &holder.id).await.ok(),
            None => None,
        };
        Ok(Self {
            place,
            serial,
            token: looked.token,
            others: looked.others,
            holder,
            at: at.clone(),
        })
    }

    fn idp(&self) -> Idp {
        self.place.idp
    }

    /// The address of the token, or of something about it.
    fn address(&self, more: &[&str]) -> Address {
        let own = ["tokens", self.idp().name(), self.serial.as_str()];
        let address = Address::of(own.into_iter().chain(more.iter().copied()));
        address.with("holder", &*self.at.holder)
    }

    fn head(&self) -> Head {
        let place = Address::of(["inventory", self.idp().name()]);
        Head::new(format!("Token {}", self.serial))
            .section(Section::Inventory)
            .below("Inventory", "/inventory")
            .below(self.idp().title(), place)
    }

    /// A page about one thing that can be done with it.
    fn head_of(&self, title: &str) -> Head {
        let place = Address::of(["inventory", self.idp().name()]);
        Head::new(title)
            .section(Section::Inventory)
            .below(self.idp().title(), place)
            .below(format!("Token {}", self.serial), self.address(&[]))
            .narrow()
    }

    /// The holder in a sentence: login, name or id.
    fn who(&self) -> Option<String> {
        let listed = self.token.holder.as_ref()?;
        let login = self.holder.as_ref().map(|user| user.login.clone());
        let name = login.or_else(|| listed.name.clone());
        Some(name.unwrap_or_else(|| listed.id.0.clone()))
    }
}

fn head() -> Head {
    Head::new("Token").section(Section::Inventory)
}

fn nothing(serial: &str) -> Problem {
    let message = format!("no token has the serial number {serial}");
    Problem::new(Problem::NOT_THERE, message, "check the serial number")
}

/// There is nothing to show: where to look for it, and what was done with it.
fn missing(page: &Page, idp: Idp, serial: &str, problem: &Problem) -> Response {
    if problem.code != Problem::NOT_THERE {
        return page.trouble(head(), problem);
    }
    let inventory = Address::of(["inventory", idp.name()]);
    let audit = Address::of(["audit"]).with("serial", serial);
    let notice = ui::problem(problem).actions(html! {
        (Button::secondary("Look in the inventory").to(inventory))
        (Button::secondary("What was done with it").to(audit))
    });
    let shown = page.show(&head().failed(true), notice);
    (StatusCode::NOT_FOUND, shown).into_response()
}

async fn show(
    page: Page,
    Path((idp, serial)): Path<(Idp, String)>,
    Params(at): Params<Where>,
) -> Response {
    match Sight::of(&page, (idp, &serial), &at).await {
        Ok(sight) => whole(&page, &sight, "", None).await.into_response(),
        Err(problem) => missing(&page, idp, &serial, &problem),
    }
}

/// The page again, with what keeps a form from being carried out.
async fn refused(
    page: &Page,
    address: (Idp, &str),
    at: &Where,
    user: &str,
    fault: &Fault,
) -> Response {
    if fault.problem.code == NO_ANSWER {
        return missing(page, address.0, address.1, &fault.problem);
    }
    match Sight::of(page, address, at).await {
        Ok(sight) => {
            let content = whole(page, &sight, user, Some(fault)).await;
            trouble::again(&fault.problem, content)
        }
        Err(problem) => missing(page, address.0, address.1, &problem),
    }
}

async fn whole(page: &Page, sight: &Sight, user: &str, fault: Option<&Fault>) -> Markup {
    let records = history::read(page, sight).await;
    let beside = ui::section("history", "History", history::shown(sight, &records));
    let main = html! {
        @if let Some(fault) = fault.filter(|fault| fault.field.is_empty()) {
            (ui::refused(&fault.problem))
        }
        (ui::section("facts", "What is known", facts::of(sight)))
        @if page.caller.may(Role::HelpDesk) { (act::forms(page, sight, user, &errors(fault))) }
    };
    let head = sight.head().lead(super::inventory::state(&sight.token));
    let head = head.actions(buttons(page, sight));
    page.show(&head.failed(fault.is_some()), ui::columns(main, beside))
}

/// What is wrong with a field, and what to do.
pub(super) fn errors(fault: Option<&Fault>) -> Errors {
    let mut errors = Errors::default();
    if let Some(fault) = fault.filter(|fault| !fault.field.is_empty()) {
        let problem = &fault.problem;
        let next = ui::sentence(&problem.next);
        errors.add(fault.field, ui::sentence(&problem.message) + " " + &next);
    }
    errors
}

/// What can be done with it that has a page of its own.
fn buttons(page: &Page, sight: &Sight) -> Markup {
    let is_held = sight.token.holder.is_some();
    html! { @if page.caller.may(Role::HelpDesk) {
        @if is_held { (Button::secondary("Replace…").icon(Icon::Replace).to(replacing(sight))) }
        @for deed in take::Deed::ALL {
            @if deed.fits(page, sight) {
                (Button::secondary(format!("{}…", deed.label())).to(sight.address(&[deed.name()])))
            }
        }
        (Button::secondary("Check its clock").to(sight.address(&["drift"])))
    } }
}

/// The page of the help desk, filled in as far as this token says.
fn replacing(sight: &Sight) -> Address {
    Address::of(["lost-token"])
        .with("idp", sight.idp().name())
        .with("user", sight.who().unwrap_or_default())
        .with("old", sight.serial.as_str())
}

/// Whether the next step of the token is one of this place.
fn can_be_given(sight: &Sight) -> bool {
    sight.token.holder.is_none() && sight.place.offers(Operation::Assign)
}

fn can_be_activated(sight: &Sight) -> bool {
    let waits = sight.token.state == State::Assigned && sight.token.holder.is_some();
    waits && sight.place.offers(Operation::Activate)
}
