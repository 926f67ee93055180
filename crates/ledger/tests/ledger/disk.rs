//! Disks that fail, files that are not what they should be.

use std::fs::{self, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use ledger::SqliteLedger;
use provisioner::{Attempt, Effort, Ledger};
use sqlx::{Connection, SqliteConnection};

use crate::{
    Fixed, actor, child, import, input, open, plan, refused, resolution, run, serial, this_program,
};

/// Another program at the same file.
async fn execute(directory: &Path, sql: &'static str) {
    let url = format!("sqlite://{}/ledger.sqlite", directory.display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
}

#[tokio::test]
async fn after_one_failed_intent_nothing_more_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    ledger.begin(&run("a"), &plan(4)).await.unwrap();
    execute(
        directory.path(),
        "CREATE TRIGGER fail BEFORE INSERT ON steps BEGIN SELECT raise(ABORT, 'no room'); END",
    )
    .await;
    let first = ledger.intend(&run("a"), vec![import(0)]).await.unwrap_err();
    assert!(first.to_string().contains("no room"), "{first}");
    // The cause is gone, the failure is not: what was handed over meanwhile may be lost.
    execute(directory.path(), "DROP TRIGGER fail").await;
    for n in 1..4 {
        let later = ledger.intend(&run("a"), vec![import(n)]).await.unwrap_err();
        assert!(later.to_string().contains("no room"), "{later}");
    }
    ledger.resolve(&run("a"), Vec::new()).await.unwrap_err();
    ledger.settle(&run("a"), Vec::new()).await.unwrap_err();
    ledger
        .pause(&run("a"), Effort::default())
        .await
        .unwrap_err();
    // It can still be read, and opened anew it can be written.
    assert!(ledger.history(&run("a")).await.unwrap().is_empty());
    let ledger = open(directory.path()).await;
    ledger.intend(&run("a"), vec![import(0)]).await.unwrap();
}

#[tokio::test]
async fn a_failed_end_stops_the_next_intent() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    ledger.begin(&run("a"), &plan(4)).await.unwrap();
    ledger.intend(&run("a"), vec![import(0)]).await.unwrap();
    execute(
        directory.path(),
        "CREATE TRIGGER fail BEFORE UPDATE ON steps BEGIN SELECT raise(ABORT, 'no room'); END",
    )
    .await;
    let ends = vec![resolution(0, Attempt::Done, Some("d-0"))];
    // It is only handed over; nobody waits for it.
    ledger.resolve(&run("a"), ends).await.unwrap();
    let error = ledger.intend(&run("a"), vec![import(1)]).await.unwrap_err();
    assert!(error.to_string().contains("no room"), "{error}");
    drop(ledger);
    // The lost end reads as a doubt, and the refused intent was not kept.
    let history = open(directory.path())
        .await
        .history(&run("a"))
        .await
        .unwrap();
    assert_eq!(history.len(), 1);
    assert!(history[&serial(0)].doubtful);
}

/// Records intents until the disk is full; says how many were acknowledged.
#[tokio::test]
#[ignore = "the child of the test below"]
async fn filling() {
    let ledger = open(&input()).await;
    ledger.begin(&run("a"), &plan(2)).await.unwrap();
    let mut acknowledged = 0;
    let error = loop {
        match ledger.intend(&run("a"), vec![import(acknowledged)]).await {
            Ok(()) => acknowledged += 1,
            Err(error) => break error,
        }
    };
    for n in 0..3 {
        ledger.intend(&run("a"), vec![import(n)]).await.unwrap_err();
    }
    println!("\n{acknowledged} {error}");
}

#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    // Files may grow to some hundred KiB; writing beyond fails instead of ending the process.
    let mut limited = Command::new("sh");
    limited.args(["-c", r#"trap "" XFSZ; ulimit -f 1200; exec "$0" "$@""#]);
    limited.arg(std::env::current_exe().unwrap());
    let child = child(&mut limited, "disk::filling", directory.path());
    let ended = child.wait_with_output().unwrap();
    let text = String::from_utf8(ended.stdout).unwrap();
    assert!(ended.status.success(), "{text}");
    let told = text
        .lines()
        .find(|line| line.contains("the ledger cannot be used"));
    let (acknowledged, error) = told.unwrap().split_once(' ').unwrap();
    assert!(error.contains("make room on the disk"), "{error}");
    let acknowledged: usize = acknowledged.parse().unwrap();
    assert!(acknowledged > 10);
    let history = open(directory.path())
        .await
        .history(&run("a"))
        .await
        .unwrap();
    for n in 0..acknowledged {
        assert!(history.contains_key(&serial(n)), "{n} of {acknowledged}");
    }
}

/// Tries to open a ledger where nothing can be written.
#[tokio::test]
#[ignore = "the child of the test below"]
async fn opening() {
    println!("\n{}", refused(&input().join("ledger.sqlite")).await);
}

#[test]
fn a_directory_without_the_right_to_write_is_named() {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o555)).unwrap();
    let mut command = this_program();
    if fs::write(directory.path().join("probe"), "").is_ok() {
        // Root may write everywhere.
        command.uid(65534);
    }
    let child = child(&mut command, "disk::opening", directory.path());
    let text = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert!(text.contains("check the rights of the directory"), "{text}");
    assert!(text.contains("ledger.sqlite"), "{text}");
}

#[tokio::test]
async fn a_directory_that_is_missing_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let text = refused(&directory.path().join("none/ledger.sqlite")).await;
    assert!(text.contains("none/ledger.sqlite"), "{text}");
}

#[tokio::test]
async fn only_the_owner_may_read_it() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    ledger.begin(&run("a"), &plan(4)).await.unwrap();
    for file in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
        let mode = fs::metadata(directory.path().join(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn the_file_of_a_newer_version_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()).await);
    execute(
        directory.path(),
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'later', true, x'00', 0)",
    )
    .await;
    let text = refused(&directory.path().join("ledger.sqlite")).await;
    assert!(text.contains("written by another version"), "{text}");
    assert!(text.contains("9999"), "{text}");
    assert!(text.contains("use that version"), "{text}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.sqlite");
    let text = "upn,serial number,secret key\r\n".repeat(100);
    fs::write(&path, &text).unwrap();
    let error = refused(&path).await;
    assert!(
        error.contains("the file is damaged; move it away"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_damaged_file_is_named_as_such() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.sqlite");
    let ledger = open(directory.path()).await;
    ledger.begin(&run("a"), &plan(50)).await.unwrap();
    ledger
        .intend(&run("a"), (0..50).map(import).collect())
        .await
        .unwrap();
    drop(ledger);
    execute(directory.path(), "PRAGMA wal_checkpoint(TRUNCATE)").await;
    let length = fs::metadata(&path).unwrap().len();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let noise = vec![0xa5; usize::try_from(length).unwrap() - 4096];
    file.write_all_at(&noise, 4096).unwrap();
    let error = match SqliteLedger::open(&path, Arc::new(Fixed), actor()).await {
        Err(error) => error,
        Ok(ledger) => ledger.history(&run("a")).await.unwrap_err(),
    };
    let text = error.to_string();
    assert!(text.contains("the file is damaged; move it away"), "{text}");
}
