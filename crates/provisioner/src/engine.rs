//! The engine: reads, plans, carries a plan out, and settles whatever ends in doubt by reading.
//!
//! A run is one loop. Rows that are ready are looked at where necessary, their next calls are made,
//! and whatever has no clear end is looked at again before anything is repeated. Resuming a run, or
//! running the same file again without the ledger, enters the same loop.

mod call;
mod row;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use seedfile::Serial;
use tokio_util::future::FutureExt;
use tokio_util::sync::CancellationToken;

use self::call::{Called, Item};
use self::row::Row;
use crate::{
    Decision, Effort, Failure, IdentityProvider, Known, Ledger, LedgerError, Lookup, Observed,
    Outcome, Pace, Plan, Report, Roster, RowHistory, RowResult, RunId, State, Step, StepRule,
    Verdict,
};

/// Something worth showing while a run goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A row came to its end.
    Settled {
        /// Its serial.
        serial: Serial,
        /// How it ended.
        outcome: Outcome,
        /// Rows that have ended so far.
        settled: usize,
        /// Rows for which something was to be done.
        total: usize,
    },
    /// Nothing can be sent for a while.
    Waiting {
        /// How long.
        wait: Duration,
        /// How many rows are open.
        open: usize,
    },
}

/// Why a run ended before all its rows did. It can be resumed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Stopped {
    /// The identity provider refuses the whole run, or stays unreachable.
    Provider(Failure),
    /// The ledger cannot be written; nothing more was sent.
    Ledger(LedgerError),
    /// The caller asked to stop.
    Interrupted,
    /// The service did not let anything through for too long.
    NoProgress,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider(failure) => write!(f, "{}", failure.problem),
            Self::Ledger(error) => write!(f, "{error}"),
            Self::Interrupted => f.write_str("interrupted"),
            Self::NoProgress => f.write_str(
                "the service let nothing through for a long time (resume the run later)",
            ),
        }
    }
}

impl std::error::Error for Stopped {}

/// Carries plans out.
pub struct Engine<'a> {
    /// Where the tokens go.
    pub provider: &'a dyn IdentityProvider,
    /// Where intents are kept.
    pub ledger: &'a dyn Ledger,
    /// When calls may go, and the count of those that went. One pace is for one sitting of a run.
    pub pace: &'a Pace,
    /// The tokens with their seeds.
    pub roster: &'a Roster,
    /// Told what happens.
    pub events: &'a (dyn Fn(&Event) + Send + Sync),
    /// Cancelled to end the run early: calls in flight are finished, no other is begun.
    pub stop: CancellationToken,
}

impl fmt::Debug for Engine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("tenant", self.provider.tenant())
            .finish_non_exhaustive()
    }
}

/// Rounds in a row without one success after which a run stops.
const IDLE_ROUNDS: u32 = 20;
/// How long an accepted write may take to be seen.
const VISIBILITY: Duration = Duration::from_secs(120);

