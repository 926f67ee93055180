//! A draft: what a file holds, who gets what, where it goes and how far; then the plan, to be confirmed.

mod act;
mod file;
mod lines;
mod people;
mod plan;
#[cfg(test)]
pub(in crate::pages) mod tests;
mod wish;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::future::{Either, select};
use futures_util::{FutureExt, StreamExt};
use http::StatusCode;
use maud::{Markup, html};
use provisioner::Problem;
use serde::Deserialize;

use super::{Page, events};
use crate::app::App;
use crate::door::{Refusal, Role};
use crate::drafts::{Draft, Look, Source, Stage};
use crate::places::Idp;
use crate::routes::Routes;
use crate::trouble;
use crate::ui::{self, Address, Button, Head, Icon, Notice, Section, Tone};
use crate::upload::Upload;

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get("/drafts/{id}", Role::Operator, show)
        .get("/drafts/{id}/events", Role::Operator, events)
        .and(lines::routes())
        .and(act::routes())
}

/// The steps of an import.
pub(super) const STEPS: [&str; 4] = ["File", "Check and choose", "Plan", "Run"];
/// How long a page waits for a place, to say what that would not take.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn address(id: &str) -> Address {
    Address::of(["drafts", id])
}

/// Which rows of the plan are shown.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct View {
    decision: String,
    after: usize,
}

/// The draft, or the page that says that there is none.
#[expect(
    clippy::result_large_err,
    reason = "the page is what the handler answers"
)]
fn find(page: &Page, id: &str) -> Result<Arc<Draft>, Response> {
    page.app.draft(id, &page.caller.name).map_err(|_| {
        let what = "This draft is not there any more, or it is somebody else's.";
        let next = "A draft is kept for an hour after somebody looked at it, and not over a restart of the \
            server. Nothing was sent for it. Send the file again, or look among the runs whether it was begun.";
        let actions = html! {
            (Button::primary("Import a file").to("/import"))
            (Button::secondary("Runs").to("/runs"))
        };
        let notice = Notice::new(Tone::Warning, what).next(next).actions(actions);
        let head = Head::new("No such draft").section(Section::Import);
        (StatusCode::NOT_FOUND, page.show(&head, notice)).into_response()
    })
}

async fn show(page: Page, Path(id): Path<String>, Query(view): Query<View>) -> Response {
    match find(&page, &id) {
        Ok(draft) => shown(&page, &draft, &view, None).await,
        Err(response) => response,
    }
}

/// The page of a draft. `refused` says why what was asked for came to nothing.
async fn shown(
    page: &Page,
    draft: &Arc<Draft>,
    view: &View,
    refused: Option<&Problem>,
) -> Response {
    let stage = draft.stage();
    if let Stage::Begun(run) = &stage {
        return Redirect::to(&Address::of(["runs", &run.0]).to_string()).into_response();
    }
    let content = match &draft.source {
        Source::File(_) => match page.app.look_into(draft).await {
            Ok(look) => of_file(page, draft, &look, view, &stage).await,
            Err(problem) => return page.trouble(head(draft, &stage), &problem),
        },
        Source::Tokens(_) => of_tokens(page, draft, view, &stage),
    };
    let content = html! {
        @if let Some(problem) = refused { (ui::refused(problem)) }
        (content)
    };
    let mut head = head(draft, &stage).failed(refused.is_some());
    if refused.is_none() && is_busy(&stage) {
        head = head.refresh(2);
    }
    let shown = page.show(&head, content);
    match refused {
        Some(problem) => trouble::again(problem, shown),
        None => shown.into_response(),
    }
}

fn head(draft: &Draft, stage: &Stage) -> Head {
    let title = match (&draft.source, stage) {
        (_, Stage::Planned(_)) => "Look at the plan",
        (Source::File(_), _) => "Check the file",
        (Source::Tokens(_), _) => "What is to be done",
    };
    let head = Head::new(title);
    match draft.source {
        Source::File(_) => head.section(Section::Import).below("Import", "/import"),
        Source::Tokens(_) => head
            .section(Section::Inventory)
            .below("Inventory", "/inventory"),
    }
}

fn is_busy(stage: &Stage) -> bool {
    matches!(stage, Stage::Planning | Stage::Beginning)
}

