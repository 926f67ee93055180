//! Runs: the list, and of each run how far it is and what came of it.

mod act;
mod again;
mod events;
mod files;
mod other;
mod rows;
mod state;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use ledger::RunSummary;
use maud::{Markup, html};
use provisioner::{Problem, RunId};
use serde::Deserialize;

use self::other::Other;
use self::state::Standing;
pub(super) use self::state::of_job;
use super::{Page, goals, nothing};
use crate::app::App;
use crate::door::Role;
use crate::jobs::Job;
use crate::reports::RunReport;
use crate::routes::Routes;
use crate::trouble::{self, Told};
use crate::ui::{
    self, Address, Badge, Button, Choice, Column, Empty, Field, Head, Icon, JobState, Pager, Row,
    Section, Table,
};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get("/runs", Role::Viewer, list)
        .get("/runs/{run}", Role::Viewer, show)
        .and(act::routes())
        .and(again::routes())
        .and(events::routes())
        .and(files::routes())
}

/// Runs on a page.
const RUNS: usize = 50;

/// Which runs are listed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Listed {
    /// `open`, `ended`, or all.
    state: String,
    place: String,
    after: usize,
}

impl Listed {
    fn takes(&self, run: &RunSummary) -> bool {
        let state = match &*self.state {
            "open" => run.pending > 0,
            "ended" => run.pending == 0,
            _ => true,
        };
        state && (self.place.is_empty() || run.tenant.idp == self.place)
    }

    fn address(&self) -> Address {
        let after = if self.after > 0 {
            self.after.to_string()
        } else {
            String::new()
        };
        let address = Address::of(["runs"]).with("state", &*self.state);
        address.with("place", &*self.place).with("after", after)
    }
}

pub(super) fn address(run: &RunId) -> Address {
    Address::of(["runs", &run.0])
}

async fn list(page: Page, Query(view): Query<Listed>) -> Response {
    let head = Head::new("Runs").section(Section::Runs);
    match page.app.ledger.runs().await {
        Ok(runs) => page
            .show(&head, listed(&page, &view, &runs))
            .into_response(),
        Err(error) => page.trouble(head, &error.told()),
    }
}

fn listed(page: &Page, view: &Listed, runs: &[RunSummary]) -> Markup {
    let found: Vec<&RunSummary> = runs.iter().filter(|run| view.takes(run)).collect();
    let shown = found.iter().skip(view.after).take(RUNS);
    let rows: Vec<Row> = shown.map(|run| summary(page, run)).collect();
    let to = |after| {
        Listed {
            after,
            ..view.clone()
        }
        .address()
        .to_string()
    };
    let pager = Pager::of("run", (view.after, RUNS), (rows.len(), found.len()), to);
    ui::list(html! {
        (filter(view))
        (table(page, rows, runs.is_empty()))
        (pager)
    })
}

fn filter(view: &Listed) -> Markup {
    let states = [
        Choice::new("", "All"),
        Choice::new("open", "Open"),
        Choice::new("ended", "Ended"),
    ];
    let places = [
        Choice::new("", "All"),
        Choice::new("entra", "Entra ID"),
        Choice::new("okta", "Okta"),
    ];
    let content = html! {
        (Field::new("state", "State").value(&*view.state).select(&states))
        (Field::new("place", "Place").value(&*view.place).select(&places))
    };
    ui::filter(&view.address(), &[], &Address::of(["runs"]), content)
}

fn table(page: &Page, rows: Vec<Row>, none_yet: bool) -> Markup {
    let columns = vec![
        Column::new("Begun").heads_rows().tight(),
        Column::new("Place").tight(),
        Column::new("What"),
        Column::new("Rows").number(),
        Column::new("State").tight(),
        Column::new("By").wide_only(),
    ];
    let empty = match none_yet {
        true => nothing::imported(page, Icon::Runs, "Nothing was done yet"),
        false => Empty::new(Icon::Runs, "No such run", "Clear the filter."),
    };
    html! { (Table::new("Runs", columns, rows).empty(empty)) }
}

