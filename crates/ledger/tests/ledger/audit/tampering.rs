//! Whoever can write the file changes it, and puts the triggers back afterwards.

use std::fs;
use std::path::Path;

use ledger::{Finding, Head, Verification};
use provisioner::Ledger;
use sqlx::{Connection, Executor, SqliteConnection};

use super::{WITHOUT_GUARDS, raw, sitting, whole};
use crate::{open, plan, run};

/// A ledger of 202 records, as bytes, and the statements that make the triggers.
struct Log {
    ledger: Vec<u8>,
    anchor: Vec<u8>,
    head: Head,
    guards: Vec<String>,
}

const RECORDS: i64 = 202;

async fn log() -> Log {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    sitting(&ledger, "a", 20).await;
    sitting(&ledger, "b", 19).await;
    sitting(&ledger, "c", 0).await;
    ledger.pause(&run("c"), super::effort()).await.unwrap();
    let found = whole(&ledger).await;
    assert_eq!(i64::try_from(found.records).unwrap(), RECORDS + 1);
    ledger.close().await;
    let query = "SELECT sql FROM sqlite_schema WHERE type = 'trigger'";
    let mut raw = raw(directory.path()).await;
    let guards = sqlx::query_scalar(query).fetch_all(&mut raw).await.unwrap();
    Log {
        ledger: fs::read(directory.path().join("ledger.sqlite")).unwrap(),
        anchor: fs::read(directory.path().join("audit-head.json")).unwrap(),
        head: found.head.unwrap(),
        guards,
    }
}

impl Log {
    fn lay_out(&self, directory: &Path) {
        fs::write(directory.join("ledger.sqlite"), &self.ledger).unwrap();
        fs::write(directory.join("audit-head.json"), &self.anchor).unwrap();
    }

    /// Begins tampering that is rolled back.
    async fn tamper(&self, raw: &mut SqliteConnection, changes: &str) {
        raw.execute("BEGIN").await.unwrap();
        raw.execute(WITHOUT_GUARDS).await.unwrap();
        let changes = sqlx::AssertSqlSafe(changes.to_owned());
        raw.execute(sqlx::raw_sql(changes)).await.unwrap();
        for guard in &self.guards {
            let guard = sqlx::AssertSqlSafe(guard.clone());
            raw.execute(sqlx::raw_sql(guard)).await.unwrap();
        }
        raw.execute("COMMIT").await.unwrap();
    }

    /// What a check of a tampered copy finds.
    async fn after(&self, changes: &str) -> Verification {
        let directory = tempfile::tempdir().unwrap();
        self.lay_out(directory.path());
        let mut raw = raw(directory.path()).await;
        self.tamper(&mut raw, changes).await;
        raw.close().await.unwrap();
        open(directory.path()).await.verify(None).await.unwrap()
    }
}

#[track_caller]
fn is_found(found: &Verification, seq: i64, words: &str) {
    let is_it = |f: &Finding| f.seq == Some(seq) && f.message.contains(words);
    assert!(
        found.findings.iter().any(is_it),
        "{seq} {words}: {found:#?}"
    );
}

#[tokio::test]
async fn a_changed_byte_is_found_wherever_it_is() {
    let log = log().await;
    let directory = tempfile::tempdir().unwrap();
    log.lay_out(directory.path());
    let mut raw = raw(directory.path()).await;
    raw.execute(WITHOUT_GUARDS).await.unwrap();
    let ledger = open(directory.path()).await;
    let mut changed = 0;
    for seq in [3, 101, RECORDS] {
        let query = "SELECT entry, hash, run, at FROM audit WHERE seq = ?";
        let record = sqlx::query_as(query).bind(seq).fetch_one(&mut raw).await;
        let (entry, hash, run, at): (String, String, String, i64) = record.unwrap();
        let texts = [("entry", &entry), ("hash", &hash), ("run", &run)];
        let sets = texts.iter().flat_map(|(column, text)| sets(column, text));
        let sets = sets.chain([format!("at = {}", at + 1), format!("at = {}", at - 1)]);
        let back = format!("entry = '{entry}', hash = '{hash}', run = '{run}', at = {at}");
        for set in sets {
            update(&mut raw, seq, &set).await;
            let found = ledger.verify(None).await.unwrap();
            let near = [Some(seq), Some(seq + 1)];
            let is_hit = |f: &Finding| near.contains(&f.seq) && f.message.contains("its hash");
            assert!(found.findings.iter().any(is_hit), "{set}: {found:#?}");
            update(&mut raw, seq, &back).await;
            changed += 1;
        }
    }
    let found = ledger.verify(None).await.unwrap();
    assert_eq!(found.findings.len(), 1, "only the triggers: {found:#?}");
    assert!(changed > 400, "{changed}");
}

