//! Runs, their names, their plans and their reports.

use proptest::prelude::*;
use provisioner::{Calls, Effort, Ledger, Outcome, RowResult, RunId, State};

use crate::{BEGUN_AT, open, plan, run, serial, tenant};

fn result(outcome: Outcome) -> RowResult {
    RowResult {
        outcome,
        state: Some(State::Activated),
        activated_by: None,
        error: None,
        not_before: None,
    }
}

#[tokio::test]
async fn an_empty_ledger_has_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    assert!(ledger.runs().await.unwrap().is_empty());
    assert!(ledger.names("").await.unwrap().is_empty());
    assert_eq!(ledger.plan(&run("a")).await.unwrap(), None);
    assert_eq!(ledger.report(&run("a")).await.unwrap(), None);
    assert!(ledger.history(&run("a")).await.unwrap().is_empty());
}

#[tokio::test]
async fn runs_are_found_by_the_start_of_their_names() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    for name in ["0193a", "0193b", "0194%"] {
        ledger.begin(&run(name), &plan(2)).await.unwrap();
    }
    let found = |start: &'static str| {
        let ledger = &ledger;
        async move { ledger.names(start).await.unwrap() }
    };
    assert_eq!(found("0193").await, [run("0193a"), run("0193b")]);
    assert_eq!(found("0193b").await, [run("0193b")]);
    assert_eq!(found("").await.len(), 3);
    // Nothing is a wildcard.
    for none in ["%", "_193", "193", "0193abc", "'"] {
        assert_eq!(found(none).await, Vec::<RunId>::new(), "{none}");
    }
}

#[tokio::test]
async fn sittings_add_up() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    ledger.begin(&run("a"), &plan(3)).await.unwrap();
    let sitting = Calls {
        total: 7,
        writes: 5,
        throttled: 1,
    };
    ledger
        .pause(
            &run("a"),
            Effort {
                calls: sitting,
                elapsed_ms: 1500,
            },
        )
        .await
        .unwrap();
    ledger
        .pause(
            &run("a"),
            Effort {
                calls: sitting,
                elapsed_ms: 500,
            },
        )
        .await
        .unwrap();
    let report = ledger.report(&run("a")).await.unwrap().unwrap();
    assert_eq!(report.elapsed_ms, 2000);
    let calls = (
        report.calls.total,
        report.calls.writes,
        report.calls.throttled,
    );
    assert_eq!(calls, (14, 10, 2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The list counts in SQL what the report counts row by row.
    #[test]
    fn a_list_counts_like_the_report(
        size in 1..8_usize,
        ends in prop::collection::vec((0..7_usize, 0..5_usize), 0..20),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let directory = tempfile::tempdir().unwrap();
            let ledger = open(directory.path()).await;
            ledger.begin(&run("a"), &plan(size)).await.unwrap();
            ledger.begin(&run("b"), &plan(size)).await.unwrap();
            let outcomes = [
                Outcome::Done,
                Outcome::Unchanged,
                Outcome::Failed,
                Outcome::Conflict,
                Outcome::Pending,
            ];
            // Only rows with steps come to an end; the last one's user is unknown.
            for (n, outcome) in ends.iter().filter(|(n, _)| n + 1 < size) {
                let settled = vec![(serial(*n), result(outcomes[*outcome]))];
                ledger.settle(&run("a"), settled).await.unwrap();
            }
            ledger.pause(&run("a"), Effort::default()).await.unwrap();
            let runs = ledger.runs().await.unwrap();
            assert_eq!([&runs[0].run, &runs[1].run], [&run("b"), &run("a")]);
            for listed in runs {
                let counts = ledger.report(&listed.run).await.unwrap().unwrap().counts;
                assert_eq!(listed.tenant, tenant());
                assert_eq!(listed.begun_at, i64::try_from(BEGUN_AT).unwrap());
                assert_eq!((listed.rows, listed.pending), (counts.rows, counts.pending));
                let wanting = counts.failed + counts.conflict + counts.rejected;
                assert_eq!(listed.not_as_wanted, wanting);
            }
        });
    }
}
