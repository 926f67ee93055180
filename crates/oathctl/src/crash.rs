//! Death on order: whatever leaves a trace behind passes a point before it, under way and after it,
//! and `OATHKIT_CRASH_AT=N` kills the program at the N-th.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::ops::Deref;
use std::pin::pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use async_trait::async_trait;
use idp_http::{Request, Response, Transport, TransportError};
use ledger::SqliteLedger;
use provisioner::{
    Effort, Intent, Known, Ledger, LedgerError, Plan, Resolution, RowHistory, RowResult, RunId,
    Tenant,
};
use rustix::process::{Signal, getpid, kill_process};
use seedfile::Serial;

use crate::{files, system};

#[cfg(not(debug_assertions))]
compile_error!(
    "the feature `crash-on-purpose` is for tests of what a death leaves, never for a release"
);

static PASSED: AtomicU64 = AtomicU64::new(0);

/// A transport or a ledger with points.
#[derive(Debug)]
pub(crate) struct Crashing<T>(pub(crate) T);

/// Says how many points there were, where `OATHKIT_CRASH_AT` is `count`.
pub(crate) fn say_how_many_points() {
    if system::variable("OATHKIT_CRASH_AT").is_some_and(|at| at == "count") {
        let points = PASSED.load(Ordering::SeqCst);
        files::say(format_args!("{points} points"));
    }
}

fn last_point() -> Option<u64> {
    static LAST: OnceLock<Option<u64>> = OnceLock::new();
    *LAST.get_or_init(|| system::variable("OATHKIT_CRASH_AT")?.parse().ok())
}

fn pass() {
    let point = PASSED.fetch_add(1, Ordering::SeqCst) + 1;
    if last_point() == Some(point) {
        let _ = kill_process(getpid(), Signal::KILL);
    }
}

/// Passes a point before some work, one once it is handed over, and one when it is done.
async fn around<T>(work: impl Future<Output = T>) -> T {
    pass();
    let mut work = pin!(work);
    let early = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
    pass();
    let done = match early {
        Poll::Ready(done) => done,
        Poll::Pending => work.await,
    };
    pass();
    done
}

#[async_trait]
impl<T: Transport> Transport for Crashing<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        around(self.0.send(request)).await
    }
}

/// What only reads has no points.
impl<T> Deref for Crashing<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl Crashing<SqliteLedger> {
    pub(crate) async fn close(self) {
        around(self.0.close()).await;
    }
}

#[async_trait]
impl<L: Ledger> Ledger for Crashing<L> {
    async fn begin(&self, run: &RunId, plan: &Plan) -> Result<(), LedgerError> {
        around(self.0.begin(run, plan)).await
    }

    async fn intend(&self, run: &RunId, intents: Vec<Intent>) -> Result<(), LedgerError> {
        around(self.0.intend(run, intents)).await
    }

    async fn resolve(&self, run: &RunId, resolutions: Vec<Resolution>) -> Result<(), LedgerError> {
        around(self.0.resolve(run, resolutions)).await
    }

    async fn settle(&self, run: &RunId, rows: Vec<(Serial, RowResult)>) -> Result<(), LedgerError> {
        around(self.0.settle(run, rows)).await
    }

    async fn pause(&self, run: &RunId, effort: Effort) -> Result<Effort, LedgerError> {
        around(self.0.pause(run, effort)).await
    }

    async fn history(&self, run: &RunId) -> Result<BTreeMap<Serial, RowHistory>, LedgerError> {
        self.0.history(run).await
    }

    async fn known(&self, tenant: &Tenant) -> Result<BTreeMap<Serial, Known>, LedgerError> {
        self.0.known(tenant).await
    }

    async fn remember(
        &self,
        run: &RunId,
        tenant: &Tenant,
        known: BTreeMap<Serial, Known>,
    ) -> Result<(), LedgerError> {
        self.0.remember(run, tenant, known).await
    }
}
