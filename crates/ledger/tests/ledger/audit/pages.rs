//! The audit page by page: what is shown, and what filters leave.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ledger::{Actor, AuditRecord, RecordFilter, SqliteLedger};
use provisioner::idp_http::Clock;
use provisioner::{Attempt, Effort, Goal, Intent, Known, Ledger, Outcome, State, TokenId, UserId};
use sqlx::Executor;

use super::{WITHOUT_GUARDS, effort, ended, raw, sitting};
use crate::{BEGUN_AT, actor, import, open, resolution, run, serial, tenant};

/// A clock that goes on by a second whenever somebody looks at it.
#[derive(Debug, Default)]
struct Ticking(AtomicU64);

#[async_trait::async_trait]
impl Clock for Ticking {
    fn unix(&self) -> Duration {
        let ticks = self.0.fetch_add(1, Ordering::SeqCst);
        Duration::from_secs(BEGUN_AT + ticks)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(1000)
    }

    async fn sleep(&self, _: Duration) {}
}

async fn open_as(directory: &Path, user: &str) -> SqliteLedger {
    let actor = Actor {
        user: user.to_owned(),
        ..actor()
    };
    let (path, clock) = (directory.join("ledger.sqlite"), Ticking::default());
    SqliteLedger::open(&path, Arc::new(clock), actor)
        .await
        .unwrap()
}

async fn records(ledger: &SqliteLedger, filter: RecordFilter) -> Vec<AuditRecord> {
    ledger.records(&filter, usize::MAX).await.unwrap()
}

async fn all(ledger: &SqliteLedger) -> Vec<AuditRecord> {
    records(ledger, RecordFilter::default()).await
}

async fn with_text(ledger: &SqliteLedger, text: &str) -> Vec<i64> {
    let filter = RecordFilter {
        text: Some(text.to_owned()),
        ..RecordFilter::default()
    };
    numbers(&records(ledger, filter).await)
}

fn numbers(records: &[AuditRecord]) -> Vec<i64> {
    records.iter().map(|record| record.seq).collect()
}

/// The numbers of the records that a look at each of them leaves.
fn left(all: &[AuditRecord], fits: impl Fn(&AuditRecord) -> bool) -> Vec<i64> {
    let left = all.iter().filter(|record| fits(record));
    left.map(|record| record.seq).collect()
}

#[tokio::test]
async fn pages_follow_each_other_newest_first() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    assert!(all(&ledger).await.is_empty());
    sitting(&ledger, "a", 5).await;
    let mut filter = RecordFilter::default();
    let mut read = Vec::new();
    loop {
        let page = ledger.records(&filter, 10).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 10);
        filter.before = Some(last.seq);
        read.extend(page);
    }
    assert_eq!(numbers(&read), (1..=27).rev().collect::<Vec<_>>());
    let head = ledger.audit_head().await.unwrap().unwrap();
    assert_eq!((read[0].seq, &read[0].hash), (head.seq, &head.hash));
    assert!(ledger.records(&filter, 0).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_record_shows_what_it_is_about() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    sitting(&ledger, "a", 2).await;
    let mut all = all(&ledger).await;
    all.reverse();
    assert!(all.iter().all(|record| record.actor == Some(actor())));
    assert!(all.iter().all(|record| record.run == run("a")));
    assert!(
        all.iter()
            .all(|record| record.idp.as_deref() == Some("entra"))
    );
    let [begun, intent, outcome, .., paused] = all.as_slice() else {
        panic!("{all:#?}");
    };
    assert_eq!(
        (begun.event, begun.goal),
        ("run-begun", Some(Goal::Activated))
    );
    assert_eq!((intent.event, intent.outcome), ("intent", None));
    assert_eq!((outcome.event, outcome.outcome), ("outcome", Some("done")));
    assert_eq!(outcome.request.as_deref(), Some("r-1"));
    for about in [intent, outcome] {
        assert_eq!(about.serial.as_deref(), Some("s0000"));
        assert_eq!(about.user, Some(UserId("u-0".to_owned())));
        assert_eq!(about.name.as_deref(), Some("user0@example.com"));
        assert_eq!(about.step.as_deref(), Some("import + assign"));
    }
    let (failed, done) = (&all[5], &all[10]);
    assert_eq!(
        (failed.event, failed.outcome),
        ("row-ended", Some("failed"))
    );
    assert_eq!(
        (failed.message.as_deref(), failed.state),
        (Some("refused"), None)
    );
    assert_eq!(
        (done.outcome, done.state),
        (Some("done"), Some(State::Activated))
    );
    assert_eq!(done.step.as_deref(), Some("activate"));
    assert_eq!((paused.event, &paused.serial), ("run-paused", &None));
    assert_eq!(paused.at, i64::try_from(BEGUN_AT).unwrap() * 1000);
}

