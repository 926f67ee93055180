//! Durable intents a second at 1, 16 and 64 callers, beside what one would write by hand: a line
//! appended to a file and one `sync_data` for each.
#![allow(
    missing_docs,
    reason = "the macros of criterion make undocumented items"
)]
#![allow(
    clippy::unwrap_used,
    reason = "a bench on its own data stops where it is wrong"
)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::join_all;
use idp_http::TokioClock;
use ledger::{Actor, SqliteLedger};
use provisioner::seedfile::{ReadOptions, Serial};
use provisioner::{
    Capabilities, Goal, Intent, Ledger, Operation, Plan, Roster, RunId, Step, Tenant, UserId,
};

const CALLERS: [usize; 3] = [1, 16, 64];

fn run() -> RunId {
    RunId("0193b5a0-0000-7000-8000-000000000000".to_owned())
}

fn intent(caller: usize, n: u64) -> Intent {
    Intent {
        serial: Serial::new(&format!("24525{caller:03}{n:06}")).unwrap(),
        step: Step(vec![Operation::Import, Operation::Assign]),
        user: Some(UserId("00000000-0000-0000-0000-000000000000".to_owned())),
        name: Some(format!("user{n}@example.com")),
        time_step: Some(59_840_640),
    }
}

/// A run with an empty plan.
async fn ledger(directory: &std::path::Path) -> Arc<SqliteLedger> {
    let clock = Arc::new(TokioClock::system());
    let path = directory.join("ledger.sqlite");
    let actor = Actor::default();
    let ledger = SqliteLedger::open(&path, clock, actor).await.unwrap();
    let header = b"upn,serial number,secret key,timeinterval,manufacturer,model\r\n\
        ann@example.com,1,JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP,30,Token2,C202\r\n";
    let roster = Roster::read(header, &ReadOptions::default()).unwrap();
    let tenant = Tenant {
        idp: "entra".to_owned(),
        id: "a-tenant".to_owned(),
    };
    let capabilities = Capabilities {
        steps: Vec::new(),
        shapes: Vec::new(),
        tokens_per_user: 1,
        serials: true,
        workers: NonZeroUsize::MIN,
    };
    let (people, observed) = (BTreeMap::new(), BTreeMap::new());
    let goal = Goal::Imported;
    let plan = Plan::new(&tenant, &capabilities, goal, &roster, &people, &observed);
    ledger.begin(&run(), &plan).await.unwrap();
    Arc::new(ledger)
}

/// Every caller records `each` intents, one after the other.
async fn record(ledger: &Arc<SqliteLedger>, callers: usize, each: u64) {
    let tasks = (0..callers).map(|caller| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            let run = run();
            for n in 0..each {
                ledger.intend(&run, vec![intent(caller, n)]).await.unwrap();
            }
        })
    });
    for done in join_all(tasks).await {
        done.unwrap();
    }
}

/// Every caller appends `each` lines and waits for the disk each time.
fn append(file: &Mutex<File>, callers: usize, each: u64) {
    std::thread::scope(|scope| {
        for caller in 0..callers {
            scope.spawn(move || {
                for n in 0..each {
                    let line = format!("{:?}\n", intent(caller, n));
                    let mut file = file.lock().unwrap();
                    file.write_all(line.as_bytes()).unwrap();
                    file.sync_data().unwrap();
                }
            });
        }
    });
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn intents(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let ledger = runtime.block_on(ledger(directory.path()));
    let file = Mutex::new(File::create(directory.path().join("append")).unwrap());

    let mut group = criterion.benchmark_group("intents");
    group.sample_size(10);
    group.measurement_time(Duration::from_secs(4));
    for callers in CALLERS {
        group.throughput(Throughput::Elements(u64::try_from(callers).unwrap()));
        group.bench_with_input(BenchmarkId::new("ledger", callers), &callers, |b, &n| {
            b.iter_custom(|each| timed(|| runtime.block_on(record(&ledger, n, each))));
        });
        group.bench_with_input(BenchmarkId::new("append", callers), &callers, |b, &n| {
            b.iter_custom(|each| timed(|| append(&file, n, each)));
        });
    }
    group.finish();
}

criterion_group!(benches, intents);
criterion_main!(benches);
