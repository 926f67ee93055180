//! A plan as a table for people.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use comfy_table::Table;
use indicatif::HumanDuration;
use provisioner::{Approval, Decision, Estimate, Plan, Problem, State};
use seedfile::Serial;

use super::{LONG, add, reasons, table};

/// So many rows of each kind stand for a long plan.
const FIRST: usize = 10;

/// What a plan is shown for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Showing {
    /// To be confirmed, on standard error: of a long one the counts and the first rows.
    ToConfirm,
    /// As a record, on standard output: every row. The report that follows gives the reasons.
    Record,
    /// As the result, on standard output: every row and every reason.
    Whole,
}

/// One row of the file in a plan.
struct PlanLine<'p> {
    row: usize,
    serial: Option<&'p Serial>,
    user: &'p str,
    what: Result<String, &'p Problem>,
}

/// What carrying a plan out takes.
pub(crate) fn estimate(estimate: &Estimate) -> String {
    let calls = match estimate.calls {
        1 => "1 call that changes something".to_owned(),
        calls => format!("{calls} calls that change something"),
    };
    let time = match estimate.time_ms {
        0..1000 => "less than a second".to_owned(),
        ms => format!("about {}", HumanDuration(Duration::from_millis(ms))),
    };
    format!("{calls}, {time} if the service sets no limit that it has not announced.\n")
}

/// What a plan will do, and to whom.
pub(crate) fn plan(plan: &Plan, showing: Showing) -> String {
    let lines = lines(plan);
    let long = showing == Showing::ToConfirm && lines.len() > LONG;
    let refused: Vec<_> = lines
        .iter()
        .filter_map(|line| Some((line.row, line.serial, line.what.as_ref().err().copied()?)))
        .collect();
    let reasons = match showing {
        Showing::ToConfirm => reasons(&refused, LONG),
        Showing::Whole => reasons(&refused, usize::MAX),
        Showing::Record => String::new(),
    };
    // What changed since a plan was made is what its reader does not know yet.
    let first = plan.carries_out.is_some();
    let mut text = format!("Plan for {}, wanted: {}\n", plan.tenant, plan.goal);
    text += &origin(plan);
    text += &kinds(&lines);
    if first {
        text += &reasons;
    }
    let place = if first { "above" } else { "below" };
    let mut rows = rows(&lines, long, place);
    if showing == Showing::ToConfirm {
        rows.use_stderr();
    }
    if rows.row_count() > 0 {
        let _ = writeln!(text, "\n{}", rows.trim_fmt());
    }
    if long {
        let _ = writeln!(
            text,
            "The first {FIRST} of each kind; when the run has begun, oathctl runs show lists every row."
        );
    }
    if !first {
        text += &reasons;
    }
    // A kept plan comes from somewhere else, and a terminal obeys control characters.
    text.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}")
}

/// Where a kept plan comes from, and who approved it.
fn origin(plan: &Plan) -> String {
    let mut text = String::new();
    if let Some(made) = &plan.made {
        let at = i64::try_from(made.at).ok();
        let at = at.and_then(|at| jiff::Timestamp::from_second(at).ok());
        let at = at.map(|at| format!(" at {at}")).unwrap_or_default();
        let _ = writeln!(text, "Made by {}{at} with {}", made.by, made.with);
        let digest = plan.carries_out.clone().unwrap_or_else(|| plan.digest());
        let _ = writeln!(text, "Digest {digest}");
    }
    if let Some(Approval { by, key, .. }) = &plan.approval {
        let _ = writeln!(text, "Approved by {by} with the key {key}");
    }
    text
}

/// How many rows there are of each kind.
fn kinds(lines: &[PlanLine<'_>]) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for what in lines.iter().flat_map(|line| &line.what) {
        *kinds.entry(what).or_default() += 1;
    }
    let mut text = String::new();
    for (kind, count) in kinds {
        let _ = writeln!(text, "  {count:>6}  {kind}");
    }
    let refused = lines.iter().filter(|line| line.what.is_err()).count();
    if refused > 0 {
        let _ = writeln!(text, "  {refused:>6}  refused; nothing is sent for them");
    }
    text
}

/// The rows; of a `long` plan the first ones of each kind that something is done for. `place` is where
/// the reasons stand.
fn rows(lines: &[PlanLine<'_>], long: bool, place: &str) -> Table {
    let mut rows = table(["row", "serial", "user", "what will be done"], &[0, 1]);
    let refused = format!("nothing: refused, see {place}");
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    for line in lines {
        let what = line.what.as_ref().unwrap_or(&refused);
        let count = shown.entry(what).or_default();
        *count += 1;
        if long && (line.what.is_err() || *count > FIRST) {
            continue;
        }
        add(
            &mut rows,
            [
                &line.row.to_string(),
                line.serial.map(Serial::as_str).unwrap_or_default(),
                line.user,
                what,
            ],
        );
    }
    rows
}

/// The rows of a plan in the order of the file.
fn lines(plan: &Plan) -> Vec<PlanLine<'_>> {
    let planned = plan.rows.iter().map(|row| PlanLine {
        row: row.token.row,
        serial: Some(&row.token.serial),
        user: row.token.user.as_deref().unwrap_or_default(),
        what: match &row.decision {
            Decision::Steps { steps, .. } => {
                let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
                Ok(steps.join(", then "))
            }
            Decision::Unchanged { state } => {
                let state = state.map_or("not there", State::name);
                Ok(format!("nothing: {state} already"))
            }
            Decision::Conflict { problem } | Decision::Rejected { problem } => Err(problem),
        },
    });
    let unreadable = plan.unreadable.iter().map(|row| PlanLine {
        row: row.row,
        serial: None,
        user: "",
        what: Err(&row.problem),
    });
    let mut lines: Vec<PlanLine<'_>> = planned.chain(unreadable).collect();
    lines.sort_by_key(|line| line.row);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_from_somewhere_else_moves_no_cursor() {
        let document = serde_json::json!({
            "schema": "oathkit.plan/1", "tenant": {"idp": "entra", "id": "t\u{1b}[2J"},
            "goal": "activated", "file": "", "rows": [], "unreadable": [{"row": 2,
                "problem": {"code": "c", "message": "one\r\u{9b}2Jtwo", "next": "\u{7}"}}],
            "made": {"by": "ann\u{8}", "at": u64::MAX, "with": "w"},
        });
        let text = plan(&serde_json::from_value(document).unwrap(), Showing::Whole);
        assert!(text.contains("one\u{fffd}\u{fffd}2Jtwo"), "{text}");
        assert!(
            !text.contains(|c: char| c.is_control() && c != '\n'),
            "{text:?}"
        );
    }
}
