//! The audit: what it says, and that nothing in it can be changed unseen.

mod export;
mod pages;
mod tampering;

use std::path::Path;

use ledger::{Filter, Format, Head, SqliteLedger, Verification};
use provisioner::{Attempt, Calls, Effort, Ledger, Outcome, Problem, Prover, RowResult, State};
use serde_json::{Value, json};
use sqlx::{Connection, Executor, SqliteConnection};

use crate::{BEGUN_AT, activate, import, open, plan, resolution, run, serial};

/// What the raw connection of a tamperer has to be rid of, and what hides that it was.
const WITHOUT_GUARDS: &str = "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; \
                              DROP TRIGGER audit_no_replace";

async fn raw(directory: &Path) -> SqliteConnection {
    let url = format!("sqlite://{}/ledger.sqlite", directory.display());
    let mut raw = SqliteConnection::connect(&url).await.unwrap();
    raw.execute("PRAGMA synchronous = OFF").await.unwrap();
    raw
}

fn effort() -> Effort {
    let calls = Calls {
        total: 9,
        writes: 7,
        throttled: 1,
    };
    Effort {
        calls,
        elapsed_ms: 1500,
    }
}

fn ended(outcome: Outcome) -> RowResult {
    let problem = Problem::new("refused", "not this one", "ask");
    RowResult {
        outcome,
        state: (outcome == Outcome::Done).then_some(State::Activated),
        activated_by: (outcome == Outcome::Done).then_some(Prover::Operator),
        error: (outcome == Outcome::Failed).then_some(problem),
        not_before: None,
    }
}

/// A whole sitting over `size` tokens: five records a token, and two for the run.
async fn sitting(ledger: &SqliteLedger, name: &str, size: usize) {
    let run = run(name);
    ledger.begin(&run, &plan(size + 1)).await.unwrap();
    for n in 0..size {
        ledger.intend(&run, vec![import(n)]).await.unwrap();
        let done = resolution(n, Attempt::Done, Some("d-1"));
        ledger.resolve(&run, vec![done]).await.unwrap();
        ledger.intend(&run, vec![activate(n)]).await.unwrap();
        let (attempt, outcome) = match n % 3 {
            0 => (Attempt::NotDone, Outcome::Failed),
            _ => (Attempt::Done, Outcome::Done),
        };
        let resolved = vec![resolution(n, attempt, None)];
        ledger.resolve(&run, resolved).await.unwrap();
        let row = vec![(serial(n), ended(outcome))];
        ledger.settle(&run, row).await.unwrap();
    }
    ledger.pause(&run, effort()).await.unwrap();
}

async fn export(ledger: &SqliteLedger, format: Format, filter: &Filter) -> Vec<String> {
    let mut out = Vec::new();
    let written = ledger.export(format, filter, &mut out).await.unwrap();
    let lines: Vec<String> = String::from_utf8(out)
        .unwrap()
        .split_terminator('\n')
        .map(str::to_owned)
        .collect();
    assert_eq!(u64::try_from(lines.len()).unwrap(), written);
    lines
}

async fn entries(ledger: &SqliteLedger) -> Vec<Value> {
    let lines = export(ledger, Format::JsonLines, &Filter::default()).await;
    let entry = |line: &String| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        record["entry"].take()
    };
    lines.iter().map(entry).collect()
}

async fn whole(ledger: &SqliteLedger) -> Verification {
    let found = ledger.verify(None).await.unwrap();
    assert!(found.is_whole(), "{found:#?}");
    found
}

#[tokio::test]
async fn records_say_who_did_what_for_whom_and_how_it_ended() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    sitting(&ledger, "a", 2).await;
    let plan = plan(3);
    let actor = json!({"user": "alice", "host": "desk", "program": "oathctl 0.1.0"});
    let of_first = |event: &str| json!({"event": event, "serial": "s0000"});
    let with = |mut record: Value, more: Value| {
        let fields = more.as_object().unwrap().clone();
        record.as_object_mut().unwrap().extend(fields);
        record
    };
    let records = entries(&ledger).await;
    assert_eq!(
        records[..6],
        [
            json!({
                "event": "run-begun", "actor": actor,
                "tenant": {"idp": "entra", "id": "a-tenant"}, "goal": "activated",
                "plan": plan.digest(), "file": plan.file.as_str(),
                "rows": {"total": 4, "open": 2, "unchanged": 0},
            }),
            with(
                of_first("intent"),
                json!({"step": ["import", "assign"], "user": "u-0", "name": "user0@example.com"}),
            ),
            with(
                of_first("outcome"),
                json!({"intent": 2, "attempt": "done", "token": "d-1", "request": "r-1"}),
            ),
            with(
                of_first("intent"),
                json!({
                    "step": ["activate"], "user": "u-0", "name": "user0@example.com",
                    "time_step": 59_840_640,
                }),
            ),
            with(
                of_first("outcome"),
                json!({"intent": 4, "attempt": "notdone", "request": "r-1"}),
            ),
            with(
                of_first("row-ended"),
                json!({"intent": 4, "outcome": "failed", "error": "refused"}),
            ),
        ]
    );
    assert_eq!(records[10]["activated_by"], "operator");
    let paused = json!({
        "event": "run-paused", "calls": {"total": 9, "writes": 7, "throttled": 1},
        "elapsed_ms": 1500,
    });
    assert_eq!(records[11], paused);
    assert_eq!(whole(&ledger).await.records, 12);
}