impl Engine<'_> {
    /// Reads users and tokens and plans. Nothing is written.
    ///
    /// # Errors
    /// [`Stopped`] when the provider or the ledger could not be read.
    pub async fn plan(&self, goal: State) -> Result<Plan, Stopped> {
        let tenant = self.provider.tenant();
        let known = self.ledger.known(tenant).await.map_err(Stopped::Ledger)?;
        let people = if goal >= State::Assigned {
            let names = self.roster.tokens().iter().filter_map(|t| t.user.clone());
            let names: Vec<String> = names.collect::<BTreeSet<_>>().into_iter().collect();
            self.unless_stopped(self.provider.users(self.pace, &names))
                .await?
        } else {
            BTreeMap::new()
        };
        let capabilities = self.provider.capabilities();
        let plan = |observed: &BTreeMap<Serial, Observed>| {
            Plan::new(tenant, capabilities, goal, self.roster, &people, observed)
        };
        // Rows that are refused whatever is there need no look.
        let blind = plan(&BTreeMap::new());
        let open = blind
            .rows
            .iter()
            .filter(|row| row.decision.result().is_none());
        let lookups: Vec<Lookup<'_>> = open
            .map(|row| Lookup {
                token: &row.token,
                user: row.user.as_ref(),
                known: known.get(&row.token.serial),
                doubtful: false,
            })
            .collect();
        Ok(plan(&self.observe(&lookups).await?))
    }

    /// Carries out a plan as a new run.
    ///
    /// The report is also there when the run stopped early: rows without an end are pending.
    ///
    /// # Errors
    /// [`LedgerError`] when the run could not be opened; nothing was sent.
    pub async fn apply(
        &self,
        run: &RunId,
        plan: &Plan,
    ) -> Result<(Report, Option<Stopped>), LedgerError> {
        self.ledger.begin(run, plan).await?;
        self.carry_out(run, plan, BTreeMap::new()).await
    }

    /// Goes on with a run that stopped early.
    ///
    /// # Errors
    /// [`LedgerError`] when the run's history could not be read; nothing was sent.
    pub async fn resume(
        &self,
        run: &RunId,
        plan: &Plan,
    ) -> Result<(Report, Option<Stopped>), LedgerError> {
        let mut history = self.ledger.history(run).await?;
        for row in &plan.rows {
            // Every row of an earlier sitting is looked at before anything is sent for it.
            history.entry(row.token.serial.clone()).or_default();
        }
        self.carry_out(run, plan, history).await
    }

    async fn carry_out(
        &self,
        run: &RunId,
        plan: &Plan,
        history: BTreeMap<Serial, RowHistory>,
    ) -> Result<(Report, Option<Stopped>), LedgerError> {
        let start = self.pace.clock().monotonic();
        let known = self.ledger.known(&plan.tenant).await?;
        let mut rows = Vec::new();
        let mut results = BTreeMap::new();
        for planned in &plan.rows {
            let past = history.get(&planned.token.serial);
            let result = past.and_then(|past| past.result.clone());
            match result.filter(|result| result.outcome != Outcome::Pending) {
                Some(result) => drop(results.insert(planned.token.serial.clone(), result)),
                None => rows.extend(Row::new(planned, past, &known)),
            }
        }
        let mut sitting = Sitting {
            engine: self,
            run,
            goal: plan.goal,
            total: rows.len(),
            settled: 0,
            results,
            halt: self.stop.child_token(),
        };
        let stopped = sitting.go(rows).await.err();
        let elapsed = self.pace.clock().monotonic().saturating_sub(start);
        let effort = Effort {
            calls: self.pace.calls(),
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        };
        // After a failed write of the ledger this fails, too; the report says what was learned.
        let paused = self.ledger.pause(run, effort).await;
        let total = *paused.as_ref().unwrap_or(&effort);
        let stopped = stopped.or(paused.err().map(Stopped::Ledger));
        let report = Report::new(run, plan, &sitting.results, total);
        Ok((report, stopped))
    }

    async fn observe(&self, lookups: &[Lookup<'_>]) -> Result<BTreeMap<Serial, Observed>, Stopped> {
        if lookups.is_empty() {
            return Ok(BTreeMap::new());
        }
        self.unless_stopped(self.provider.tokens(self.pace, lookups))
            .await
    }

    /// Reads may take long, and nothing is lost when they are dropped.
    async fn unless_stopped<T>(
        &self,
        read: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Stopped> {
        match read.with_cancellation_token(&self.stop).await {
            Some(result) => result.map_err(Stopped::Provider),
            None => Err(Stopped::Interrupted),
        }
    }
}

/// One sitting of a run: from its start, or from a resume, to its end.
struct Sitting<'e> {
    engine: &'e Engine<'e>,
    run: &'e RunId,
    goal: State,
    total: usize,
    settled: usize,
    results: BTreeMap<Serial, RowResult>,
    /// Cancelled with the caller's token, or when the run cannot go on.
    halt: CancellationToken,
}

