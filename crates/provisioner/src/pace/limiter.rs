//! The governor of one quota: pure, of the times and answers it is told.
//!
//! What the service announces in its headers is believed first. A service that announces nothing is
//! sent calls without a limit until it refuses one; then its rate is measured between refusals, at
//! each of which the quota was used up, so that what was accepted in between is the rate itself. Up to
//! then the pace goes up additively and down multiplicatively.

use std::time::Duration;

/// Calls a second that are added to the pace each second.
const RISE: f64 = 1.0;
/// The part of a roughly measured rate by which the pace rises each second, to find its end.
const SEARCH: f64 = 0.01;
/// The slowest pace, in calls a second.
const SLOWEST: f64 = 0.1;
/// Accepted calls after which a measured rate limits the pace, at its upper bound.
const ROUGH: u32 = 10;
/// Accepted calls after which a measured rate is trusted to 1 %, and kept to.
const PRECISE: u32 = 100;
/// How long a measured rate is kept to before more is tried; twice as long each time it is found again.
const TRUST: Duration = Duration::from_secs(900);
const LONGEST_TRUST: Duration = Duration::from_secs(6 * 3600);
/// Rates that differ by less are the same.
const SAME_RATE: f64 = 0.1;
/// A pause after which a measure that is not finished yet is begun anew: what was not asked for was
/// not refused.
const PAUSE: Duration = Duration::from_secs(10);
/// The wait after a refusal that names none, doubled with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How long a window lasts, where the service has not said so yet.
const MINUTE: Duration = Duration::from_secs(60);
/// A window that is said to last longer is not believed.
const LONGEST_WINDOW: Duration = Duration::from_secs(3600);
/// Ends of one window, as different answers tell them, differ by less.
const SAME_WINDOW: Duration = Duration::from_secs(3);

/// What a service says about a quota in its headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Calls in a window. 0 where too many calls were in flight at once.
    pub limit: u64,
    /// Calls left in this window.
    pub remaining: u64,
    /// The time until the next window.
    pub resets_in: Duration,
}

#[derive(Debug, Default)]
pub(crate) struct Limiter {
    /// Nothing is sent before.
    closed_until: Duration,
    /// The pace in calls a second; none where no limit is known.
    rate: Option<f64>,
    raised_at: Duration,
    /// When the next call may go by the pace.
    next_at: Duration,
    measure: Option<Measure>,
    /// The rate that was measured last, and how long it is kept to.
    trusted: Option<(f64, Duration)>,
    /// When a call was last sent.
    last_sent: Duration,
    /// When a refused call was at the service, until its wait is over.
    refusal: Option<Duration>,
    /// When that refusal came back. Calls that were sent before meet the same one.
    refused_at: Duration,
    /// Refusals since a call was accepted.
    refusals: u32,
    window: Option<Window>,
    first_sent: Option<Duration>,
    in_flight: u64,
    accepted: u64,
}

/// What was accepted since a moment at which the quota was used up.
#[derive(Clone, Copy, Debug)]
struct Measure {
    since: Duration,
    accepted: u32,
    /// What was accepted after the last refusal, on which no conclusion is drawn yet.
    after: u32,
    /// What was measured, once that was enough.
    measured: Option<f64>,
    /// When it was enough to be kept to.
    precise_at: Option<Duration>,
}

/// A window as the service announced it.
#[derive(Clone, Copy, Debug)]
struct Window {
    limit: u64,
    /// Calls of ours that count in it, or may.
    sent: u64,
    /// Calls of others, of which the announced numbers show at least so many.
    others: u64,
    ends: Duration,
    /// The service has not said yet how long it lasts.
    presumed: bool,
}

impl Limiter {
    /// Takes leave to send a call now, or says how long to wait before asking again. `share` of what
    /// the service allows is used, from 0 to 1.
    pub(crate) fn ask(&mut self, now: Duration, share: f64) -> Result<(), Duration> {
        wait_until(self.closed_until, now)?;
        self.forget_a_pause(now);
        self.learn(now);
        self.window_left(now, share)?;
        if let Some(rate) = self.pace(now, share) {
            wait_until(self.next_at, now)?;
            let gap = Duration::from_secs_f64(1.0 / (rate * share).max(SLOWEST));
            // A pause is not made up for.
            self.next_at = self.next_at.max(now.saturating_sub(gap)) + gap;
        }
        if let Some(window) = &mut self.window {
            window.sent += 1;
        }
        self.first_sent.get_or_insert(now);
        self.last_sent = now;
        self.in_flight += 1;
        Ok(())
    }

