//! The engine: reads, plans, carries a plan out, and settles whatever ends in doubt by reading.
//!
//! A run is one loop. Rows that are ready are looked at where necessary, their next calls are made,
//! and whatever has no clear end is looked at again before anything is repeated. Resuming a run, or
//! running the same file again without the ledger, enters the same loop.

mod call;
mod cancel;
mod codes;
mod row;
mod sitting;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::time::Duration;

use seedfile::Serial;
use tokio_util::future::FutureExt;
use tokio_util::sync::CancellationToken;

use self::row::Row;
use self::sitting::Sitting;
use crate::{
    Capabilities, Decision, Effort, Estimate, Failure, Goal, IdentityProvider, Known, Ledger,
    LedgerError, Lookup, Outcome, Pace, Plan, PlannedRow, Problem, Report, Roster, RowHistory,
    RowResult, RunId, Sighting, State, Step, UserId, Verdict, estimate,
};

/// Who holds what, as the ledger knows.
struct Rivals<'k>(BTreeMap<&'k UserId, Vec<(&'k Serial, &'k Known)>>);

impl<'k> Rivals<'k> {
    /// Nobody is asked about where the provider keeps serial numbers: its inventory says it.
    fn of(known: &'k BTreeMap<Serial, Known>, capabilities: &Capabilities) -> Self {
        if capabilities.serials {
            return Self(BTreeMap::new());
        }
        let mut held: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (serial, known) in known {
            if let Some(user) = &known.user {
                held.entry(user).or_default().push((serial, known));
            }
        }
        Self(held)
    }

