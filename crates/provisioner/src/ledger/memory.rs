//! The ledger for programs that need no resume, and for tests.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use seedfile::Serial;

use crate::{
    Attempt, Effort, Intent, Known, Ledger, LedgerError, Plan, Resolution, RowHistory, RowResult,
    RunId, Tenant,
};

/// A [`Ledger`] that keeps everything in memory: for programs that need no resume, and for tests.
///
/// What was intended is lost with the process. A run that ends with it is begun anew from the file.
#[derive(Debug, Default)]
pub struct MemoryLedger(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    runs: BTreeMap<RunId, Run>,
    known: BTreeMap<Tenant, BTreeMap<Serial, Known>>,
}

#[derive(Debug)]
struct Run {
    tenant: Tenant,
    rows: BTreeMap<Serial, Row>,
    effort: Effort,
}

#[derive(Debug, Default)]
struct Row {
    sent: Vec<Sent>,
    result: Option<RowResult>,
}

/// An intent, and how its call ended; none while that is not known.
#[derive(Debug)]
struct Sent {
    intent: Intent,
    attempt: Option<Attempt>,
}

impl MemoryLedger {
    /// A ledger that knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn run(&mut self, run: &RunId) -> Result<&mut Run, LedgerError> {
        let known = self.runs.get_mut(run);
        known.ok_or_else(|| LedgerError::new(format!("there is no run {run}")))
    }
}

impl Row {
    fn history(&self) -> RowHistory {
        let steps = self.sent.iter().rev();
        RowHistory {
            result: self.result.clone(),
            touched: self.sent.iter().any(Sent::may_have_changed_something),
            doubtful: (self.sent.last()).is_some_and(|last| last.attempt != Some(Attempt::Done)),
            time_step: steps.filter_map(|sent| sent.intent.time_step).next(),
        }
    }
}

impl Sent {
    fn may_have_changed_something(&self) -> bool {
        self.attempt != Some(Attempt::NotDone) && self.intent.step.changes_something()
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn begin(&self, run: &RunId, plan: &Plan) -> Result<(), LedgerError> {
        match self.kept().runs.entry(run.clone()) {
            Entry::Occupied(_) => Err(LedgerError::new(format!("there is a run {run} already"))),
            Entry::Vacant(place) => {
                place.insert(Run {
                    tenant: plan.tenant.clone(),
                    rows: BTreeMap::new(),
                    effort: Effort::default(),
                });
                Ok(())
            }
        }
    }

    async fn intend(&self, run: &RunId, intents: Vec<Intent>) -> Result<(), LedgerError> {
        let mut kept = self.kept();
        let rows = &mut kept.run(run)?.rows;
        for intent in intents {
            let row = rows.entry(intent.serial.clone()).or_default();
            row.sent.push(Sent {
                intent,
                attempt: None,
            });
        }
        Ok(())
    }

    async fn resolve(&self, run: &RunId, resolutions: Vec<Resolution>) -> Result<(), LedgerError> {
        let mut kept = self.kept();
        for what in resolutions {
            let of = kept.run(run)?;
            let row = of.rows.entry(what.serial.clone()).or_default();
            if let Some(last) = row.sent.last_mut() {
                last.attempt = Some(what.attempt);
            }
            let tenant = of.tenant.clone();
            let (Some(id), Some(_)) = (what.id, &what.fingerprint) else {
                continue;
            };
            let tokens = kept.known.entry(tenant).or_default();
            let before = tokens.get(&what.serial).filter(|before| before.id == id);
            let known = Known {
                code_accepted: what.code_accepted
                    || before.is_some_and(|before| before.code_accepted),
                id,
                user: what.user,
                name: what.name,
                fingerprint: what.fingerprint,
            };
            tokens.insert(what.serial, known);
        }
        Ok(())
    }

    async fn settle(&self, run: &RunId, rows: Vec<(Serial, RowResult)>) -> Result<(), LedgerError> {
        let mut kept = self.kept();
        let tenant = kept.run(run)?.tenant.clone();
        for (serial, result) in rows {
            if result.is_gone() {
                kept.known
                    .entry(tenant.clone())
                    .or_default()
                    .remove(&serial);
            }
            kept.run(run)?.rows.entry(serial).or_default().result = Some(result);
        }
        Ok(())
    }

    async fn pause(&self, run: &RunId, effort: Effort) -> Result<Effort, LedgerError> {
        let mut kept = self.kept();
        let total = &mut kept.run(run)?.effort;
        total.calls.total += effort.calls.total;
        total.calls.writes += effort.calls.writes;
        total.calls.throttled += effort.calls.throttled;
        total.elapsed_ms += effort.elapsed_ms;
        Ok(*total)
    }

    async fn history(&self, run: &RunId) -> Result<BTreeMap<Serial, RowHistory>, LedgerError> {
        let mut kept = self.kept();
        let rows = kept.run(run)?.rows.iter();
        Ok(rows
            .map(|(serial, row)| (serial.clone(), row.history()))
            .collect())
    }

    async fn known(&self, tenant: &Tenant) -> Result<BTreeMap<Serial, Known>, LedgerError> {
        Ok(self.kept().known.get(tenant).cloned().unwrap_or_default())
    }

    async fn remember(
        &self,
        _run: &RunId,
        tenant: &Tenant,
        known: BTreeMap<Serial, Known>,
    ) -> Result<(), LedgerError> {
        self.kept()
            .known
            .entry(tenant.clone())
            .or_default()
            .extend(known);
        Ok(())
    }
}
