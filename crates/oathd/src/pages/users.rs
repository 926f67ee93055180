//! People: found by what one types, with what they hold, and what can be given to them.

mod one;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query as Params};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use maud::{Markup, html};
use provisioner::{FoundUser, Problem};
use serde::{Deserialize, Serialize};

use super::{Page, nothing};
use crate::app::App;
use crate::desk::{AT_LEAST, SHORTEST};
use crate::door::Role;
use crate::places::Idp;
use crate::routes::Routes;
use crate::trouble;
use crate::ui::{
    self, Address, Column, Empty, Field, Head, Icon, Notice, Row, Section, Tab, Table, Tone,
};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get("/users", Role::Viewer, first)
        .get("/users/suggest", Role::Viewer, suggest_there)
        .get("/users/{idp}", Role::Viewer, list)
        .get("/users/{idp}/suggest", Role::Viewer, suggest)
        .get("/users/{idp}/{id}", Role::Viewer, one::show)
        .post("/users/{idp}/{id}/give", Role::HelpDesk, one::give)
}

/// People that a list shows, and that are suggested while somebody types.
const LISTED: usize = 50;
const SUGGESTED: usize = 10;

#[derive(Default, Deserialize)]
#[serde(default)]
struct View {
    q: String,
}

fn head() -> Head {
    Head::new("Users").section(Section::Users)
}

/// The users of the first place that is connected.
async fn first(page: Page) -> Response {
    match page.app.places.set_up().first() {
        Some(idp) => Redirect::to(&Address::of(["users", idp.name()]).to_string()).into_response(),
        None => {
            let empty = nothing::connected(&page, Icon::Users);
            page.show(&head(), empty).into_response()
        }
    }
}

async fn list(page: Page, Path(idp): Path<Idp>, Params(view): Params<View>) -> Response {
    let found = search(&page, idp, &view.q, LISTED).await;
    let own = Address::of(["users", idp.name()]);
    let field = Field::new("q", "Login or name").value(&*view.q).focus();
    let content = html! {
        (tabs(&page, idp, &view.q))
        (ui::filter(&own, &[], &own, field.user(format!("/users/{idp}/suggest"))))
        @match &found {
            Err(problem) => { (ui::problem(problem)) }
            Ok(_) if view.q.trim().chars().count() < SHORTEST => {
                (ui::help(&format!("Type the beginning of a login or a name: {AT_LEAST}.")))
            }
            Ok(users) => { (table(idp, users)) }
        }
    };
    match found {
        Ok(_) => page.show(&head(), content).into_response(),
        Err(problem) => trouble::answer(&problem, page.show(&head().failed(true), content)),
    }
}

async fn search(page: &Page, idp: Idp, q: &str, most: usize) -> Result<Vec<FoundUser>, Problem> {
    let place = page.app.place(idp).await?;
    page.app.search_users(&place, q, most).await
}

fn tabs(page: &Page, here: Idp, q: &str) -> Markup {
    let places = page.app.places.set_up().into_iter();
    let address = |idp: Idp| Address::of(["users", idp.name()]).with("q", q);
    let tabs = places.map(|idp| Tab::new(idp.title(), address(idp), idp == here));
    let tabs: Vec<Tab> = tabs.collect();
    html! { @if tabs.len() > 1 { (ui::tabs("Places", &tabs)) } }
}

fn table(idp: Idp, users: &[FoundUser]) -> Markup {
    let columns = ["Login", "Name", "Status", "Can hold a token"];
    let columns = columns.into_iter().zip(0..);
    let columns = columns.map(|(label, at)| match at {
        0 => Column::new(label).heads_rows(),
        _ => Column::new(label),
    });
    let rows = users.iter().map(|user| row(idp, user)).collect();
    let empty = Empty::new(
        Icon::Users,
        "Nobody was found",
        "Type less, or another name.",
    );
    html! {
        (Table::new("Users", columns.collect(), rows).empty(empty))
        @if users.len() == LISTED {
            (Notice::new(Tone::Info, format!("These are the first {LISTED}.")).next("Type more to find others."))
        }
    }
}

fn row(idp: Idp, user: &FoundUser) -> Row {
    let address = Address::of(["users", idp.name(), &user.id.0]);
    Row::new(vec![
        html! { a href=(address) { (user.login) } },
        html! { (user.name) },
        html! { (user.status) },
        holding(user),
    ])
    .named(&*user.login)
}

/// Whether this user can hold a token, and why not.
fn holding(user: &FoundUser) -> Markup {
    html! { @match &user.problem {
        None => { "yes" }
        Some(problem) => { "no: " (problem.message) }
    } }
}

/// One person, as the script reads it.
#[derive(Serialize)]
struct Suggestion {
    login: String,
    name: String,
    status: String,
    problem: Option<String>,
}

impl From<FoundUser> for Suggestion {
    fn from(user: FoundUser) -> Self {
        Self {
            login: user.login,
            name: user.name,
            status: user.status,
            problem: user.problem.map(|problem| problem.message),
        }
    }
}

async fn suggest(page: Page, Path(idp): Path<Idp>, Params(view): Params<View>) -> Response {
    let found = search(&page, idp, &view.q, SUGGESTED).await;
    let status = match found {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::BAD_GATEWAY,
    };
    let found = found.unwrap_or_default().into_iter();
    let found: Vec<Suggestion> = found.map(Suggestion::from).collect();
    (status, Json(found)).into_response()
}

#[derive(Deserialize)]
struct There {
    idp: Idp,
}

/// The same where the form says which place is meant.
async fn suggest_there(page: Page, Params(there): Params<There>, view: Params<View>) -> Response {
    suggest(page, Path(there.idp), view).await
}
