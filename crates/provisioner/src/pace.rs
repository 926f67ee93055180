//! When calls may go: one gate for all workers, patience for reads, and the count of calls.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use idp_http::Clock;
use serde::{Deserialize, Serialize};

use crate::{Failure, Problem, Verdict};

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

/// The pace of one sitting of a run, shared by all its workers.
#[derive(Debug)]
pub struct Pace {
    clock: Arc<dyn Clock>,
    /// Monotonic time before which nothing is sent.
    closed_until: Mutex<Duration>,
    reached: AtomicBool,
    total: AtomicU64,
    writes: AtomicU64,
    throttled: AtomicU64,
}

impl Pace {
    /// How often a read is tried before the run stops.
    const READ_ATTEMPTS: u32 = 10;
    /// How often it is tried where there is little hope.
    const FEW_ATTEMPTS: u32 = 3;
    /// A service that asks for a wait gets at least this one.
    pub(crate) const SHORTEST_WAIT: Duration = Duration::from_secs(1);
    /// The longest wait that is chosen here; the service may ask for more.
    const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

    /// A pace that starts at once.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            closed_until: Mutex::new(Duration::ZERO),
            reached: AtomicBool::new(false),
            total: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
        }
    }

    /// The clock that waits go by.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// The calls so far.
    #[must_use]
    pub fn calls(&self) -> Calls {
        Calls {
            total: self.total.load(Ordering::Relaxed),
            writes: self.writes.load(Ordering::Relaxed),
            throttled: self.throttled.load(Ordering::Relaxed),
        }
    }

    /// The wait before the attempt after `failures` of them: 1, 2, 4 … 60 s.
    #[must_use]
    pub fn backoff(failures: u32) -> Duration {
        let seconds = 1_u64 << failures.saturating_sub(1).min(6);
        Duration::from_secs(seconds).min(Self::LONGEST_BACKOFF)
    }

    /// Counts a write that goes now.
    pub(crate) fn count_write(&self) {
        self.total.fetch_add(1, Ordering::Relaxed);
        self.writes.fetch_add(1, Ordering::Relaxed);
    }

    /// Does a read, again and again while it is safe and the service may still recover.
    ///
    /// # Errors
    /// The last [`Failure`] when it is final or patience ends.
    pub async fn read<T, F, Fut>(&self, mut attempt: F) -> Result<T, Failure>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, Failure>>,
    {
        let mut failures = 0;
        loop {
            self.opened().await;
            self.total.fetch_add(1, Ordering::Relaxed);
            let failure = match attempt().await {
                Ok(value) => {
                    self.reached.store(true, Ordering::Relaxed);
                    return Ok(value);
                }
                Err(failure) => failure,
            };
            let after = match failure.verdict {
                Verdict::Refused | Verdict::Forbidden | Verdict::Stop => return Err(failure),
                Verdict::Retry { after } | Verdict::Unknown { after } => after,
            };
            failures += 1;
            if failures >= self.attempts(&failure) {
                return Err(failure);
            }
            self.hold(after);
            if after.is_none() {
                self.clock.sleep(Self::backoff(failures)).await;
            }
        }
    }

    /// How often a read that fails like this is tried. An address that was never reached is likely
    /// to be wrong, and one that answers something else is likely not to be the service's.
    fn attempts(&self, failure: &Failure) -> u32 {
        let hopeful = self.reached.load(Ordering::Relaxed);
        match hopeful && failure.problem.code != Problem::BAD_ANSWER {
            true => Self::READ_ATTEMPTS,
            false => Self::FEW_ATTEMPTS,
        }
    }

    /// Closes the gate for all workers when the service asked for a wait, however short.
    pub fn hold(&self, wait: Option<Duration>) {
        let Some(wait) = wait.map(|wait| wait.max(Self::SHORTEST_WAIT)) else {
            return;
        };
        self.throttled.fetch_add(1, Ordering::Relaxed);
        let until = self.clock.monotonic() + wait;
        let mut closed = self
            .closed_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *closed = until.max(*closed);
    }

    /// Waits until the gate is open.
    pub async fn opened(&self) {
        loop {
            let until = *self
                .closed_until
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            match until.checked_sub(self.clock.monotonic()) {
                Some(wait) if !wait.is_zero() => self.clock.sleep(wait).await,
                _ => return,
            }
        }
    }
}
