//! Okta's rate limits: fixed windows of a minute that start anywhere, a counter a bucket.

use std::time::Duration;

use super::ids::{Kind, rng};
use super::switches::{OktaSwitches, RatePlan};

const WINDOW: u64 = 60;
/// So generous that it is never reached.
const UNLIMITED: u64 = 20_000_000;

/// The organisation's limits a minute, in the order of [`Bucket`].
const fn limits(switches: &OktaSwitches) -> [u64; 3] {
    match switches.rate {
        RatePlan::Off => [UNLIMITED; 3],
        RatePlan::Free => [100; 3],
        RatePlan::Enterprise => [600, 1000, 600],
        RatePlan::Workforce => [600, 2000, 1200],
    }
}

/// Calls that are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bucket {
    /// Lists of users, and factors.
    Users,
    /// One user by id or login.
    User,
    /// Everything else.
    Other,
}

/// What the rate headers of one answer say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) limit: u64,
    pub(crate) remaining: u64,
    /// End of the window, Unix time in seconds.
    pub(crate) reset: u64,
    pub(crate) refused: bool,
}

#[derive(Debug)]
struct Counter {
    limit: u64,
    /// Seconds by which this bucket's windows are off the clock's minutes.
    offset: u64,
    window: u64,
    used: u64,
}

impl Counter {
    /// The counter at `now`, in its present window.
    fn at(&mut self, now: Duration) -> Stamp {
        let shifted = now.as_secs().saturating_add(self.offset);
        let window = shifted / WINDOW;
        if window != self.window {
            (self.window, self.used) = (window, 0);
        }
        let remaining = self.limit.saturating_sub(self.used);
        Stamp {
            limit: self.limit,
            remaining,
            reset: (window + 1)
                .saturating_mul(WINDOW)
                .saturating_sub(self.offset),
            refused: remaining == 0,
        }
    }

    fn take(&mut self, now: Duration) -> Stamp {
        let stamp = self.at(now);
        if stamp.refused {
            return stamp;
        }
        self.used += 1;
        Stamp {
            remaining: stamp.remaining - 1,
            ..stamp
        }
    }
}

/// All counters of the one API token.
#[derive(Debug)]
pub(crate) struct Rate {
    users: Counter,
    user: Counter,
    other: Counter,
}

impl Rate {
    pub(crate) fn new(switches: &OktaSwitches, seed: u64) -> Self {
        let [users, user, other] = limits(switches);
        let counter = |own: Option<u64>, limit, number| Counter {
            limit: own.unwrap_or(limit).saturating_mul(switches.rate_share) / 100,
            offset: rng(seed, Kind::Window, number).next() % WINDOW,
            window: 0,
            used: 0,
        };
        Self {
            users: counter(switches.rate_users, users, 0),
            user: counter(switches.rate_user, user, 1),
            other: counter(switches.rate_other, other, 2),
        }
    }

    /// Counts one request; a refused one is not counted.
    pub(crate) fn take(&mut self, bucket: Bucket, now: Duration) -> Stamp {
        self.counter(bucket).take(now)
    }

    /// Looks without counting.
    pub(crate) fn look(&mut self, bucket: Bucket, now: Duration) -> Stamp {
        self.counter(bucket).at(now)
    }

    const fn counter(&mut self, bucket: Bucket) -> &mut Counter {
        match bucket {
            Bucket::Users => &mut self.users,
            Bucket::User => &mut self.user,
            Bucket::Other => &mut self.other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate() -> Rate {
        let mut switches = OktaSwitches::default();
        switches.set("rate_users", "4").unwrap();
        Rate::new(&switches, 7)
    }

    #[test]
    fn a_window_ends_at_its_reset() {
        let mut rate = rate();
        let now = Duration::from_secs(1_800_000_000);
        let first = rate.take(Bucket::Users, now);
        assert_eq!((first.limit, first.remaining, first.refused), (2, 1, false));
        assert!(first.reset > 1_800_000_000 && first.reset <= 1_800_000_060);
        let last = Duration::from_secs(first.reset) - Duration::from_millis(1);
        assert_eq!(rate.take(Bucket::Users, last).remaining, 0);
        let refused = rate.take(Bucket::Users, last);
        assert!(refused.refused && refused.remaining == 0 && refused.reset == first.reset);
        let fresh = rate.take(Bucket::Users, Duration::from_secs(first.reset));
        assert_eq!((fresh.remaining, fresh.reset), (1, first.reset + 60));
    }

    #[test]
    fn buckets_do_not_share() {
        let mut rate = rate();
        let now = Duration::from_secs(1_800_000_000);
        for _ in 0..3 {
            rate.take(Bucket::Users, now);
        }
        assert!(!rate.take(Bucket::User, now).refused);
        assert!(rate.look(Bucket::Users, now).refused);
    }
}
