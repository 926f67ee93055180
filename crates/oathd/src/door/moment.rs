//! A moment on both clocks of this machine.

use std::time::Duration;

use idp_http::Clock;

/// One clock may stand still while the machine sleeps, the other can be set. What must not last too
/// long has lasted as long as either says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    unix: Duration,
    monotonic: Duration,
}

impl Moment {
    pub(super) fn now(clock: &dyn Clock) -> Self {
        Self {
            unix: clock.unix(),
            monotonic: clock.monotonic(),
        }
    }

    pub(super) fn since(self, earlier: Self) -> Duration {
        let unix = self.unix.saturating_sub(earlier.unix);
        unix.max(self.monotonic.saturating_sub(earlier.monotonic))
    }
}
