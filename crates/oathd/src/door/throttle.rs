//! Guessing passwords is slow, and ends.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::secret;

/// Failures in a row after which each next attempt has to wait.
const FREE: u32 = 5;
/// Failures in a row after which it is over for a long time (NIST SP 800-63B, 5.2.2).
const MOST: u32 = 100;
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);
const LONG_LOCK: Duration = Duration::from_secs(24 * 60 * 60);

/// What is remembered of failures in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Softlock {
    failures: u32,
    /// Nothing is tried before.
    opens: Duration,
}

impl Softlock {
    /// How long to wait until the next attempt.
    fn wait(self, now: Duration) -> Duration {
        self.opens.saturating_sub(now)
    }

    /// An attempt counts as a failure as soon as it begins, so that many at once do not get through.
    fn attempted(self, now: Duration) -> Self {
        let failures = self.failures.saturating_add(1);
        let opens = now.saturating_add(pause(failures));
        Self { failures, opens }
    }
}

fn pause(failures: u32) -> Duration {
    match failures {
        0..FREE => Duration::ZERO,
        FREE..MOST => Duration::from_secs(1 << (failures - FREE).min(10)).min(LONGEST_PAUSE),
        _ => LONG_LOCK,
    }
}

/// Whose attempts are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Account {
    Known(String),
    /// Names that nobody has share their counters, so that inventing names fills no memory.
    Unknown(u8),
}

#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<Counters>);

#[derive(Debug, Default)]
struct Counters {
    accounts: HashMap<Account, Softlock>,
    addresses: HashMap<IpAddr, Softlock>,
}

impl Throttle {
    /// Addresses that are remembered.
    const ADDRESSES: usize = 10_000;

    /// Lets an attempt through, or says how long to wait. It counts as a failure until
    /// [`Throttle::succeeded`]; where no address is known, of the account alone.
    pub(super) fn attempt(
        &self,
        now: Duration,
        (name, known): (&str, bool),
        address: Option<IpAddr>,
    ) -> Result<(), Duration> {
        let (account, address) = (account(name, known), address.map(network));
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_account = counters.accounts.get(&account).copied().unwrap_or_default();
        let of_address = address.and_then(|address| counters.addresses.get(&address).copied());
        let of_address = of_address.unwrap_or_default();
        let wait = of_account.wait(now).max(of_address.wait(now));
        if !wait.is_zero() {
            return Err(wait);
        }
        counters.accounts.insert(account, of_account.attempted(now));
        if let Some(address) = address {
            counters.make_room(now);
            let attempted = of_address.attempted(now);
            counters.addresses.insert(address, attempted);
        }
        Ok(())
    }

    pub(super) fn succeeded(&self, name: &str, address: Option<IpAddr>) {
        self.forget(name);
        if let Some(address) = address {
            let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            counters.addresses.remove(&network(address));
        }
    }

    /// Counts this account's failures anew: it has another password, or is no more.
    pub(super) fn forget(&self, name: &str) {
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counters.accounts.remove(&account(name, true));
    }
}

impl Counters {
    /// An address that was quiet for a day is forgotten, then the one that is open for longest.
    fn make_room(&mut self, now: Duration) {
        if self.addresses.len() < Throttle::ADDRESSES {
            return;
        }
        self.addresses
            .retain(|_, lock| now < lock.opens.saturating_add(LONG_LOCK));
        if self.addresses.len() >= Throttle::ADDRESSES {
            let first = self.addresses.iter().min_by_key(|(_, lock)| lock.opens);
            if let Some(address) = first.map(|(address, _)| *address) {
                self.addresses.remove(&address);
            }
        }
    }
}

fn account(name: &str, known: bool) -> Account {
    if known {
        return Account::Known(name.to_owned());
    }
    Account::Unknown(secret::hash(name).first().copied().unwrap_or_default())
}

