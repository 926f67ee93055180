//! What time it is: here, and at the identity provider.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use http::HeaderMap;

use crate::retry;

/// Time and waiting, given from outside.
#[async_trait]
pub trait Clock: fmt::Debug + Send + Sync {
    /// This machine's time since the Unix epoch.
    fn unix(&self) -> Duration;

    /// Time since some fixed moment; never goes back and never jumps. It may stand still while the
    /// machine sleeps.
    fn monotonic(&self) -> Duration;

    /// Waits.
    async fn sleep(&self, duration: Duration);

    /// Keeps time from jumping ahead for as long as what is returned lives. Virtual time goes on to the
    /// next wait as soon as every task waits, also for a thread that is at work; whoever waits for such
    /// a thread takes this. Other clocks have nothing to keep.
    fn hold(&self) -> Hold {
        Hold::default()
    }
}

/// Time does not jump ahead while this lives: see [`Clock::hold`].
#[derive(Default)]
#[must_use = "time is held for as long as this lives"]
pub struct Hold(Option<Box<dyn Send>>);

impl Hold {
    /// Held for as long as `kept` lives.
    pub fn new(kept: impl Send + 'static) -> Self {
        Self(Some(Box::new(kept)))
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hold").field(&self.0.is_some()).finish()
    }
}

/// The identity provider's time, learned from the `Date` of its answers.
///
/// Codes are computed for this time: a machine whose clock is off would otherwise leave a wrong
/// drift in the service. One answer tells it to a second and the round trip, for `Date` has whole
/// seconds; what all answers say together is more precise. Where answers contradict each other,
/// because front ends have different times, the median of the last nine counts, so that from the third
/// answer on one odd answer does not matter.
///
/// Between answers the time is carried forward on [`Clock::monotonic`], which may stand still while
/// a machine sleeps. So the distance between the two clocks of this machine is remembered with each
/// answer: where it has changed by more than two seconds, because the machine slept or its clock was
/// set, what was learned before is dropped, and this machine's clock counts until a request that is
/// sent afterwards is answered.
#[derive(Debug, Default)]
pub struct IdpTime {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    samples: VecDeque<Sample>,
    /// What all answers agree on.
    bounds: Option<Bounds>,
    /// Answers to come before that is believed again: some did not agree.
    disputed: usize,
    /// Monotonic time at which a jump was found. An answer to an older request may have waited here
    /// while the machine slept.
    jumped: Duration,
}

/// What one answer told, in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Sample {
    /// Service time minus monotonic time.
    offset: Bounds,
    /// This machine's time minus monotonic time.
    wall: i128,
}

/// Between these is service time minus monotonic time, in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    low: i128,
    high: i128,
    /// Monotonic time at which they were known.
    at: i128,
}

impl Bounds {
    /// Clocks drift apart by a ten-thousandth of the time at most.
    const DRIFT: i128 = 10_000;

    fn middle(self) -> i128 {
        (self.low + self.high) / 2
    }

    /// What both say; `None` where they contradict each other.
    fn and(self, other: Self) -> Option<Self> {
        let drift = (other.at - self.at).abs() / Self::DRIFT;
        let low = other.low.max(self.low - drift);
        let high = other.high.min(self.high + drift);
        let at = other.at;
        (low <= high).then_some(Self { low, high, at })
    }
}

impl Known {
    const SAMPLES: usize = 9;
    /// The largest change of the distance between the clocks that is no jump, in milliseconds.
    const SLACK: i128 = 2000;

    /// Drops what was learned before the machine slept or its clock was set.
    fn drop_stale(&mut self, clock: &dyn Clock) {
        let wall = wall_offset(clock);
        let before = self.samples.len();
        let fresh = |sample: &Sample| (sample.wall - wall).abs() <= Self::SLACK;
        self.samples.retain(fresh);
        if self.samples.len() < before {
            self.jumped = clock.monotonic();
            self.bounds = None;
        }
    }

    fn add(&mut self, sample: Sample) {
        if self.samples.len() == Self::SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        self.disputed = self.disputed.saturating_sub(1);
        let agreed = self
            .bounds
            .map_or(Some(sample.offset), |bounds| bounds.and(sample.offset));
        if agreed.is_none() {
            self.disputed = Self::SAMPLES;
        }
        self.bounds = agreed;
    }

