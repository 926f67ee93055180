//! One call: intent first, then a single attempt, then what came of it.

use std::time::Duration;

use oath_core::{Code, Key, Totp};

use tokio_util::future::FutureExt;
use tokio_util::sync::CancellationToken;

use super::Engine;
use super::row::Row;
use crate::{
    Attempt, Failure, Intent, LedgerError, PlannedRow, Problem, Receipt, Resolution, RunId,
    StepRule, Token, TokenId, Verdict, Work,
};

/// A row as one call needs it.
pub(super) struct Item<'p> {
    index: usize,
    planned: &'p PlannedRow,
    id: Option<TokenId>,
    last_time_step: Option<u64>,
}

impl<'p> Item<'p> {
    /// The rows whose next step is `rule`'s, call by call.
    pub(super) fn gather(rows: &[Row<'p>], rule: &StepRule, now: Duration) -> Vec<Vec<Self>> {
        let mut calls: Vec<Vec<Self>> = Vec::new();
        let mut open = false;
        for (index, row) in rows.iter().enumerate() {
            if !row.is_ready(now) || row.steps.front() != Some(&rule.step) {
                continue;
            }
            let item = Self {
                index,
                planned: row.planned,
                id: row.id.clone(),
                last_time_step: row.time_step,
            };
            let alone = row.travels_alone();
            match calls.last_mut() {
                Some(call) if open && !alone && call.len() < rule.tokens.get() => call.push(item),
                _ => calls.push(vec![item]),
            }
            open = !alone;
        }
        calls
    }
}

pub(super) enum Called {
    /// The call was made.
    Answered(Vec<Answer>),
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

/// Makes one call.
pub(super) async fn call(
    engine: &Engine<'_>,
    run: &RunId,
    rule: &StepRule,
    items: Vec<Item<'_>>,
    halt: &CancellationToken,
) -> Result<Called, LedgerError> {
    let opened = engine.pace.opened().with_cancellation_token(halt).await;
    if opened.is_none() || halt.is_cancelled() {
        return Ok(Called::Skipped);
    }
    let mut time_step = None;
    if rule.code
        && let Some(item) = items.first()
    {
        match usable_step(engine, item) {
            Ok(step) => time_step = Some(step),
            Err(wait) => {
                return Ok(Called::Later {
                    index: item.index,
                    not_before: engine.pace.clock().monotonic() + wait,
                });
            }
        }
    }
    let intents = items.iter().map(|item| intent(item, rule, time_step));
    engine.ledger.intend(run, intents.collect()).await?;
    let outcomes = attempt(engine, rule, &items, time_step).await;
    let resolutions = items.iter().zip(&outcomes).map(|(i, o)| resolution(i, o));
    engine.ledger.resolve(run, resolutions.collect()).await?;
    let answers = items.iter().zip(outcomes).map(|(item, outcome)| Answer {
        index: item.index,
        time_step,
        outcome,
    });
    Ok(Called::Answered(answers.collect()))
}

/// The provider's present time step for a token, or the wait until there is one whose code has not
/// been sent.
fn usable_step(engine: &Engine<'_>, item: &Item<'_>) -> Result<u64, Duration> {
    let totp = totp(&item.planned.token);
    let now = engine.provider.unix().as_secs();
    let step = totp.step(now);
    match item.last_time_step {
        Some(last) if last >= step => {
            let steps = (last - step).min(10);
            let period = u64::from(totp.period().seconds());
            Err(Duration::from_secs(
                u64::from(totp.remaining(now)) + steps * period,
            ))
        }
        _ => Ok(step),
    }
}

async fn attempt(
    engine: &Engine<'_>,
    rule: &StepRule,
    items: &[Item<'_>],
    time_step: Option<u64>,
) -> Vec<Result<Receipt, Failure>> {
    let mut work = Vec::with_capacity(items.len());
    for item in items {
        let planned = item.planned;
        let Some(seed) = engine.roster.seed(&planned.token.serial) else {
            return items.iter().map(|_| Err(foreign_roster())).collect();
        };
        let code = time_step.map(|step| code(&planned.token, seed.expose(), step));
        work.push(Work {
            token: &planned.token,
            seed,
            user: planned.user.as_ref(),
            id: item.id.as_ref(),
            shape: &planned.shape,
            code,
        });
    }
    engine.pace.count_write();
    let mut outcomes = engine.provider.perform(&rule.step, &work).await;
    // A provider that answers for too few tokens has left the others in doubt.
    outcomes.resize_with(items.len(), || Err(Failure::unanswered(None)));
    let waits = outcomes
        .iter()
        .filter_map(|o| o.as_ref().err()?.verdict.wait());
    engine.pace.hold(waits.max());
    outcomes
}

fn totp(token: &Token) -> Totp {
    Totp::new(token.digits, token.period)
}

fn code(token: &Token, seed: &[u8], step: u64) -> Code {
    totp(token).at_step(&Key::new(token.algorithm, seed), step)
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

fn resolution(item: &Item<'_>, outcome: &Result<Receipt, Failure>) -> Resolution {
    let (attempt, id, request_id, problem) = match outcome {
        Ok(receipt) => (
            Attempt::Done,
            receipt.id.clone(),
            receipt.request_id.clone(),
            None,
        ),
        Err(failure) => {
            let attempt = match failure.verdict {
                Verdict::Unknown { .. } => Attempt::Unknown,
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
        fingerprint: item.planned.token.fingerprint.clone(),
        request_id,
        problem,
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
