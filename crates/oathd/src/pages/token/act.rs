//! Giving a token to somebody, and making it usable.

use axum::extract::{Path, Query as Params};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use provisioner::Problem;
use seedfile::Serial;

use super::{Form, Sight, Where, can_be_activated, can_be_given, nothing, refused};
use crate::desk::{Action, Fault, Shown};
use crate::door::Sent;
use crate::pages::Page;
use crate::pages::proof::folded_seed;
use crate::places::Idp;
use crate::ui::{self, Button, Errors, Field};

/// The forms that fit the token's state.
pub(super) fn forms(page: &Page, sight: &Sight, user: &str, errors: &Errors) -> Markup {
    html! {
        @if can_be_given(sight) {
            (ui::panel("give", "Give it to somebody", give_form(page, sight, user, errors)))
        }
        @if can_be_activated(sight) {
            (ui::panel("activate", "Activate it", activate_form(page, sight, errors)))
        }
    }
}

fn give_form(page: &Page, sight: &Sight, user: &str, errors: &Errors) -> Markup {
    let suggest = format!("/users/{}/suggest", sight.idp());
    let who = Field::new("user", "User")
        .hint("A login. Type the beginning of it, or of the name, to see who there is.");
    let code = code_field(errors).hint("Leave this empty, and the user activates it later.");
    let content = html! {
        (errors.summary())
        (who.value(user).errors(errors).user(suggest))
        (code.optional().code())
        (ui::buttons(Button::primary("Give it")))
    };
    ui::form(&page.frame, sight.address(&["give"]), content)
}

fn activate_form(page: &Page, sight: &Sight, errors: &Errors) -> Markup {
    let who = sight.who().unwrap_or_default();
    let content = html! {
        p.hint { (who) " can sign in with it from then on." }
        (errors.summary())
        (code_field(errors).hint("Six digits. It is sent at once.").code())
        (folded_seed(errors, "Or paste its seed"))
        (ui::buttons(Button::primary("Activate")))
    };
    ui::form(&page.frame, sight.address(&["activate"]), content)
}

fn code_field(errors: &Errors) -> Field {
    Field::new("code", "Code that the device shows").errors(errors)
}

pub(super) async fn give(
    page: Page,
    Path((idp, serial)): Path<(Idp, String)>,
    Params(at): Params<Where>,
    Sent { once, form }: Sent<Form>,
) -> Response {
    let user = form.user.trim().to_owned();
    let named = user.clone();
    let action = match user.is_empty() {
        true => Err(Fault::at("user", nobody_named())),
        false => form.proof.shown().map(|shown| gives(user, shown)),
    };
    let address = (idp, serial.as_str());
    match carry_out(&page, address, &at, once.as_deref(), action).await {
        Ok(run) => run.into_response(),
        Err(fault) => refused(&page, address, &at, &named, &fault).await,
    }
}

/// With a code of the device, it is activated as well.
pub(in crate::pages) fn gives(user: String, shown: Shown) -> Action {
    match shown.is_empty() {
        true => Action::Assign { user },
        false => {
            let user = Some(user);
            Action::Activate { user, shown }
        }
    }
}

pub(super) async fn activate(
    page: Page,
    Path((idp, serial)): Path<(Idp, String)>,
    Params(at): Params<Where>,
    Sent { once, form }: Sent<Form>,
) -> Response {
    let user = None;
    let action = form
        .proof
        .shown()
        .map(|shown| Action::Activate { user, shown });
    let address = (idp, serial.as_str());
    match carry_out(&page, address, &at, once.as_deref(), action).await {
        Ok(run) => run.into_response(),
        Err(fault) => refused(&page, address, &at, "", &fault).await,
    }
}

/// Begins an action, unless something stands against it.
pub(super) async fn carry_out(
    page: &Page,
    (idp, serial): (Idp, &str),
    at: &Where,
    once: Option<&str>,
    action: Result<Action, Fault>,
) -> Result<Redirect, Fault> {
    let (action, serial) = (action?, Serial::new(serial).map_err(|_| nothing(serial))?);
    let (app, place) = (page.app.clone(), page.app.place(idp).await?);
    let holder = at.holder();
    let prepare = {
        let place = place.clone();
        async move {
            let at = (&serial, holder.as_ref());
            app.prepare_held(&place, at, action).await
        }
    };
    page.begin(once, &place, prepare).await
}

fn nobody_named() -> Problem {
    let next = "type the login of whoever gets the token";
    Problem::new("user-missing", "nobody is named", next)
}
