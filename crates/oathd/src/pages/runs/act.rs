//! Pause, resume, cancel; and going on with a run that nobody carries out here.

use std::sync::Arc;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::state::Standing;
use super::{Shown, address, find, rows};
use crate::app::App;
use crate::desk::{Deed, may_steer};
use crate::door::{Refusal, Role, Sent, Uploaded};
use crate::jobs::Wish;
use crate::pages::{Page, Stopped, reading};
use crate::routes::Routes;
use crate::ui::{self, Button, Field, Icon, JobState, Notice, Tone};
use crate::upload::{MAX_BYTES, Reading};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .post("/runs/{run}/pause", Role::HelpDesk, pause)
        .post("/runs/{run}/resume", Role::HelpDesk, resume)
        .post("/runs/{run}/cancel", Role::HelpDesk, cancel)
        .upload("/runs/{run}/seeds", Role::Operator, MAX_BYTES, seeds)
}

/// What can be done with an open run.
pub(super) fn section(page: &Page, shown: &Shown, standing: &Standing) -> Markup {
    if !may(page, shown) {
        return html! {};
    }
    let content = match &shown.job {
        Some(_) => of_job(page, shown, standing.state()),
        None => of_nobody(page, shown),
    };
    html! {
        (content)
        (cancelling(page, shown))
    }
}

/// Operators, and whoever began it.
fn may(page: &Page, shown: &Shown) -> bool {
    may_steer(&page.caller, &page.caller.name, shown.job.as_deref())
}

fn of_job(page: &Page, shown: &Shown, now: JobState) -> Markup {
    let to = |deed: &str| format!("{}/{deed}", address(&shown.run));
    let pause = Button::secondary("Pause").icon(Icon::Paused);
    let resume = Button::primary("Let it go on").icon(Icon::GoingOn);
    let moving = [JobState::GoingOn, JobState::Waiting];
    let resting = [JobState::Paused, JobState::Interrupted];
    let is_cancelled = (shown.job.as_ref()).is_some_and(|job| job.wish() == Wish::Cancelled);
    html! { @if !is_cancelled {
        (ui::when(&moving, now, ui::post_button(&page.frame, to("pause"), &pause)))
        (ui::when(&resting, now, ui::post_button(&page.frame, to("resume"), &resume)))
    } }
}

fn of_nobody(page: &Page, shown: &Shown) -> Markup {
    let open = shown.known.report.counts.pending;
    let what = format!("{} open, and nobody carries this run out here.", are(open));
    let next = "The command line began it, or its file is not kept any more. If the command line is at it \
        right now, wait for that.";
    html! {
        (Notice::new(Tone::Warning, what).next(next))
        @if shown.known.needs_seeds { (file_form(page, shown)) }
        @else {
            (ui::post_button(&page.frame, format!("{}/resume", address(&shown.run)),
                &Button::primary("Let it go on").icon(Icon::GoingOn)))
        }
    }
}

fn are(rows: usize) -> String {
    match rows {
        1 => "1 row is".to_owned(),
        _ => format!("{} rows are", ui::number(rows)),
    }
}

fn file_form(page: &Page, shown: &Shown) -> Markup {
    let hint = "The very file that the run began with. It is kept sealed until the run has ended.";
    let content = html! {
        (Field::new("file", "Seed file").hint(hint).required().file(reading::ENDINGS))
        (reading::fields(&Reading::default(), false))
        (ui::buttons(Button::primary("Go on with this file").icon(Icon::GoingOn)))
    };
    let form = ui::upload(
        &page.frame,
        format!("{}/seeds", address(&shown.run)),
        content,
    );
    ui::panel("seeds", "Go on with the run", form)
}

fn cancelling(page: &Page, shown: &Shown) -> Markup {
    let to = format!("{}/cancel", address(&shown.run));
    let content = html! {
        p { "What was done stays: no token is taken back, none is deleted. Nothing more is sent. Rows for which \
            something was sent are looked at once more, so that the report says what is there." }
        (ui::post_button(&page.frame, to, &Button::danger("Cancel the run").icon(Icon::Cancelled)))
    };
    let next = "It ends for good, with a report of what is there.";
    ui::fold(Icon::Cancelled, "Cancel", next, false, content)
}

#[derive(Deserialize)]
struct Nothing {}

async fn pause(page: Page, Path(id): Path<String>, sent: Sent<Nothing>) -> Response {
    change(page, &id, sent.once, Deed::Pause).await
}

async fn resume(page: Page, Path(id): Path<String>, sent: Sent<Nothing>) -> Response {
    change(page, &id, sent.once, Deed::Resume(None)).await
}

async fn cancel(page: Page, Path(id): Path<String>, sent: Sent<Nothing>) -> Response {
    change(page, &id, sent.once, Deed::Cancel).await
}

async fn seeds(page: Page, Path(id): Path<String>, mut form: Uploaded) -> Response {
    match reading::file(&mut form) {
        Ok((about, file)) => {
            let deed = Deed::Resume(Some(Box::new((about, file.content))));
            change(page, &id, form.once, deed).await
        }
        Err(problem) => match find(&page, &id).await {
            Ok(shown) => shown.page(&page, &rows::View::default(), Some(&problem)),
            Err(response) => response,
        },
    }
}

async fn change(page: Page, id: &str, once: Option<String>, deed: Deed) -> Response {
    let shown = match find(&page, id).await {
        Ok(shown) => shown,
        Err(response) => return response,
    };
    if !may(&page, &shown) {
        let (needs, has) = (Role::Operator, page.caller.role);
        return Refusal::Role { needs, has }.into_response();
    }
    let (app, by) = (Arc::clone(&page.app), page.caller.name.clone());
    let (run, idp) = (shown.run.clone(), shown.known.summary.tenant.idp.clone());
    let work = async move {
        match app.steer(&run, &idp, by, deed).await {
            // Somebody else was quicker: the page shows how it stands.
            Err(problem) if problem.code == "goes-on" => {}
            steered => steered?,
        }
        Ok(address(&run).to_string())
    };
    match page.once(once.as_deref(), work).await {
        Ok(redirect) => redirect.into_response(),
        Err(Stopped::Refused(refusal)) => refusal.into_response(),
        Err(Stopped::By(problem)) => shown.page(&page, &rows::View::default(), Some(&problem)),
    }
}
