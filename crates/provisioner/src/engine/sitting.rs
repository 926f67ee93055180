//! One sitting of a run, from its start or from a resume to its end: look, call, settle, again.

use std::collections::BTreeMap;
use std::iter;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use seedfile::Serial;
use tokio_util::future::FutureExt;
use tokio_util::sync::CancellationToken;

use super::call::{self, Answer, Called, Item};
use super::codes::Codes;
use super::row::Row;
use super::{Engine, Event, Stopped};
use crate::estimate;
use crate::{
    Decision, Failure, Goal, Lookup, Observed, Plan, Problem, Quota, RowHistory, RowResult, RunId,
    Step, StepRule, Verdict,
};

/// Calls whose answers prove nothing are made for so long before the state is read.
const LOOK_EVERY: Duration = Duration::from_secs(900);
/// Rounds of calls without progress that a run makes at least, however long the waits between them
/// are that the service asks for.
const PATIENT_ROUNDS: u32 = 3;
/// Rounds without a call and without anything to wait for, after which a run stops.
const STUCK_ROUNDS: u32 = 20;
/// Calls that are forbidden, none having succeeded, after which the sign-in is to blame and not the
/// tokens.
const MANY_FORBIDDEN: usize = 5;
/// The same where something had succeeded: a right was taken away, unless so many administrators stand
/// one after the other.
const MANY_FORBIDDEN_SINCE: usize = 50;

pub(super) struct Sitting<'e> {
    pub(super) engine: &'e Engine<'e>,
    run: &'e RunId,
    goal: Goal,
    pub(super) total: usize,
    settled: usize,
    results: BTreeMap<Serial, RowResult>,
    /// Something of this run succeeded: the sign-in may do what it does.
    allowed: bool,
    /// Calls for a single token that were forbidden since the last one that succeeded.
    forbidden: usize,
    codes: Codes,
    /// Rows of the plan.
    planned: usize,
    /// When a call last had a clear end, or a row its own.
    last_progress: Duration,
    /// How many tokens one call takes: fewer where the service refused more.
    bulk: usize,
    /// Calls that are left to make, if each succeeds.
    left: BTreeMap<Quota, u64>,
    /// Calls made, and those that succeeded.
    made: u32,
    succeeded: u32,
    /// Cancelled with the caller's token, or when the run cannot go on.
    halt: CancellationToken,
}

/// What a round came to.
#[derive(Default)]
struct Round {
    calls: usize,
    successes: usize,
}

impl<'e> Sitting<'e> {
    pub(super) fn new(
        engine: &'e Engine<'e>,
        run: &'e RunId,
        plan: &Plan,
        history: &BTreeMap<Serial, RowHistory>,
        results: BTreeMap<Serial, RowResult>,
    ) -> Self {
        Self {
            engine,
            run,
            goal: plan.goal,
            total: 0,
            settled: 0,
            allowed: history.values().any(|past| past.touched),
            results,
            forbidden: 0,
            codes: Codes::default(),
            planned: plan.rows.len(),
            last_progress: engine.pace.clock().monotonic(),
            bulk: usize::MAX,
            left: BTreeMap::new(),
            made: 0,
            succeeded: 0,
            halt: engine.stop.child_token(),
        }
    }

    /// How each row ended.
    pub(super) fn into_results(self) -> BTreeMap<Serial, RowResult> {
        self.results
    }

    pub(super) async fn go(&mut self, mut rows: Vec<Row<'_>>) -> Result<(), Stopped> {
        self.total = rows.len();
        let stopped = self.turns(&mut rows).await;
        rows.retain(|row| !row.ended);
        if rows.is_empty() && matches!(stopped, Err(Stopped::Interrupted)) {
            return Ok(());
        }
        // Rows that are left say what was last in their way.
        let open = rows.iter().filter_map(Row::pending);
        self.results.extend(open);
        stopped
    }

