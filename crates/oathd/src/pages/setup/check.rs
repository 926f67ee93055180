//! The last step: what the doctor found, and where to go from there.

use std::sync::Arc;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use provisioner::{Health, Problem};

use super::{STEPS, form_of, head};
use crate::app::App;
use crate::door::Role;
use crate::pages::{Page, doctor};
use crate::places::Idp;
use crate::routes::Routes;
use crate::ui::{self, Address, Button};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new().get("/setup/{idp}/check", Role::Admin, check)
}

/// Where it is.
pub(super) fn of(idp: Idp) -> Address {
    Address::of(["setup", idp.name(), "check"])
}

async fn check(page: Page, Path(idp): Path<Idp>) -> Response {
    let found = doctor::examined(&page, idp).await;
    let works = found
        .as_ref()
        .is_ok_and(|found| doctor::worst(found) < Health::Bad);
    let content = html! {
        (ui::steps(&STEPS, 2))
        (shown(found.as_deref()))
        (next(&page, idp, works))
    };
    let head = head(&format!("Does {} work?", idp.title()));
    page.show(&head.failed(!works), content).into_response()
}

fn shown(found: Result<&[provisioner::Finding], &Problem>) -> Markup {
    match found {
        Ok(findings) => doctor::shown(findings),
        Err(problem) => html! { (ui::problem(problem)) },
    }
}

fn next(page: &Page, idp: Idp, works: bool) -> Markup {
    let import = Button::primary("Import a seed file").to("/import");
    let again = Button::secondary("Check again").to(of(idp));
    let change = Button::secondary("Change the settings").to(form_of(idp));
    let set_up = page.app.places.set_up();
    let other = Idp::ALL
        .into_iter()
        .find(|other| !set_up.contains(other))
        .filter(|_| works);
    ui::buttons(html! {
        @if works { (import) } @else { (again.clone()) }
        (change)
        @if idp == Idp::Okta { (Button::secondary("Choose the factor profile").to("/setup/okta/profile")) }
        @if works { (again) }
        @if let Some(other) = other {
            (Button::secondary(format!("Connect {}, too", other.title())).to(form_of(other)))
        }
    })
}