async fn of_file(
    page: &Page,
    draft: &Arc<Draft>,
    look: &Look,
    view: &View,
    stage: &Stage,
) -> Markup {
    let planned = matches!(stage, Stage::Planned(_));
    let step = if planned || is_busy(stage) { 2 } else { 1 };
    if !planned {
        compare(page, draft, look).await;
    }
    let targets = targets(page, draft);
    let choices = html! {
        (file::facts(draft, look, &targets))
        (file::problems(draft, look, &targets))
        (people::section(page, draft, look))
        (wish::section(page, draft, look))
    };
    html! {
        (ui::steps(&STEPS, step))
        (progress(page, draft, view, stage))
        @if planned {
            (ui::fold(Icon::Settings, "Change it", "The file, who gets what, where it goes and how far. The plan is made again.", false, choices))
        } @else { (choices) }
        (discard(page, draft))
    }
}

fn of_tokens(page: &Page, draft: &Draft, view: &View, stage: &Stage) -> Markup {
    html! {
        (progress(page, draft, view, stage))
        @if matches!(stage, Stage::Open) { (plan::make(page, draft)) }
        (discard(page, draft))
    }
}

/// How far the plan is, or the plan.
fn progress(page: &Page, draft: &Draft, view: &View, stage: &Stage) -> Markup {
    let going = |what: &str, next: &str| {
        let events = format!("{}/events", address(&draft.id));
        let notice = Notice::new(Tone::Info, what).next(next);
        html! { div data-events=(events) { (notice) } }
    };
    match stage {
        Stage::Open | Stage::Begun(_) => html! {},
        Stage::Planning => going(
            "Users and tokens are being read…",
            "Nothing is changed. This page shows the plan as soon as it is made.",
        ),
        Stage::Beginning => going("The run is being begun…", "This page leads to it."),
        Stage::Failed(problem) => html! { (ui::problem(problem)) (plan::make(page, draft)) },
        Stage::Planned(planned) => plan::section(page, draft, planned, view),
    }
}

fn discard(page: &Page, draft: &Draft) -> Markup {
    let to = format!("{}/discard", address(&draft.id));
    let button = Button::quiet("Discard it").icon(Icon::Delete);
    html! {
        (ui::buttons(ui::post_button(&page.frame, to, &button)))
        @if let Source::File(_) = draft.source {
            (ui::help("You find it again under Import. It is wiped an hour after you last looked at it."))
        }
    }
}

/// Where the tokens may go: where somebody said, or to whatever is connected, or could be.
pub(super) fn targets(page: &Page, draft: &Draft) -> Vec<Idp> {
    match draft.chosen() {
        Some(wish) => vec![wish.idp],
        None => places(page),
    }
}

fn places(page: &Page) -> Vec<Idp> {
    let places = page.app.places.set_up();
    match places.is_empty() {
        true => Idp::ALL.to_vec(),
        false => places,
    }
}

/// Finds out which tokens each place would not take: from the place where it can be reached at once, and else
/// from what is known of it.
async fn compare(page: &Page, draft: &Arc<Draft>, look: &Look) {
    for idp in places(page) {
        if !look.knows(idp) {
            compare_with(page, draft, look, idp).await;
        }
    }
}

async fn compare_with(page: &Page, draft: &Arc<Draft>, look: &Look, idp: Idp) {
    let place = page.app.places.get(idp).boxed();
    let place = match select(place, page.app.clock.sleep(PATIENCE)).await {
        Either::Left((place, _)) => place.ok(),
        Either::Right(_) => None,
    };
    let said = place.as_ref().map(|place| place.provider.capabilities());
    if said.is_none() && look.misfits(idp).is_some() {
        return;
    }
    let read = page.app.with_upload(draft, Upload::given_if_any);
    if let Ok(file) = read.await {
        look.compare(idp, &file, said);
    }
}

/// Tells the page when there is something else to show.
async fn events(page: Page, Path(id): Path<String>) -> Result<Response, Refusal> {
    let app = Arc::clone(&page.app);
    let draft = app.draft(&id, &page.caller.name);
    let draft = draft.map_err(|_| Refusal::NoSuchPage)?;
    let wait = async move {
        while is_busy(&draft.stage()) && !app.ending.is_cancelled() {
            app.clock.sleep(events::PAUSE).await;
        }
        (!app.ending.is_cancelled()).then(events::end)
    };
    let end = futures_util::stream::once(wait);
    Ok(events::answer(end.filter_map(std::future::ready)))
}
