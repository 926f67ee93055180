//! When calls may go: one governor a quota, seats for calls in flight, and a breaker for outages,
//! shared by all workers. Reads are repeated here; writes only wait here.

mod breaker;
mod crowd;
mod limiter;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future;
use idp_http::Clock;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use self::breaker::Breaker;
use self::crowd::{Crowd, Latency};
pub use self::limiter::Allowance;
use self::limiter::{Limiter, doubled};
use crate::{Failure, Problem, Verdict};

/// Calls that a service counts together. The names are the provider's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quota(pub &'static str);

/// How many calls a run made. Sign-in is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// All calls.
    pub total: u64,
    /// Calls that may change something.
    pub writes: u64,
    /// Calls that the service answered with a wait.
    pub throttled: u64,
}

/// What a run took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effort {
    /// The calls it made.
    pub calls: Calls,
    /// How long it went on, in milliseconds. Planning does not count.
    pub elapsed_ms: u64,
}

/// How much of a service a run may take. The default is all that the service gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Calls a second at most, over all quotas. What is no positive number counts as none.
    pub max_rate: Option<f64>,
    /// The share of each quota that is used, in percent, 1 to 100. The rest is left to others.
    pub max_capacity: u8,
    /// How long a run goes on without one clear answer.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_rate: None,
            max_capacity: 100,
            patience: Duration::from_secs(900),
        }
    }
}

impl Limits {
    fn share(&self) -> f64 {
        f64::from(self.max_capacity.clamp(1, 100)) / 100.0
    }
}

/// The pace of one sitting of a run, shared by all its workers.
#[derive(Debug)]
pub struct Pace {
    clock: Arc<dyn Clock>,
    limits: Limits,
    state: Mutex<State>,
    /// A call came back, or the service did.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    quotas: BTreeMap<Quota, Governor>,
    crowd: Crowd,
    breaker: Breaker,
    /// When the next call may have its turn by [`Limits::max_rate`], and when the last one went.
    next_at: Duration,
    last_at: Option<Duration>,
    calls: Calls,
    /// When a call last had a clear answer; none before the first one.
    last_answer: Option<Duration>,
}

#[derive(Debug, Default)]
struct Governor {
    limiter: Limiter,
    latency: Latency,
}

/// How a call ended, as far as the pace is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The service answered it, well or not.
    Answered,
    /// The service refused it because there were too many, and may have named a wait.
    Throttled(Option<Duration>),
    /// It has no clear answer. The service may have named a wait.
    Lost(Option<Duration>),
}

impl End {
    pub(crate) fn of(failure: &Failure) -> Self {
        match failure.verdict {
            Verdict::Refused | Verdict::Later(_) | Verdict::Forbidden | Verdict::Stop => {
                Self::Answered
            }
            _ if failure.problem.code == Problem::THROTTLED => {
                Self::Throttled(failure.verdict.wait())
            }
            _ => Self::Lost(failure.verdict.wait()),
        }
    }
}

impl Pace {
    /// How often a read is tried where the service has never answered well: its address is likely to
    /// be wrong.
    const FEW_ATTEMPTS: u32 = 3;
    /// A service that asks for a wait gets at least this one.
    pub(crate) const SHORTEST_WAIT: Duration = Duration::from_secs(1);
    /// A longer wait is not believed.
    pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(3600);
    /// The longest wait that is chosen here; the service may ask for more.
    const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