    /// A call that was sent at `sent` was not refused by the quota.
    pub(crate) fn accepted(&mut self, sent: Duration, now: Duration) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.accepted += 1;
        self.refusals = 0;
        let at = middle(sent, now);
        let refused = self.refusal.is_some_and(|refusal| at > refusal);
        if let Some(measure) = &mut self.measure
            && at > measure.since
        {
            match refused {
                true => measure.after += 1,
                false => measure.accepted += 1,
            }
        }
    }

    /// Leave that was not used.
    pub(crate) fn returned(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(window) = &mut self.window {
            window.sent = window.sent.saturating_sub(1);
        }
    }

    /// A call was refused because the quota is used up; `wait` is what the service asked for.
    pub(crate) fn refused(&mut self, sent: Duration, now: Duration, wait: Option<Duration>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if self.refusals == 0 || sent > self.refused_at {
            self.refusals += 1;
            self.refused_at = now;
            self.refusal = Some(middle(sent, now));
        }
        let wait = wait.unwrap_or_else(|| doubled(FIRST_WAIT, self.refusals, LONGEST_WAIT));
        self.close_until(now + wait);
    }

    /// Nothing is sent before `until`.
    pub(crate) fn close_until(&mut self, until: Duration) {
        self.closed_until = self.closed_until.max(until);
    }

    /// The service said how much is left.
    pub(crate) fn announced(&mut self, now: Duration, told: Allowance) {
        let ends = now + told.resets_in.min(LONGEST_WINDOW);
        let same = self
            .window
            .filter(|window| window.presumed || ends.abs_diff(window.ends) < SAME_WINDOW);
        let sent = same.map_or(self.in_flight, |window| window.sent);
        let used = told.limit.saturating_sub(told.remaining);
        self.window = Some(Window {
            limit: told.limit,
            sent,
            others: used
                .saturating_sub(sent)
                .max(same.map_or(0, |window| window.others)),
            ends: match same {
                Some(window) if !window.presumed => window.ends.max(ends),
                _ => ends,
            },
            presumed: false,
        });
    }

    /// How long `calls` more take by the limits known now; zero where none is known.
    pub(crate) fn time_for(&self, calls: u64, now: Duration, share: f64) -> Duration {
        let held = self.closed_until.saturating_sub(now);
        let by_window = self
            .window
            .map_or(Duration::ZERO, |window| window.time_for(calls, now, share));
        let by_rate = self
            .measured()
            .or(self.rate)
            .map_or(Duration::ZERO, |rate| {
                seconds(to_float(calls) / (rate * share).max(SLOWEST))
            });
        held.max(by_window).max(by_rate)
    }

    /// How long nothing may be sent, because the service said so or its window is used up.
    pub(crate) fn held(&self, now: Duration, share: f64) -> Duration {
        let window = self.window.filter(|window| window.left(share) == 0);
        let ends = window.map_or(Duration::ZERO, |window| window.ends);
        self.closed_until.max(ends).saturating_sub(now)
    }

    /// How long nothing may be sent, not even what has its turn.
    pub(crate) fn closed(&self, now: Duration) -> Duration {
        self.closed_until.saturating_sub(now)
    }

    fn measured(&self) -> Option<f64> {
        self.measure.and_then(|measure| measure.measured)
    }

    /// A measure over a time in which nothing was asked for says nothing.
    fn forget_a_pause(&mut self, now: Duration) {
        let busy_until = self.last_sent.max(self.closed_until);
        let is_open = |measure: &Measure| measure.precise_at.is_none();
        if now.saturating_sub(busy_until) > PAUSE && self.measure.as_ref().is_some_and(is_open) {
            self.measure = None;
            self.refusal = None;
        }
    }

    /// Draws the conclusion from a refusal, once its wait is over.
    fn learn(&mut self, now: Duration) {
        let Some(at) = self.refusal.take() else {
            return;
        };
        if self.window.is_some() {
            return;
        }
        let throughput = self.throughput(at);
        let rate = self.rate.map_or(throughput, |rate| rate.min(throughput));
        let halved = (rate / 2.0).max(SLOWEST);
        self.raised_at = now;
        self.next_at = now;
        let fresh = Measure {
            since: at,
            accepted: 0,
            after: 0,
            measured: None,
            precise_at: None,
        };
        match self.measure.as_mut() {
            // Refused although the pace kept to what was measured: it is another quota now.
            Some(measure) if measure.precise_at.is_some() => {
                self.measure = Some(fresh);
                self.rate = Some(halved);
            }
            Some(measure) => {
                self.rate = Some(measure.conclude(at, halved));
                self.trusted = match (measure.precise_at, measure.measured, self.trusted) {
                    (None, ..) | (_, None, _) => self.trusted,
                    (_, Some(rate), Some((before, trust))) if is_same(rate, before) => {
                        Some((rate, (trust * 2).min(LONGEST_TRUST)))
                    }
                    (_, Some(rate), _) => Some((rate, TRUST)),
                };
            }
            None => {
                self.measure = Some(fresh);
                self.rate = Some(halved);
            }
        }
    }

    /// Accepted calls a second since the last refusal, or since the first call.
    fn throughput(&self, at: Duration) -> f64 {
        let (since, accepted) = match &self.measure {
            Some(measure) => (measure.since, f64::from(measure.accepted)),
            None => (self.first_sent.unwrap_or(at), to_float(self.accepted)),
        };
        let elapsed = at.saturating_sub(since).as_secs_f64();
        (accepted / elapsed.max(1.0)).max(RISE)
    }

    /// The pace now: it rises up to what was measured.
    fn pace(&mut self, now: Duration, share: f64) -> Option<f64> {
        let precise_at = self.measure.and_then(|measure| measure.precise_at);
        let trust = self.trusted.map_or(TRUST, |(_, trust)| trust);
        if precise_at.is_some_and(|at| now.saturating_sub(at) > trust) {
            self.measure = None;
        }
        let rise = match self.measure {
            Some(Measure {
                measured: Some(measured),
                precise_at,
                ..
            }) => match precise_at {
                Some(_) => 0.0,
                // Who takes a part has no need to find the end.
                None if share < 1.0 => 0.0,
                None => measured * SEARCH,
            },
            _ => RISE,
        };
        let rate = self.rate.as_mut()?;
        *rate += rise * now.saturating_sub(self.raised_at).as_secs_f64();
        self.raised_at = now;
        Some(*rate)
    }

    fn window_left(&mut self, now: Duration, share: f64) -> Result<(), Duration> {
        let in_flight = self.in_flight;
        let Some(window) = &mut self.window else {
            return Ok(());
        };
        if now >= window.ends {
            *window = Window {
                sent: in_flight,
                others: 0,
                ends: now + MINUTE,
                presumed: true,
                ..*window
            };
        }
        match window.left(share) {
            0 => Err(window.ends.saturating_sub(now)),
            _ => Ok(()),
        }
    }
}

