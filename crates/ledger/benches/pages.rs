//! Pages of an audit of a million records, by each filter.
#![allow(
    missing_docs,
    reason = "the macros of criterion make undocumented items"
)]
#![allow(
    clippy::unwrap_used,
    reason = "a bench on its own data stops where it is wrong"
)]

use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use idp_http::TokioClock;
use ledger::{Actor, RecordFilter, SqliteLedger};
use provisioner::RunId;
use sqlx::{Connection, Executor, SqliteConnection};
use tokio::runtime::Runtime;

/// Five records a token, 200 tokens a run; the first record of each run says who began it. Each tenth
/// run is Bob's.
const FILL: &str = "PRAGMA synchronous = OFF;
    WITH RECURSIVE n (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < 1000000),
    t AS (SELECT seq, seq / 1000 AS run, seq / 5 AS token, seq % 5 AS kind FROM n)
    INSERT INTO audit SELECT seq, 1795219200000 + seq * 40, printf('run-%06d', run), CASE
      WHEN seq % 1000 = 0 OR seq = 1 THEN json_object('event', 'run-begun', 'actor', json_object(
        'user', iif(run % 10, 'alice', 'bob'), 'host', 'desk', 'program', 'oathctl 0.1.0'),
        'tenant', json_object('idp', 'entra', 'id', 'a-tenant'), 'goal', 'activated',
        'plan', hex(zeroblob(32)), 'file', hex(zeroblob(32)),
        'rows', json_object('total', 200, 'open', 200, 'unchanged', 0))
      WHEN kind IN (0, 2) THEN json_object('event', 'intent', 'serial', printf('6%08d', token),
        'step', iif(kind, json('[\"activate\"]'), json('[\"import\",\"assign\"]')),
        'user', printf('00000000-0000-4000-8002-%012d', token),
        'name', printf('user%06d@example.com', token))
      WHEN kind IN (1, 3) THEN json_object('event', 'outcome', 'serial', printf('6%08d', token),
        'intent', seq - 1, 'attempt', 'done', 'request', printf('11111111-0000-4000-8002-%012d', seq))
      ELSE json_object('event', 'row-ended', 'serial', printf('6%08d', token), 'intent', seq - 2,
        'outcome', 'done', 'state', 'activated', 'activated_by', 'operator')
    END, hex(zeroblob(32)) FROM t";

async fn filled(directory: &Path) -> SqliteLedger {
    let path = directory.join("ledger.sqlite");
    let open = || SqliteLedger::open(&path, Arc::new(TokioClock::system()), Actor::default());
    open().await.unwrap().close().await;
    let url = format!("sqlite://{}", path.display());
    let mut raw = SqliteConnection::connect(&url).await.unwrap();
    raw.execute(FILL).await.unwrap();
    raw.close().await.unwrap();
    open().await.unwrap()
}

fn filters() -> Vec<(&'static str, RecordFilter)> {
    let all = RecordFilter::default;
    let text = |text: &str| RecordFilter {
        text: Some(text.to_owned()),
        ..all()
    };
    let actor = |name: &str| RecordFilter {
        actor: Some(name.to_owned()),
        ..all()
    };
    vec![
        ("newest", all()),
        (
            "middle",
            RecordFilter {
                before: Some(500_000),
                ..all()
            },
        ),
        (
            "run",
            RecordFilter {
                run: Some(RunId("run-000123".to_owned())),
                ..all()
            },
        ),
        (
            "token",
            RecordFilter {
                serial: "600012345".parse().ok(),
                ..all()
            },
        ),
        (
            "user",
            RecordFilter {
                user: Some("user012345@example.com".to_owned()),
                ..all()
            },
        ),
        ("actor", actor("bob")),
        ("actor of most", actor("alice")),
        (
            "a day",
            RecordFilter {
                until: Some(1_795_219_200_000 + 20_000_000),
                ..all()
            },
        ),
        ("rare text", text("user012345@")),
        ("common text", text("done")),
        ("no such text", text("nowhere")),
        ("not a text", text("!activate")),
    ]
}

fn pages(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let ledger = runtime.block_on(filled(directory.path()));
    let mut group = criterion.benchmark_group("pages");
    group.sample_size(10);
    for (name, filter) in filters() {
        group.bench_function(name, |bench| {
            bench.iter(|| runtime.block_on(ledger.records(&filter, 50)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, pages);
criterion_main!(benches);
