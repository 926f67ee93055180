//! Each record describes an entry of the ledger, and each entry has its record. Whoever removes one
//! has to remove the other, too.

use futures_util::TryStreamExt;
use provisioner::{RowResult, Step};
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Event, Verification};
use crate::entries::attempt_name;

/// Entries, each with the record that it names.
const RUNS: &str = "SELECT runs.id AS run, plan_digest, record AS seq, audit.run AS of, entry \
    FROM runs LEFT JOIN audit ON seq = record";
const STEPS: &str = "SELECT steps.run, serial, step, user, time_step, steps.id AS seq, \
    audit.run AS of, entry FROM steps LEFT JOIN audit ON seq = steps.id ORDER BY steps.id";
const OUTCOMES: &str = "SELECT steps.run, serial, attempt, request_id, problem, steps.id AS intent, \
    outcome_record AS seq, audit.run AS of, entry FROM steps LEFT JOIN audit ON seq = outcome_record \
    WHERE attempt IS NOT NULL OR outcome_record IS NOT NULL ORDER BY steps.id";
const RESULTS: &str = "SELECT results.run, serial, outcome, result, record AS seq, audit.run AS of, \
    entry FROM results LEFT JOIN audit ON seq = record";

/// Records whose entry is gone. A later record may have taken the place of an earlier one.
const ALONE: &str = "SELECT seq, doc ->> '$.event' AS event \
    FROM (SELECT seq, run, CASE WHEN json_valid(entry) THEN entry END AS doc FROM audit) AS a \
    WHERE CASE doc ->> '$.event' \
    WHEN 'run-begun' THEN NOT EXISTS (SELECT 1 FROM runs WHERE id = a.run AND record = a.seq) \
    WHEN 'intent' THEN NOT EXISTS (SELECT 1 FROM steps WHERE id = a.seq) \
    WHEN 'outcome' THEN doc ->> '$.intent' IS NOT NULL AND NOT EXISTS \
        (SELECT 1 FROM steps WHERE id = doc ->> '$.intent' AND outcome_record >= a.seq) \
    WHEN 'row-ended' THEN NOT EXISTS (SELECT 1 FROM results AS r \
        WHERE r.run = a.run AND r.serial = doc ->> '$.serial' AND r.record >= a.seq) \
    ELSE 0 END ORDER BY seq";

/// Whether an entry and its record say the same; `None` where one of them is of another kind.
type Fits = fn(&SqliteRow, &Event) -> Option<bool>;

pub(super) async fn check(
    view: &mut SqliteConnection,
    found: &mut Verification,
) -> Result<(), sqlx::Error> {
    let kinds: [(&'static str, &str, Fits); 4] = [
        (RUNS, "the run", run_fits),
        (STEPS, "the intent", intent_fits),
        (OUTCOMES, "the outcome", outcome_fits),
        (RESULTS, "the end of the row", result_fits),
    ];
    for (query, what, fits) in kinds {
        let mut entries = sqlx::query(query).fetch(&mut *view);
        while let Some(entry) = entries.try_next().await? {
            compare(&entry, what, fits, found);
        }
    }
    let mut alone = sqlx::query(ALONE).fetch(view);
    while let Some(record) = alone.try_next().await? {
        let (seq, event): (i64, &str) = (record.try_get("seq")?, record.try_get("event")?);
        let message = format!("the ledger no longer has what this record ({event}) is about");
        found.find(seq, message);
    }
    Ok(())
}

fn compare(entry: &SqliteRow, what: &str, fits: Fits, found: &mut Verification) {
    let of_whom = || {
        let run: String = get(entry, "run").unwrap_or_default();
        let serial: Option<String> = get(entry, "serial");
        let serial = serial.map(|serial| format!(" for {serial}"));
        format!("{what}{} in run {run}", serial.unwrap_or_default())
    };
    let seq: Option<i64> = get(entry, "seq");
    let Some(record) = get::<Option<Vec<u8>>>(entry, "entry").flatten() else {
        found.find(
            seq,
            format!(
                "the ledger has {}, the audit has no record of it",
                of_whom()
            ),
        );
        return;
    };
    // A record that cannot be read is a finding already.
    let Ok(event) = serde_json::from_slice(&record) else {
        return;
    };
    let of_this_run = get::<Vec<u8>>(entry, "run") == get::<Vec<u8>>(entry, "of");
    if !of_this_run || fits(entry, &event) != Some(true) {
        let message = format!("the record and what the ledger has of {} differ", of_whom());
        found.find(seq, message);
    }
}

fn run_fits(row: &SqliteRow, event: &Event) -> Option<bool> {
    let Event::RunBegun { plan, .. } = event else {
        return None;
    };
    Some(get::<String>(row, "plan_digest")? == *plan)
}

fn intent_fits(row: &SqliteRow, event: &Event) -> Option<bool> {
    let Event::Intent {
        serial,
        step,
        user,
        time_step,
        ..
    } = event
    else {
        return None;
    };
    let time_step = time_step.and_then(|step| i64::try_from(step).ok());
    Some(
        get::<String>(row, "serial")? == *serial
            && json::<Step>(row, "step")? == *step
            && get::<Option<String>>(row, "user")?.as_ref() == user.as_ref().map(|user| &user.0)
            && get::<Option<i64>>(row, "time_step")? == time_step,
    )
}

fn outcome_fits(row: &SqliteRow, event: &Event) -> Option<bool> {
    let Event::Outcome {
        serial,
        intent,
        attempt,
        request,
        problem,
        ..
    } = event
    else {
        return None;
    };
    Some(
        get::<String>(row, "serial")? == *serial
            && get::<Option<i64>>(row, "intent")? == *intent
            && get::<Option<String>>(row, "attempt")?.as_deref() == Some(attempt_name(*attempt))
            && get::<Option<String>>(row, "request_id")? == *request
            && get::<Option<String>>(row, "problem")? == *problem,
    )
}

fn result_fits(row: &SqliteRow, event: &Event) -> Option<bool> {
    let Event::RowEnded {
        serial,
        outcome,
        state,
        error,
        ..
    } = event
    else {
        return None;
    };
    let result: RowResult = json(row, "result")?;
    Some(
        get::<String>(row, "serial")? == *serial
            && get::<String>(row, "outcome")? == outcome.name()
            && result.outcome == *outcome
            && result.state == *state
            && result.error.map(|problem| problem.code) == *error,
    )
}

/// `None` for a cell that cannot be what it should be.
fn get<'r, T>(row: &'r SqliteRow, name: &'static str) -> Option<T>
where
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    row.try_get(name).ok()
}

fn json<T: DeserializeOwned>(row: &SqliteRow, name: &'static str) -> Option<T> {
    serde_json::from_str(get(row, name)?).ok()
}
