//! What came of a run, row by row.

mod render;

use std::collections::BTreeMap;

use seedfile::Serial;
use serde::{Deserialize, Serialize};

use crate::{
    Calls, Decision, Effort, Goal, Plan, PlannedRow, Problem, Prover, RowResult, RunId, State,
    Unreadable,
};

/// The report of a run, as scripts read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// `oathkit.report/1`.
    pub schema: String,
    /// The run.
    pub run: RunId,
    /// `entra` or `okta`.
    pub idp: String,
    /// How the tokens should be left.
    pub wanted: Goal,
    /// How many rows ended how.
    pub counts: Counts,
    /// One entry a row of the file, in its order.
    pub rows: Vec<ReportRow>,
    /// What it took.
    pub calls: Calls,
    /// How long it took, over all sittings, in milliseconds.
    pub elapsed_ms: u64,
}

/// How many rows ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All rows of the file.
    pub rows: usize,
    /// Changed to what was wanted.
    pub done: usize,
    /// It was so before.
    pub unchanged: usize,
    /// The service did not do it.
    pub failed: usize,
    /// The provider says something else; nothing was taken from anyone.
    pub conflict: usize,
    /// Waiting or stopped; resume the run.
    pub pending: usize,
    /// Never sent.
    pub rejected: usize,
}

/// One row of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRow {
    /// Where the record begins in the file.
    pub row: usize,
    /// The serial; none where the record could not be read.
    pub serial: Option<Serial>,
    /// Who should hold it.
    pub user: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// What the provider has; none where it has nothing or was not asked.
    pub state: Option<State>,
    /// Who proved the token, where this run activated it.
    pub activated_by: Option<Prover>,
    /// Why it is not as wanted.
    pub error: Option<Problem>,
    /// When a pending row may be tried again and not before, in seconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<u64>,
}

/// How a row ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Changed to what was wanted.
    Done,
    /// It was so before.
    Unchanged,
    /// The service did not do it.
    Failed,
    /// The provider says something else; nothing was taken from anyone.
    Conflict,
    /// Waiting or stopped; resume the run.
    Pending,
    /// Never sent.
    Rejected,
}

impl Outcome {
    /// The word in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Conflict => "conflict",
            Self::Pending => "pending",
            Self::Rejected => "rejected",
        }
    }
}

impl ReportRow {
    /// When it may be tried again, as a time in UTC: `2027-01-15T08:00:00Z`.
    #[must_use]
    pub fn not_before_utc(&self) -> Option<String> {
        utc(self.not_before?)
    }

    /// Row, serial, user, outcome and state as text; what is missing is empty.
    #[must_use]
    pub fn cells(&self) -> [String; 5] {
        let text = |known: Option<String>| known.unwrap_or_default();
        [
            self.row.to_string(),
            text(self.serial.as_ref().map(ToString::to_string)),
            text(self.user.clone()),
            self.outcome.name().to_owned(),
            text(self.state.map(|state| state.name().to_owned())),
        ]
    }
}

impl Report {
    /// The name and version of this document.
    pub const SCHEMA: &'static str = "oathkit.report/1";

    /// The report of a plan and of what came of its rows. Rows that have no result are pending.
    #[must_use]
    pub fn new(
        run: &RunId,
        plan: &Plan,
        results: &BTreeMap<Serial, RowResult>,
        effort: Effort,
    ) -> Self {
        let mut rows: Vec<ReportRow> = plan
            .rows
            .iter()
            .map(|row| report_row(row, results.get(&row.token.serial)))
            .chain(plan.unreadable.iter().map(unreadable_row))
            .collect();
        rows.sort_by_key(|row| row.row);
        Self {
            schema: Self::SCHEMA.to_owned(),
            run: run.clone(),
            idp: plan.tenant.idp.clone(),
            wanted: plan.goal,
            counts: Counts::of(rows.iter().map(|row| row.outcome)),
            rows,
            calls: effort.calls,
            elapsed_ms: effort.elapsed_ms,
        }
    }

    /// When all rows that wait may be tried again, as a time in UTC; none where no row waits.
    #[must_use]
    pub fn not_before_utc(&self) -> Option<String> {
        let last = self.rows.iter().filter_map(|row| row.not_before).max();
        last.and_then(utc)
    }

    /// True where every row of the file is as wanted.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.counts.done + self.counts.unchanged == self.counts.rows
    }
}

impl Counts {
    fn of(outcomes: impl Iterator<Item = Outcome>) -> Self {
        let mut counts = Self::default();
        for outcome in outcomes {
            counts.rows += 1;
            *counts.of_kind(outcome) += 1;
        }
        counts
    }

    fn of_kind(&mut self, outcome: Outcome) -> &mut usize {
        match outcome {
            Outcome::Done => &mut self.done,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Failed => &mut self.failed,
            Outcome::Conflict => &mut self.conflict,
            Outcome::Pending => &mut self.pending,
            Outcome::Rejected => &mut self.rejected,
        }
    }
}

impl Plan {
    /// How its rows end if nothing is sent: those for which something is to be done are pending.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let rows = self.rows.iter().map(|row| match row.decision {
            Decision::Steps { .. } => Outcome::Pending,
            Decision::Unchanged { .. } => Outcome::Unchanged,
            Decision::Conflict { .. } => Outcome::Conflict,
            Decision::Rejected { .. } => Outcome::Rejected,
        });
        Counts::of(rows.chain(self.unreadable.iter().map(|_| Outcome::Rejected)))
    }
}

impl Decision {
    /// The end of a row for which nothing is to be done; none where there are steps.
    pub(crate) fn result(&self) -> Option<RowResult> {
        let (outcome, state, error) = match self {
            Self::Steps { .. } => return None,
            Self::Unchanged { state } => (Outcome::Unchanged, *state, None),
            Self::Conflict { problem } => (Outcome::Conflict, None, Some(problem.clone())),
            Self::Rejected { problem } => (Outcome::Rejected, None, Some(problem.clone())),
        };
        Some(RowResult {
            outcome,
            state,
            activated_by: None,
            error,
            not_before: None,
        })
    }
}

fn utc(unix: u64) -> Option<String> {
    let time = jiff::Timestamp::from_second(i64::try_from(unix).ok()?).ok()?;
    Some(time.to_string())
}

fn report_row(row: &PlannedRow, result: Option<&RowResult>) -> ReportRow {
    let pending = RowResult {
        outcome: Outcome::Pending,
        state: None,
        activated_by: None,
        error: None,
        not_before: None,
    };
    let result = result
        .cloned()
        .or_else(|| row.decision.result())
        .unwrap_or(pending);
    ReportRow {
        row: row.token.row,
        serial: Some(row.token.serial.clone()),
        user: row.token.user.clone(),
        outcome: result.outcome,
        state: result.state,
        activated_by: result.activated_by,
        error: result.error,
        not_before: result.not_before,
    }
}

fn unreadable_row(row: &Unreadable) -> ReportRow {
    ReportRow {
        row: row.row,
        serial: None,
        user: None,
        outcome: Outcome::Rejected,
        state: None,
        activated_by: None,
        error: Some(row.problem.clone()),
        not_before: None,
    }
}