/// One customer has a whole IPv6 network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HERE: Option<IpAddr> = Some(IpAddr::V6(Ipv6Addr::LOCALHOST));

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Another address at each attempt, as of a net of stolen machines.
    fn elsewhere(n: u64) -> Option<IpAddr> {
        Some(Ipv6Addr::from_bits(u128::from(n) << 64).into())
    }

    #[test]
    fn five_failures_are_free_then_pauses_double_up_to_a_quarter_of_an_hour() {
        let pauses: Vec<u64> = (3..18).map(|n| pause(n).as_secs()).collect();
        let expected = [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900];
        assert_eq!(pauses, expected);
        assert_eq!(
            [pause(99), pause(100), pause(u32::MAX)],
            [LONGEST_PAUSE, LONG_LOCK, LONG_LOCK]
        );
    }

    #[test]
    fn success_forgets_failures_and_others_are_not_held_up() {
        let throttle = Throttle::default();
        let attempt = |name, at| throttle.attempt(seconds(0), (name, true), elsewhere(at));
        for _ in 0..5 {
            attempt("ada", 1).unwrap();
        }
        assert_eq!(attempt("ada", 2), Err(seconds(1)), "the account waits");
        assert_eq!(attempt("bob", 1), Err(seconds(1)), "the address waits");
        assert_eq!(attempt("bob", 2), Ok(()));
        throttle.succeeded("ada", elsewhere(1));
        assert_eq!(attempt("ada", 1), Ok(()));
        assert_eq!(attempt("bob", 1), Ok(()));
    }

    #[test]
    fn without_an_address_only_the_account_waits() {
        let throttle = Throttle::default();
        let attempt = |name| throttle.attempt(seconds(0), (name, true), None);
        for _ in 0..5 {
            attempt("ada").unwrap();
        }
        assert_eq!(attempt("ada"), Err(seconds(1)));
        assert_eq!(attempt("bob"), Ok(()));
        throttle.forget("ada");
        assert_eq!(attempt("ada"), Ok(()));
    }

    #[test]
    fn a_thousand_attempts_at_once_do_not_get_through() {
        let throttle = Throttle::default();
        let passed = (0..1000)
            .filter(|n| {
                throttle
                    .attempt(seconds(9), ("ada", true), elsewhere(*n))
                    .is_ok()
            })
            .count();
        assert_eq!(passed, 5);
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::default();
        for n in 0..3 * Throttle::ADDRESSES as u64 {
            let name = format!("guess-{n}");
            let _ = throttle.attempt(seconds(n * 600), (&name, false), elsewhere(n));
        }
        let counters = throttle.0.lock().unwrap();
        assert!(counters.accounts.len() <= 256);
        assert!(counters.addresses.len() <= Throttle::ADDRESSES);
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        let [one, two, three] = ["2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"]
            .map(|ip| network(ip.parse().unwrap()));
        assert_eq!(one, two);
        assert_ne!(one, three);
        assert_eq!(
            network("::ffff:192.0.2.1".parse().unwrap()),
            "192.0.2.1".parse::<IpAddr>().unwrap()
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn of_ten_thousand_guesses_a_hundred_are_evaluated(
            gaps in prop::collection::vec(0_u64..17_000, 10_000),
            spread in any::<bool>(),
        ) {
            let (throttle, mut now, mut evaluated) = (Throttle::default(), Duration::ZERO, 0);
            for (gap, n) in gaps.into_iter().zip(0..) {
                now += Duration::from_millis(gap);
                let from = if spread { elsewhere(n) } else { HERE };
                evaluated += u32::from(throttle.attempt(now, ("ada", true), from).is_ok());
            }
            prop_assert!((20..=MOST).contains(&evaluated), "{}", evaluated);
        }

        #[test]
        fn a_hundred_failures_in_a_row_are_followed_by_a_long_lock(
            gaps in prop::collection::vec(0_u64..100_000, 1_000),
        ) {
            let (throttle, mut now, mut evaluated) = (Throttle::default(), Duration::ZERO, Vec::new());
            for (gap, n) in gaps.into_iter().zip(0..) {
                now += seconds(gap);
                if throttle.attempt(now, ("ada", true), elsewhere(n)).is_ok() {
                    evaluated.push(now);
                }
            }
            for pair in evaluated.windows(2).skip(MOST as usize - 1) {
                prop_assert!(pair[1] - pair[0] >= LONG_LOCK);
            }
        }
    }
}
