//! Somebody lost a token, and gets another one: one page, five fields, by keyboard alone.

mod form;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::Query as Params;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use provisioner::Problem;
use seedfile::Serial;
use serde::Deserialize;

use super::proof::Proof;
use super::token::errors;
use super::{Page, nothing};
use crate::app::App;
use crate::desk::{Fault, Holding, NO_ANSWER, Prepared, Swap};
use crate::door::{Role, Sent};
use crate::places::{Idp, Place};
use crate::routes::Routes;
use crate::trouble;
use crate::ui::{self, Head, Icon, Section};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new().get("/lost-token", Role::HelpDesk, show).post(
        "/lost-token",
        Role::HelpDesk,
        replace,
    )
}

/// What the address says, and the form.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    idp: Option<Idp>,
    user: String,
    old: String,
    new: String,
    #[serde(flatten)]
    proof: Proof,
    /// `check` to look only.
    #[serde(rename = "do")]
    wish: String,
}

impl Form {
    /// What was typed, without what is secret.
    fn open(&self) -> Self {
        Self {
            idp: self.idp,
            user: self.user.clone(),
            old: self.old.clone(),
            new: self.new.clone(),
            ..Self::default()
        }
    }

    fn swap(self) -> Result<Swap, Fault> {
        let user = self.user.trim().to_owned();
        if user.is_empty() {
            return Err(Fault::at("user", nobody_named()));
        }
        Ok(Swap {
            user,
            old: serial("old", &self.old)?,
            new: serial("new", &self.new)?,
            shown: self.proof.shown()?,
            delete: false,
        })
    }

    /// Whether all is there that says what is to happen.
    fn is_filled_in(&self) -> bool {
        let fields = [&self.user, &self.old, &self.new];
        fields.iter().all(|field| !field.trim().is_empty())
    }
}

fn serial(field: &'static str, text: &str) -> Result<Serial, Fault> {
    Serial::new(text.trim()).map_err(|error| {
        let next = "type the number on the back of the device";
        Fault::at(field, Problem::new("serial", error.to_string(), next))
    })
}

fn nobody_named() -> Problem {
    let next = "type the login of whoever lost the token";
    Problem::new("user-missing", "nobody is named", next)
}

/// Where it is, and the place itself if it can be used.
type At<'p> = (Idp, Option<&'p Place>);

/// What the page says beside what was typed.
#[derive(Default)]
struct Said {
    fault: Option<Fault>,
    /// Whom the user field means, and what that one holds.
    known: Option<Holding>,
    /// It was looked at, and nothing stands against it: whether there is a gap.
    checked: Option<bool>,
}

fn head() -> Head {
    Head::new("Lost token").section(Section::HelpDesk).narrow()
}

async fn show(page: Page, Params(form): Params<Form>) -> Response {
    let place = match place(&page, &form).await {
        Ok(place) => place,
        Err(response) => return response,
    };
    let said = match known(&page, &place, &form.user).await {
        Some(Err(problem)) => Said {
            fault: Some(Fault::at("user", problem)),
            ..Said::default()
        },
        known => Said {
            known: known.and_then(Result::ok),
            ..Said::default()
        },
    };
    let known = (place.idp, Some(&*place));
    whole(&page, known, &form, &said).into_response()
}

/// The place that is meant, or the first one. Where it cannot be used there is the form again: another one
/// may be.
async fn place(page: &Page, form: &Form) -> Result<Arc<Place>, Response> {
    let first = page.app.places.set_up().first().copied();
    let idp = form.idp.or(first).ok_or_else(|| nowhere(page))?;
    page.app.place(idp).await.map_err(|problem| {
        let said = Said {
            fault: Some(problem.clone().into()),
            ..Said::default()
        };
        let content = whole(page, (idp, None), &form.open(), &said);
        trouble::again(&problem, content)
    })
}

fn nowhere(page: &Page) -> Response {
    let empty = nothing::connected(page, Icon::HelpDesk);
    page.show(&head(), empty).into_response()
}

async fn known(page: &Page, place: &Place, user: &str) -> Option<Result<Holding, Problem>> {
    match user.trim() {
        "" => None,
        user => Some(page.app.look_at_user(place, user).await),
    }
}

fn whole(page: &Page, at: At<'_>, form: &Form, said: &Said) -> Markup {
    let fault = said.fault.as_ref();
    let content = html! {
        @if let Some(fault) = fault.filter(|fault| fault.field.is_empty()) { (ui::refused(&fault.problem)) }
        (form::content(page, at, form, said, &errors(fault)))
    };
    page.show(&head().failed(fault.is_some()), content)
}

async fn replace(page: Page, Sent { once, form }: Sent<Form>) -> Response {
    let place = match place(&page, &form).await {
        Ok(place) => place,
        Err(response) => return response,
    };
    let open = form.open();
    if form.wish == "check" {
        return check(&page, &place, &open, form).await;
    }
    let (app, own) = (page.app.clone(), place.clone());
    let prepare = async move { prepared(&app, &own, form.swap()?).await };
    match page.begin(once.as_deref(), &place, prepare).await {
        Ok(run) => run.into_response(),
        Err(fault) => refused(&page, &place, &open, fault).await,
    }
}

/// Both halves, against which nothing stands.
async fn prepared(app: &App, place: &Place, swap: Swap) -> Result<Prepared, Fault> {
    let prepared = app.look_into_swap(place, &swap).await?;
    match prepared.objection_to_swap(&swap.old) {
        Some(fault) => Err(fault),
        None => Ok(prepared),
    }
}

/// What would happen; nothing is sent. What is not filled in yet is no fault.
async fn check(page: &Page, place: &Place, open: &Form, form: Form) -> Response {
    let prepared = match (open.is_filled_in(), form.swap()) {
        (false, _) => Ok(None),
        (true, Ok(swap)) => prepared(&page.app, place, swap).await.map(Some),
        (true, Err(fault)) => Err(fault),
    };
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(fault) => return refused(page, place, open, fault).await,
    };
    match known(page, place, &open.user).await.transpose() {
        Ok(known) => {
            let said = Said {
                known,
                fault: None,
                checked: prepared.map(|prepared| prepared.gap),
            };
            whole(page, (place.idp, Some(place)), open, &said).into_response()
        }
        Err(problem) => refused(page, place, open, Fault::at("user", problem)).await,
    }
}

async fn refused(page: &Page, place: &Place, open: &Form, fault: Fault) -> Response {
    let problem = fault.problem.clone();
    let known = match fault.problem.code == NO_ANSWER {
        true => None,
        false => known(page, place, &open.user).await.and_then(Result::ok),
    };
    let said = Said {
        known,
        fault: Some(fault),
        checked: None,
    };
    let content = whole(page, (place.idp, Some(place)), open, &said);
    trouble::again(&problem, content)
}