impl Measure {
    /// The pace after a further refusal at `at`.
    fn conclude(&mut self, at: Duration, halved: f64) -> f64 {
        let elapsed = at.saturating_sub(self.since).as_secs_f64().max(0.001);
        let (count, accepted) = (self.accepted, f64::from(self.accepted));
        self.accepted += self.after;
        self.after = 0;
        if count >= PRECISE {
            self.precise_at = Some(at);
            // At both ends a part of a call was left: the rate is between these bounds.
            let lower = ((accepted - 1.0) / elapsed).max(SLOWEST);
            self.measured = Some(lower);
            return lower;
        }
        let upper = ((accepted + 1.0) / elapsed).max(SLOWEST);
        if count >= ROUGH {
            self.measured = Some(upper);
            return upper;
        }
        halved.max(upper)
    }
}

impl Window {
    /// Calls that may be made in a window.
    fn usable(&self, share: f64) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a part of the limit"
        )]
        let usable = (to_float(self.limit) * share) as u64;
        usable.max(1)
    }

    /// Calls that are left. What others use of their share is theirs.
    fn left(&self, share: f64) -> u64 {
        let limit = self.limit.saturating_sub(self.others);
        limit.min(self.usable(share)).saturating_sub(self.sent)
    }

    fn time_for(&self, calls: u64, now: Duration, share: f64) -> Duration {
        let more = calls.saturating_sub(self.left(share));
        if more == 0 {
            return Duration::ZERO;
        }
        let windows = more.saturating_sub(1) / self.usable(share);
        let minutes = u32::try_from(windows).unwrap_or(u32::MAX);
        self.ends.saturating_sub(now) + MINUTE.saturating_mul(minutes)
    }
}

fn is_same(one: f64, other: f64) -> bool {
    (one - other).abs() <= SAME_RATE * other
}

fn wait_until(moment: Duration, now: Duration) -> Result<(), Duration> {
    match moment.checked_sub(now) {
        Some(wait) if !wait.is_zero() => Err(wait),
        _ => Ok(()),
    }
}

/// When a call was at the service, about.
fn middle(sent: Duration, answered: Duration) -> Duration {
    sent + answered.saturating_sub(sent) / 2
}

/// `first`, doubled with each time after the first, at most `longest`.
pub(crate) fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    let factor = 1_u32 << times.saturating_sub(1).min(16);
    first.saturating_mul(factor).min(longest)
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of calls are far below 2^52"
)]
fn to_float(count: u64) -> f64 {
    count as f64
}