async fn update(raw: &mut SqliteConnection, seq: i64, set: &str) {
    let change = format!("UPDATE audit SET {set} WHERE seq = {seq}");
    raw.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(change)))
        .await
        .unwrap();
}

/// One assignment for each byte of a text, with one bit of it turned.
fn sets(column: &'static str, text: &str) -> impl Iterator<Item = String> {
    let text = text.to_owned();
    (0..text.len()).map(move |at| {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1 << (at % 7);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{column} = CAST(x'{hex}' AS TEXT)")
    })
}

#[tokio::test]
async fn every_deleted_record_is_found() {
    let log = log().await;
    for seq in 1..=RECORDS + 1 {
        let found = log
            .after(&format!("DELETE FROM audit WHERE seq = {seq}"))
            .await;
        match seq {
            1 => is_found(&found, 2, "the audit begins here"),
            _ if seq == RECORDS + 1 => is_found(&found, seq - 1, "its end was deleted"),
            _ => is_found(&found, seq + 1, &format!("record {seq} is missing")),
        }
    }
}

#[tokio::test]
async fn a_record_deleted_and_those_after_it_moved_up_is_found() {
    let log = log().await;
    for seq in [1, 2, 100, 202] {
        let found = log
            .after(&format!(
                "DELETE FROM audit WHERE seq = {seq}; \
                 UPDATE audit SET seq = -seq WHERE seq > {seq}; \
                 UPDATE audit SET seq = -seq - 1 WHERE seq < 0; \
                 UPDATE sqlite_sequence SET seq = seq - 1"
            ))
            .await;
        is_found(&found, seq, "does not fit its hash");
    }
}

#[tokio::test]
async fn every_swapped_pair_is_found() {
    let log = log().await;
    for seq in 1..=RECORDS {
        let next = seq + 1;
        let found = log
            .after(&format!(
                "UPDATE audit SET seq = -1 WHERE seq = {seq}; \
                 UPDATE audit SET seq = {seq} WHERE seq = {next}; \
                 UPDATE audit SET seq = {next} WHERE seq = -1"
            ))
            .await;
        is_found(&found, seq, "does not fit its hash");
    }
}

#[tokio::test]
async fn a_deleted_head_and_a_deleted_middle_are_found() {
    let log = log().await;
    let found = log.after("DELETE FROM audit WHERE seq <= 50").await;
    is_found(&found, 51, "records 1 to 50 are missing");
    let found = log
        .after("DELETE FROM audit WHERE seq BETWEEN 60 AND 99")
        .await;
    is_found(&found, 100, "records 60 to 99 are missing");
}

#[tokio::test]
async fn a_deleted_tail_is_found_by_each_of_four_traces() {
    let log = log().await;
    let tail = "DELETE FROM audit WHERE seq > 150";
    let found = log.after(tail).await;
    is_found(&found, 150, "audit-head.json names record 203");
    is_found(&found, 150, "203 records were written");
    // The number that the database gave away is set back, and the anchor is gone.
    let directory = tempfile::tempdir().unwrap();
    log.lay_out(directory.path());
    fs::remove_file(directory.path().join("audit-head.json")).unwrap();
    let mut raw = raw(directory.path()).await;
    let cut = format!("{tail}; UPDATE sqlite_sequence SET seq = 150 WHERE name = 'audit'");
    log.tamper(&mut raw, &cut).await;
    let ledger = open(directory.path()).await;
    let found = ledger.verify(None).await.unwrap();
    let missing = "the ledger has the intent for s0010 in run b, the audit has no record of it";
    is_found(&found, 154, missing);
    assert!(
        found
            .findings
            .iter()
            .any(|f| f.message.contains("is missing: whether the end"))
    );
    // All that it was about goes, too: only an anchor that was kept elsewhere knows.
    let rest = "DELETE FROM steps WHERE id > 150; DELETE FROM results WHERE record > 150; \
                UPDATE steps SET attempt = NULL, request_id = NULL, problem = NULL, \
                outcome_record = NULL WHERE outcome_record > 150; \
                DELETE FROM runs WHERE record > 150";
    log.tamper(&mut raw, rest).await;
    let found = ledger.verify(Some(&log.head)).await.unwrap();
    assert_eq!(found.findings.len(), 1, "{found:#?}");
    is_found(&found, 150, "the given anchor names record 203");
}

