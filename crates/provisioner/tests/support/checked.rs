//! A ledger that checks the order of things, around any other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use provisioner::{
    Effort, Intent, Known, Ledger, LedgerError, MemoryLedger, Outcome, Plan, Resolution,
    RowHistory, RowResult, RunId, Tenant,
};
use seedfile::Serial;

/// Panics where an end comes without an intent, where two calls for a token are under way at once,
/// and where a row ends twice. On demand, writes fail.
#[derive(Default)]
pub struct Checked<L = MemoryLedger>(Mutex<Inner<L>>);

#[derive(Default)]
struct Inner<L> {
    ledger: Arc<L>,
    /// Calls under way.
    open: BTreeSet<(RunId, Serial)>,
    ended: BTreeMap<(RunId, Serial), Outcome>,
    next_run: u32,
    /// Refuses intents after so many.
    intents_left: Option<usize>,
}

impl<L> Checked<L> {
    pub fn around(ledger: Arc<L>) -> Self {
        Self(Mutex::new(Inner {
            ledger,
            open: BTreeSet::new(),
            ended: BTreeMap::new(),
            next_run: 0,
            intents_left: None,
        }))
    }

    pub fn new_run(&self) -> RunId {
        let mut inner = self.0.lock().unwrap();
        inner.next_run += 1;
        RunId(format!("run-{}", inner.next_run))
    }

    pub fn last_run(&self) -> RunId {
        RunId(format!("run-{}", self.0.lock().unwrap().next_run))
    }

    pub fn fail_after(&self, intents: usize) {
        self.0.lock().unwrap().intents_left = Some(intents);
    }

    pub fn heal(&self) {
        self.0.lock().unwrap().intents_left = None;
    }

    fn ledger(&self) -> Arc<L> {
        Arc::clone(&self.0.lock().unwrap().ledger)
    }
}

impl<L: Default> Checked<L> {
    /// What a machine that lost its disk has.
    pub fn lose(&self) {
        *self.0.lock().unwrap() = Inner::default();
    }
}

impl<L> Inner<L> {
    fn spend(&mut self, intents: usize) -> Result<(), LedgerError> {
        let Some(left) = &mut self.intents_left else {
            return Ok(());
        };
        *left = left
            .checked_sub(intents)
            .ok_or_else(|| LedgerError::new("the disk is full"))?;
        Ok(())
    }
}

#[async_trait]
impl<L: Ledger> Ledger for Checked<L> {
    async fn begin(&self, run: &RunId, plan: &Plan) -> Result<(), LedgerError> {
        self.ledger().begin(run, plan).await
    }

    async fn intend(&self, run: &RunId, intents: Vec<Intent>) -> Result<(), LedgerError> {
        self.0.lock().unwrap().spend(intents.len())?;
        for intent in &intents {
            let key = (run.clone(), intent.serial.clone());
            let is_new = self.0.lock().unwrap().open.insert(key);
            assert!(is_new, "two calls at once for a token");
        }
        self.ledger().intend(run, intents).await
    }

    async fn resolve(&self, run: &RunId, resolutions: Vec<Resolution>) -> Result<(), LedgerError> {
        for what in &resolutions {
            let key = (run.clone(), what.serial.clone());
            let open = self.0.lock().unwrap().open.remove(&key);
            assert!(open, "an intent before its end");
        }
        self.ledger().resolve(run, resolutions).await
    }

    async fn settle(&self, run: &RunId, rows: Vec<(Serial, RowResult)>) -> Result<(), LedgerError> {
        for (serial, result) in &rows {
            let key = (run.clone(), serial.clone());
            let before = self.0.lock().unwrap().ended.insert(key, result.outcome);
            let ended = before.is_some_and(|before| before != Outcome::Pending);
            assert!(!ended, "a row ends once");
        }
        self.ledger().settle(run, rows).await
    }

    async fn pause(&self, run: &RunId, effort: Effort) -> Result<Effort, LedgerError> {
        self.ledger().pause(run, effort).await
    }

    async fn history(&self, run: &RunId) -> Result<BTreeMap<Serial, RowHistory>, LedgerError> {
        self.ledger().history(run).await
    }

    async fn known(&self, tenant: &Tenant) -> Result<BTreeMap<Serial, Known>, LedgerError> {
        self.ledger().known(tenant).await
    }

    async fn remember(
        &self,
        run: &RunId,
        tenant: &Tenant,
        known: BTreeMap<Serial, Known>,
    ) -> Result<(), LedgerError> {
        self.ledger().remember(run, tenant, known).await
    }
}
