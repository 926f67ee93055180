//! What a format can hold, and the one judgement by it.

use std::io::{self, Write};

use oath_core::{Algorithm, Digits, Period};
use secrecy::ExposeSecret;

use super::{LeftOut, Unwritable, UnwritableReason};
use crate::check::{MAX_SEED_BITS, is_printable, token2};
use crate::pskc;
use crate::read::MAX_FIELD_BYTES;
use crate::read::text::trim;
use crate::record::{Kind, TokenRecord};
use crate::secret;
use crate::seed::Seed;
use crate::serial::{self, Serial};
use crate::user;

/// What a format can say of a token, and how it is written.
pub(super) struct Shape {
    /// The hash functions that it can say or means by saying nothing.
    pub(super) algorithms: &'static [Algorithm],
    /// Why another hash function does not fit.
    pub(super) other_algorithm: UnwritableReason,
    /// Whether a reader finds the hash function by Token2's rule of lengths.
    pub(super) length_rule: bool,
    /// Whether the length of the codes can be said; it is six where it cannot.
    pub(super) digits: bool,
    /// The periods that it can say; `None` for all.
    pub(super) periods: Option<&'static [Period]>,
    /// Whether it can hold tokens that count events.
    pub(super) events: bool,
    /// How keys are written.
    pub(super) keys: Keys,
    /// Where the holder of the token with that serial number goes.
    pub(super) user: fn(&str, &Serial) -> Place,
    /// Whether it has a place for manufacturer and model.
    pub(super) devices: bool,
    /// Whether it can say by how much a clock is off.
    pub(super) drift: bool,
    /// Whether a text would break the form of the file.
    pub(super) breaks: fn(&str) -> bool,
    pub(super) write: fn(&[TokenRecord], &mut dyn Write) -> io::Result<()>,
}

/// How a format writes keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// Base32 of 128 characters at most, which Microsoft's formats take.
    Azure,
    Base32,
    Hex,
    Base64,
}

/// What becomes of a descriptive fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Kept,
    LeftOut,
    /// The format has a place for it, but it would not read back.
    Wrong,
}

/// Every name of a user has a place.
pub(super) fn any_user(name: &str, _: &Serial) -> Place {
    if user::is_name(name) && name.chars().count() <= user::MAX_CHARS {
        Place::Kept
    } else {
        Place::Wrong
    }
}

pub(super) fn no_user(_: &str, _: &Serial) -> Place {
    Place::LeftOut
}

pub(super) fn never(_: &str) -> bool {
    false
}

impl Shape {
    /// A format that can say every code and name every token; a format of its own says how.
    pub(super) const EVERY_CODE: Self = Self {
        algorithms: &[Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512],
        other_algorithm: UnwritableReason::Algorithm,
        length_rule: false,
        digits: true,
        periods: None,
        events: true,
        keys: Keys::Base32,
        user: any_user,
        devices: true,
        drift: false,
        breaks: never,
        write: |_, _| Err(io::ErrorKind::Unsupported.into()),
    };

    /// Why a token does not fit.
    pub(super) fn judge(&self, token: &TokenRecord) -> Option<Unwritable> {
        let reason = self
            .codes(token)
            .or_else(|| self.key(&token.seed))
            .or_else(|| self.names(token))?;
        Some(Unwritable {
            serial: token.serial.clone(),
            reason,
        })
    }

    fn codes(&self, token: &TokenRecord) -> Option<UnwritableReason> {
        let by_length = token2(token.seed.expose().len());
        if !self.algorithms.contains(&token.algorithm) {
            return Some(self.other_algorithm);
        }
        if self.length_rule && by_length != token.algorithm {
            return Some(UnwritableReason::AlgorithmByLength);
        }
        if !self.digits && token.digits != Digits::SIX {
            return Some(UnwritableReason::Digits);
        }
        let can_say = |period: &Period| self.periods.is_none_or(|all| all.contains(period));
        match token.kind {
            Kind::Hotp { .. } if !self.events => Some(UnwritableReason::Events),
            Kind::Totp { period } if !can_say(&period) => Some(UnwritableReason::Period),
            _ => None,
        }
    }

    fn key(&self, seed: &Seed) -> Option<UnwritableReason> {
        let longest = match self.keys {
            Keys::Azure => MAX_SEED_BITS,
            // Either form must be short enough to be decoded.
            Keys::Base32 | Keys::Hex | Keys::Base64 => secret::MAX_TEXT * 4,
        };
        if !(1..=longest).contains(&seed.bits()) {
            return Some(UnwritableReason::SeedLength);
        }
        let ambiguous = match self.keys {
            Keys::Azure | Keys::Base32 => {
                Seed::from_base32(seed.to_base32().expose_secret()).is_err()
            }
            Keys::Base64 => !pskc::is_writable_secret(seed.expose()),
            Keys::Hex => false,
        };
        ambiguous.then_some(UnwritableReason::SeedAmbiguous)
    }

    fn names(&self, token: &TokenRecord) -> Option<UnwritableReason> {
        let user = self.user(token);
        let texts = [&token.manufacturer, &token.model];
        if serial::damage(token.serial.as_str()).is_some() {
            Some(UnwritableReason::Serial)
        } else if user == Some(Place::Wrong) {
            Some(UnwritableReason::User)
        } else if self.devices && !texts.into_iter().all(|text| self.reads_back(text)) {
            Some(UnwritableReason::Text)
        } else {
            None
        }
    }

    fn user(&self, token: &TokenRecord) -> Option<Place> {
        let user = token.user.as_deref()?;
        Some((self.user)(user, &token.serial))
    }

    fn reads_back(&self, text: &str) -> bool {
        text.len() <= MAX_FIELD_BYTES
            && trim(text).len() == text.len()
            && is_printable(text)
            && !(self.breaks)(text)
    }

    /// Counts what has no place.
    pub(super) fn left_out(&self, tokens: &[TokenRecord]) -> LeftOut {
        let mut left_out = LeftOut::default();
        for token in tokens {
            left_out.users += usize::from(self.user(token) == Some(Place::LeftOut));
            left_out.drifts += usize::from(!self.drift && token.drift.is_some());
            if !self.devices {
                left_out.manufacturers += usize::from(!token.manufacturer.is_empty());
                left_out.models += usize::from(!token.model.is_empty());
            }
        }
        left_out
    }
}