    /// Service time minus monotonic time, and by how much that may be off.
    fn offset(&self) -> Option<(i128, i128)> {
        if let Some(bounds) = self.bounds.filter(|_| self.disputed == 0) {
            return Some((bounds.middle(), (bounds.high - bounds.low) / 2));
        }
        let mut sorted: Vec<i128> = self.samples.iter().map(|s| s.offset.middle()).collect();
        sorted.sort_unstable();
        let median = *sorted.get(sorted.len() / 2)?;
        let spread = (sorted.last()? - sorted.first()?) / 2;
        Some((median, spread.max(500)))
    }
}

impl IdpTime {
    /// Learns from an answer that has just come; `sent` is [`Clock::monotonic`] when the request
    /// was sent.
    pub fn learn(&self, clock: &dyn Clock, headers: &HeaderMap, sent: Duration) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.drop_stale(clock);
        let Some(date) = retry::date(headers) else {
            return;
        };
        if sent < known.jumped {
            return;
        }
        // The header has whole seconds, and the answer was made between sending and now.
        let (date, now) = (signed_millis(date), signed_millis(clock.monotonic()));
        known.add(Sample {
            offset: Bounds {
                low: date - now,
                high: date + 1000 - signed_millis(sent),
                at: now,
            },
            wall: wall_offset(clock),
        });
    }

    /// The service's time since the Unix epoch; this machine's where no answer has come yet, or none
    /// since the machine slept or its clock was set.
    #[must_use]
    pub fn unix(&self, clock: &dyn Clock) -> Duration {
        let Some((offset, _)) = self.offset(clock) else {
            return clock.unix();
        };
        let millis = signed_millis(clock.monotonic()) + offset;
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }

    /// By how much [`IdpTime::unix`] may be off. Where no answer told the time, nobody knows how far
    /// this machine's clock is off; two seconds are assumed.
    #[must_use]
    pub fn uncertainty(&self, clock: &dyn Clock) -> Duration {
        let off = self.offset(clock).map_or(2000, |(_, off)| off);
        Duration::from_millis(u64::try_from(off).unwrap_or(0))
    }

    /// How far this machine's clock is ahead of the service, in milliseconds; `None` where
    /// [`IdpTime::unix`] is this machine's time.
    #[must_use]
    pub fn ahead_millis(&self, clock: &dyn Clock) -> Option<i64> {
        let service = signed_millis(clock.monotonic()) + self.offset(clock)?.0;
        i64::try_from(signed_millis(clock.unix()) - service).ok()
    }

    fn offset(&self, clock: &dyn Clock) -> Option<(i128, i128)> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.drop_stale(clock);
        known.offset()
    }
}

/// This machine's time minus monotonic time, in milliseconds.
fn wall_offset(clock: &dyn Clock) -> i128 {
    signed_millis(clock.unix()) - signed_millis(clock.monotonic())
}

fn signed_millis(duration: Duration) -> i128 {
    i128::try_from(duration.as_millis()).unwrap_or(i128::MAX / 4)
}

/// A clock on tokio's timer: [`TokioClock::system`] shows this machine's time,
/// [`TokioClock::starting_at`] a time of its own, which is virtual in a paused runtime: a wait of
/// hours takes no time.
#[cfg(feature = "tokio-clock")]
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    /// What was shown at `start`; `None` for this machine's own time.
    start_unix: Option<Duration>,
    start: tokio::time::Instant,
}

#[cfg(feature = "tokio-clock")]
#[expect(
    clippy::disallowed_methods,
    reason = "the one clock that front ends construct"
)]
impl TokioClock {
    /// This machine's time, read anew each time: it goes on while the machine sleeps.
    #[must_use]
    pub fn system() -> Self {
        Self {
            start_unix: None,
            start: tokio::time::Instant::now(),
        }
    }

    /// A clock that shows `unix` now and runs on tokio's timer.
    #[must_use]
    pub fn starting_at(unix: Duration) -> Self {
        Self {
            start_unix: Some(unix),
            start: tokio::time::Instant::now(),
        }
    }
}

#[cfg(feature = "tokio-clock")]
#[async_trait]
impl Clock for TokioClock {
    #[expect(clippy::disallowed_methods, reason = "this is Clock::unix")]
    fn unix(&self) -> Duration {
        match self.start_unix {
            Some(unix) => unix + self.monotonic(),
            // A clock before 1970 shows 1970.
            None => std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap_or_default(),
        }
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "this is Clock::sleep")]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    /// Of a clock with a time of its own; called in its runtime.
    fn hold(&self) -> Hold {
        if self.start_unix.is_none() {
            return Hold::default();
        }
        // A paused runtime waits for the threads that it knows.
        let (kept, end) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || end.recv());
        Hold::new(kept)
    }
}