    /// A pace that takes all that the service gives.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::within(clock, Limits::default())
    }

    /// A pace within limits.
    #[must_use]
    pub fn within(clock: Arc<dyn Clock>, limits: Limits) -> Self {
        let is_rate = |rate: &f64| rate.is_finite() && *rate > 0.0;
        Self {
            clock,
            limits: Limits {
                max_rate: limits.max_rate.filter(is_rate),
                ..limits
            },
            state: Mutex::new(State {
                quotas: BTreeMap::new(),
                crowd: Crowd::new(1),
                breaker: Breaker::default(),
                next_at: Duration::ZERO,
                last_at: None,
                calls: Calls::default(),
                last_answer: None,
            }),
            changed: Notify::new(),
        }
    }

    /// The clock that waits go by.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// How long to go on without one clear answer.
    pub(crate) fn patience(&self) -> Duration {
        self.limits.patience
    }

    /// The calls so far.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.state().calls
    }

    /// The calls so far, which are not counted again.
    pub(crate) fn take_calls(&self) -> Calls {
        std::mem::take(&mut self.state().calls)
    }

    /// How long nothing is sent, because the service asked for it or is down.
    #[must_use]
    pub fn held(&self) -> Duration {
        let (now, share) = (self.clock.monotonic(), self.limits.share());
        let state = self.state();
        let quotas = state.quotas.values();
        let held = quotas.map(|of| of.limiter.held(now, share)).max();
        held.unwrap_or_default().max(state.breaker.held(now))
    }

    /// How long so many calls take at the pace that is known now: by the limits that the service has
    /// announced or shown, and by the time that its answers take.
    #[must_use]
    pub fn time_for(&self, calls: &BTreeMap<Quota, u64>) -> Duration {
        let (now, share) = (self.clock.monotonic(), self.limits.share());
        let state = self.state();
        let quotas = calls.iter().map(|(quota, count)| {
            let governor = state.quotas.get(quota);
            governor.map_or(Duration::ZERO, |of| of.limiter.time_for(*count, now, share))
        });
        let by_quota = quotas.max().unwrap_or_default();
        let all: u64 = calls.values().sum();
        let by_rate = self.limits.max_rate.map_or(Duration::ZERO, |rate| {
            gap(rate).saturating_mul(u32::try_from(all).unwrap_or(u32::MAX))
        });
        by_quota.max(by_rate).max(state.by_latency(calls))
    }

    /// At most so many calls are in flight.
    pub(crate) fn cap(&self, workers: usize) {
        self.state().crowd.cap(workers);
    }

    /// The time that calls of a quota usually take.
    pub(crate) fn latency(&self, quota: Quota) -> Duration {
        let state = self.state();
        let governor = state.quotas.get(&quota);
        governor.map_or(Duration::ZERO, |of| of.latency.usual())
    }

    /// The wait before the attempt after `failures` of them: 1, 2, 4 … 60 s.
    #[must_use]
    pub fn backoff(failures: u32) -> Duration {
        doubled(Self::SHORTEST_WAIT, failures, Self::LONGEST_BACKOFF)
    }

    /// Takes what the service's headers say about a quota, from any answer. A provider calls this;
    /// what is said is believed before anything is measured.
    pub fn announced(&self, quota: Quota, allowance: Allowance) {
        let now = self.clock.monotonic();
        let mut state = self.state();
        if allowance.limit == 0 {
            state.crowd.refused(now);
        } else {
            state.governor(quota).limiter.announced(now, allowance);
        }
    }

    /// Does a read, again and again while it is safe and the service may still recover.
    ///
    /// # Errors
    /// The last [`Failure`] when it is final or patience ends.
    pub async fn read<T, F, Fut>(&self, quota: Quota, mut attempt: F) -> Result<T, Failure>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, Failure>>,
    {
        let begun = self.clock.monotonic();
        let (mut tries, mut lost) = (0, 0);
        loop {
            let mut call = self.turn(quota).await;
            if !call.seat().await {
                continue;
            }
            call.send(false);
            let failure = match attempt().await {
                Ok(value) => {
                    call.end(End::Answered);
                    return Ok(value);
                }
                Err(failure) => failure,
            };
            let end = End::of(&failure);
            call.end(end);
            tries += 1;
            lost += u32::from(matches!(end, End::Lost(_)));
            if end == End::Answered || self.is_hopeless(begun, tries, lost) {
                return Err(failure);
            }
            if end == End::Lost(None) {
                self.clock.sleep(Self::backoff(lost)).await;
            }
        }
    }

    /// True for a read that is not tried again: patience is over, and however long the waits were that
    /// the service asked for, it was tried a few times.
    fn is_hopeless(&self, begun: Duration, tries: u32, lost: u32) -> bool {
        let last = self.state().last_answer;
        let since = last.map_or(begun, |last| last.max(begun));
        let patience = since.saturating_add(self.limits.patience);
        let over = self.now() > patience && tries >= Self::FEW_ATTEMPTS;
        over || last.is_none() && lost >= Self::FEW_ATTEMPTS
    }

    /// Waits until a call of this quota may go.
    pub(crate) async fn turn(&self, quota: Quota) -> Call<'_> {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            let asked = self.state().ask(quota, self.now(), &self.limits);
            match asked {
                Ok(probe) => {
                    return Call {
                        probe,
                        pace: self,
                        quota,
                        seated: false,
                        sent: None,
                        end: End::Lost(None),
                    };
                }
                Err(Wait::For(wait)) => self.clock.sleep(wait).await,
                // The service may come back any time.
                Err(Wait::Down(wait)) => {
                    drop(future::select(self.clock.sleep(wait), changed).await);
                }
            }
        }
    }

    fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Wait {
    For(Duration),
    Down(Duration),
}