    /// The other tokens of the user who is to get one.
    fn of_row(&self, row: &PlannedRow, goal: Goal) -> Vec<Known> {
        let user = row.user.as_ref().filter(|_| goal.gives());
        let held = user.and_then(|user| self.0.get(user));
        let goes = row.token.replaces.as_ref();
        let others = held
            .into_iter()
            .flatten()
            .filter(|(serial, known)| **serial != row.token.serial && Some(&known.id) != goes);
        others.map(|(_, known)| (*known).clone()).collect()
    }
}

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
        /// What the provider has.
        state: Option<State>,
        /// Why it is not as wanted.
        error: Option<Problem>,
        /// Rows that have ended so far.
        settled: usize,
        /// Rows for which something was to be done.
        total: usize,
    },
    /// A call was answered.
    Answered {
        /// What it did.
        step: Step,
        /// Tokens for which calls of this round have succeeded.
        successes: usize,
        /// How long the rest takes at the present pace.
        time_left: Duration,
    },
    /// Nothing is sent for a while.
    Waiting {
        /// How long.
        wait: Duration,
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

impl Engine<'_> {
    /// What carrying out a plan takes if nothing fails, as far as the service has shown its limits.
    #[must_use]
    pub fn estimate(&self, plan: &Plan) -> Estimate {
        let steps = plan.rows.iter().filter_map(|row| match &row.decision {
            Decision::Steps { steps, .. } => Some(steps),
            _ => None,
        });
        let calls = estimate::calls(steps.flatten(), self.provider.capabilities());
        Estimate::new(&calls, self.pace.time_for(&calls))
    }

    /// Reads users and tokens and plans. Nothing is written.
    ///
    /// # Errors
    /// [`Stopped`] when the provider or the ledger could not be read.
    pub async fn plan(&self, goal: Goal) -> Result<Plan, Stopped> {
        let tenant = self.provider.tenant();
        self.pace.cap(self.provider.capabilities().workers.get());
        let known = self.ledger.known(tenant).await.map_err(Stopped::Ledger)?;
        let people = if goal.gives() {
            let names = self.roster.tokens().iter().filter_map(|t| t.user.clone());
            let names: Vec<String> = names.collect::<BTreeSet<_>>().into_iter().collect();
            self.unless_stopped(self.provider.users(self.pace, &names))
                .await?
        } else {
            BTreeMap::new()
        };
        let capabilities = self.provider.capabilities();
        // Rows that are refused whatever is there need no look.
        let unseen = Plan::unseen(tenant, capabilities, goal, self.roster, &people);
        drop(people);
        let open = unseen
            .rows
            .iter()
            .filter(|row| row.decision.result().is_none());
        let rivals = Rivals::of(&known, capabilities);
        let open: Vec<_> = open.map(|row| (row, rivals.of_row(row, goal))).collect();
        let lookups: Vec<Lookup<'_>> = open
            .iter()
            .map(|(row, rivals)| Lookup {
                token: &row.token,
                user: row.user.as_ref(),
                known: known.get(&row.token.serial),
                rivals,
                touched: false,
                // What may be there already is what this is about.
                doubtful: goal == Goal::Adopted,
            })
            .collect();
        let seen = self.observe(&lookups).await?;
        let mut plan = unseen.having_seen(capabilities, seen);
        self.name_other_holders(&mut plan).await;
        Ok(plan)
    }

    /// Says by login who holds the tokens that others were to be given. Where that cannot be read, it
    /// stays the id.
    async fn name_other_holders(&self, plan: &mut Plan) {
        let ids: BTreeSet<UserId> = plan.other_holders().cloned().collect();
        if ids.is_empty() {
            return;
        }
        if let Ok(logins) = self.provider.logins(self.pace, &ids).await {
            plan.name_other_holders(&logins);
        }
    }

    /// Reads users and tokens again and returns the plan to be carried out in place of one that was
    /// kept: rows for which something else is so by now are conflicts, and nothing is done that the
    /// kept plan does not hold. Nothing is written.
    ///
    /// # Errors
    /// [`Stopped`] when the provider or the ledger could not be read.
    pub async fn recheck(&self, kept: &Plan) -> Result<Plan, Stopped> {
        Ok(kept.rechecked(&self.plan(kept.goal).await?))
    }

    /// Carries out a plan as a new run.
    ///
    /// The report is also there when the run stopped early: rows without an end are pending. A plan of
    /// another tenant or another file stops before anything is written.
    ///
    /// # Errors
    /// [`LedgerError`] when the run could not be opened; nothing was sent.
    pub async fn apply(
        &self,
        run: &RunId,
        plan: &Plan,
    ) -> Result<(Report, Option<Stopped>), LedgerError> {
        if let Some(refused) = self.refusal(run, plan) {
            return Ok(refused);
        }
        self.begin(run, plan).await?;
        self.carry_out(run, plan, BTreeMap::new()).await
    }

    /// Opens a run that [`Engine::apply_begun`] carries out later. Until then all its rows are open.
    ///
    /// # Errors
    /// [`LedgerError`] when the run could not be opened.
    pub async fn begin(&self, run: &RunId, plan: &Plan) -> Result<(), LedgerError> {
        self.ledger.begin(run, plan).await
    }

    /// Carries out a run that was opened and for which nothing was sent yet. See [`Engine::apply`].
    ///
    /// # Errors
    /// [`LedgerError`] when the ledger could not be read; nothing was sent.
    pub async fn apply_begun(
        &self,
        run: &RunId,
        plan: &Plan,
    ) -> Result<(Report, Option<Stopped>), LedgerError> {
        match self.refusal(run, plan) {
            Some(refused) => Ok(refused),
            None => self.carry_out(run, plan, BTreeMap::new()).await,
        }
    }

    /// Goes on with a run that stopped early. Rows for which the service named a time that has not come
    /// stay pending.
    ///
    /// # Errors
    /// [`LedgerError`] when the run's history could not be read; nothing was sent.
    pub async fn resume(
        &self,
        run: &RunId,
        plan: &Plan,
    ) -> Result<(Report, Option<Stopped>), LedgerError> {
        if let Some(refused) = self.refusal(run, plan) {
            return Ok(refused);
        }
        let mut history = self.ledger.history(run).await?;
        for row in &plan.rows {
            // Every row of an earlier sitting is looked at before anything is sent for it.
            history.entry(row.token.serial.clone()).or_default();
        }
        self.carry_out(run, plan, history).await
    }

    /// The end of a plan that is of another tenant or of another file: nothing is sent for it.
    fn refusal(&self, run: &RunId, plan: &Plan) -> Option<(Report, Option<Stopped>)> {
        let other_file = || {
            let message = "the plan was made from another seed file";
            let next = "use the file that the plan was made from";
            (*self.roster.file() != plan.file).then(|| stop("other-file", message, next))
        };
        let failure = self.other_tenant(plan).or_else(other_file)?;
        Some(Self::refused(run, plan, failure))
    }

    fn other_tenant(&self, plan: &Plan) -> Option<Failure> {
        let tenant = self.provider.tenant();
        (*tenant != plan.tenant).then(|| {
            let message = format!(
                "the plan is for {}, this sign-in is for {tenant}",
                plan.tenant
            );
            stop("other-tenant", message, "use the settings for that one")
        })
    }

    /// The report of a plan for which nothing was sent.
    fn refused(run: &RunId, plan: &Plan, failure: Failure) -> (Report, Option<Stopped>) {
        let report = Report::new(run, plan, &BTreeMap::new(), Effort::default());
        (report, Some(Stopped::Provider(failure)))
    }

    async fn carry_out(
        &self,
        run: &RunId,
        plan: &Plan,
        history: BTreeMap<Serial, RowHistory>,
    ) -> Result<(Report, Option<Stopped>), LedgerError> {
        let start = self.start();
        let known = self.ledger.known(&plan.tenant).await?;
        let read = self.read_the_time(plan, &history, &known).await;
        let unix = self.provider.unix();
        let (rows, results) = self.open_rows(plan, &history, &known, unix, start);
        let mut sitting = Sitting::new(self, run, plan, &history, results);
        let stopped = match read {
            Ok(()) => sitting.go(rows).await.err(),
            Err(stopped) => Some(stopped),
        };
        Ok(self.leave(run, plan, sitting, start, stopped).await)
    }

    /// Begins a sitting: its monotonic time.
    fn start(&self) -> Duration {
        self.pace.cap(self.provider.capabilities().workers.get());
        self.pace.clock().monotonic()
    }

    /// The rows that have no end, and the ends of the others. At the time `unix` some that wait may be
    /// tried again.
    fn open_rows<'p>(
        &self,
        plan: &'p Plan,
        history: &BTreeMap<Serial, RowHistory>,
        known: &BTreeMap<Serial, Known>,
        unix: Duration,
        start: Duration,
    ) -> (Vec<Row<'p>>, BTreeMap<Serial, RowResult>) {
        let rivals = Rivals::of(known, self.provider.capabilities());
        let mut rows = Vec::new();
        let mut results = BTreeMap::new();
        for planned in &plan.rows {
            let past = history.get(&planned.token.serial);
            let result = past.and_then(|past| past.result.clone());
            let is_over =
                |result: &RowResult| result.outcome != Outcome::Pending || result.waits(unix);
            match result.filter(is_over) {
                Some(result) => drop(results.insert(planned.token.serial.clone(), result)),
                None => {
                    let rivals = rivals.of_row(planned, plan.goal);
                    rows.extend(Row::new(planned, past, known, rivals, start));
                }
            }
        }
        (rows, results)
    }

    /// Ends a sitting: what it took is kept, and what came of the run is reported.
    async fn leave(
        &self,
        run: &RunId,
        plan: &Plan,
        sitting: Sitting<'_>,
        start: Duration,
        stopped: Option<Stopped>,
    ) -> (Report, Option<Stopped>) {
        let elapsed = self.pace.clock().monotonic().saturating_sub(start);
        let effort = Effort {
            calls: self.pace.take_calls(),
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        };
        // After a failed write of the ledger this fails, too; the report says what was learned.
        let paused = self.ledger.pause(run, effort).await;
        let total = *paused.as_ref().unwrap_or(&effort);
        let stopped = stopped.or(paused.err().map(Stopped::Ledger));
        let report = Report::new(run, plan, &sitting.into_results(), total);
        (report, stopped)
    }

    /// Looks at one row that waits for a time, so that the service has said what time it is.
    async fn read_the_time(
        &self,
        plan: &Plan,
        history: &BTreeMap<Serial, RowHistory>,
        known: &BTreeMap<Serial, Known>,
    ) -> Result<(), Stopped> {
        let waits = |row: &&PlannedRow| {
            let past = history.get(&row.token.serial);
            let result = past.and_then(|past| past.result.as_ref());
            result.is_some_and(|result| result.not_before.is_some())
        };
        let Some(row) = plan.rows.iter().find(waits) else {
            return Ok(());
        };
        let lookup = Lookup {
            token: &row.token,
            user: row.user.as_ref(),
            known: known.get(&row.token.serial),
            rivals: &[],
            touched: false,
            doubtful: true,
        };
        self.observe(&[lookup]).await.map(drop)
    }

    async fn observe(&self, lookups: &[Lookup<'_>]) -> Result<Sighting, Stopped> {
        if lookups.is_empty() {
            return Ok(Sighting::default());
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

/// What ends a run before anything is sent.
fn stop(code: &str, message: impl Into<String>, next: &str) -> Failure {
    Failure {
        verdict: Verdict::Stop,
        problem: Problem::new(code, message, next),
        request_id: None,
    }
}