impl Sitting<'_> {
    async fn go(&mut self, mut rows: Vec<Row<'_>>) -> Result<(), Stopped> {
        let mut idle = 0;
        while !rows.is_empty() {
            self.wait_for_one(&rows).await?;
            let now = self.engine.pace.clock().monotonic();
            self.look(&mut rows, now).await?;
            let (calls, successes) = self.round(&mut rows, now).await?;
            self.settle(&mut rows).await?;
            let waiting = rows.iter().any(|row| row.not_before > now);
            idle = match (calls, successes) {
                (0, _) if waiting => idle,
                (_, 0) => idle + 1,
                _ => 0,
            };
            if idle == IDLE_ROUNDS {
                return Err(Stopped::NoProgress);
            }
        }
        Ok(())
    }

    /// Waits until at least one row may go on.
    async fn wait_for_one(&self, rows: &[Row<'_>]) -> Result<(), Stopped> {
        let clock = self.engine.pace.clock();
        let earliest = rows.iter().map(|row| row.not_before).min();
        let wait = earliest.and_then(|at| at.checked_sub(clock.monotonic()));
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            (self.engine.events)(&Event::Waiting {
                wait,
                open: rows.len(),
            });
            let slept = clock.sleep(wait).with_cancellation_token(&self.engine.stop);
            slept.await;
        }
        if self.engine.stop.is_cancelled() {
            return Err(Stopped::Interrupted);
        }
        Ok(())
    }

    /// Reads the state of rows whose end is unclear, in bulk, and decides anew what is left to do.
    async fn look(&mut self, rows: &mut Vec<Row<'_>>, now: Duration) -> Result<(), Stopped> {
        let wanted: Vec<&Row<'_>> = rows
            .iter()
            .filter(|row| row.unclear && row.not_before <= now)
            .collect();
        let known: Vec<Option<Known>> = wanted.iter().map(|row| row.known()).collect();
        let lookups: Vec<Lookup<'_>> = wanted
            .iter()
            .zip(&known)
            .map(|(row, known)| Lookup {
                token: &row.planned.token,
                user: row.planned.user.as_ref(),
                known: known.as_ref(),
                doubtful: row.doubtful,
            })
            .collect();
        if lookups.is_empty() {
            return Ok(());
        }
        let observed = self.engine.observe(&lookups).await?;
        let capabilities = self.engine.provider.capabilities();
        for row in rows
            .iter_mut()
            .filter(|row| row.unclear && row.not_before <= now)
        {
            let token = &row.planned.token;
            let found = observed.get(&token.serial);
            let user = row.planned.user.as_ref();
            let decision = crate::plan::decide(token, user, self.goal, capabilities, found);
            row.learn(decision, found, now);
        }
        self.settle(rows).await
    }

    /// Makes the next calls of all rows that are ready, kind by kind: imports before activations.
    /// Says how many calls were made, and how many of them did something.
    async fn round(
        &mut self,
        rows: &mut [Row<'_>],
        now: Duration,
    ) -> Result<(usize, usize), Stopped> {
        let mut last: Option<Step> = None;
        let (mut calls, mut successes) = (0, 0);
        while let Some(rule) = self.next_rule(rows, last.as_ref(), now) {
            let items = Item::gather(rows, rule, now);
            let engine = self.engine;
            let run = self.run;
            let halt = self.halt.clone();
            let mut answers = stream::iter(items)
                .map(|items| call::call(engine, run, rule, items, &halt))
                .buffer_unordered(engine.provider.capabilities().workers.get());
            let mut stopped = None;
            while let Some(called) = answers.next().await {
                match called {
                    Ok(Called::Answered(answers)) => {
                        calls += 1;
                        successes += self.absorb(rows, rule, answers, &mut stopped);
                    }
                    Ok(Called::Later { index, not_before }) => {
                        if let Some(row) = rows.get_mut(index) {
                            row.postpone(not_before);
                        }
                    }
                    Ok(Called::Skipped) => {}
                    Err(error) => stopped = Some(Stopped::Ledger(error)),
                }
                if stopped.is_some() {
                    // Calls in flight are finished, no other is begun.
                    halt.cancel();
                }
            }
            drop(answers);
            if let Some(stopped) = stopped {
                return self.end(rows, stopped).await;
            }
            if engine.stop.is_cancelled() {
                return self.end(rows, Stopped::Interrupted).await;
            }
            last = Some(rule.step.clone());
        }
        Ok((calls, successes))
    }

    async fn end<T>(&mut self, rows: &mut [Row<'_>], stopped: Stopped) -> Result<T, Stopped> {
        let ended: Vec<(Serial, RowResult)> = rows.iter_mut().filter_map(Row::take_end).collect();
        self.record(ended).await?;
        Err(stopped)
    }

    fn absorb(
        &self,
        rows: &mut [Row<'_>],
        rule: &StepRule,
        answers: Vec<call::Answer>,
        stopped: &mut Option<Stopped>,
    ) -> usize {
        let now = self.engine.pace.clock().monotonic();
        let mut successes = 0;
        for answer in answers {
            let Some(row) = rows.get_mut(answer.index) else {
                continue;
            };
            row.time_step = answer.time_step.or(row.time_step);
            match answer.outcome {
                Ok(receipt) => {
                    successes += 1;
                    row.succeeded(rule, receipt, self.goal, now);
                }
                Err(failure) => {
                    if failure.verdict == Verdict::Stop && stopped.is_none() {
                        *stopped = Some(Stopped::Provider(failure.clone()));
                    }
                    row.failed(rule, failure, now);
                }
            }
        }
        successes
    }

    /// The first kind of step that a ready row has next and that was not made in this round.
    fn next_rule(
        &self,
        rows: &[Row<'_>],
        last: Option<&Step>,
        now: Duration,
    ) -> Option<&'_ StepRule> {
        let step = rows
            .iter()
            .filter(|row| row.is_ready(now))
            .filter_map(|row| row.steps.front())
            .filter(|step| last.is_none_or(|last| *step > last))
            .min()?;
        let rules = &self.engine.provider.capabilities().steps;
        rules.iter().find(|rule| rule.step == *step)
    }

    /// Takes rows that have come to their end out of the list and records them.
    async fn settle(&mut self, rows: &mut Vec<Row<'_>>) -> Result<(), Stopped> {
        let ended: Vec<(Serial, RowResult)> = rows.iter_mut().filter_map(Row::take_end).collect();
        rows.retain(|row| !row.ended);
        self.record(ended).await
    }

    async fn record(&mut self, ended: Vec<(Serial, RowResult)>) -> Result<(), Stopped> {
        if ended.is_empty() {
            return Ok(());
        }
        for (serial, result) in &ended {
            self.settled += 1;
            self.results.insert(serial.clone(), result.clone());
            (self.engine.events)(&Event::Settled {
                serial: serial.clone(),
                outcome: result.outcome,
                settled: self.settled,
                total: self.total,
            });
        }
        let recorded = self.engine.ledger.settle(self.run, ended).await;
        recorded.map_err(Stopped::Ledger)
    }
}

/// Whether nothing is left to do, as a decision says it.
fn unchanged(decision: &Decision) -> Option<State> {
    match decision {
        Decision::Unchanged { state } => Some(*state),
        _ => None,
    }
}
