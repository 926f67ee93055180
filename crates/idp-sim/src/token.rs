//! The thing in the holder's hand.

use oath_core::{Code, Key, Totp};

/// A hardware token with a clock of its own, which nobody can set.
///
/// Its key may be another than the one that was imported: then it is a token that was programmed otherwise, or
/// mistaken for another.
#[derive(Debug)]
pub struct Token {
    key: Key,
    totp: Totp,
    made: u64,
    offset_s: i64,
    drift_ppm: i64,
}

impl Token {
    /// A token whose clock is right.
    #[must_use]
    pub const fn new(key: Key, totp: Totp) -> Self {
        Self {
            key,
            totp,
            made: 0,
            offset_s: 0,
            drift_ppm: 0,
        }
    }

    /// The same with a clock that was set so many seconds ahead (or, negative, behind).
    #[must_use]
    pub fn set_ahead(self, seconds: i64) -> Self {
        Self {
            offset_s: seconds,
            ..self
        }
    }

    /// The same with a clock that has gained so many millionths of the time since `made` (Unix seconds); negative
    /// where it loses. Quartz without temperature compensation is off by 20 or more.
    #[must_use]
    pub fn drifting(self, ppm: i64, made: u64) -> Self {
        Self {
            drift_ppm: ppm,
            made,
            ..self
        }
    }

    /// The time that its clock shows at `unix`, in Unix seconds.
    #[must_use]
    pub fn time(&self, unix: u64) -> u64 {
        let age = i64::try_from(unix.saturating_sub(self.made)).unwrap_or(i64::MAX);
        let gained = age.saturating_mul(self.drift_ppm) / 1_000_000;
        unix.saturating_add_signed(self.offset_s.saturating_add(gained))
    }

    /// The code on its display at `unix`, in Unix seconds.
    #[must_use]
    pub fn code(&self, unix: u64) -> Code {
        self.totp.generate(&self.key, self.time(unix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oath_core::{Algorithm, Digits, Period};

    #[test]
    fn a_clock_is_off_by_what_it_was_set_and_what_it_gained() {
        let token = || {
            let key = Key::new(Algorithm::Sha1, b"12345678901234567890");
            Token::new(key, Totp::new(Digits::SIX, Period::THIRTY))
        };
        assert_eq!(token().time(1_000_000), 1_000_000);
        let ahead = token().set_ahead(45);
        assert_eq!(ahead.code(1000).as_str(), token().code(1045).as_str());
        // 50 millionths of a year of 31,536,000 s are 1576 s.
        let slow = token().drifting(-50, 1000).set_ahead(6);
        assert_eq!(slow.time(1000 + 31_536_000), 31_537_000 - 1576 + 6);
    }
}