/// Two people, each with a run, the second of whom goes on with the first run; and records that were
/// taken over.
async fn of_two(directory: &Path) -> SqliteLedger {
    let ledger = open_as(directory, "alice").await;
    sitting(&ledger, "a", 4).await;
    ledger.close().await;
    let ledger = open_as(directory, "Bob").await;
    sitting(&ledger, "b", 3).await;
    ledger.intend(&run("a"), vec![import(2)]).await.unwrap();
    ledger.pause(&run("a"), effort()).await.unwrap();
    let known = Known {
        id: TokenId("f-9".to_owned()),
        user: Some(UserId("u-9".to_owned())),
        name: Some("User9@Example.com".to_owned()),
        fingerprint: None,
        code_accepted: false,
    };
    let known = [(serial(9), known)].into();
    ledger.remember(&run("c"), &tenant(), known).await.unwrap();
    ledger
}

fn of_user(name: &str) -> RecordFilter {
    RecordFilter {
        user: Some(name.to_owned()),
        ..RecordFilter::default()
    }
}

fn of_actor(name: &str) -> RecordFilter {
    RecordFilter {
        actor: Some(name.to_owned()),
        ..RecordFilter::default()
    }
}

fn is_of(record: &AuditRecord, user: &str) -> bool {
    record.actor.as_ref().unwrap().user == user
}

/// Reads with a filter, in one page and in a short one, and compares what it leaves.
async fn leaves(ledger: &SqliteLedger, filter: RecordFilter, left: Vec<i64>) {
    let found = numbers(&records(ledger, filter.clone()).await);
    assert_eq!(found, left, "{filter:?}");
    let page = numbers(&ledger.records(&filter, 3).await.unwrap());
    assert!(left.starts_with(&page) && page.len() == left.len().min(3));
}

#[tokio::test]
async fn records_are_found_by_token_and_by_user() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = of_two(directory.path()).await;
    let all = all(&ledger).await;
    let of_token = RecordFilter {
        serial: Some(serial(2)),
        ..RecordFilter::default()
    };
    let wanted = left(&all, |record| record.serial.as_deref() == Some("s0002"));
    leaves(&ledger, of_token, wanted).await;

    let id = Some(UserId("u-1".to_owned()));
    let wanted = left(&all, |record| record.user == id);
    leaves(&ledger, of_user("u-1"), wanted.clone()).await;
    leaves(&ledger, of_user("USER1@example.com"), wanted).await;
    let taken_over = left(&all, |record| record.run == run("c"));
    leaves(&ledger, of_user("user9@example.com"), taken_over).await;
    leaves(&ledger, of_user("nobody"), Vec::new()).await;
    // What came of a call is of its user, too.
    let events = records(&ledger, of_user("u-1")).await;
    for event in ["intent", "outcome", "row-ended"] {
        assert!(events.iter().any(|record| record.event == event), "{event}");
    }
}

#[tokio::test]
async fn a_user_is_found_under_every_name() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = of_two(directory.path()).await;
    let named = |name: &str| Intent {
        name: Some(name.to_owned()),
        ..import(0)
    };
    let before = of_user("user0@example.com");
    let before = records(&ledger, before).await.len();
    for name in ["Zero, Ann", "0000-id", "user0@example.com"] {
        ledger.intend(&run("a"), vec![named(name)]).await.unwrap();
    }
    for name in ["USER0@example.com", "zero, ann", "u-0"] {
        let found = records(&ledger, of_user(name)).await;
        assert_eq!(found.len(), before + 3, "{name}");
    }
    // A name that went to somebody else is not one user any more.
    let second = Intent {
        name: Some("zero, ann".to_owned()),
        ..import(7)
    };
    ledger.intend(&run("a"), vec![second]).await.unwrap();
    assert_eq!(records(&ledger, of_user("Zero, Ann")).await.len(), 2);
}

#[tokio::test]
async fn records_are_found_by_run_actor_and_time() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = of_two(directory.path()).await;
    let all = all(&ledger).await;
    let of_run = |filter| RecordFilter {
        run: Some(run("a")),
        ..filter
    };
    let wanted = left(&all, |record| record.run == run("a"));
    leaves(&ledger, of_run(RecordFilter::default()), wanted).await;

    let wanted = left(&all, |record| is_of(record, "alice"));
    leaves(&ledger, of_actor("alice"), wanted).await;
    let wanted = left(&all, |record| is_of(record, "Bob"));
    leaves(&ledger, of_actor("bob@desk"), wanted).await;
    leaves(&ledger, of_actor("ali"), Vec::new()).await;
    // Bob went on with Alice's run.
    let resumed = left(&all, |r| is_of(r, "Bob") && r.run == run("a"));
    assert_eq!(resumed.len(), 3);
    leaves(&ledger, of_run(of_actor("bob")), resumed).await;

    // Bob's clock is behind Alice's.
    let (since, until) = (all[20].at, all[7].at);
    let of_time = RecordFilter {
        since: Some(since),
        until: Some(until),
        ..RecordFilter::default()
    };
    let wanted = left(&all, |record| since <= record.at && record.at < until);
    assert!(wanted.len() > 3 && wanted.len() < all.len());
    leaves(&ledger, of_time, wanted).await;
}

