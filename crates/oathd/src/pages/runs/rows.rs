//! What came of each row.

use maud::{Markup, html};
use provisioner::{Outcome, Problem, ReportRow};
use seedfile::Serial;
use serde::Deserialize;

use super::{Shown, address};
use crate::ui::{self, Address, Badge, Choice, Column, Empty, Field, Icon, Pager, Row, Table};

/// Rows on a page.
const ROWS: usize = 100;
const OUTCOMES: [Outcome; 6] = [
    Outcome::Done,
    Outcome::Unchanged,
    Outcome::Failed,
    Outcome::Conflict,
    Outcome::Pending,
    Outcome::Rejected,
];

/// Which rows are shown.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct View {
    outcome: String,
    after: usize,
}

pub(super) fn section(shown: &Shown, view: &View) -> Markup {
    let all = &shown.known.report.rows;
    let fits = |row: &&ReportRow| view.outcome.is_empty() || row.outcome.name() == view.outcome;
    let total = all.iter().filter(fits).count();
    let page = all.iter().filter(fits).skip(view.after).take(ROWS);
    let page = as_of_now(shown, page.cloned().collect());
    let idp = &*shown.known.summary.tenant.idp;
    let rows: Vec<Row> = page.iter().map(|report| row(idp, report)).collect();
    let at = |after: usize| {
        let after = if after > 0 {
            after.to_string()
        } else {
            String::new()
        };
        address(&shown.run)
            .with("outcome", &*view.outcome)
            .with("after", after)
    };
    let to = |after| format!("{}#rows", at(after));
    let pager = Pager::of("row", (view.after, ROWS), (rows.len(), total), to);
    let content = ui::list(html! {
        (filter(shown, view, &at(view.after)))
        (table(rows))
        (pager)
    });
    ui::section("rows", "Rows", content)
}

/// The report may be two seconds old: of the rows on this page the latest is known.
fn as_of_now(shown: &Shown, mut rows: Vec<ReportRow>) -> Vec<ReportRow> {
    let job = shown.job.as_ref();
    let Some(part) = job.and_then(|job| job.part(&shown.run)) else {
        return rows;
    };
    let serials: Vec<&Serial> = rows.iter().filter_map(|row| row.serial.as_ref()).collect();
    let mut ends = part.board.ends_of(&serials);
    for row in &mut rows {
        let end = row.serial.as_ref().and_then(|serial| ends.remove(serial));
        if let Some(end) = end {
            (row.outcome, row.state, row.error) = (end.outcome, end.state, end.error);
        }
    }
    rows
}

fn filter(shown: &Shown, view: &View, at: &Address) -> Markup {
    let any = std::iter::once(Choice::new("", "All"));
    let outcomes = OUTCOMES.map(|outcome| Choice::new(outcome.name(), outcome.name()));
    let choices: Vec<Choice> = any.chain(outcomes).collect();
    let field = Field::new("outcome", "Outcome")
        .value(&*view.outcome)
        .select(&choices);
    ui::filter(at, &[], &address(&shown.run), field)
}

fn table(rows: Vec<Row>) -> Markup {
    let columns = vec![
        Column::new("Row").number().tight().wide_only(),
        Column::new("Serial").heads_rows().mono(),
        Column::new("User").roomy(),
        Column::new("Outcome").tight().live("outcome"),
        Column::new("State").tight().live("state"),
        Column::new("Why, and what to do").live("note"),
    ];
    let empty = Empty::new(Icon::Info, "No such row", "Show all rows.");
    html! { (Table::new("Rows of the run", columns, rows).empty(empty)) }
}

fn row(idp: &str, report: &ReportRow) -> Row {
    let row = Row::new(vec![
        html! { (report.row) },
        html! { @if let Some(serial) = &report.serial {
            a href=(Address::of(["tokens", idp, serial.as_str()])) { (serial) }
        } @else { (ui::serial("")) } },
        html! { @if let Some(user) = &report.user { (user) } },
        html! { (Badge::from(report.outcome)) },
        html! { @if let Some(state) = report.state { (Badge::from(state)) } },
        html! {
            @if let Some(error) = &report.error { (note(error)) }
            @if let Some(at) = report.not_before { " Not before " (ui::moment(at)) "." }
        },
    ]);
    match &report.serial {
        Some(serial) => row.named(serial.as_str()),
        None => row,
    }
}

/// Why a row is not as wanted, and what to do: the page and its events say the same.
pub(super) fn note(problem: &Problem) -> String {
    let [what, next] = [&problem.message, &problem.next].map(|text| ui::sentence(text));
    format!("{what} What to do: {next}")
}
