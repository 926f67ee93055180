//! One row on its way: what is left to do for it, and what is known of it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use seedfile::Serial;

use crate::{
    Decision, Failure, Goal, Known, Lookup, Observed, Operation, Outcome, Pace, PlannedRow,
    Problem, Prover, Receipt, RowHistory, RowResult, State, Step, StepRule, TokenId, Verdict,
};

/// How long a call in doubt is left alone: the service may carry it out late, or show it late.
const SETTLING: Duration = Duration::from_secs(10);
/// How long an accepted write may take to be seen.
const VISIBILITY: Duration = Duration::from_secs(120);
/// Failures of one row, throttling aside, after which it is left pending.
const ROW_FAILURES: u32 = 30;

pub(super) struct Row<'p> {
    pub(super) planned: &'p PlannedRow,
    /// The calls that are left, as far as it is known.
    pub(super) steps: VecDeque<Step>,
    /// The provider's id of the token that the next call is about.
    pub(super) id: Option<TokenId>,
    /// Where the token went, as an answer or the ledger says.
    known: Option<Known>,
    /// Other tokens of the user's, as the ledger says.
    rivals: Vec<Known>,
    /// Monotonic time before which nothing is done for the row.
    pub(super) not_before: Duration,
    /// Monotonic time before which a call of an earlier sitting, if it is in doubt, is not repeated.
    settles: Duration,
    /// The state has to be read before anything else.
    pub(super) unclear: bool,
    /// A call was refused or ended in doubt.
    doubtful: bool,
    /// The doubt has been looked into: it need not be again before the next call.
    looked: bool,
    /// With how many others, itself included, the row may go in one call.
    pub(super) company: usize,
    /// The time step of the last code sent.
    pub(super) time_step: Option<u64>,
    pub(super) ended: bool,
    /// A write of this run was done, or may have been.
    touched: bool,
    /// What the service said it has done, and since when that has not been seen.
    claimed: Option<(Operation, Duration)>,
    /// The code that somebody read off the device was sent, and may not be again.
    code_spent: bool,
    failures: u32,
    refused: Option<Refused>,
    /// When the service will take what it refused, in seconds since the Unix epoch.
    later: Option<u64>,
    problem: Option<Problem>,
    end: Option<RowResult>,
}

/// A call that the service will not do for this token, and how often it may be tried again.
struct Refused {
    step: Step,
    tries_left: u32,
}

impl<'p> Row<'p> {
    /// A row of a plan; none where the plan says that nothing is to be done.
    pub(super) fn new(
        planned: &'p PlannedRow,
        past: Option<&RowHistory>,
        known: &BTreeMap<Serial, Known>,
        rivals: Vec<Known>,
        now: Duration,
    ) -> Option<Self> {
        let Decision::Steps { steps, id } = &planned.decision else {
            return None;
        };
        let doubtful = past.is_some_and(|past| past.doubtful);
        let in_doubt = past.is_some_and(|past| past.doubtful && past.touched);
        Some(Self {
            planned,
            steps: steps.iter().cloned().collect(),
            id: id.clone(),
            known: known.get(&planned.token.serial).cloned(),
            rivals,
            not_before: Duration::ZERO,
            settles: if in_doubt { now + SETTLING } else { now },
            unclear: past.is_some(),
            doubtful,
            looked: false,
            company: usize::MAX,
            time_step: past.and_then(|past| past.time_step),
            ended: false,
            touched: past.is_some_and(|past| past.touched),
            claimed: None,
            // Nobody keeps such a code for another sitting.
            code_spent: past.is_some(),
            failures: 0,
            refused: None,
            later: None,
            problem: None,
            end: None,
        })
    }