    async fn turns(&mut self, rows: &mut Vec<Row<'_>>) -> Result<(), Stopped> {
        let (mut stuck, mut in_vain) = (0, 0);
        while !rows.is_empty() {
            self.wait_for_one(rows).await?;
            let now = self.now();
            // What was read is progress, too.
            self.look(rows, now).await?;
            let idle = now.saturating_sub(self.last_progress);
            if in_vain >= PATIENT_ROUNDS && idle > self.engine.pace.patience() {
                return Err(Stopped::NoProgress);
            }
            let before = self.last_progress;
            let round = self.round(rows, now).await?;
            in_vain = match (self.last_progress > before, round.calls) {
                (true, _) => 0,
                (false, 0) => in_vain,
                (false, _) => in_vain + 1,
            };
            rows.retain(|row| !row.ended);
            let waiting = rows.iter().any(|row| row.not_before > now);
            stuck = if round.calls == 0 && !waiting {
                stuck + 1
            } else {
                0
            };
            if stuck == STUCK_ROUNDS {
                return Err(Stopped::NoProgress);
            }
        }
        Ok(())
    }

    fn now(&self) -> Duration {
        self.engine.pace.clock().monotonic()
    }

    /// Waits until at least one row may go on.
    async fn wait_for_one(&self, rows: &[Row<'_>]) -> Result<(), Stopped> {
        let earliest = rows.iter().map(|row| row.not_before).min();
        let wait = earliest.and_then(|at| at.checked_sub(self.now()));
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            (self.engine.events)(&Event::Waiting { wait });
            let slept = self.engine.pace.clock().sleep(wait);
            slept.with_cancellation_token(&self.engine.stop).await;
        }
        if self.engine.stop.is_cancelled() {
            return Err(Stopped::Interrupted);
        }
        Ok(())
    }

    /// Reads the state of rows whose end is unclear, in bulk, and decides anew what is left to do.
    async fn look(&mut self, rows: &mut Vec<Row<'_>>, now: Duration) -> Result<(), Stopped> {
        let is_due = |row: &Row<'_>| row.unclear && row.not_before <= now;
        let due = rows.iter().filter(|row| is_due(row));
        let lookups: Vec<Lookup<'_>> = due.map(Row::lookup).collect();
        if lookups.is_empty() {
            return Ok(());
        }
        let observed = self.engine.observe(&lookups).await?.tokens;
        let mut ended = Vec::new();
        for row in rows.iter_mut().filter(|row| is_due(row)) {
            let serial = &row.planned.token.serial;
            let found = observed.get(serial);
            if row.learn(self.decide(row, found), found, now) {
                self.last_progress = now;
            }
            self.codes.read(serial, row.is_as_wanted());
            ended.extend(row.take_end());
        }
        rows.retain(|row| !row.ended);
        self.record(ended).await?;
        let mismatch = self.codes.mismatch();
        mismatch.map_or(Ok(()), |failure| Err(Stopped::Provider(failure)))
    }

    /// What is left to do for a row that was looked at.
    pub(super) fn decide(&self, row: &Row<'_>, found: Option<&Observed>) -> Decision {
        let (token, user) = (&row.planned.token, row.planned.user.as_ref());
        let capabilities = self.engine.provider.capabilities();
        crate::plan::decide(token, user, self.goal, capabilities, found)
    }

