//! One call: intent first, then a single attempt, then what came of it.

use std::collections::VecDeque;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{self, Either};
use oath_core::{Code, Key, Totp};
use tokio_util::future::FutureExt;
use tokio_util::sync::CancellationToken;

use super::row::Row;
use super::{Engine, Event};
use crate::pace::End;
use crate::{
    Attempt, Failure, Intent, LedgerError, PlannedRow, Problem, Receipt, Resolution, RunId,
    StepRule, Token, TokenId, Verdict, Work,
};

/// A wait for the next time step that a worker waits itself; for a longer one the row is put aside.
const SHORT: Duration = Duration::from_secs(2);
/// How long calls in flight are waited for when a run is to stop.
const LAST_CALLS: Duration = Duration::from_secs(30);

/// A row as one call needs it.
pub(super) struct Item<'p> {
    index: usize,
    planned: &'p PlannedRow,
    id: Option<TokenId>,
    last_time_step: Option<u64>,
    company: usize,
}

impl<'p> Item<'p> {
    /// The rows whose next step is `rule`'s.
    pub(super) fn ready(rows: &[Row<'p>], rule: &StepRule, now: Duration) -> VecDeque<Self> {
        let ready = rows.iter().enumerate();
        let ready =
            ready.filter(|(_, row)| row.is_ready(now) && row.steps.front() == Some(&rule.step));
        ready
            .map(|(index, row)| Self {
                index,
                planned: row.planned,
                id: row.id.clone(),
                last_time_step: row.time_step,
                company: row.company,
            })
            .collect()
    }

    /// Takes the rows of the next call: at most `most`, and no more than each of them may go with.
    pub(super) fn next_call(queue: &mut VecDeque<Self>, most: usize) -> Option<Vec<Self>> {
        let mut call = vec![queue.pop_front()?];
        let mut most = most.min(call.first()?.company);
        while call.len() < most
            && let Some(next) = queue.front()
            && call.len() < next.company
        {
            most = most.min(next.company);
            call.extend(queue.pop_front());
        }
        Some(call)
    }
}

pub(super) enum Called {
    /// The call was made. Where the ledger could not take it down, what was learned is not lost.
    Answered(Vec<Answer>, Option<LedgerError>),
    /// It was not made: the token's last code is still the current one.
    Later { index: usize, not_before: Duration },
    /// It was not made: the run stops.
    Skipped,
}

/// What a call said about one row.
pub(super) struct Answer {
    pub(super) index: usize,
    pub(super) time_step: Option<u64>,
    pub(super) outcome: Result<Receipt, Failure>,
}

/// Makes one call: waits for its turn, writes the intents, takes a seat and sends it. The intents are
/// durable before there is a seat, so that no seat waits for the disk.
pub(super) async fn call(
    engine: &Engine<'_>,
    run: &RunId,
    rule: &StepRule,
    items: Vec<Item<'_>>,
    halt: &CancellationToken,
) -> Result<Called, LedgerError> {
    loop {
        let wait = engine.pace.held();
        if !wait.is_zero() {
            (engine.events)(&Event::Waiting { wait });
        }
        let turn = engine.pace.turn(rule.quota);
        let Some(mut call) = turn.with_cancellation_token(halt).await else {
            return Ok(Called::Skipped);
        };
        let time_step = match time_step(engine, rule, &items) {
            Ok(step) => step,
            Err(wait) if wait < SHORT => {
                drop(call);
                engine.pace.clock().sleep(wait).await;
                continue;
            }
            Err(wait) => return Ok(later(engine, &items, wait)),
        };
        if halt.is_cancelled() {
            return Ok(Called::Skipped);
        }
        if items.iter().any(|item| is_stale(engine, rule, item)) {
            return Ok(Called::Answered(items.iter().map(stale).collect(), None));
        }
        let intents = items.iter().map(|item| intent(item, rule, time_step));
        engine.ledger.intend(run, intents.collect()).await?;
        let open = call.seat().with_cancellation_token(halt).await;
        let stopped = open.is_none() || halt.is_cancelled();
        let outdated = self::time_step(engine, rule, &items) != Ok(time_step);
        if stopped || outdated || open == Some(false) {
            let unsent = items
                .iter()
                .map(|item| resolution(item, rule, &Err(unsent())));
            engine.ledger.resolve(run, unsent.collect()).await?;
            match stopped {
                true => return Ok(Called::Skipped),
                false => continue,
            }
        }
        call.send(true);
        let outcomes = attempt(engine, rule, &items, time_step, halt).await;
        call.end(end(&outcomes));
        return Ok(answered(engine, run, rule, &items, time_step, outcomes).await);
    }
}

/// Writes down what came of a call.
async fn answered(
    engine: &Engine<'_>,
    run: &RunId,
    rule: &StepRule,
    items: &[Item<'_>],
    time_step: Option<u64>,
    outcomes: Vec<Result<Receipt, Failure>>,
) -> Called {
    let resolutions = items.iter().zip(&outcomes);
    let resolutions = resolutions.map(|(item, outcome)| resolution(item, rule, outcome));
    let written = engine.ledger.resolve(run, resolutions.collect()).await;
    let answers = items.iter().zip(outcomes).map(|(item, outcome)| Answer {
        index: item.index,
        time_step,
        outcome,
    });
    Called::Answered(answers.collect(), written.err())
}

fn later(engine: &Engine<'_>, items: &[Item<'_>], wait: Duration) -> Called {
    let Some(item) = items.first() else {
        return Called::Skipped;
    };
    Called::Later {
        index: item.index,
        not_before: engine.pace.clock().monotonic() + wait,
    }
}

/// The time step of the code that a call carries: the one in which it arrives. The error is the wait
/// until there is one whose code has not been sent and that does not end on the way.
fn time_step(
    engine: &Engine<'_>,
    rule: &StepRule,
    items: &[Item<'_>],
) -> Result<Option<u64>, Duration> {
    // In which time step a device showed its code, nobody knows.
    let by_seed = |item: &&Item<'_>| rule.code && !item.planned.token.typed;
    let Some(item) = items.first().filter(by_seed) else {
        return Ok(None);
    };
    let latency = engine.pace.latency(rule.quota);
    let arrival = engine.provider.unix() + latency / 2;
    let totp = totp(&item.planned.token);
    let step = totp.step(arrival.as_secs());
    let step = step.saturating_sub(left_to_user(engine, rule, item.planned));
    let seconds = u64::from(totp.period().seconds());
    let period = Duration::from_secs(seconds);
    let into = Duration::new(arrival.as_secs() % seconds, arrival.subsec_nanos());
    let left = period.saturating_sub(into);
    if let Some(last) = item.last_time_step.filter(|last| *last >= step) {
        let steps = u32::try_from((last - step).min(10)).unwrap_or(10);
        return Err(left + period * steps);
    }
    // Too close to a turn nobody knows in which step the call arrives.
    let guard = (engine.provider.unix_uncertainty() + latency / 4).min(period / 6);
    if left < guard {
        return Err(left + guard);
    }
    if into < guard {
        return Err(guard - into);
    }
    Ok(Some(step))
}

/// By how many time steps a code is older than the present one. A verification spends its code: the
/// present one is left to the user, who may be signing in.
fn left_to_user(engine: &Engine<'_>, rule: &StepRule, planned: &PlannedRow) -> u64 {
    let shapes = &engine.provider.capabilities().shapes;
    let shape = shapes.iter().find(|shape| shape.id == planned.shape);
    let drift = i64::from(planned.token.drift);
    let is_taken = shape.is_some_and(|shape| drift > -i64::from(shape.drift));
    u64::from(is_taken && !rule.step.changes_something())
}

/// How the call ended as a whole: what only some of its tokens met is not the service's doing.
fn end(outcomes: &[Result<Receipt, Failure>]) -> End {
    let failures = outcomes.iter().map(|outcome| outcome.as_ref().err());
    match failures.collect::<Option<Vec<_>>>().as_deref() {
        Some([failure, ..]) => End::of(failure),
        _ => End::Answered,
    }
}

async fn attempt(
    engine: &Engine<'_>,
    rule: &StepRule,
    items: &[Item<'_>],
    time_step: Option<u64>,
    halt: &CancellationToken,
) -> Vec<Result<Receipt, Failure>> {
    let mut work = Vec::with_capacity(items.len());
    for item in items {
        let planned = item.planned;
        let token = &planned.token;
        let seed = engine.roster.seed(&token.serial);
        if seed.is_none() && token.fingerprint.is_some() {
            return items.iter().map(|_| Err(foreign_roster())).collect();
        }
        let computed = seed.zip(time_step);
        let computed = computed.map(|(seed, step)| code(token, seed.expose(), step));
        let typed = engine.roster.typed(&token.serial).filter(|_| rule.code);
        work.push(Work {
            token,
            seed,
            user: planned.user.as_ref(),
            id: item.id.as_ref(),
            shape: &planned.shape,
            code: computed.or_else(|| typed.map(|typed| typed.code.clone())),
        });
    }
    let answer = engine.provider.perform(engine.pace, &rule.step, &work);
    let too_late = async {
        halt.cancelled().await;
        engine.pace.clock().sleep(LAST_CALLS).await;
    };
    let mut outcomes = match future::select(answer, pin!(too_late)).await {
        Either::Left((outcomes, _)) => outcomes,
        Either::Right(_) => Vec::new(),
    };
    // A provider that answers for too few tokens has left the others in doubt.
    outcomes.resize_with(items.len(), || Err(Failure::unanswered(None)));
    outcomes
}

fn totp(token: &Token) -> Totp {
    Totp::new(token.digits, token.period)
}

/// The code that the device shows while the service's clock is in this time step.
fn code(token: &Token, seed: &[u8], step: u64) -> Code {
    let of_device = step.saturating_add_signed(token.drift.into());
    totp(token).at_step(&Key::new(token.algorithm, seed), of_device)
}

fn intent(item: &Item<'_>, rule: &StepRule, time_step: Option<u64>) -> Intent {
    Intent {
        serial: item.planned.token.serial.clone(),
        step: rule.step.clone(),
        user: item.planned.user.clone(),
        name: item.planned.token.user.clone(),
        time_step,
    }
}

fn resolution(item: &Item<'_>, rule: &StepRule, outcome: &Result<Receipt, Failure>) -> Resolution {
    let (attempt, id, request_id, problem) = match outcome {
        Ok(receipt) => (
            Attempt::Done,
            receipt.id.clone(),
            receipt.request_id.clone(),
            None,
        ),
        Err(failure) => {
            let attempt = match failure.verdict {
                Verdict::Unknown { .. } | Verdict::Again { .. } => Attempt::Unknown,
                _ => Attempt::NotDone,
            };
            let code = failure.problem.code.clone();
            (attempt, None, failure.request_id.clone(), Some(code))
        }
    };
    Resolution {
        serial: item.planned.token.serial.clone(),
        attempt,
        id,
        user: item.planned.user.clone(),
        name: item.planned.token.user.clone(),
        code_accepted: rule.code && outcome.is_ok(),
        fingerprint: item.planned.token.fingerprint.clone(),
        request_id,
        problem,
    }
}

/// The end of an intent whose call was not sent.
fn unsent() -> Failure {
    Failure {
        verdict: Verdict::Retry { after: None },
        problem: Problem::new("not-sent", "the call was not sent", "run again"),
        request_id: None,
    }
}

/// A service that takes an old code takes it for the clock of a device that is behind, and refuses the
/// next sign-in.
fn is_stale(engine: &Engine<'_>, rule: &StepRule, item: &Item<'_>) -> bool {
    let token = &item.planned.token;
    let typed = engine.roster.typed(&token.serial).filter(|_| rule.code);
    let now = engine.pace.clock().monotonic();
    let age = typed.map(|typed| now.saturating_sub(typed.at));
    age.is_some_and(|age| age > 2 * Duration::from_secs(token.period.seconds().into()))
}

fn stale(item: &Item<'_>) -> Answer {
    Answer {
        index: item.index,
        time_step: None,
        outcome: Err(Failure {
            verdict: Verdict::Refused,
            problem: Problem::new(
                Problem::CODE_SPENT,
                "the code of the device is too old by now, and was not sent",
                "type the code that the device shows now",
            ),
            request_id: None,
        }),
    }
}

fn foreign_roster() -> Failure {
    Failure {
        verdict: Verdict::Stop,
        problem: Problem::new(
            "other-file",
            "the plan names a token that the seed file does not have",
            "use the file that the plan was made from",
        ),
        request_id: None,
    }
}
