//! The start page: problems first, then what goes on, then what is there, by state.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Redirect, Response};
use futures_util::future::join_all;
use ledger::RunSummary;
use maud::{Markup, Render, html};
use provisioner::{Problem, State};

use super::inventory::{reading, unread};
use super::runs::{address, of_job};
use super::{Page, goals, import, nothing};
use crate::app::App;
use crate::door::Role;
use crate::inventory::Seen;
use crate::jobs::{Job, Part, Status};
use crate::places::{Idp, Place};
use crate::routes::Routes;
use crate::trouble::Told;
use crate::ui::{
    self, Address, Badge, Button, Column, Head, Icon, Notice, Row, Section, Table, Tile, Tone,
};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new().get("/", Role::Viewer, home)
}

/// So many runs are listed.
const RUNS: usize = 8;
/// So long the page waits for a place that is being connected.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is known of a place.
enum Reach {
    Open(Arc<Place>),
    /// It is still being connected.
    Waiting,
    Closed(Problem),
}

async fn home(page: Page) -> Response {
    let places = page.app.places.set_up();
    if places.is_empty() && page.caller.may(Role::Admin) {
        return Redirect::to("/setup").into_response();
    }
    let runs = page.app.ledger.runs().await;
    let reached = places.iter().map(|idp| reach(&page.app, *idp));
    let reached = join_all(reached).await;
    let places: Vec<(Idp, Reach)> = places.into_iter().zip(reached).collect();
    let jobs = page.app.jobs.list();
    let content = html! {
        @match &runs {
            Ok(runs) => { (left_over(runs, &jobs)) }
            Err(error) => { (ui::problem(&error.told())) }
        }
        @for job in &jobs { (stopped(job)) }
        @for (idp, reach) in &places { (troubles(&page, *idp, reach)) }
        (import::waiting::notice(&page))
        (open(&jobs))
        @for (idp, reach) in &places {
            @if let Reach::Open(place) = reach {
                (ui::section(idp.name(), idp.title(), counts(*idp, &place.shelf.look())))
            }
        }
        @if let Ok(runs) = &runs { (latest(&page, runs)) }
    };
    let head = Head::new("Home").section(Section::Home);
    page.show(&head, content).into_response()
}

/// Connects a place, or says that it takes long: it goes on, then, while people read.
async fn reach(app: &Arc<App>, idp: Idp) -> Reach {
    let connecting = {
        let app = Arc::clone(app);
        tokio::spawn(async move { app.place(idp).await })
    };
    tokio::select! {
        connected = connecting => match connected {
            Ok(Ok(place)) => Reach::Open(place),
            Ok(Err(problem)) => Reach::Closed(problem),
            Err(_) => Reach::Waiting,
        },
        () = app.clock.sleep(PATIENCE) => Reach::Waiting,
    }
}

/// Runs that nobody carries out any more: they were begun by another program, or by a server that ended.
fn left_over(runs: &[RunSummary], jobs: &[Arc<Job>]) -> Markup {
    let is_left =
        |run: &&RunSummary| run.pending > 0 && jobs.iter().all(|job| job.part(&run.run).is_none());
    let left = runs.iter().filter(is_left).count();
    html! {
        @if left > 0 {
            (Notice::new(Tone::Warning, format!("{} not come to an end.", runs_have(left)))
                .next("Look what holds them up, and let them go on or cancel them.")
                .actions(html! { (Button::secondary("Show open runs").to("/runs?state=open")) }))
        }
    }
}

fn runs_have(count: usize) -> String {
    match count {
        1 => "1 run has".to_owned(),
        _ => format!("{count} runs have"),
    }
}

/// A run that something stands in the way of.
fn stopped(job: &Job) -> Markup {
    let stopped = job.parts.iter().find_map(|part| {
        let now = part.board.now();
        Some((part, now.status, now.problem?))
    });
    html! { @if let Some((part, status, problem)) = stopped {
        @let (tone, what) = match status {
            Status::Waiting => (Tone::Warning, "A run waits"),
            _ => (Tone::Bad, "A run stopped"),
        };
        (Notice::new(tone, format!("{what}: {}", problem.message))
            .next(&*problem.next)
            .actions(html! { (Button::secondary("Show the run").to(address(&part.run))) }))
    } }
}

