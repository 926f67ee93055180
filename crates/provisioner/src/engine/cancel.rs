//! The end of a run that is not to be gone on with: nothing is sent, and the report is what is there.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio_util::future::FutureExt;

use super::row::Row;
use super::sitting::Sitting;
use super::{Engine, Stopped};
use crate::{Decision, LedgerError, Lookup, Observed, Plan, Problem, Report, RunId};

impl Engine<'_> {
    /// Ends a run that was opened or has stopped early, and is not to be gone on with. Nothing is sent;
    /// no seed is needed.
    ///
    /// Rows that have no end and for which nothing was sent are rejected and say `why`. Those for which
    /// something was are looked at: one that is as wanted ends as if the run had gone on, another one
    /// is failed and says `why` and what the provider has now. Where the look fails those rows stay
    /// pending, and the run can be cancelled again.
    ///
    /// # Errors
    /// [`LedgerError`] when the run's history could not be read; nothing has changed.
    pub async fn cancel(
        &self,
        run: &RunId,
        plan: &Plan,
        why: &Problem,
    ) -> Result<(Report, Option<Stopped>), LedgerError> {
        if let Some(failure) = self.other_tenant(plan) {
            return Ok(Self::refused(run, plan, failure));
        }
        let start = self.start();
        let history = self.ledger.history(run).await?;
        let known = self.ledger.known(&plan.tenant).await?;
        // By then no row waits for its time any more.
        let at_last = Duration::MAX;
        let (rows, results) = self.open_rows(plan, &history, &known, at_last, start);
        let mut sitting = Sitting::new(self, run, plan, &history, results);
        let stopped = sitting.cancel(rows, why).await.err();
        Ok(self.leave(run, plan, sitting, start, stopped).await)
    }
}

impl Sitting<'_> {
    async fn cancel(&mut self, rows: Vec<Row<'_>>, why: &Problem) -> Result<(), Stopped> {
        self.total = rows.len();
        let (mut sent, mut unsent): (Vec<_>, Vec<_>) = rows.into_iter().partition(Row::was_sent);
        for row in &mut unsent {
            row.cancel(why.clone(), None);
        }
        self.record(unsent.iter_mut().filter_map(Row::take_end).collect())
            .await?;
        self.let_settle(&sent).await?;
        let lookups: Vec<Lookup<'_>> = sent.iter().map(Row::lookup).collect();
        let observed = self.engine.observe(&lookups).await?.tokens;
        self.end_as_seen(&mut sent, &observed, why).await
    }

    /// A call in doubt may be carried out late.
    async fn let_settle(&self, rows: &[Row<'_>]) -> Result<(), Stopped> {
        let settled = rows.iter().map(Row::settles).max().unwrap_or_default();
        let clock = self.engine.pace.clock();
        let wait = settled.saturating_sub(clock.monotonic());
        let slept = clock.sleep(wait);
        let slept = slept.with_cancellation_token(&self.engine.stop).await;
        slept.ok_or(Stopped::Interrupted)
    }

    async fn end_as_seen(
        &mut self,
        rows: &mut [Row<'_>],
        observed: &BTreeMap<seedfile::Serial, Observed>,
        why: &Problem,
    ) -> Result<(), Stopped> {
        let now = self.engine.pace.clock().monotonic();
        for row in &mut *rows {
            let found = observed.get(&row.planned.token.serial);
            match self.decide(row, found) {
                Decision::Steps { .. } => row.cancel(on_its_way(why, found), found),
                end => drop(row.learn(end, found, now)),
            }
        }
        self.record(rows.iter_mut().filter_map(Row::take_end).collect())
            .await
    }
}

fn on_its_way(why: &Problem, found: Option<&Observed>) -> Problem {
    let there = match found {
        Some(found) if found.proven => format!("the provider has it as {}", found.state),
        Some(found) => format!("the user has one as {} that may be it", found.state),
        None => "the provider does not show it".to_owned(),
    };
    Problem {
        message: format!("{}; it was on its way, and {there}", why.message),
        ..why.clone()
    }
}