    /// Makes the next calls of all rows that are ready, kind by kind: imports before activations.
    async fn round(&mut self, rows: &mut [Row<'_>], now: Duration) -> Result<Round, Stopped> {
        let mut round = Round::default();
        self.left = estimate::calls(
            rows.iter().flat_map(|row| &row.steps),
            self.engine.provider.capabilities(),
        );
        let mut last: Option<Step> = None;
        while let Some(rule) = self.next_rule(rows, last.as_ref(), now)
            && !self.codes.need_a_look()
        {
            self.calls(rows, rule, now, &mut round).await?;
            last = Some(rule.step.clone());
        }
        Ok(round)
    }

    /// Makes the calls of one kind, several at a time, and takes their answers as they come.
    async fn calls(
        &mut self,
        rows: &mut [Row<'_>],
        rule: &StepRule,
        now: Duration,
        round: &mut Round,
    ) -> Result<(), Stopped> {
        let (engine, run, halt) = (self.engine, self.run, self.halt.clone());
        let mut queue = Item::ready(rows, rule, now);
        let bulk = AtomicUsize::new(self.bulk);
        let look_first = AtomicBool::new(false);
        let clock = engine.pace.clock();
        let calls = iter::from_fn(|| {
            let most = rule.tokens.get().min(bulk.load(Ordering::Relaxed));
            let in_time = clock.monotonic().saturating_sub(now) < LOOK_EVERY;
            let goes_on = in_time && !look_first.load(Ordering::Relaxed);
            let items = goes_on
                .then(|| Item::next_call(&mut queue, most))
                .flatten()?;
            Some(call::call(engine, run, rule, items, &halt))
        });
        let workers = engine.provider.capabilities().workers.get();
        // As many wait with their intents written, so that a seat is taken as soon as it is free.
        let mut answers = stream::iter(calls).buffer_unordered(2 * workers);
        let mut stopped = None;
        while let Some(called) = answers.next().await {
            let taken = match called {
                Ok(Called::Answered(answers, unwritten)) => {
                    round.calls += 1;
                    let taken = self.take(rows, rule, answers, round).await;
                    bulk.store(self.bulk, Ordering::Relaxed);
                    look_first.store(self.codes.need_a_look(), Ordering::Relaxed);
                    unwritten.map_or(taken, |error| Err(Stopped::Ledger(error)))
                }
                Ok(Called::Later { index, not_before }) => {
                    if let Some(row) = rows.get_mut(index) {
                        row.postpone(not_before);
                    }
                    Ok(())
                }
                Ok(Called::Skipped) => Ok(()),
                Err(error) => Err(Stopped::Ledger(error)),
            };
            if let Err(reason) = taken {
                // Calls in flight are finished, no other is begun.
                halt.cancel();
                stopped.get_or_insert(reason);
            }
        }
        match stopped {
            Some(reason) => Err(reason),
            None if engine.stop.is_cancelled() => Err(Stopped::Interrupted),
            None => Ok(()),
        }
    }

    /// Takes what one call said.
    async fn take(
        &mut self,
        rows: &mut [Row<'_>],
        rule: &StepRule,
        answers: Vec<Answer>,
        round: &mut Round,
    ) -> Result<(), Stopped> {
        let now = self.now();
        self.note(rule, &answers, now);
        let alone = answers.len() == 1;
        let company = self.company(rule, &answers);
        let mut ended = Vec::new();
        let mut stopped = None;
        for answer in answers {
            let Some(row) = rows.get_mut(answer.index) else {
                continue;
            };
            row.time_step = answer.time_step.or(row.time_step);
            match answer.outcome {
                Ok(receipt) => {
                    round.successes += 1;
                    if rule.code {
                        self.codes.taken(&row.planned.token.serial);
                    }
                    row.succeeded(rule, receipt, self.goal, now);
                }
                Err(failure) => {
                    stopped = stopped.or(self.concerns_all(&failure, alone));
                    // Of a user's token that was to be adopted, nobody knows that it is another one.
                    let is_foreign = failure.problem.code == Problem::OTHER_TOKEN;
                    let is_foreign = is_foreign && self.goal == Goal::Adopted;
                    if is_foreign || failure.problem.code == Problem::CODE_REFUSED {
                        self.codes.refused(&row.planned.token.serial);
                    }
                    row.failed(rule, failure, company, now);
                }
            }
            ended.extend(row.take_end());
        }
        (self.engine.events)(&Event::Answered {
            step: rule.step.clone(),
            successes: round.successes,
            time_left: self.time_left(),
        });
        self.record(ended).await?;
        stopped.map_or(Ok(()), |failure| Err(Stopped::Provider(failure)))
    }

    /// With how many others tokens go on whose call was refused; `None` for a call for one token. A call
    /// that was refused as a whole is halved, and so are the next ones, until a single token turns out
    /// to be the reason.
    fn company(&mut self, rule: &StepRule, answers: &[Answer]) -> Option<usize> {
        let verdict = |answer: &Answer| Some(answer.outcome.as_ref().err()?.verdict);
        let is_refused = |answer: &Answer| verdict(answer) == Some(Verdict::Refused);
        let is_unknown = |answer: &Answer| matches!(verdict(answer), Some(Verdict::Unknown { .. }));
        let is_later = |answer: &Answer| matches!(verdict(answer), Some(Verdict::Later(_)));
        match answers.len() {
            0 | 1 => {
                let is_final = |answer: &Answer| is_refused(answer) || is_later(answer);
                if rule.tokens.get() > 1 && answers.iter().any(is_final) {
                    self.bulk = usize::MAX;
                }
                None
            }
            many if answers.iter().all(is_refused) => {
                let half = many.div_ceil(2);
                self.bulk = self.bulk.min(half);
                Some(half)
            }
            many if answers.iter().all(is_unknown) => Some(many.div_ceil(2)),
            _ => Some(1),
        }
    }

    /// How long the rest takes at the present pace, if as many calls fail as so far.
    fn time_left(&self) -> Duration {
        let once = self.engine.pace.time_for(&self.left).as_secs_f64();
        let tries = f64::from(self.made.max(1)) / f64::from(self.succeeded.max(1));
        Duration::try_from_secs_f64(once * tries).unwrap_or(Duration::MAX)
    }

    /// Notes what a call says about the service and the sign-in.
    fn note(&mut self, rule: &StepRule, answers: &[Answer], now: Duration) {
        let is_clear = |answer: &Answer| match &answer.outcome {
            Ok(_) => true,
            Err(failure) => matches!(
                failure.verdict,
                Verdict::Refused | Verdict::Later(_) | Verdict::Forbidden
            ),
        };
        if answers.iter().any(is_clear) {
            self.last_progress = now;
        }
        let succeeded = answers.iter().any(|answer| answer.outcome.is_ok());
        self.allowed |= succeeded;
        self.made = self.made.saturating_add(1);
        if succeeded {
            self.forbidden = 0;
            self.succeeded = self.succeeded.saturating_add(1);
            let left = self.left.entry(rule.quota).or_default();
            *left = left.saturating_sub(1);
        }
    }

    /// The failure for which the run stops, if it is one. A call for several tokens may be forbidden
    /// for one of them: each then goes alone.
    fn concerns_all(&mut self, failure: &Failure, alone: bool) -> Option<Failure> {
        let stops = match failure.verdict {
            Verdict::Stop => true,
            Verdict::Forbidden if alone => {
                self.forbidden += 1;
                self.forbidden
                    >= match self.allowed {
                        true => MANY_FORBIDDEN_SINCE,
                        false => MANY_FORBIDDEN.min(self.planned),
                    }
            }
            _ => false,
        };
        stops.then(|| Failure {
            verdict: Verdict::Stop,
            ..failure.clone()
        })
    }

    /// The first kind of step that a ready row has next and that was not made in this round.
    fn next_rule(
        &self,
        rows: &[Row<'_>],
        last: Option<&Step>,
        now: Duration,
    ) -> Option<&'e StepRule> {
        let step = rows
            .iter()
            .filter(|row| row.is_ready(now))
            .filter_map(|row| row.steps.front())
            .filter(|step| last.is_none_or(|last| *step > last))
            .min()?;
        let rules = &self.engine.provider.capabilities().steps;
        rules.iter().find(|rule| rule.step == *step)
    }

    pub(super) async fn record(&mut self, ended: Vec<(Serial, RowResult)>) -> Result<(), Stopped> {
        if ended.is_empty() {
            return Ok(());
        }
        self.last_progress = self.now();
        for (serial, result) in &ended {
            self.settled += 1;
            self.results.insert(serial.clone(), result.clone());
            (self.engine.events)(&Event::Settled {
                serial: serial.clone(),
                outcome: result.outcome,
                state: result.state,
                error: result.error.clone(),
                settled: self.settled,
                total: self.total,
            });
        }
        let recorded = self.engine.ledger.settle(self.run, ended).await;
        recorded.map_err(Stopped::Ledger)
    }
}