/// Why a place cannot be used, or its inventory not be read.
fn troubles(page: &Page, idp: Idp, reach: &Reach) -> Markup {
    match reach {
        Reach::Closed(problem) => closed(page, idp, problem).render(),
        Reach::Waiting => {
            let what = format!("{} is still being connected.", idp.title());
            let notice = Notice::new(Tone::Info, what);
            notice.next("Open this page again in a moment.").render()
        }
        Reach::Open(place) => {
            let failed = place.shelf.look().failed;
            html! { @if let Some(problem) = &failed { (unread(page, idp, problem)) } }
        }
    }
}

fn closed(page: &Page, idp: Idp, problem: &Problem) -> Notice {
    let what = format!("{} cannot be used: {}", idp.title(), problem.message);
    let notice = Notice::new(Tone::Bad, what).next(&*problem.next);
    match page.caller.may(Role::Admin) {
        true => notice.actions(html! { (Button::secondary("Settings").to("/settings")) }),
        false => notice,
    }
}

/// Runs that go on, or wait.
fn open(jobs: &[Arc<Job>]) -> Markup {
    let rows = jobs
        .iter()
        .flat_map(|job| job.parts.iter().map(move |part| row(job, part)));
    let rows: Vec<Row> = rows.collect();
    let columns = ["Run", "Place", "State", "Progress", "Left"];
    let columns = columns.into_iter().map(Column::new).collect();
    html! { @if !rows.is_empty() {
        (ui::section("open", "Open runs", Table::new("Open runs", columns, rows)))
    } }
}

fn row(job: &Job, part: &Part) -> Row {
    let now = part.board.now();
    let total = part.plan.counts().pending;
    let settled = total.saturating_sub(now.counts.pending);
    let left = now
        .time_left_ms
        .map(|ms| ui::duration(Duration::from_secs(ms.div_ceil(1000))));
    let what = format!(
        "{} of {} rows",
        ui::number(settled as u64),
        ui::number(total as u64)
    );
    Row::new(vec![
        html! { a href=(address(&part.run)) { (goals::run(job.idp.name(), part.plan.goal)) ", by " (job.by) } },
        goals::place(job.idp.name()),
        html! { (Badge::from(of_job(now.status))) },
        html! { progress max=(total.max(1)) value=(settled) aria-label="Rows that have ended" {} " " (what) },
        html! { @if let Some(left) = left { "about " (left) } },
    ])
}

fn counts(idp: Idp, seen: &Seen) -> Markup {
    let Some(listing) = &seen.listing else {
        // Why it could not be read stands on top.
        return html! {
            (reading(seen))
            @if seen.failed.is_some() { p.hint { "Nothing is known of it yet." } }
        };
    };
    let of = |state: State| Address::of(["inventory", idp.name()]).with("state", state.name());
    let tile = |label: &str, state: State, icon: Icon| {
        Tile::new(label, listing.count(state) as u64, icon, of(state))
    };
    let mut tiles = vec![
        tile("Assigned, not usable yet", State::Assigned, Icon::Assigned).tone(Tone::Warning),
        tile("Activated", State::Activated, Icon::Activated).tone(Tone::Good),
    ];
    // Okta knows no token that nobody holds.
    if idp == Idp::Entra {
        tiles.insert(0, tile("In stock", State::Imported, Icon::Imported));
    }
    ui::tiles(&tiles)
}

fn latest(page: &Page, runs: &[RunSummary]) -> Markup {
    let content = html! {
        @if runs.is_empty() {
            (nothing::imported(page, Icon::Runs, "Nothing was done yet"))
        } @else {
            ul.plain { @for run in runs.iter().take(RUNS) { li {
                a href=(address(&run.run)) {
                    (ui::moment(u64::try_from(run.begun_at).unwrap_or_default()))
                }
                " "
                @match run.goal {
                    Some(goal) => { (goals::run(&run.tenant.idp, goal)) ", " }
                    None => { (goals::place(&run.tenant.idp)) " " }
                }
                (ui::plural(run.rows as u64, "row"))
                @if run.pending > 0 { ", " (run.pending) " open" }
                @if run.not_as_wanted > 0 { ", " (run.not_as_wanted) " not as wanted" }
            } } }
            p { a href="/runs" { "All runs" } }
        }
    };
    ui::section("latest", "Latest runs", content)
}
