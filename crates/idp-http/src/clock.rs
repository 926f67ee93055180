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

    /// Time since some fixed moment; never goes back and never jumps.
    fn monotonic(&self) -> Duration;

    /// Waits.
    async fn sleep(&self, duration: Duration);
}

/// The identity provider's time, learned from the `Date` of its answers.
///
/// Codes are computed for this time: a machine whose clock is off would otherwise leave a wrong
/// drift in the service. One answer is good to about half a second plus half the round trip; the
/// median of the last nine is used, so that from the third answer on one odd answer does not matter.
#[derive(Debug, Default)]
pub struct IdpTime {
    /// Service time minus monotonic time, in milliseconds.
    offsets: Mutex<VecDeque<i128>>,
}

impl IdpTime {
    const SAMPLES: usize = 9;

    /// Learns from one answer. `sent` and `received` are [`Clock::monotonic`] around the exchange.
    pub fn learn(&self, headers: &HeaderMap, sent: Duration, received: Duration) {
        let Some(date) = retry::date(headers) else {
            return;
        };
        let middle = (signed_millis(sent) + signed_millis(received)) / 2;
        // The header has whole seconds: on average it is half a second behind.
        let offset = signed_millis(date) + 500 - middle;
        let mut offsets = self.offsets.lock().unwrap_or_else(PoisonError::into_inner);
        if offsets.len() == Self::SAMPLES {
            offsets.pop_front();
        }
        offsets.push_back(offset);
    }

    /// The service's time since the Unix epoch; this machine's where no answer has come yet.
    #[must_use]
    pub fn unix(&self, clock: &dyn Clock) -> Duration {
        let Some(offset) = self.median() else {
            return clock.unix();
        };
        let millis = signed_millis(clock.monotonic()) + offset;
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }

    /// How far this machine's clock is ahead of the service, in milliseconds; `None` before the
    /// first answer.
    #[must_use]
    pub fn ahead_millis(&self, clock: &dyn Clock) -> Option<i64> {
        let service = signed_millis(clock.monotonic()) + self.median()?;
        i64::try_from(signed_millis(clock.unix()) - service).ok()
    }

    fn median(&self) -> Option<i128> {
        let offsets = self.offsets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sorted: Vec<i128> = offsets.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied()
    }
}

fn signed_millis(duration: Duration) -> i128 {
    i128::try_from(duration.as_millis()).unwrap_or(i128::MAX / 4)
}

/// A clock on tokio's timer. In a paused runtime its time is virtual: a wait of hours takes no time.
#[cfg(feature = "tokio-clock")]
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    start_unix: Duration,
    start: tokio::time::Instant,
}

#[cfg(feature = "tokio-clock")]
#[expect(
    clippy::disallowed_methods,
    reason = "the one clock that front ends construct"
)]
impl TokioClock {
    /// This machine's time.
    #[must_use]
    pub fn system() -> Self {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Self::starting_at(since_epoch.unwrap_or_default())
    }

    /// A clock that shows `unix` now.
    #[must_use]
    pub fn starting_at(unix: Duration) -> Self {
        Self {
            start_unix: unix,
            start: tokio::time::Instant::now(),
        }
    }
}

#[cfg(feature = "tokio-clock")]
#[async_trait]
impl Clock for TokioClock {
    fn unix(&self) -> Duration {
        self.start_unix + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "this is Clock::sleep")]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
