//! The rows of a file, one by one: everything but the seeds.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use maud::{Markup, html};
use provisioner::{Counts, Goal, Misfit, Outcome, Problem, Report, ReportRow, RunId};
use seedfile::{SeedFile, TokenRecord};
use serde::Deserialize;

use super::{address, compare, file, find, targets};
use crate::app::App;
use crate::door::Role;
use crate::drafts::{Draft, Look};
use crate::pages::Page;
use crate::places::Idp;
use crate::routes::Routes;
use crate::ui::{
    self, Badge, Button, Choice, Column, Empty, Field, Head, Icon, Pager, Row, Section, Table, Tone,
};
use crate::upload::Upload;
use crate::vault::Vault;

/// Rows on a page.
const ROWS: usize = 100;
const FINE: Badge = Badge::new(Tone::Good, Icon::Done, "can be used");
const ODD: Badge = Badge::new(Tone::Warning, Icon::Warning, "look at it");
const WRONG: Badge = Badge::new(Tone::Bad, Icon::Rejected, "rejected");
const UNFIT: Badge = Badge::new(Tone::Bad, Icon::Rejected, "cannot be used");

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get("/drafts/{id}/rows", Role::Operator, show)
        .get("/drafts/{id}/rejected.csv", Role::Operator, csv)
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct View {
    /// `wrong`, `odd`, or all.
    show: String,
    after: usize,
}

/// A row of the file.
#[derive(Debug)]
struct Line {
    row: usize,
    badge: Badge,
    serial: String,
    user: String,
    kind: String,
    /// What there is to say of it, and what to do.
    notes: Vec<(String, String)>,
}

async fn show(page: Page, Path(id): Path<String>, Query(view): Query<View>) -> Response {
    let draft = match find(&page, &id) {
        Ok(draft) => draft,
        Err(response) => return response,
    };
    let head = Head::new("The rows of the file")
        .section(Section::Import)
        .below("Import", "/import")
        .below("Check the file", address(&id));
    match lines(&page, &draft).await {
        Ok(lines) => page.show(&head, listed(&id, &view, &lines)).into_response(),
        Err(problem) => page.trouble(head, &problem),
    }
}

async fn lines(page: &Page, draft: &Arc<Draft>) -> Result<Vec<Line>, Problem> {
    let read = |upload: &Upload, vault: &Vault| Ok(of_file(&upload.given_if_any(vault)?));
    let mut lines = page.app.with_upload(draft, read).await?;
    let look = page.app.look_into(draft).await?;
    compare(page, draft, &look).await;
    say_misfits(&mut lines, &look, &targets(page, draft));
    Ok(lines)
}

/// Says of each token which places would not take it, and why.
fn say_misfits(lines: &mut [Line], look: &Look, targets: &[Idp]) {
    let unfit = look.unfit(targets);
    let of = |idp: &Idp| look.misfits(*idp).unwrap_or_default();
    let found: Vec<_> = targets.iter().map(|idp| (idp, of(idp))).collect();
    let mut by_row: BTreeMap<usize, Vec<(&Idp, &Misfit)>> = BTreeMap::new();
    for (idp, misfits) in &found {
        for misfit in misfits.iter() {
            by_row.entry(misfit.row).or_default().push((idp, misfit));
        }
    }
    for line in lines {
        let Some(misfits) = by_row.get(&line.row) else {
            continue;
        };
        line.badge = match unfit.contains(&line.row) {
            true => UNFIT,
            false => ODD,
        };
        line.notes.extend(misfits.iter().map(|(idp, misfit)| {
            let what = format!("Not for {}: {}", idp.title(), misfit.problem.message);
            (what, misfit.problem.next.to_string())
        }));
    }
}

fn of_file(file: &SeedFile) -> Vec<Line> {
    let mut lines: BTreeMap<usize, Line> = BTreeMap::new();
    for token in &file.tokens {
        lines.insert(token.row, of_token(token));
    }
    for problem in &file.problems {
        let line = lines
            .entry(problem.row)
            .or_insert_with(|| rejected(problem.row));
        let what = match problem.field {
            seedfile::Problem::WHOLE_ROW => problem.kind.to_string(),
            field => format!("{field}: {}", problem.kind),
        };
        line.notes.push((what, problem.help().to_owned()));
    }
    lines.into_values().collect()
}

fn of_token(token: &TokenRecord) -> Line {
    let warnings = token.warnings.iter();
    Line {
        row: token.row,
        badge: if token.warnings.is_empty() { FINE } else { ODD },
        serial: token.serial.to_string(),
        user: token.user.clone().unwrap_or_default(),
        kind: file::kind(&token.manufacturer, &token.model),
        notes: warnings
            .map(|warning| (warning.to_string(), warning.help().to_owned()))
            .collect(),
    }
}

fn rejected(row: usize) -> Line {
    Line {
        row,
        badge: WRONG,
        serial: String::new(),
        user: String::new(),
        kind: String::new(),
        notes: Vec::new(),
    }
}

