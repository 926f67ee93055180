//! What a draft's forms ask for.

use std::sync::Arc;

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use provisioner::{Problem, RunId};
use serde::Deserialize;

use super::{View, address, find, plan, shown, wish};
use crate::app::App;
use crate::desk::too_late;
use crate::door::{Role, Sent, Uploaded};
use crate::drafts::{Draft, Planned, Source, Stage};
use crate::pages::{Page, Stopped};
use crate::routes::Routes;
use crate::ui::Address;
use crate::upload::Users;

/// The longest list of users, in bytes.
const LIST: usize = 16 * 1024 * 1024;

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .upload("/drafts/{id}/users", Role::Operator, LIST, users)
        .post("/drafts/{id}/wish", Role::Operator, want)
        .post("/drafts/{id}/plan", Role::Operator, again)
        .post("/drafts/{id}/begin", Role::Operator, begin)
        .post("/drafts/{id}/discard", Role::Operator, discard)
}

#[derive(Deserialize)]
struct Nothing {}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    wish: String,
}

#[derive(Clone, Deserialize)]
struct Confirmed {
    /// The number of the plan that was looked at.
    #[serde(default)]
    plan: u64,
    #[serde(default)]
    typed: String,
}

async fn users(page: Page, Path(id): Path<String>, mut form: Uploaded) -> Response {
    let draft = match find(&page, &id) {
        Ok(draft) => draft,
        Err(response) => return response,
    };
    let users = match users_of(&mut form) {
        Ok(users) => users,
        Err(problem) => return refused(&page, &draft, &problem).await,
    };
    if !draft.set_users(users) {
        return refused(&page, &draft, &too_late()).await;
    }
    let look = page.app.look_into(&draft).await;
    match look.as_ref().map(|look| look.pairing.as_ref()) {
        Err(problem) | Ok(Some(Err(problem))) => refused(&page, &draft, problem).await,
        Ok(_) => to(&draft).into_response(),
    }
}

/// The list that was sent; none where it is to be removed.
fn users_of(form: &mut Uploaded) -> Result<Option<Users>, Problem> {
    if form.text("remove").is_some() {
        return Ok(None);
    }
    let list = match form.take_file("users-file") {
        Some(file) => text(&file.content)?,
        None => form.text("list").unwrap_or_default().to_owned(),
    };
    let strategy = form.text("strategy").unwrap_or_default().to_owned();
    Ok((!list.trim().is_empty()).then_some(Users { list, strategy }))
}

fn text(content: &[u8]) -> Result<String, Problem> {
    String::from_utf8(content.to_vec()).map_err(|_| {
        let message = "the list of users is not in UTF-8";
        Problem::new("users-unusable", message, "save it as UTF-8, or paste it")
    })
}

async fn want(page: Page, Path(id): Path<String>, sent: Sent<Wanted>) -> Response {
    let draft = match find(&page, &id) {
        Ok(draft) => draft,
        Err(response) => return response,
    };
    let wish = wish::named(&sent.form.wish);
    let wish = wish.filter(|wish| page.app.places.set_up().contains(&wish.idp));
    let (Some(wish), Source::File(_)) = (wish, &draft.source) else {
        let next = "choose where the tokens go, and how far";
        let problem = Problem::new("no-wish", "nothing was chosen", next);
        return refused(&page, &draft, &problem).await;
    };
    if !draft.wants(wish) {
        return refused(&page, &draft, &too_late()).await;
    }
    page.app.plan_draft(&draft);
    to(&draft).into_response()
}

async fn again(page: Page, Path(id): Path<String>, _: Sent<Nothing>) -> Response {
    match find(&page, &id) {
        Ok(draft) => {
            page.app.plan_draft(&draft);
            to(&draft).into_response()
        }
        Err(response) => response,
    }
}

async fn discard(page: Page, Path(id): Path<String>, _: Sent<Nothing>) -> Response {
    match find(&page, &id) {
        Ok(draft) if !page.app.drafts.discard(&draft) => to(&draft).into_response(),
        Ok(draft) => {
            let back = match draft.source {
                Source::File(_) => "/import?said=discarded",
                Source::Tokens(_) => "/inventory",
            };
            Redirect::to(back).into_response()
        }
        Err(response) => response,
    }
}

async fn begin(page: Page, Path(id): Path<String>, sent: Sent<Confirmed>) -> Response {
    let draft = match find(&page, &id) {
        Ok(draft) => draft,
        Err(response) => return response,
    };
    let (app, of, confirmed) = (Arc::clone(&page.app), Arc::clone(&draft), sent.form);
    let work = async move { begun(&app, &of, &confirmed).await.map_err(Stopped::By) };
    match page.once(sent.once.as_deref(), work).await {
        Ok(redirect) => redirect.into_response(),
        Err(Stopped::Refused(refusal)) => refusal.into_response(),
        Err(Stopped::By(problem)) => refused(&page, &draft, &problem).await,
    }
}

/// Begins what was confirmed: the plan that was looked at, and no other. Whoever comes second is led to the
/// run.
async fn begun(
    app: &Arc<App>,
    draft: &Arc<Draft>,
    confirmed: &Confirmed,
) -> Result<String, Problem> {
    match draft.stage() {
        Stage::Begun(run) => return Ok(run_page(&run)),
        Stage::Beginning => return Ok(address(&draft.id).to_string()),
        Stage::Planned(_) | Stage::Open | Stage::Planning | Stage::Failed(_) => {}
    }
    let planned = app.plan_to_begin(draft, confirmed.plan)?;
    is_typed(draft, &planned, confirmed)?;
    let run = app.begin_draft(draft, planned.number).await?;
    Ok(run_page(&run))
}

/// What takes something away is confirmed by the number of its tokens.
fn is_typed(draft: &Draft, planned: &Planned, confirmed: &Confirmed) -> Result<(), Problem> {
    let word = plan::word(&planned.plan);
    let is_typed = confirmed.typed.trim() == word;
    match &draft.source {
        Source::Tokens(_) if !is_typed => Err(Problem::new(
            "not-confirmed",
            format!("the number {word} was not typed"),
            "type it if this is what you want; nothing was sent",
        )),
        _ => Ok(()),
    }
}

fn run_page(run: &RunId) -> String {
    Address::of(["runs", &run.0]).to_string()
}

fn to(draft: &Draft) -> Redirect {
    Redirect::to(&address(&draft.id).to_string())
}

async fn refused(page: &Page, draft: &Arc<Draft>, problem: &Problem) -> Response {
    shown(page, draft, &View::default(), Some(problem)).await
}