impl State {
    fn ask(&mut self, quota: Quota, now: Duration, limits: &Limits) -> Result<bool, Wait> {
        if let Some(wait) = self.next_at.checked_sub(now).filter(|wait| !wait.is_zero()) {
            return Err(Wait::For(wait));
        }
        let limiter = &mut self.quotas.entry(quota).or_default().limiter;
        let down = self.breaker.held(now);
        if !down.is_zero() {
            return Err(Wait::Down(down));
        }
        limiter.ask(now, limits.share()).map_err(Wait::For)?;
        if let Some(rate) = limits.max_rate {
            self.next_at = now.saturating_add(gap(rate));
        }
        Ok(self.breaker.asks(now))
    }

    fn by_latency(&self, calls: &BTreeMap<Quota, u64>) -> Duration {
        let governors = self.quotas.values();
        let known = governors.map(|of| of.latency.usual()).max();
        let work = calls.iter().map(|(quota, count)| {
            let own = self.quotas.get(quota).map(|of| of.latency.usual());
            let each = own.filter(|own| !own.is_zero()).or(known);
            each.unwrap_or_default()
                .saturating_mul(u32::try_from(*count).unwrap_or(u32::MAX))
        });
        let work: Duration = work.fold(Duration::ZERO, Duration::saturating_add);
        work / u32::try_from(self.crowd.most()).unwrap_or(1)
    }

    /// True where the last call is long enough ago. Turns are a whole gap apart; what delays them on
    /// their way to the seat may differ.
    fn is_spaced(&mut self, now: Duration, limits: &Limits) -> bool {
        let least = limits.max_rate.map_or(Duration::ZERO, |rate| gap(rate) / 2);
        let spaced = self
            .last_at
            .is_none_or(|last| now >= last.saturating_add(least));
        if spaced {
            self.last_at = Some(now);
        }
        spaced
    }

    fn governor(&mut self, quota: Quota) -> &mut Governor {
        self.quotas.entry(quota).or_default()
    }

    fn end(&mut self, quota: Quota, sent: Duration, now: Duration, end: End) {
        let at_least = |wait: Duration| wait.clamp(Pace::SHORTEST_WAIT, Pace::LONGEST_WAIT);
        let Governor { limiter, latency } = self.quotas.entry(quota).or_default();
        match end {
            End::Answered => {
                limiter.accepted(sent, now);
                latency.note(now.saturating_sub(sent));
                self.crowd.answered(latency);
                self.breaker.answered();
                self.last_answer = Some(now);
            }
            End::Throttled(wait) => {
                self.calls.throttled += 1;
                limiter.refused(sent, now, wait.map(at_least));
                // It is there.
                self.breaker.answered();
            }
            End::Lost(wait) => {
                limiter.accepted(sent, now);
                self.breaker.failed(now);
                if let Some(wait) = wait {
                    self.calls.throttled += 1;
                    limiter.close_until(now + at_least(wait));
                }
            }
        }
    }
}

/// One call on its way: its turn has come, then it takes a seat, then it is sent, then it ends. Dropped
/// before it is sent, it gives its turn back; dropped in flight, it counts as one without an answer.
#[derive(Debug)]
#[must_use]
pub(crate) struct Call<'p> {
    pace: &'p Pace,
    quota: Quota,
    /// It asks a service that is down.
    probe: bool,
    seated: bool,
    sent: Option<Duration>,
    end: End,
}

impl Call<'_> {
    /// Waits for a seat. False where the call may not be sent any more: the service closed the quota
    /// or went down meanwhile, or calls have piled up that [`Limits::max_rate`] wants apart.
    pub(crate) async fn seat(&mut self) -> bool {
        loop {
            let mut changed = pin!(self.pace.changed.notified());
            changed.as_mut().enable();
            if self.pace.state().crowd.enter() {
                self.seated = true;
                break;
            }
            changed.await;
        }
        let now = self.pace.now();
        let mut state = self.pace.state();
        let closed = state.governor(self.quota).limiter.closed(now);
        let open = closed.is_zero() && (self.probe || !state.breaker.is_down());
        open && state.is_spaced(now, &self.pace.limits)
    }

    /// The call goes now.
    pub(crate) fn send(&mut self, write: bool) {
        let mut state = self.pace.state();
        state.calls.total += 1;
        state.calls.writes += u64::from(write);
        self.sent = Some(self.pace.clock.monotonic());
    }

    pub(crate) fn end(mut self, end: End) {
        self.end = end;
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let now = self.pace.clock.monotonic();
        let mut state = self.pace.state();
        if self.seated {
            state.crowd.leave();
        }
        match self.sent {
            Some(sent) => state.end(self.quota, sent, now, self.end),
            None => {
                state.governor(self.quota).limiter.returned();
                if self.probe {
                    state.breaker.not_sent(now);
                }
            }
        }
        drop(state);
        self.pace.changed.notify_waiters();
    }
}

/// The time between two calls at so many a second.
fn gap(rate: f64) -> Duration {
    Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::MAX)
}