/// What a record shows, in any order.
fn shows(record: &AuditRecord, text: &str) -> bool {
    let shown = serde_json::to_value(record).unwrap();
    let mut fields = vec![record.actor.as_ref().unwrap().to_string()];
    for (name, value) in shown.as_object().unwrap() {
        if !["hash", "seq", "at", "idp"].contains(&name.as_str()) {
            fields.extend(value.as_str().map(str::to_owned));
            fields.extend(value["program"].as_str().map(str::to_owned));
        }
    }
    let text = text.to_lowercase();
    fields
        .iter()
        .any(|field| field.to_lowercase().contains(&text))
}

/// Names that JSON writes otherwise, or of which SQLite does not know the case.
const NAMES: [&str; 5] = [
    "Zoë Ångström",
    "\"quoted\\back\"",
    "line\nend",
    "100% _sure_",
    "张伟",
];

async fn with_names(directory: &Path) -> SqliteLedger {
    let ledger = of_two(directory).await;
    for (n, name) in NAMES.into_iter().enumerate() {
        let mut intent = import(n);
        intent.name = Some(name.to_owned());
        ledger.intend(&run("b"), vec![intent]).await.unwrap();
        let mut end = resolution(n, Attempt::NotDone, None);
        end.problem = Some("refused-for-now".to_owned());
        ledger.resolve(&run("b"), vec![end]).await.unwrap();
        let row = vec![(serial(n), ended(Outcome::Failed))];
        ledger.settle(&run("b"), row).await.unwrap();
    }
    ledger.pause(&run("b"), Effort::default()).await.unwrap();
    ledger
}

#[tokio::test]
async fn a_text_is_found_wherever_a_record_shows_it() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = with_names(directory.path()).await;
    let all = all(&ledger).await;
    let found = "s0001|S000|user1@example.com|u-2|import + assign|row-ended|done|activated|\
                 refused-for-now|r-1|alice|bob@desk|oathctl 0.1.0|zoë|ÅNG|\"quoted\\|e\ne|100%|\
                 _sure_|张|伟|%|_";
    for text in found.split('|') {
        let wanted = left(&all, |record| shows(record, text));
        assert!(!wanted.is_empty(), "{text}");
        assert_eq!(with_text(&ledger, text).await, wanted, "{text}");
        let others = left(&all, |record| !shows(record, text));
        let found = with_text(&ledger, &format!("!{text}")).await;
        assert_eq!(found, others, "!{text}");
    }
    // What stands in an entry and is not shown.
    for text in ["nowhere", "a-tenant", "time_step", "f-9"] {
        assert!(with_text(&ledger, text).await.is_empty(), "{text}");
    }
    for (text, same) in [
        ("us*1@*", "user1@example.com"),
        ("*zo* å*", "zoë"),
        ("import*assign", "import +"),
    ] {
        let same = with_text(&ledger, same).await;
        assert_eq!(with_text(&ledger, text).await, same, "{text}");
    }
    assert_eq!(with_text(&ledger, " * ").await, numbers(&all));
}

#[tokio::test]
async fn a_damaged_record_is_shown_as_damaged() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    sitting(&ledger, "a", 2).await;
    let mut other = raw(directory.path()).await;
    other.execute(WITHOUT_GUARDS).await.unwrap();
    for damage in [
        "UPDATE audit SET entry = 'nonsense' WHERE seq = 2",
        "UPDATE audit SET entry = CAST(x'ff00' AS TEXT) WHERE seq = 3",
    ] {
        other.execute(damage).await.unwrap();
    }
    let all = all(&ledger).await;
    assert_eq!(all.len(), 12);
    let damaged = left(&all, |record| record.event == AuditRecord::DAMAGED);
    assert_eq!(damaged, [3, 2]);
    assert!(all[10].message.is_some());
}

#[tokio::test]
async fn a_run_says_who_began_it_and_for_what() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = of_two(directory.path()).await;
    let runs = ledger.runs().await.unwrap();
    let begun = |name: &str| {
        let listed = runs.iter().find(|listed| listed.run == run(name)).unwrap();
        let by = listed.begun_by.as_ref().map(|actor| actor.user.clone());
        (listed.goal, by)
    };
    assert_eq!(
        begun("a"),
        (Some(Goal::Activated), Some("alice".to_owned()))
    );
    assert_eq!(begun("b"), (Some(Goal::Activated), Some("Bob".to_owned())));
    for listed in &runs {
        let one = ledger.run(&listed.run).await.unwrap();
        assert_eq!(one.as_ref(), Some(listed));
    }
    assert_eq!(ledger.run(&run("nowhere")).await.unwrap(), None);
    // A run of a version that kept no records.
    let mut other = raw(directory.path()).await;
    other
        .execute("UPDATE runs SET record = NULL")
        .await
        .unwrap();
    let runs = ledger.runs().await.unwrap();
    assert!(
        runs.iter()
            .all(|listed| listed.goal.is_none() && listed.begun_by.is_none())
    );
}