#[tokio::test]
async fn an_older_copy_in_place_of_the_ledger_is_found_and_takes_no_run() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    sitting(&ledger, "a", 10).await;
    ledger.close().await;
    let path = directory.path().join("ledger.sqlite");
    let older = fs::read(&path).unwrap();
    let ledger = open(directory.path()).await;
    sitting(&ledger, "b", 10).await;
    ledger.close().await;
    fs::write(&path, older).unwrap();

    let ledger = open(directory.path()).await;
    let found = ledger.verify(None).await.unwrap();
    is_found(&found, 52, "an older copy was put in its place");
    // A new anchor would hide it.
    let error = ledger.begin(&run("c"), &plan(2)).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("record 104 that audit-head.json names"),
        "{error}"
    );
    // Unless somebody restored a backup on purpose and says so.
    fs::remove_file(directory.path().join("audit-head.json")).unwrap();
    let ledger = open(directory.path()).await;
    sitting(&ledger, "c", 2).await;
    whole(&ledger).await;
}

#[tokio::test]
async fn a_rewritten_chain_does_not_meet_its_anchor() {
    // Whoever can write the whole file can begin anew, and then everything in it fits.
    let (directory, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ledger = open(directory.path()).await;
    sitting(&ledger, "a", 10).await;
    let kept = ledger.audit_head().await.unwrap().unwrap();
    let forged = open(other.path()).await;
    sitting(&forged, "forged", 12).await;
    whole(&forged).await;
    let found = forged.verify(Some(&kept)).await.unwrap();
    is_found(&found, 52, "the audit was rewritten");
}

/// Changes to the other tables, and what is said of each.
const CONTRADICTIONS: [(&str, &str); 14] = [
    (
        "UPDATE steps SET user = 'u-9' WHERE id = 2",
        "the intent for s0000 in run a differ",
    ),
    (
        "UPDATE steps SET step = '[\"verify\"]' WHERE id = 2",
        "the intent for s0000",
    ),
    (
        "UPDATE steps SET time_step = 7 WHERE id = 4",
        "the intent for s0000",
    ),
    (
        "UPDATE steps SET attempt = 'done' WHERE id = 4",
        "the outcome for s0000",
    ),
    (
        "UPDATE steps SET request_id = 'r-2' WHERE id = 4",
        "the outcome for s0000",
    ),
    (
        "UPDATE steps SET outcome_record = NULL WHERE id = 4",
        "the outcome for s0000",
    ),
    (
        "UPDATE steps SET run = 'b' WHERE id = 4",
        "the intent for s0000 in run b differ",
    ),
    (
        "DELETE FROM steps WHERE id = 4",
        "this record (intent) is about",
    ),
    (
        "DELETE FROM results WHERE record = 6",
        "this record (row-ended) is about",
    ),
    (
        "UPDATE results SET outcome = 'done' WHERE record = 6",
        "the end of the row for s0000",
    ),
    (
        "UPDATE results SET result = replace(result, 'failed', 'done') WHERE record = 6",
        "the end of the row for s0000",
    ),
    (
        "UPDATE runs SET plan_digest = 'x' WHERE id = 'a'",
        "the run in run a differ",
    ),
    (
        "DELETE FROM runs WHERE id = 'c'",
        "this record (run-begun) is about",
    ),
    (
        "INSERT INTO steps (id, run, serial, step) VALUES (500, 'a', 's0099', '[]')",
        "the audit has no record of it",
    ),
];

#[tokio::test]
async fn what_the_ledger_says_otherwise_than_the_audit_is_found() {
    let log = log().await;
    for (change, words) in CONTRADICTIONS {
        let found = log.after(change).await;
        let hit = found
            .findings
            .iter()
            .any(|finding| finding.message.contains(words));
        assert!(hit, "{change}: {found:#?}");
    }
}

#[tokio::test]
async fn removed_triggers_are_found() {
    let log = log().await;
    let found = log.after("SELECT 1").await;
    assert!(found.is_whole(), "{found:#?}");
    let directory = tempfile::tempdir().unwrap();
    log.lay_out(directory.path());
    let mut raw = raw(directory.path()).await;
    raw.execute("DROP TRIGGER audit_no_delete").await.unwrap();
    let found = open(directory.path()).await.verify(None).await.unwrap();
    assert_eq!(found.findings.len(), 1, "{found:#?}");
    assert!(
        found.findings[0]
            .message
            .contains("its triggers were removed")
    );
}

#[tokio::test]
async fn many_findings_are_counted_and_the_first_hundred_listed() {
    let found = log().await.after("UPDATE audit SET at = at + seq").await;
    assert_eq!(found.findings.len(), 100);
    assert_eq!(found.more_findings, 103);
}
