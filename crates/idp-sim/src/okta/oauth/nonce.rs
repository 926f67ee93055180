//! Nonces for proofs: renewed after a day, and good for three days more.

use std::time::Duration;

use crate::okta::ids::{Kind, rng, text};
use crate::okta::switches::OktaSwitches;

/// The nonces of one place. Which one is the newest depends on the time alone.
#[derive(Debug)]
pub(super) struct Nonces {
    seed: u64,
    place: u8,
    /// Seconds until a nonce is replaced.
    life: u64,
    /// Seconds that it is good after that.
    grace: u64,
}

impl Nonces {
    pub(super) fn new(switches: &OktaSwitches, seed: u64, place: u8) -> Self {
        Self {
            seed,
            place,
            life: switches.dpop_nonce_life_s.max(1),
            grace: switches.dpop_nonce_grace_s,
        }
    }

    pub(super) fn newest(&self, now: Duration) -> String {
        self.of_day(now.as_secs() / self.life)
    }

    pub(super) fn takes(&self, nonce: &str, now: Duration) -> bool {
        let newest = now.as_secs() / self.life;
        let oldest = now.as_secs().saturating_sub(self.grace) / self.life;
        let oldest = oldest.min(newest);
        (oldest..=newest).any(|day| self.of_day(day) == nonce)
    }

    fn of_day(&self, day: u64) -> String {
        text(&mut rng(self.seed, Kind::Nonce(self.place), day), "", 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_replaced_after_a_day_and_good_for_three_more() {
        let nonces = Nonces::new(&OktaSwitches::default(), 7, 0);
        let hour = |hours: u64| Duration::from_secs(1_800_000_000 / 86_400 * 86_400 + hours * 3600);
        let first = nonces.newest(hour(0));
        assert_eq!(nonces.newest(hour(23)), first);
        assert_ne!(nonces.newest(hour(24)), first);
        assert!(nonces.takes(&first, hour(24 + 71)));
        assert!(!nonces.takes(&first, hour(24 + 72)));
        assert!(!nonces.takes("", hour(0)));
        let other = Nonces::new(&OktaSwitches::default(), 7, 1);
        assert!(!other.takes(&first, hour(0)));
    }
}
