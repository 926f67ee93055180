//! Runs: what goes on, and what came of it.

mod events;
mod steer;

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use ledger::RunSummary;
use provisioner::{Counts, Problem, RunId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::answer::{Done, Failed, Reply};
use super::call::Call;
use super::description::Operation;
use super::parameters::{Path, Query};
use crate::door::Role;
use crate::jobs::Job;
use crate::reports::RunReport;
use crate::trouble::OrTold;
use crate::ui::Address;

pub(super) fn api() -> Api {
    let viewer = Role::Viewer;
    Api::new()
        .on(
            Operation::get("/api/v1/runs", viewer, "The runs, newest first.")
                .query::<Which>()
                .gives(200, "oathkit.runs/1"),
            list,
        )
        .on(
            Operation::get("/api/v1/runs/{run}", viewer, "How far a run has come.")
                .gives(200, "oathkit.progress/1"),
            progress,
        )
        .on(
            Operation::get("/api/v1/runs/{run}/plan", viewer, "What a run is to do.")
                .gives(200, "oathkit.plan/1"),
            plan,
        )
        .on(
            Operation::get(
                "/api/v1/runs/{run}/report",
                viewer,
                "What came of each row, as far as the run has come.",
            )
            .query::<How>()
            .gives(200, "oathkit.report/1")
            .or("text/csv")
            .or("text/html"),
            report,
        )
        .and(events::api())
        .and(steer::api())
}

#[derive(Deserialize, IntoParams)]
struct Which {
    /// `open`: those that have not come to their end.
    #[param(inline)]
    state: Option<Open>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Open {
    Open,
}

#[derive(Serialize)]
struct RunsDocument {
    schema: &'static str,
    runs: Vec<RunSummary>,
}

async fn list(call: Call, Query(which): Query<Which>) -> Done {
    let mut runs = call.app.ledger.runs().await.or_told()?;
    if which.state.is_some() {
        runs.retain(|run| run.pending > 0);
    }
    let schema = "oathkit.runs/1";
    Reply::ok(&RunsDocument { schema, runs })
}

#[derive(Serialize)]
struct ProgressDocument {
    schema: &'static str,
    run: RunId,
    status: String,
    counts: Counts,
    under_way: usize,
    time_left_ms: Option<u64>,
    waiting_ms: Option<u64>,
    problem: Option<Problem>,
    /// The runs of the same job, in their order: two of a replacement.
    parts: Vec<RunId>,
}

async fn progress(call: Call, Path(run): Path<String>) -> Done {
    Reply::ok(&seen(&call, RunId(run)).await?)
}

async fn seen(call: &Call, run: RunId) -> Result<ProgressDocument, Failed> {
    match call.app.jobs.find(&run) {
        Some(job) => live(&job, run),
        None => {
            let known = kept(call, &run).await?;
            Ok(ended(run, known.report.counts))
        }
    }
}

fn live(job: &Job, run: RunId) -> Result<ProgressDocument, Failed> {
    let now = job.part(&run).map(|part| part.board.now());
    let now = now.ok_or_else(|| no_run(&run))?;
    let status = serde_json::to_value(now.status).unwrap_or_default();
    Ok(ProgressDocument {
        status: status.as_str().unwrap_or_default().to_owned(),
        counts: now.counts,
        under_way: now.under_way,
        time_left_ms: now.time_left_ms,
        waiting_ms: now.waiting_ms,
        problem: now.problem,
        parts: job.parts.iter().map(|part| part.run.clone()).collect(),
        ..ended(run, now.counts)
    })
}

fn ended(run: RunId, counts: Counts) -> ProgressDocument {
    let status = if counts.pending > 0 { "open" } else { "ended" };
    ProgressDocument {
        schema: "oathkit.progress/1",
        parts: vec![run.clone()],
        run,
        status: status.to_owned(),
        counts,
        under_way: 0,
        time_left_ms: None,
        waiting_ms: None,
        problem: None,
    }
}

async fn kept(call: &Call, run: &RunId) -> Result<Arc<RunReport>, Problem> {
    let app = &call.app;
    let job = app.jobs.find(run);
    let live = job.as_ref().and_then(|job| job.part(run));
    let live = live.map(|part| &part.plan);
    let now = app.clock.monotonic();
    let report = app.reports.get(&app.ledger, run, live, now).await;
    report.or_told()?.ok_or_else(|| no_run(run))
}

async fn plan(call: Call, Path(run): Path<String>) -> Done {
    let run = RunId(run);
    let plan = call.app.ledger.plan(&run).await.or_told()?;
    let plan = plan.ok_or_else(|| no_run(&run))?;
    Ok(Reply::text(plan.document()))
}

#[derive(Deserialize, IntoParams)]
struct How {
    /// `json` (which it is without saying), `csv` or `html`.
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Json,
    Csv,
    Html,
}

async fn report(
    call: Call,
    Path(run): Path<String>,
    Query(how): Query<How>,
) -> Result<Response, Failed> {
    let known = kept(&call, &RunId(run)).await?;
    let report = &known.report;
    let (kind, ending, text) = match how.format {
        Format::Json => return Ok(Reply::ok(report)?.into_response()),
        Format::Csv => ("text/csv; charset=utf-8", "csv", report.to_csv()),
        Format::Html => (
            "text/html; charset=utf-8",
            "html",
            report.to_html(&known.summary.tenant),
        ),
    };
    let name = format!("attachment; filename=\"run-{}.{ending}\"", report.run);
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, text).into_response())
}

#[derive(Serialize)]
struct StartedDocument<'r> {
    schema: &'static str,
    run: Option<&'r RunId>,
    url: Option<String>,
}

/// Something goes on in this run.
pub(super) fn started(run: &RunId) -> Done {
    let at = address(&run.0);
    let document = StartedDocument {
        schema: "oathkit.started/1",
        run: Some(run),
        url: Some(at.clone()),
    };
    Reply::accepted(at, &document)
}

/// Everything is so already.
pub(super) fn not_started() -> Done {
    Reply::ok(&StartedDocument {
        schema: "oathkit.started/1",
        run: None,
        url: None,
    })
}

/// Where a run is watched.
fn address(run: &str) -> String {
    Address::of(["api", "v1", "runs", run]).to_string()
}

fn no_run(run: &RunId) -> Problem {
    Problem::new(
        "no-run",
        format!("there is no run {run}"),
        "look for it in the list of runs",
    )
}