fn summary(page: &Page, run: &RunSummary) -> Row {
    let what = run
        .goal
        .map_or("Change", |goal| goals::deed(&run.tenant.idp, goal));
    Row::new(vec![
        html! { a href=(address(&run.run)) { (begun_at(run)) } },
        goals::place(&run.tenant.idp),
        html! { (what) },
        html! { (ui::number(run.rows)) },
        state(page, run),
        html! { @if let Some(by) = &run.begun_by { (by.user) } },
    ])
}

/// How far an open run is, and what came of one that has ended.
fn state(page: &Page, run: &RunSummary) -> Markup {
    let job = page.app.jobs.find(&run.run);
    let part = job.as_ref().and_then(|job| job.part(&run.run));
    let open = match part {
        Some(part) => Some(state::of_job(part.board.now().status)),
        None => (run.pending > 0).then_some(JobState::Interrupted),
    };
    html! {
        @if let Some(open) = open { (Badge::from(open)) }
        @if run.pending > 0 { p.next { (ui::number(run.pending)) " open" } }
        @if run.not_as_wanted > 0 { p { (ui::number(run.not_as_wanted)) " " (Badge::NOT_AS_WANTED) } }
        @else if open.is_none() { (Badge::AS_WANTED) }
    }
}

fn begun_at(run: &RunSummary) -> Markup {
    ui::moment(u64::try_from(run.begun_at).unwrap_or_default())
}

/// A run as its page shows it.
struct Shown {
    run: RunId,
    known: Arc<RunReport>,
    /// What carries it out, where this server does.
    job: Option<Arc<Job>>,
    other: Option<Other>,
}

/// Looks a run up, or says that there is none.
async fn find(page: &Page, id: &str) -> Result<Shown, Response> {
    let run = RunId(id.to_owned());
    let app = &page.app;
    let job = app.jobs.find(&run);
    let live = job.as_ref().and_then(|job| job.part(&run));
    let live = live.map(|part| &part.plan);
    let known = app
        .reports
        .get(&app.ledger, &run, live, app.clock.monotonic());
    match known.await {
        Ok(Some(known)) => Ok(Shown {
            other: Other::of(app, &run).await,
            run,
            known,
            job,
        }),
        Ok(None) => Err(none(page)),
        Err(error) => Err(page.trouble(Head::new("Run").section(Section::Runs), &error.told())),
    }
}

fn none(page: &Page) -> Response {
    let next = "Look for it in the list.";
    let empty = Empty::new(Icon::Runs, "There is no such run", next)
        .actions(html! { (Button::primary("All runs").to("/runs")) });
    let head = Head::new("No such run").section(Section::Runs);
    (StatusCode::NOT_FOUND, page.show(&head, empty)).into_response()
}

async fn show(page: Page, Path(id): Path<String>, Query(view): Query<rows::View>) -> Response {
    match find(&page, &id).await {
        Ok(shown) => shown.page(&page, &view, None),
        Err(response) => response,
    }
}

impl Shown {
    /// The page. `refused` says why what was asked for came to nothing.
    fn page(&self, page: &Page, view: &rows::View, refused: Option<&Problem>) -> Response {
        let standing = Standing::of(self);
        let live = refused.is_none() && self.job.is_some();
        let content = html! {
            @if let Some(problem) = refused { (ui::refused(problem)) }
            (standing.block(self, live))
            @match standing.state() {
                JobState::Finished | JobState::Cancelled => {
                    (files::section(self))
                    (again::section(page, self))
                }
                _ => { (act::section(page, self, &standing)) }
            }
            @if let Some(other) = &self.other { (other.section(page)) }
            (rows::section(self, view))
        };
        let mut head = self.head().failed(refused.is_some());
        if live {
            head = head.refresh(5);
        }
        let shown = page.show(&head, content);
        match refused {
            Some(problem) => trouble::again(problem, shown),
            None => shown.into_response(),
        }
    }

    fn head(&self) -> Head {
        let summary = &self.known.summary;
        let wanted = self.known.report.wanted;
        let lead = html! {
            p {
                (goals::place(&summary.tenant.idp)) " "
                "begun " (begun_at(summary))
                @if let Some(by) = &summary.begun_by { " by " (by.user) " with " (by.program) }
            }
            p.hint.mono { (self.run) }
        };
        Head::new(goals::run(&summary.tenant.idp, wanted))
            .section(Section::Runs)
            .below("Runs", "/runs")
            .lead(lead)
    }
}
