//! What a run remembers of its rows, and where tokens went.

use std::collections::BTreeMap;

use ledger::{Filter, Format, SqliteLedger};
use proptest::prelude::*;
use provisioner::{
    Attempt, Calls, Effort, Known, Ledger, MemoryLedger, Operation, Outcome, Problem, Resolution,
    RowHistory, RowResult, State, Tenant, TokenId,
};

use crate::{fingerprint, import, intent, open, plan, resolution, run, serial, tenant, user};

async fn begun(directory: &std::path::Path) -> SqliteLedger {
    let ledger = open(directory).await;
    ledger.begin(&run("a"), &plan(5)).await.unwrap();
    ledger
}

/// Makes what was buffered readable.
async fn written(ledger: &SqliteLedger) {
    let nothing = Calls::default();
    ledger
        .pause(
            &run("a"),
            Effort {
                calls: nothing,
                elapsed_ms: 0,
            },
        )
        .await
        .unwrap();
}

async fn past(ledger: &SqliteLedger, n: usize) -> RowHistory {
    let mut history = ledger.history(&run("a")).await.unwrap();
    history.remove(&serial(n)).unwrap_or_default()
}

#[tokio::test]
async fn an_intent_without_an_end_is_in_doubt() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = begun(directory.path()).await;
    ledger.intend(&run("a"), vec![import(0)]).await.unwrap();
    let past = past(&ledger, 0).await;
    assert!(past.doubtful && past.touched && past.result.is_none());
    // Rows without a call have no history.
    assert_eq!(ledger.history(&run("a")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn each_end_says_what_may_have_been_done() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = begun(directory.path()).await;
    let intents = vec![import(0), import(1), import(2)];
    ledger.intend(&run("a"), intents).await.unwrap();
    let ends = vec![
        resolution(0, Attempt::Done, Some("d-0")),
        resolution(1, Attempt::NotDone, None),
        resolution(2, Attempt::Unknown, None),
    ];
    ledger.resolve(&run("a"), ends).await.unwrap();
    written(&ledger).await;
    for (n, touched, doubtful) in [(0, true, false), (1, false, true), (2, true, true)] {
        let past = past(&ledger, n).await;
        assert_eq!((past.touched, past.doubtful), (touched, doubtful), "{n}");
    }
}

#[tokio::test]
async fn a_proof_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = begun(directory.path()).await;
    let verify = intent(0, &[Operation::Verify], Some(41));
    ledger.intend(&run("a"), vec![verify]).await.unwrap();
    let past = past(&ledger, 0).await;
    assert!(past.doubtful && !past.touched);
    assert_eq!(past.time_step, Some(41));
}

#[tokio::test]
async fn the_last_time_step_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = begun(directory.path()).await;
    for step in [Some(41), Some(43), None] {
        let activate = intent(0, &[Operation::Activate], step);
        ledger.intend(&run("a"), vec![activate]).await.unwrap();
        let refused = vec![resolution(0, Attempt::NotDone, None)];
        ledger.resolve(&run("a"), refused).await.unwrap();
    }
    written(&ledger).await;
    assert_eq!(past(&ledger, 0).await.time_step, Some(43));
}

#[tokio::test]
async fn how_a_row_was_left_pending_is_known_until_its_end() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = begun(directory.path()).await;
    let mut result = RowResult {
        outcome: Outcome::Pending,
        state: None,
        activated_by: None,
        error: Some(Problem::new("try-later", "not yet", "resume the run later")),
        not_before: Some(1_800_000_000),
    };
    let settled = vec![(serial(0), result.clone())];
    ledger.settle(&run("a"), settled).await.unwrap();
    written(&ledger).await;
    assert_eq!(past(&ledger, 0).await.result, Some(result.clone()));

    result.outcome = Outcome::Done;
    let settled = vec![(serial(0), result.clone())];
    ledger.settle(&run("a"), settled).await.unwrap();
    written(&ledger).await;
    assert_eq!(past(&ledger, 0).await.result, Some(result));
}

