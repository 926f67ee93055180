//! Plans, reports and files as tables for people.

mod found;
mod inventory;
mod plan;
mod seeds;
mod setup;

use std::fmt::Write;
use std::time::Duration;

use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, Row, Table, TableStyle};
use idp_http::printable;
use ledger::{RunSummary, Verification};
use provisioner::{Misfit, Outcome, Problem, Report};
use seedfile::Serial;

pub(crate) use self::found::found;
pub(crate) use self::inventory::{inventory, records, users};
pub(crate) use self::plan::{Showing, estimate, plan};
pub(crate) use self::seeds::{faults, findings, pairing, survey, tokens};
pub(crate) use self::setup::{examination, profiles, registration, settings, standing};

/// Longer lists show only the rows that somebody has to look at.
const LONG: usize = 60;

/// A line under the header and none between the rows.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table whose columns `whole` keep their words whole, however narrow the terminal is.
fn table(header: impl Into<Row>, whole: &[usize]) -> Table {
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    for index in whole {
        if let Some(column) = table.column_mut(*index) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table
}

/// Adds a row. Texts of a file or a service stand in its cells, and a terminal obeys some of them.
fn add<C: AsRef<str>>(table: &mut Table, cells: impl IntoIterator<Item = C>) {
    let cells = cells.into_iter().map(|cell| plain(cell.as_ref()));
    table.add_row(cells);
}

/// Text of a file or a service on one line, without what could act on a terminal.
pub(crate) fn plain(text: &str) -> String {
    printable(text).replace(['\u{61c}', '\u{200e}', '\u{200f}'], "\u{fffd}")
}

/// Why rows are not as wanted, and what to do: lines of their own, since a column of sentences leaves
/// no room for the others.
fn reasons(list: &[(usize, Option<&Serial>, &Problem)], limit: usize) -> String {
    let mut text = String::new();
    for (row, serial, problem) in list.iter().take(limit) {
        let of_token = serial.map(|serial| format!(", serial {serial}"));
        let (of_token, message) = (of_token.unwrap_or_default(), &problem.message);
        let _ = writeln!(
            text,
            "row {row}{of_token}: {message}\n  -> {}",
            problem.next
        );
    }
    if list.len() > limit {
        let _ = writeln!(text, "… and {} more.", list.len() - limit);
    }
    match list {
        [] => text,
        _ => format!("\n{text}"),
    }
}

/// What came of a run.
pub(crate) fn report(report: &Report) -> String {
    let mut text = report_rows(report);
    let counts = report.counts;
    let parts = [
        (counts.done, "done"),
        (counts.unchanged, "unchanged"),
        (counts.failed, "failed"),
        (counts.conflict, "in conflict"),
        (counts.pending, "pending"),
        (counts.rejected, "rejected"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    let as_wanted = counts.done + counts.unchanged;
    let (rows, wanted, parts) = (counts.rows, report.wanted, parts.join(", "));
    let _ = writeln!(text, "{as_wanted} of {rows} rows are {wanted}: {parts}.");
    if let Some(time) = report.not_before_utc() {
        let _ = writeln!(text, "Pending rows may have to wait until {time}.");
    }
    let calls = report.calls;
    let (total, writes, throttled) = (calls.total, calls.writes, calls.throttled);
    let seconds = Duration::from_millis(report.elapsed_ms).as_secs_f64();
    let _ = writeln!(
        text,
        "Run {}: {total} calls, {writes} of them writes, {throttled} throttled, {seconds:.1} s.",
        report.run
    );
    text
}

fn report_rows(report: &Report) -> String {
    let rows = report_table(report);
    let list: Vec<_> = report
        .rows
        .iter()
        .filter_map(|row| Some((row.row, row.serial.as_ref(), row.error.as_ref()?)))
        .collect();
    match rows.row_count() {
        0 => String::new(),
        _ => format!("{}\n{}\n", rows.trim_fmt(), reasons(&list, usize::MAX)),
    }
}

fn report_table(report: &Report) -> Table {
    let long = report.rows.len() > LONG;
    let header = ["row", "serial", "user", "outcome", "state"];
    let mut rows = table(header, &[0, 1, 3, 4]);
    for row in &report.rows {
        if long && matches!(row.outcome, Outcome::Done | Outcome::Unchanged) {
            continue;
        }
        add(&mut rows, row.cells());
    }
    rows
}

/// Tokens that an identity provider would not take.
pub(crate) fn misfits(misfits: &[Misfit]) -> String {
    let list: Vec<_> = misfits
        .iter()
        .map(|misfit| (misfit.row, Some(&misfit.serial), &misfit.problem))
        .collect();
    reasons(&list, usize::MAX)
}

/// The runs of a ledger.
pub(crate) fn runs(runs: &[RunSummary]) -> String {
    if runs.is_empty() {
        return "There are no runs.\n".to_owned();
    }
    let header = ["run", "begun", "to", "rows", "open", "not as wanted"];
    let mut list = table(header, &[0, 3, 4]);
    for run in runs {
        let begun = jiff::Timestamp::from_second(run.begun_at);
        add(
            &mut list,
            [
                run.run.to_string(),
                begun.map(|time| time.to_string()).unwrap_or_default(),
                run.tenant.to_string(),
                run.rows.to_string(),
                run.pending.to_string(),
                run.not_as_wanted.to_string(),
            ],
        );
    }
    format!("{}\n", list.trim_fmt())
}

/// What a check of the audit found.
pub(crate) fn verification(found: &Verification) -> String {
    let Some(head) = &found.head else {
        return match &*found.findings {
            [] => "There are no records.\n".to_owned(),
            _ => broken(found),
        };
    };
    let mut text = broken(found);
    let whole = if found.is_whole() {
        "is whole"
    } else {
        "is NOT whole"
    };
    let _ = writeln!(
        text,
        "The audit {whole}: {} records, head {head}.",
        found.records
    );
    let after = found.after_anchor;
    let _ = match found.anchored {
        Some(seq) if after == 0 => {
            writeln!(text, "An anchor confirms it up to its last record, {seq}.")
        }
        Some(seq) => writeln!(
            text,
            "An anchor confirms it up to record {seq}; {after} came after that."
        ),
        None => writeln!(text, "No anchor confirms it."),
    };
    text
}

fn broken(found: &Verification) -> String {
    let mut text = String::new();
    for finding in &found.findings {
        let _ = match finding.seq {
            Some(seq) => writeln!(text, "record {seq}: {}", finding.message),
            None => writeln!(text, "{}", finding.message),
        };
    }
    if found.more_findings > 0 {
        let _ = writeln!(text, "… and {} more.", found.more_findings);
    }
    text
}

/// A number of things: `1 token`, `2 tokens`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report whose cells are as long as they get.
    fn long_cells() -> Report {
        let user = "bartholomew.featherstonehaugh-cholmondeley@subsidiary.example.com";
        let row = |row: usize, outcome: &str, state: &str| {
            let problem = serde_json::json!({"code": "c", "message": "one two", "next": "three"});
            serde_json::json!({"row": row, "serial": "865409876543210", "user": user,
                "outcome": outcome, "state": state, "activated_by": null, "error": problem})
        };
        serde_json::from_value(serde_json::json!({
            "schema": "oathkit.report/1", "run": "01a2001a", "idp": "entra", "wanted": "activated",
            "counts": {"rows": 2, "done": 0, "unchanged": 1, "failed": 0, "conflict": 0,
                       "pending": 0, "rejected": 1},
            "rows": [row(10_002, "unchanged", "activated"), row(10_003, "rejected", "activated")],
            "calls": {"total": 1, "writes": 0, "throttled": 0}, "elapsed_ms": 1,
        }))
        .unwrap()
    }

    #[test]
    fn a_narrow_terminal_breaks_no_word_but_the_user() {
        let report = long_cells();
        let mut table = report_table(&report);
        let text = table.set_width(60).trim_fmt();
        for word in [
            "serial",
            "10002",
            "865409876543210",
            "unchanged",
            "rejected",
            "activated",
        ] {
            assert!(text.contains(word), "{word}:\n{text}");
        }
        assert!(
            text.lines().all(|line| line.chars().count() <= 60),
            "{text}"
        );
    }

    #[test]
    fn reasons_stand_under_the_table() {
        let text = super::report(&long_cells());
        let reason = "\n\nrow 10002, serial 865409876543210: one two\n  -> three\nrow 10003";
        assert!(text.contains(reason), "{text}");
    }
}
