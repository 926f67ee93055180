//! Plans, reports and files as tables for people.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use comfy_table::{ContentArrangement, LineStyle, Row, Table, TableStyle};
use ledger::RunSummary;
use provisioner::{Decision, Misfit, Outcome, Plan, Report};
use seedfile::SeedFile;

/// Longer lists show only the rows that somebody has to look at.
const LONG: usize = 60;

/// A line under the header and none between the rows.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

fn table(header: impl Into<Row>) -> Table {
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    table
}

/// What a plan will do.
pub(crate) fn plan(plan: &Plan) -> String {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut refused = table(["row", "serial", "user", "why not", "what to do"]);
    for row in &plan.rows {
        let kind = match &row.decision {
            Decision::Steps { steps, .. } => {
                let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
                steps.join(", then ")
            }
            Decision::Unchanged { state } => format!("nothing: {state} already"),
            Decision::Conflict { problem } | Decision::Rejected { problem } => {
                let user = row.token.user.clone().unwrap_or_default();
                refused.add_row([
                    row.token.row.to_string(),
                    row.token.serial.to_string(),
                    user,
                    problem.message.clone(),
                    problem.next.clone(),
                ]);
                continue;
            }
        };
        *kinds.entry(kind).or_default() += 1;
    }
    for row in &plan.unreadable {
        let problem = &row.problem;
        let cells = ["", "", &problem.message, &problem.next];
        let mut line = vec![row.row.to_string()];
        line.extend(cells.map(str::to_owned));
        refused.add_row(line);
    }
    let mut text = format!("Plan for {}, wanted: {}\n", plan.tenant, plan.goal);
    for (kind, count) in kinds {
        let _ = writeln!(text, "  {count:>6}  {kind}");
    }
    if refused.row_count() > 0 {
        let _ = writeln!(
            text,
            "  {:>6}  refused; nothing is sent for them",
            refused.row_count()
        );
        let _ = writeln!(text, "{refused}");
    }
    text
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
    let long = report.rows.len() > LONG;
    let notes = report.rows.iter().any(|row| row.error.is_some());
    let mut header = vec!["row", "serial", "user", "outcome", "state"];
    header.extend(notes.then_some("why, and what to do"));
    let mut rows = table(header);
    for row in &report.rows {
        if long && matches!(row.outcome, Outcome::Done | Outcome::Unchanged) {
            continue;
        }
        let mut cells = vec![
            row.row.to_string(),
            row.serial
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            row.user.clone().unwrap_or_default(),
            row.outcome.name().to_owned(),
            row.state
                .map(|state| state.name().to_owned())
                .unwrap_or_default(),
        ];
        cells.extend(row.error.as_ref().map(ToString::to_string));
        rows.add_row(cells);
    }
    match rows.row_count() {
        0 => String::new(),
        _ => format!("{rows}\n\n"),
    }
}

/// Tokens that an identity provider would not take.
pub(crate) fn misfits(misfits: &[Misfit]) -> String {
    let mut list = table(["row", "serial", "why not", "what to do"]);
    for misfit in misfits {
        list.add_row([
            misfit.row.to_string(),
            misfit.serial.to_string(),
            misfit.problem.message.clone(),
            misfit.problem.next.clone(),
        ]);
    }
    format!("{list}\n")
}

/// The runs of a ledger.
pub(crate) fn runs(runs: &[RunSummary]) -> String {
    if runs.is_empty() {
        return "There are no runs.\n".to_owned();
    }
    let mut list = table(["run", "begun", "to", "rows", "open", "not as wanted"]);
    for run in runs {
        let begun = jiff::Timestamp::from_second(run.begun_at);
        list.add_row([
            run.run.to_string(),
            begun.map(|time| time.to_string()).unwrap_or_default(),
            run.tenant.to_string(),
            run.rows.to_string(),
            run.pending.to_string(),
            run.not_as_wanted.to_string(),
        ]);
    }
    format!("{list}\n")
}

/// What is in a seed file.
pub(crate) fn file(file: &SeedFile) -> String {
    let mut text = format!(
        "{} in {}: {} records, {} accepted, {} rejected\n",
        file.format,
        file.encoding.name(),
        file.records,
        file.tokens.len(),
        file.rejected()
    );
    let mut tokens = table([
        "row",
        "serial",
        "user",
        "algorithm",
        "period",
        "model",
        "notes",
    ]);
    for token in file.tokens.iter().take(LONG) {
        let notes: Vec<String> = token.warnings.iter().map(ToString::to_string).collect();
        tokens.add_row([
            token.row.to_string(),
            token.serial.to_string(),
            token.user.clone().unwrap_or_default(),
            token.algorithm.to_string(),
            format!("{} s", token.period),
            format!("{} {}", token.manufacturer, token.model),
            notes.join("; "),
        ]);
    }
    if tokens.row_count() > 0 {
        let _ = writeln!(text, "{tokens}");
    }
    if file.tokens.len() > LONG {
        let _ = writeln!(
            text,
            "… and {} more; --output json lists all.",
            file.tokens.len() - LONG
        );
    }
    let mut problems = table(["row", "field", "problem"]);
    for problem in &file.problems {
        problems.add_row([
            problem.row.to_string(),
            problem.field.to_owned(),
            problem.kind.to_string(),
        ]);
    }
    if problems.row_count() > 0 {
        let _ = writeln!(text, "{problems}");
    }
    text
}
