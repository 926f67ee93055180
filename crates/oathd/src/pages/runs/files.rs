//! The report of a run that has ended: in short, and to keep.

use std::sync::Arc;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use maud::{Markup, html};
use provisioner::{Outcome, Report, ReportRow};

use super::{Shown, address, find};
use crate::app::App;
use crate::door::Role;
use crate::pages::Page;
use crate::routes::Routes;
use crate::ui::{self, Button, Icon, Notice, Tone};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get("/runs/{run}/report.html", Role::Viewer, as_html)
        .get("/runs/{run}/report.csv", Role::Viewer, as_csv)
        .get("/runs/{run}/report.json", Role::Viewer, as_json)
        .get("/runs/{run}/failed.csv", Role::Viewer, failed)
}

pub(super) fn section(shown: &Shown) -> Markup {
    let report = &shown.known.report;
    let to = |name: &str| format!("{}/{name}", address(&shown.run));
    let button = |label: &str, name: &str| {
        Button::secondary(label)
            .icon(Icon::Download)
            .small()
            .download(to(name))
    };
    let content = html! {
        (verdict(report))
        (ui::buttons(html! {
            (button("Report (HTML)", "report.html"))
            (button("Report (CSV)", "report.csv"))
            (button("Report (JSON)", "report.json"))
            @if !report.is_complete() { (button("Failed rows (CSV, no seeds)", "failed.csv")) }
        }))
        p { (effort(report)) }
    };
    ui::section("report", "Report", content)
}

fn verdict(report: &Report) -> Notice {
    let counts = report.counts;
    let rows = ui::number(counts.rows);
    let good = ui::number(counts.done + counts.unchanged);
    match (report.is_complete(), counts.rows) {
        (true, 1) => Notice::new(Tone::Good, "The row is as wanted."),
        (true, _) => Notice::new(Tone::Good, format!("All {rows} rows are as wanted.")),
        (false, 1) => Notice::new(Tone::Warning, "The row is not as wanted.")
            .next("It says below why not, and what to do."),
        (false, _) => Notice::new(
            Tone::Warning,
            format!("{good} of {rows} rows are as wanted."),
        )
        .next("The others say below why not, and what to do."),
    }
}

fn effort(report: &Report) -> String {
    let time = std::time::Duration::from_millis(report.elapsed_ms);
    let calls = report.calls;
    format!(
        "It took {} in {}, {} of them to change something; {} were asked to wait.",
        ui::plural(calls.total, "call"),
        ui::duration(time),
        ui::number(calls.writes),
        ui::number(calls.throttled),
    )
}

/// Rows that are not as wanted.
pub(super) fn is_failed(row: &ReportRow) -> bool {
    !matches!(row.outcome, Outcome::Done | Outcome::Unchanged)
}

async fn as_html(page: Page, Path(id): Path<String>) -> Response {
    let html = |shown: &Shown| shown.known.report.to_html(&shown.known.summary.tenant);
    file(
        &page,
        &id,
        ("report.html", "text/html; charset=utf-8"),
        html,
    )
    .await
}

async fn as_csv(page: Page, Path(id): Path<String>) -> Response {
    let csv = |shown: &Shown| shown.known.report.to_csv();
    file(&page, &id, ("report.csv", "text/csv; charset=utf-8"), csv).await
}

async fn as_json(page: Page, Path(id): Path<String>) -> Response {
    let json =
        |shown: &Shown| serde_json::to_string_pretty(&shown.known.report).unwrap_or_default();
    file(&page, &id, ("report.json", "application/json"), json).await
}

async fn failed(page: Page, Path(id): Path<String>) -> Response {
    let csv = |shown: &Shown| {
        let report = &shown.known.report;
        let rows = report.rows.iter().filter(|row| is_failed(row));
        let failed = Report {
            rows: rows.cloned().collect(),
            schema: report.schema.clone(),
            run: report.run.clone(),
            idp: report.idp.clone(),
            ..*report
        };
        failed.to_csv()
    };
    file(
        &page,
        &id,
        ("failed-rows.csv", "text/csv; charset=utf-8"),
        csv,
    )
    .await
}

async fn file(
    page: &Page,
    id: &str,
    (name, kind): (&str, &str),
    write: impl Fn(&Shown) -> String,
) -> Response {
    match find(page, id).await {
        Ok(shown) => {
            let name = format!("attachment; filename=\"{name}\"");
            let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name)];
            (headers, write(&shown)).into_response()
        }
        Err(response) => response,
    }
}
