//! What is on disk when a call may leave, whatever happens to the process then.

use std::collections::BTreeMap;
use std::path::Path;

use futures_util::future::join_all;
use provisioner::{Calls, Effort, Ledger};

use crate::{child, import, input, open, plan, run, serial, this_program};

/// Records an intent and dies at once.
#[tokio::test]
#[ignore = "the child of the test below"]
async fn aborted() {
    let ledger = open(&input()).await;
    ledger.begin(&run("a"), &plan(4)).await.unwrap();
    ledger
        .intend(&run("a"), vec![import(0), import(1)])
        .await
        .unwrap();
    std::process::abort();
}

#[tokio::test]
async fn an_intent_survives_the_death_of_its_process() {
    for _ in 0..5 {
        let directory = tempfile::tempdir().unwrap();
        let child = child(&mut this_program(), "crash::aborted", directory.path());
        let ended = child.wait_with_output().unwrap();
        assert!(!ended.status.success());
        let ledger = open(directory.path()).await;
        let history = ledger.history(&run("a")).await.unwrap();
        assert_eq!(history.len(), 2);
        assert!(history.values().all(|past| past.doubtful && past.touched));
        assert_eq!(ledger.plan(&run("a")).await.unwrap(), Some(plan(4)));
    }
}

#[tokio::test]
async fn an_intent_is_seen_by_another_connection_when_intend_returns() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    ledger.begin(&run("a"), &plan(4)).await.unwrap();
    let other = open(directory.path()).await;
    for n in 0..4 {
        ledger.intend(&run("a"), vec![import(n)]).await.unwrap();
        let seen = other.history(&run("a")).await.unwrap();
        assert!(seen.contains_key(&serial(n)));
    }
}

#[tokio::test]
async fn intents_that_arrive_together_are_committed_together() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    ledger.begin(&run("a"), &plan(300)).await.unwrap();

    let before = commits(directory.path());
    for n in 0..5 {
        ledger.intend(&run("a"), vec![import(n)]).await.unwrap();
    }
    // The count counts: one after the other, each has its own commit.
    assert_eq!(commits(directory.path()) - before, 5);

    let before = commits(directory.path());
    let run = run("a");
    let intents = (5..205).map(|n| ledger.intend(&run, vec![import(n)]));
    for durable in join_all(intents).await {
        durable.unwrap();
    }
    let taken = commits(directory.path()) - before;
    assert!((1..10).contains(&taken), "{taken} commits for 200 intents");
    assert_eq!(ledger.history(&run).await.unwrap().len(), 205);
}

/// The commits in the write-ahead log: frames that name the size of the database
/// (<https://sqlite.org/fileformat2.html#the_write_ahead_log>).
fn commits(directory: &Path) -> usize {
    let log = std::fs::read(directory.join("ledger.sqlite-wal")).unwrap();
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let frame = 24 + usize::try_from(number(8)).unwrap();
    let frames = (32..)
        .step_by(frame)
        .take_while(|at| at + frame <= log.len());
    frames.filter(|at| number(at + 4) != 0).count()
}

#[tokio::test]
async fn two_ledgers_share_one_file() {
    let directory = tempfile::tempdir().unwrap();
    let ledgers = [open(directory.path()).await, open(directory.path()).await];
    let work = ledgers
        .iter()
        .zip(["a", "b"])
        .map(|(ledger, name)| async move {
            let run = run(name);
            ledger.begin(&run, &plan(60)).await.unwrap();
            for n in 0..50 {
                ledger.intend(&run, vec![import(n)]).await.unwrap();
            }
            ledger
                .pause(
                    &run,
                    Effort {
                        calls: Calls::default(),
                        elapsed_ms: 1,
                    },
                )
                .await
                .unwrap();
        });
    join_all(work).await;
    for (ledger, other) in ledgers.iter().zip(["b", "a"]) {
        assert_eq!(ledger.history(&run(other)).await.unwrap().len(), 50);
        assert_eq!(ledger.runs().await.unwrap().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_may_open_a_new_file_at_once() {
    for _ in 0..10 {
        let directory = tempfile::tempdir().unwrap();
        let openings: Vec<_> = (0..8)
            .map(|n| {
                let path = directory.path().to_owned();
                tokio::spawn(async move {
                    let ledger = open(&path).await;
                    ledger.begin(&run(&n.to_string()), &plan(2)).await.unwrap();
                })
            })
            .collect();
        for opening in openings {
            opening.await.unwrap();
        }
        assert_eq!(open(directory.path()).await.runs().await.unwrap().len(), 8);
    }
}

#[tokio::test]
async fn an_intent_outlives_its_ledger() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    ledger.begin(&run("a"), &plan(4)).await.unwrap();
    ledger.intend(&run("a"), vec![import(0)]).await.unwrap();
    drop(ledger);
    let history = open(directory.path()).await.history(&run("a")).await;
    let doubtful: BTreeMap<_, _> = history
        .unwrap()
        .into_iter()
        .map(|(s, p)| (s, p.doubtful))
        .collect();
    assert_eq!(doubtful, BTreeMap::from([(serial(0), true)]));
}