#[tokio::test]
async fn every_sitting_names_who_acts() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    ledger.begin(&run("a"), &plan(4)).await.unwrap();
    ledger.intend(&run("a"), vec![import(0)]).await.unwrap();
    drop(ledger);
    // Another process, and in it one sitting after the other.
    let ledger = open(directory.path()).await;
    ledger.intend(&run("a"), vec![import(1)]).await.unwrap();
    ledger.pause(&run("a"), effort()).await.unwrap();
    ledger.pause(&run("a"), effort()).await.unwrap();
    let names: Vec<Value> = entries(&ledger).await;
    let names: Vec<&str> = names.iter().map(|e| e["event"].as_str().unwrap()).collect();
    let wanted = [
        "run-begun",
        "intent",
        "run-resumed",
        "intent",
        "run-paused",
        "run-resumed",
        "run-paused",
    ];
    assert_eq!(names, wanted);
    assert_eq!(whole(&ledger).await.anchored, Some(7));
}

#[tokio::test]
async fn records_are_as_small_as_promised() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    sitting(&ledger, "0193b5a0-0000-7000-8000-000000000000", 50).await;
    let query = "SELECT avg(length(run) + length(entry) + length(hash) + 16) FROM audit";
    let bytes: f64 = sqlx::query_scalar(query)
        .fetch_one(&mut raw(directory.path()).await)
        .await
        .unwrap();
    assert!(bytes < 250.0, "{bytes} bytes a record");
}

#[tokio::test]
async fn the_chain_stays_right_where_two_ledgers_write() {
    let directory = tempfile::tempdir().unwrap();
    let ledgers = [open(directory.path()).await, open(directory.path()).await];
    let work = ledgers.iter().zip(["a", "b"]);
    let work = work.map(|(ledger, name)| sitting(ledger, name, 20));
    futures_util::future::join_all(work).await;
    assert_eq!(whole(&ledgers[0]).await.records, 2 * 102);
}

#[tokio::test]
async fn the_anchor_is_beside_the_ledger_and_counts_what_came_after() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    assert_eq!(ledger.audit_head().await.unwrap(), None);
    assert_eq!(whole(&ledger).await, Verification::default());
    sitting(&ledger, "a", 4).await;
    let head = ledger.audit_head().await.unwrap().unwrap();
    let anchor = std::fs::read(directory.path().join("audit-head.json")).unwrap();
    let anchor: Value = serde_json::from_slice(&anchor).unwrap();
    let wanted = json!({
        "schema": "oathkit.audit-head/1", "seq": 22, "hash": head.hash, "at": BEGUN_AT * 1000,
    });
    assert_eq!(anchor, wanted);
    let found = whole(&ledger).await;
    assert_eq!((found.anchored, found.after_anchor), (Some(22), 0));
    for n in 0..3 {
        ledger.intend(&run("a"), vec![import(n)]).await.unwrap();
    }
    let found = whole(&ledger).await;
    assert_eq!((found.anchored, found.after_anchor), (Some(22), 4));
    // An anchor kept elsewhere reaches further.
    let kept = found.head.unwrap();
    let found = ledger.verify(Some(&kept)).await.unwrap();
    assert!(found.is_whole());
    assert_eq!((found.anchored, found.after_anchor), (Some(26), 0));
}

#[test]
fn a_head_is_read_as_it_is_written() {
    let hash = "9f2c".repeat(16);
    let head: Head = format!("17:{}", hash.to_uppercase()).parse().unwrap();
    assert_eq!(head.to_string(), format!("17:{hash}"));
    for wrong in [
        "",
        "17",
        &hash,
        "0:9f",
        &format!("0:{hash}"),
        "17:",
        "17:9f2c",
        "x:y",
    ] {
        assert!(wrong.parse::<Head>().is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn nobody_can_change_the_table_by_mistake() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    sitting(&ledger, "a", 1).await;
    let mut other = raw(directory.path()).await;
    for change in [
        "UPDATE audit SET at = 0 WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 7",
        "INSERT OR REPLACE INTO audit VALUES (3, 0, 'a', '{}', '')",
    ] {
        let error = sqlx::query(change).execute(&mut other).await.unwrap_err();
        assert!(
            error.to_string().contains("an audit record is never"),
            "{error}"
        );
    }
    whole(&ledger).await;
}

#[tokio::test]
async fn an_intent_whose_record_cannot_be_written_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    ledger.begin(&run("a"), &plan(4)).await.unwrap();
    let full = "CREATE TRIGGER full BEFORE INSERT ON audit WHEN new.seq > 1 \
                BEGIN SELECT raise(ABORT, 'no room'); END";
    let mut other = raw(directory.path()).await;
    sqlx::query(full).execute(&mut other).await.unwrap();
    let error = ledger.intend(&run("a"), vec![import(0)]).await.unwrap_err();
    assert!(error.to_string().contains("no room"), "{error}");
    assert!(ledger.history(&run("a")).await.unwrap().is_empty());
}

#[tokio::test]
async fn without_a_place_for_the_anchor_no_run_begins() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    std::fs::create_dir(directory.path().join("audit-head.json")).unwrap();
    let error = ledger.begin(&run("a"), &plan(4)).await.unwrap_err();
    assert!(error.to_string().contains("audit-head.json"), "{error}");
    ledger.intend(&run("a"), vec![import(0)]).await.unwrap_err();
}
