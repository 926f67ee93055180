//! The circuit breaker: a service that is down is asked now and then, not by everybody.

use std::time::Duration;

/// Calls without an answer, one after the other, after which the service counts as down.
const DOWN_AFTER: u32 = 20;
/// The time between two calls to a service that is down.
const PROBE: Duration = Duration::from_secs(30);

#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: u32,
    /// While the service is down: when it is asked next.
    next_probe: Option<Duration>,
}

impl Breaker {
    /// A call has its turn. While the service is down it is the only one for a while: true for that.
    pub(crate) fn asks(&mut self, now: Duration) -> bool {
        match &mut self.next_probe {
            Some(at) => {
                *at = now + PROBE;
                true
            }
            None => false,
        }
    }

    /// The call that was to ask was not sent: another one may ask in its place.
    pub(crate) fn not_sent(&mut self, now: Duration) {
        if let Some(at) = &mut self.next_probe {
            *at = now;
        }
    }

    pub(crate) fn answered(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn failed(&mut self, now: Duration) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= DOWN_AFTER {
            self.next_probe = Some(now + PROBE);
        }
    }

    pub(crate) fn is_down(&self) -> bool {
        self.next_probe.is_some()
    }

    /// How long nothing may be sent.
    pub(crate) fn held(&self, now: Duration) -> Duration {
        self.next_probe
            .map_or(Duration::ZERO, |at| at.saturating_sub(now))
    }
}