    pub(super) fn lookup(&self) -> Lookup<'_> {
        Lookup {
            token: &self.planned.token,
            user: self.planned.user.as_ref(),
            known: self.known.as_ref(),
            rivals: &self.rivals,
            touched: self.touched,
            doubtful: self.doubtful && !self.looked,
        }
    }

    /// True where a call of an earlier sitting was made for it, whatever came of that.
    pub(super) fn was_sent(&self) -> bool {
        self.touched || self.doubtful || self.time_step.is_some()
    }

    /// Monotonic time from which on a call of an earlier sitting is not carried out any more.
    pub(super) fn settles(&self) -> Duration {
        self.settles
    }

    /// Ends the row as it is: the run is not gone on with.
    pub(super) fn cancel(&mut self, why: Problem, found: Option<&Observed>) {
        self.problem = Some(why);
        let outcome = match self.touched {
            true => Outcome::Failed,
            false => Outcome::Rejected,
        };
        self.give_up(outcome, found);
    }

    /// True where the row's next call may be made.
    pub(super) fn is_ready(&self, now: Duration) -> bool {
        !self.unclear && !self.ended && self.end.is_none() && self.not_before <= now
    }

    /// The next call has to wait. A row in doubt is looked at again before it is made.
    pub(super) fn postpone(&mut self, until: Duration) {
        self.not_before = until;
        if self.doubtful && self.steps.front().is_some_and(Step::changes_something) {
            self.doubt();
        }
    }

    /// A call was accepted.
    pub(super) fn succeeded(
        &mut self,
        rule: &StepRule,
        receipt: Receipt,
        goal: Goal,
        now: Duration,
    ) {
        self.steps.pop_front();
        if let Some(id) = &receipt.id
            && self.planned.token.fingerprint.is_some()
        {
            self.known = Some(Known {
                id: id.clone(),
                user: self.planned.user.clone(),
                name: self.planned.token.user.clone(),
                fingerprint: self.planned.token.fingerprint.clone(),
                code_accepted: rule.code,
            });
        }
        self.id = receipt.id.or(self.id.take());
        self.touched |= rule.step.changes_something();
        self.doubtful = false;
        self.company = usize::MAX;
        self.failures = 0;
        self.refused = None;
        self.later = None;
        self.problem = None;
        let last = rule.step.0.last().copied();
        self.claimed = last.map(|operation| (operation, now));
        // What an answer shows beyond its own step is not believed.
        let led_to = last.and_then(Operation::leads_to);
        let shown = receipt.state.min(led_to);
        match shown {
            Some(_) if goal.is_met_by(shown) && self.steps.is_empty() => self.finish(shown),
            // An answer without content is believed when it has been read back.
            _ => self.unclear = self.steps.is_empty(),
        }
    }

    /// A call was not accepted, or its end is unknown. After a refusal of a call for several tokens,
    /// `company` says with how many the row goes on.
    pub(super) fn failed(
        &mut self,
        rule: &StepRule,
        failure: Failure,
        company: Option<usize>,
        now: Duration,
    ) {
        let is_throttled = failure.problem.code == Problem::THROTTLED;
        self.later = None;
        self.problem = Some(failure.problem);
        let was_seen = !matches!(failure.verdict, Verdict::Retry { .. } | Verdict::Stop);
        self.code_spent |= rule.code && was_seen;
        match failure.verdict {
            Verdict::Unknown { .. } => {
                self.touched |= rule.step.changes_something();
                self.doubt();
                self.await_typed(rule, now);
                if self.failures > 1 {
                    // So many at once may be too much for whatever stands in between.
                    self.company = company.unwrap_or(self.company);
                }
            }
            Verdict::Again { .. } => {
                self.touched |= rule.step.changes_something();
                if self.planned.token.typed {
                    self.doubt();
                    self.await_typed(rule, now);
                }
            }
            Verdict::Refused | Verdict::Forbidden => {
                self.doubt();
                self.refuse(rule, company, now);
                return;
            }
            Verdict::Later(unix) => {
                self.doubt();
                self.later = Some(unix.as_secs());
                // What an earlier run made is looked for when this one is resumed.
                self.refused_alone(rule, 0, self.touched, now);
                return;
            }
            Verdict::Retry { .. } | Verdict::Stop => {}
        }
        let wait = failure
            .verdict
            .wait()
            .map(|wait| wait.clamp(Pace::SHORTEST_WAIT, Pace::LONGEST_WAIT));
        let wait = wait.unwrap_or_else(|| {
            if is_throttled {
                // The whole quota waits, longer each time.
                return Pace::SHORTEST_WAIT;
            }
            self.failures += 1;
            Pace::backoff(self.failures)
        });
        let settling = match failure.verdict {
            Verdict::Unknown { .. } => SETTLING,
            _ => Duration::ZERO,
        };
        self.not_before = now + wait.max(settling);
    }

    /// A code that may not be sent again is given time to show its effect.
    fn await_typed(&mut self, rule: &StepRule, now: Duration) {
        if rule.code && self.planned.token.typed {
            let last = rule.step.0.last().copied();
            self.claimed = self.claimed.or(last.map(|operation| (operation, now)));
        }
    }

    fn doubt(&mut self) {
        self.unclear = true;
        self.doubtful = true;
        self.looked = false;
    }

    /// Takes a refusal. In company, its reason may have been one of the others, or their number. Alone,
    /// it counts; the next code may be good, so one is tried once more.
    fn refuse(&mut self, rule: &StepRule, company: Option<usize>, now: Duration) {
        if let Some(company) = company {
            self.not_before = now;
            self.company = company;
            return;
        }
        let left = match self.refused.take() {
            Some(refused) if refused.step == rule.step => refused.tries_left,
            _ if rule.code && rule.step.changes_something() => 2,
            // It may be refused because the service has yet to see that nobody holds the token.
            _ if deletes(&rule.step) && self.touched => 2,
            _ => 1,
        };
        let may_be_there = self.touched || self.known.is_some();
        self.refused_alone(rule, left - 1, may_be_there, now);
        if left > 1 && deletes(&rule.step) {
            self.not_before = now + SETTLING;
        }
    }

    fn refused_alone(
        &mut self,
        rule: &StepRule,
        tries_left: u32,
        may_be_there: bool,
        now: Duration,
    ) {
        self.not_before = now;
        if tries_left == 0 && may_be_there && imports(&rule.step) {
            // It may be refused because an import in doubt, or of an earlier run, has yet to be seen.
            self.claimed = self.claimed.or(Some((Operation::Import, now)));
        }
        self.refused = Some(Refused {
            step: rule.step.clone(),
            tries_left,
        });
    }

    /// The state was read: what is left to do? True where that is something else than before.
    pub(super) fn learn(
        &mut self,
        decision: Decision,
        found: Option<&Observed>,
        now: Duration,
    ) -> bool {
        if let Decision::Unchanged { state } = decision {
            self.finish(state);
            return true;
        }
        if let Some(mut result) = decision.result() {
            if self.touched && result.outcome == Outcome::Rejected {
                // Something was sent for it.
                result.outcome = Outcome::Failed;
            }
            result.state = found.map(|found| found.state);
            self.end = Some(result);
            return true;
        }
        let Decision::Steps { steps, id } = decision else {
            return false;
        };
        if self.is_awaited(found, now) {
            return false;
        }
        if now < self.settles && steps.first().is_some_and(Step::changes_something) {
            self.not_before = self.settles;
            return false;
        }
        self.id = id;
        let before = std::mem::replace(&mut self.steps, steps.into());
        self.unclear = false;
        self.looked = true;
        if self.is_refused_for_good() {
            let code = self.problem.as_ref().map(|problem| problem.code.as_str());
            let outcome = match code {
                Some(Problem::OTHER_TOKEN | Problem::CLOCK_OFF) if !self.touched => {
                    Outcome::Conflict
                }
                _ => Outcome::Failed,
            };
            self.give_up(outcome, found);
        } else if self.needs_another_code() {
            let refusal = self.problem.take().filter(|_| self.refused.is_some());
            self.problem = refusal.or_else(|| Some(code_spent()));
            self.give_up(Outcome::Failed, found);
        } else if self.failures >= ROW_FAILURES {
            self.give_up(Outcome::Pending, found);
        }
        before != self.steps
    }

    /// True while an accepted write is not seen yet: it is waited for, never repeated.
    fn is_awaited(&mut self, found: Option<&Observed>, now: Duration) -> bool {
        let Some((claimed, since)) = self.claimed else {
            return false;
        };
        if claimed.is_seen_in(found.map(|found| found.state)) {
            self.claimed = None;
            return false;
        }
        let waited = now.saturating_sub(since);
        if waited < VISIBILITY {
            self.not_before = now + waited.max(Duration::from_secs(1));
        } else {
            let refusal = self.problem.take().filter(|_| self.refused.is_some());
            let unseen = || match self.needs_another_code() {
                true => code_spent(),
                false => not_visible(claimed),
            };
            self.problem = Some(refusal.unwrap_or_else(unseen));
            self.give_up(Outcome::Failed, found);
        }
        true
    }

    /// True where the next call takes a code of which only one was read off the device, and that one
    /// was sent.
    fn needs_another_code(&self) -> bool {
        let takes_code = self.steps.front().is_some_and(Step::takes_code);
        takes_code && self.planned.token.typed && self.code_spent
    }

    fn is_refused_for_good(&self) -> bool {
        self.refused.as_ref().is_some_and(|refused| {
            refused.tries_left == 0 && self.steps.front() == Some(&refused.step)
        })
    }

    fn finish(&mut self, state: Option<State>) {
        let outcome = if self.touched {
            Outcome::Done
        } else {
            Outcome::Unchanged
        };
        let activated =
            outcome == Outcome::Done && state == Some(State::Activated) && self.proves();
        self.end = Some(RowResult {
            outcome,
            state,
            activated_by: activated.then_some(match self.planned.token.typed {
                true => Prover::User,
                false => Prover::Operator,
            }),
            error: None,
            not_before: None,
        });
    }

    /// Whether this run is to make the token usable.
    fn proves(&self) -> bool {
        let Decision::Steps { steps, .. } = &self.planned.decision else {
            return false;
        };
        steps.iter().any(Step::takes_code)
    }

    /// Ends the row with what was last in its way; what the service takes later is left pending.
    fn give_up(&mut self, outcome: Outcome, found: Option<&Observed>) {
        self.end = Some(RowResult {
            outcome: self.later.map_or(outcome, |_| Outcome::Pending),
            state: found.map(|found| found.state),
            activated_by: None,
            error: self.problem.clone(),
            not_before: self.later,
        });
    }

    /// What was last in the way of a row that has not come to its end.
    pub(super) fn pending(&self) -> Option<(Serial, RowResult)> {
        let pending = RowResult {
            outcome: Outcome::Pending,
            state: None,
            activated_by: None,
            error: Some(self.problem.clone()?),
            not_before: None,
        };
        Some((self.planned.token.serial.clone(), pending))
    }

    /// True where the row has come to the end that was wanted.
    pub(super) fn is_as_wanted(&self) -> bool {
        let outcome = self.end.as_ref().map(|end| end.outcome);
        matches!(outcome, Some(Outcome::Done | Outcome::Unchanged))
    }

    /// The end of the row, the first time it is asked for.
    pub(super) fn take_end(&mut self) -> Option<(Serial, RowResult)> {
        let end = self.end.take()?;
        self.ended = true;
        Some((self.planned.token.serial.clone(), end))
    }
}

fn imports(step: &Step) -> bool {
    step.0.first() == Some(&Operation::Import)
}

fn deletes(step: &Step) -> bool {
    step.0 == [Operation::Delete]
}

fn code_spent() -> Problem {
    Problem::new(
        Problem::CODE_SPENT,
        "the code of the device is used up or too old, and the token is not active",
        "wait until the device shows another code, and type that one",
    )
}

fn not_visible(claimed: Operation) -> Problem {
    let change = claimed.leads_to().map_or("deleted", State::name);
    Problem::new(
        "not-visible",
        format!("the service accepted the change to {change}, but does not show it"),
        "look at the token in the admin centre, then run again",
    )
}