fn listed(id: &str, view: &View, lines: &[Line]) -> Markup {
    let fits = |line: &&Line| match &*view.show {
        "wrong" => [WRONG, UNFIT].contains(&line.badge),
        "odd" => line.badge == ODD,
        _ => true,
    };
    let found: Vec<&Line> = lines.iter().filter(fits).collect();
    let shown = found.iter().skip(view.after).take(ROWS);
    let rows: Vec<Row> = shown.map(|line| row(line)).collect();
    let pager = pager(id, view, rows.len(), found.len());
    ui::list(html! {
        (filter(id, view))
        (table(rows))
        (pager)
        (ui::buttons(Button::secondary("Rejected rows as CSV").icon(Icon::Download).small()
            .download(format!("{}/rejected.csv", address(id)))))
    })
}

fn filter(id: &str, view: &View) -> Markup {
    let choices = [
        Choice::new("", "All rows"),
        Choice::new("wrong", "Only wrong rows"),
        Choice::new("odd", "Only rows to look at"),
    ];
    let field = Field::new("show", "Show")
        .value(&*view.show)
        .select(&choices);
    ui::filter(&at(id, view), &[], &rows_of(id), field)
}

fn rows_of(id: &str) -> ui::Address {
    ui::Address::of(["drafts", id, "rows"])
}

fn at(id: &str, view: &View) -> ui::Address {
    let after = if view.after > 0 {
        view.after.to_string()
    } else {
        String::new()
    };
    rows_of(id).with("show", &*view.show).with("after", after)
}

fn table(rows: Vec<Row>) -> Markup {
    let columns = vec![
        Column::new("Row").number().tight(),
        Column::new("Serial").heads_rows().mono(),
        Column::new("User").roomy(),
        Column::new("Kind").wide_only(),
        Column::new("State").tight(),
        Column::new("Why, and what to do"),
    ];
    let empty = Empty::new(Icon::Done, "No such row", "Show all rows.");
    html! { (Table::new("Rows of the file", columns, rows).empty(empty)) }
}

fn row(line: &Line) -> Row {
    Row::new(vec![
        html! { (line.row) },
        ui::serial(&line.serial),
        html! { (line.user) },
        html! { (line.kind) },
        html! { (line.badge) },
        html! { @for (what, next) in &line.notes { p { (what) } p.next { (next) } } },
    ])
}

fn pager(id: &str, view: &View, shown: usize, total: usize) -> Pager {
    let to = |after: usize| {
        at(
            id,
            &View {
                after,
                ..view.clone()
            },
        )
        .to_string()
    };
    Pager::of("row", (view.after, ROWS), (shown, total), to)
}

/// What is wrong with rejected rows and with tokens that the place would not take, without any seed.
async fn csv(page: Page, Path(id): Path<String>) -> Response {
    let draft = match find(&page, &id) {
        Ok(draft) => draft,
        Err(response) => return response,
    };
    let look = match page.app.look_into(&draft).await {
        Ok(look) => look,
        Err(problem) => return page.trouble(Head::new("Rejected rows"), &problem),
    };
    compare(&page, &draft, &look).await;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"rejected-rows.csv\"",
        ),
    ];
    (headers, report(&draft, &look).to_csv()).into_response()
}

/// The same table as that of a run.
fn report(draft: &Draft, look: &Look) -> Report {
    let wish = draft.wish();
    let wrong = look.survey.problems.iter().map(wrong_row);
    let misfits = look.misfits(wish.idp).unwrap_or_default();
    let misfits = misfits.iter().map(misfit_row);
    let mut rows: Vec<ReportRow> = wrong.chain(misfits).collect();
    rows.sort_by_key(|row| row.row);
    report_of(wish.idp, wish.goal, rows)
}

fn report_of(idp: Idp, goal: Goal, rows: Vec<ReportRow>) -> Report {
    Report {
        schema: Report::SCHEMA.to_owned(),
        run: RunId(String::new()),
        idp: idp.name().to_owned(),
        wanted: goal,
        counts: Counts::default(),
        rows,
        calls: provisioner::Calls::default(),
        elapsed_ms: 0,
    }
}

fn wrong_row(problem: &seedfile::Problem) -> ReportRow {
    let message = format!("{}: {}", problem.field, problem.kind);
    not_sent(
        problem.row,
        Problem::new(problem.code(), message, problem.help()),
    )
}

fn misfit_row(misfit: &Misfit) -> ReportRow {
    ReportRow {
        serial: Some(misfit.serial.clone()),
        ..not_sent(misfit.row, misfit.problem.clone())
    }
}

fn not_sent(row: usize, problem: Problem) -> ReportRow {
    ReportRow {
        row,
        serial: None,
        user: None,
        outcome: Outcome::Rejected,
        state: None,
        activated_by: None,
        error: Some(problem),
        not_before: None,
    }
}
