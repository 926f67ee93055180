//! A ledger in memory that forgets nothing and checks the order of things.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use provisioner::{
    Attempt, Effort, Intent, Known, Ledger, LedgerError, Operation, Outcome, Plan, Resolution,
    RowHistory, RowResult, RunId, Tenant,
};
use seedfile::Serial;

#[derive(Default)]
pub struct MemoryLedger(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    runs: BTreeMap<RunId, (Plan, BTreeMap<Serial, RowHistory>)>,
    open: BTreeMap<(RunId, Serial), Intent>,
    known: BTreeMap<(Tenant, Serial), Known>,
    efforts: BTreeMap<RunId, Effort>,
    next_run: u32,
    /// Refuses intents after so many.
    intents_left: Option<usize>,
}

impl MemoryLedger {
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

    /// What a machine that lost its disk has.
    pub fn lose(&self) {
        *self.0.lock().unwrap() = Inner::default();
    }
}

fn changes(intent: &Intent) -> bool {
    intent.step.0 != [Operation::Verify]
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn begin(&self, run: &RunId, plan: &Plan) -> Result<(), LedgerError> {
        let mut inner = self.0.lock().unwrap();
        inner
            .runs
            .insert(run.clone(), (plan.clone(), BTreeMap::new()));
        Ok(())
    }

    async fn intend(&self, run: &RunId, intents: Vec<Intent>) -> Result<(), LedgerError> {
        let mut inner = self.0.lock().unwrap();
        if let Some(left) = &mut inner.intents_left {
            *left = left
                .checked_sub(intents.len())
                .ok_or_else(|| LedgerError::new("the disk is full"))?;
        }
        for intent in intents {
            let history = &mut inner.runs.get_mut(run).unwrap().1;
            let past = history.entry(intent.serial.clone()).or_default();
            past.doubtful = true;
            past.time_step = intent.time_step.or(past.time_step);
            let key = (run.clone(), intent.serial.clone());
            assert!(
                inner.open.insert(key, intent).is_none(),
                "two calls at once for a token"
            );
        }
        Ok(())
    }

    async fn resolve(&self, run: &RunId, resolutions: Vec<Resolution>) -> Result<(), LedgerError> {
        let mut inner = self.0.lock().unwrap();
        for what in resolutions {
            let key = (run.clone(), what.serial.clone());
            let intent = inner.open.remove(&key).expect("an intent before its end");
            let (plan, history) = inner.runs.get_mut(run).unwrap();
            let tenant = plan.tenant.clone();
            let past = history.get_mut(&what.serial).unwrap();
            past.doubtful = what.attempt != Attempt::Done;
            past.touched |= what.attempt != Attempt::NotDone && changes(&intent);
            if let Some(id) = what.id {
                let known = Known {
                    id,
                    user: what.user,
                    fingerprint: what.fingerprint,
                };
                inner.known.insert((tenant, what.serial), known);
            }
        }
        Ok(())
    }

    async fn settle(&self, run: &RunId, rows: Vec<(Serial, RowResult)>) -> Result<(), LedgerError> {
        let mut inner = self.0.lock().unwrap();
        let history = &mut inner.runs.get_mut(run).unwrap().1;
        for (serial, result) in rows {
            let past = history.entry(serial).or_default();
            let before = past.result.replace(result);
            let ended = before.is_some_and(|before| before.outcome != Outcome::Pending);
            assert!(!ended, "a row ends once");
        }
        Ok(())
    }

    async fn pause(&self, run: &RunId, effort: Effort) -> Result<Effort, LedgerError> {
        let mut inner = self.0.lock().unwrap();
        let total = inner.efforts.entry(run.clone()).or_default();
        total.calls.total += effort.calls.total;
        total.calls.writes += effort.calls.writes;
        total.calls.throttled += effort.calls.throttled;
        total.elapsed_ms += effort.elapsed_ms;
        Ok(*total)
    }

    async fn history(&self, run: &RunId) -> Result<BTreeMap<Serial, RowHistory>, LedgerError> {
        let inner = self.0.lock().unwrap();
        let mut history = inner.runs[run].1.clone();
        for ((of, serial), intent) in &inner.open {
            if of == run {
                history.get_mut(serial).unwrap().touched |= changes(intent);
            }
        }
        Ok(history)
    }

    async fn known(&self, tenant: &Tenant) -> Result<BTreeMap<Serial, Known>, LedgerError> {
        let inner = self.0.lock().unwrap();
        let of_tenant = inner.known.iter().filter(|((of, _), _)| of == tenant);
        Ok(of_tenant
            .map(|((_, serial), known)| (serial.clone(), known.clone()))
            .collect())
    }
}