#[tokio::test]
async fn known_tokens_belong_to_one_tenant() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = begun(directory.path()).await;
    ledger
        .intend(&run("a"), vec![import(0), import(1)])
        .await
        .unwrap();
    let ends = vec![
        resolution(0, Attempt::Done, Some("d-0")),
        resolution(1, Attempt::Done, None),
    ];
    ledger.resolve(&run("a"), ends).await.unwrap();
    written(&ledger).await;
    let id = TokenId("d-0".to_owned());
    let known = Known {
        id,
        user: Some(user(0)),
        name: Some("user0@example.com".to_owned()),
        fingerprint: Some(fingerprint(0)),
        code_accepted: false,
    };
    let expected = BTreeMap::from([(serial(0), known)]);
    assert_eq!(ledger.known(&tenant()).await.unwrap(), expected);

    for (idp, id) in [("entra", "another"), ("okta", "a-tenant")] {
        let (idp, id) = (idp.to_owned(), id.to_owned());
        let known = ledger.known(&Tenant { idp, id }).await.unwrap();
        assert!(known.is_empty());
    }
    // A code that was accepted for it stays accepted, until another token takes its place.
    for (id, code_accepted, expected) in [
        ("d-0", true, true),
        ("d-0", false, true),
        ("d-9", false, false),
    ] {
        let again = Resolution {
            code_accepted,
            ..resolution(0, Attempt::Done, Some(id))
        };
        ledger.intend(&run("a"), vec![import(0)]).await.unwrap();
        ledger.resolve(&run("a"), vec![again]).await.unwrap();
        written(&ledger).await;
        let known = ledger.known(&tenant()).await.unwrap();
        assert_eq!(known[&serial(0)].code_accepted, expected);
    }
    // A later run of the tenant knows them, its history does not.
    ledger.begin(&run("b"), &plan(5)).await.unwrap();
    assert!(ledger.history(&run("b")).await.unwrap().is_empty());
    assert_eq!(ledger.known(&tenant()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_second_run_of_the_same_name_is_refused_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = begun(directory.path()).await;
    ledger.begin(&run("a"), &plan(3)).await.unwrap_err();
    drop(ledger);
    let ledger = open(directory.path()).await;
    assert_eq!(ledger.plan(&run("a")).await.unwrap(), Some(plan(5)));
}

/// One write of a row: its operation, its time step and its end.
type Write = (usize, Operation, Option<u64>, Option<Attempt>);

fn write() -> impl Strategy<Value = Write> {
    let operation = prop::sample::select(vec![
        Operation::Import,
        Operation::Activate,
        Operation::Verify,
    ]);
    let end = prop::sample::select(vec![
        None,
        Some(Attempt::Done),
        Some(Attempt::NotDone),
        Some(Attempt::Unknown),
    ]);
    (0..4_usize, operation, prop::option::of(0..99_u64), end)
}

async fn record(ledger: &dyn Ledger, writes: &[Write]) {
    for (n, operation, time_step, end) in writes {
        let intents = vec![intent(*n, &[*operation], *time_step)];
        ledger.intend(&run("a"), intents).await.unwrap();
        if let Some(end) = end {
            let ends = vec![resolution(*n, *end, None)];
            ledger.resolve(&run("a"), ends).await.unwrap();
        }
    }
}

fn expected(writes: &[Write]) -> BTreeMap<provisioner::seedfile::Serial, RowHistory> {
    let mut rows: BTreeMap<_, RowHistory> = BTreeMap::new();
    for (n, operation, time_step, end) in writes {
        let row = rows.entry(serial(*n)).or_default();
        row.touched |= *operation != Operation::Verify && *end != Some(Attempt::NotDone);
        row.doubtful = *end != Some(Attempt::Done);
        row.time_step = time_step.or(row.time_step);
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Buffered ends meet the intents that were committed before them, never later ones.
    #[test]
    fn ends_stay_with_their_intents(writes in prop::collection::vec(write(), 1..20)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let directory = tempfile::tempdir().unwrap();
            let ledger = begun(directory.path()).await;
            record(&ledger, &writes).await;
            written(&ledger).await;
            assert_eq!(ledger.history(&run("a")).await.unwrap(), expected(&writes));
            // The one in memory remembers the same.
            let ledger = MemoryLedger::new();
            ledger.begin(&run("a"), &plan(5)).await.unwrap();
            record(&ledger, &writes).await;
            assert_eq!(ledger.history(&run("a")).await.unwrap(), expected(&writes));
        });
    }
}

#[tokio::test]
async fn a_state_is_kept_with_its_row() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = begun(directory.path()).await;
    let result = RowResult {
        outcome: Outcome::Failed,
        state: Some(State::Assigned),
        activated_by: None,
        error: Some(Problem::new(
            "code-refused",
            "the code was refused",
            "check the seed",
        )),
        not_before: None,
    };
    let settled = vec![(serial(2), result.clone())];
    ledger.settle(&run("a"), settled).await.unwrap();
    written(&ledger).await;
    assert_eq!(past(&ledger, 2).await.result, Some(result));
}

#[tokio::test]
async fn what_is_gone_is_not_known_any_more() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = begun(directory.path()).await;
    ledger
        .intend(&run("a"), vec![import(0), import(1)])
        .await
        .unwrap();
    let ends = [0, 1].map(|n| resolution(n, Attempt::Done, Some("d")));
    ledger.resolve(&run("a"), ends.into()).await.unwrap();
    let gone = |outcome| RowResult {
        outcome,
        state: None,
        activated_by: None,
        error: None,
        not_before: None,
    };
    // What nobody looked at may be there.
    let rows = vec![
        (serial(0), gone(Outcome::Done)),
        (serial(1), gone(Outcome::Failed)),
    ];
    ledger.settle(&run("a"), rows).await.unwrap();
    written(&ledger).await;
    let known = ledger.known(&tenant()).await.unwrap();
    assert_eq!(known.into_keys().collect::<Vec<_>>(), [serial(1)]);
}

#[tokio::test]
async fn another_record_is_taken_over_and_audited() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = begun(directory.path()).await;
    let known = Known {
        id: TokenId("f-7".to_owned()),
        user: Some(user(7)),
        name: None,
        fingerprint: None,
        code_accepted: true,
    };
    let all = BTreeMap::from([(serial(7), known)]);
    ledger
        .remember(&run("taken"), &tenant(), all.clone())
        .await
        .unwrap();
    assert_eq!(ledger.known(&tenant()).await.unwrap(), all);
    let found = ledger.verify(None).await.unwrap();
    assert!(found.is_whole(), "{found:?}");
    for format in [Format::JsonLines, Format::Ecs, Format::Cef] {
        let mut out = Vec::new();
        let filter = Filter {
            run: Some(run("taken")),
            ..Filter::default()
        };
        assert_eq!(ledger.export(format, &filter, &mut out).await.unwrap(), 1);
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("f-7") && text.contains("alice"), "{text}");
    }
}
