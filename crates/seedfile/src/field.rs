//! The fields of a record and the names that files give them.

use std::fmt;
use std::str::FromStr;

use crate::user::is_invisible;

/// A field of a token record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Field {
    /// Who holds the token.
    User,
    /// The serial number.
    Serial,
    /// The secret key.
    Secret,
    /// The time step in seconds.
    Period,
    /// The manufacturer.
    Manufacturer,
    /// The model.
    Model,
    /// The hash function.
    Algorithm,
    /// The length of the codes.
    Digits,
    /// Whether the token counts time (`totp`) or events (`hotp`).
    Type,
    /// The event counter of a token that counts events.
    Counter,
    /// By how many time steps the clock of a token is ahead.
    Drift,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 11] = [
        Self::User,
        Self::Serial,
        Self::Secret,
        Self::Period,
        Self::Manufacturer,
        Self::Model,
        Self::Algorithm,
        Self::Digits,
        Self::Type,
        Self::Counter,
        Self::Drift,
    ];

    /// The name in reports: the usual column name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "upn",
            Self::Serial => "serial number",
            Self::Secret => "secret key",
            Self::Period => "time interval",
            Self::Manufacturer => "manufacturer",
            Self::Model => "model",
            Self::Algorithm => "hash function",
            Self::Digits => "digits",
            Self::Type => "type",
            Self::Counter => "counter",
            Self::Drift => "drift",
        }
    }

    /// The short word for command lines.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Serial => "serial",
            Self::Secret => "secret",
            Self::Period => "period",
            Self::Algorithm => "algorithm",
            other => other.name(),
        }
    }

    /// Finds a field by a header cell or a JSON key: case, blanks and underscores do not
    /// matter.
    pub(crate) fn find(header: &str) -> Option<Self> {
        let known = NAMES.into_iter().find(|(name, _)| is_folded(header, name));
        match known {
            Some((_, field)) => Some(field),
            None => other_user_name(header).map(|_| Self::User),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No field has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a field: use user, serial, secret, period, manufacturer, model, algorithm, digits, type, counter or drift"
)]
pub struct UnknownField;

/// Reads [`Field::word`], or a name that headers have.
impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(name: &str) -> Result<Self, UnknownField> {
        Self::ALL
            .into_iter()
            .find(|field| field.word().eq_ignore_ascii_case(name))
            .or_else(|| Self::find(name))
            .ok_or(UnknownField)
    }
}

/// The place of a name among those that stand for the user where there is no `upn`; the first is
/// the best.
pub(crate) fn other_user_name(header: &str) -> Option<usize> {
    OTHER_USER_NAMES
        .iter()
        .position(|name| is_folded(header, name))
}

const OTHER_USER_NAMES: [&str; 4] = ["userprincipalname", "login", "email", "mail"];

const NAMES: [(&str, Field); 16] = [
    ("upn", Field::User),
    ("assignedtoupn", Field::User),
    ("serialnumber", Field::Serial),
    ("secretkey", Field::Secret),
    ("timeinterval", Field::Period),
    ("timeintervalinseconds", Field::Period),
    ("manufacturer", Field::Manufacturer),
    ("model", Field::Model),
    ("hashfunction", Field::Algorithm),
    ("algorithm", Field::Algorithm),
    ("hash", Field::Algorithm),
    ("digits", Field::Digits),
    ("type", Field::Type),
    ("counter", Field::Counter),
    ("drift", Field::Drift),
    ("timedrift", Field::Drift),
];

/// Whether a header cell is this name, written as [`folded`] has it.
pub(crate) fn is_folded(header: &str, name: &str) -> bool {
    folding(header).eq(name.chars())
}

/// In lower case, without blanks, underscores and marks that nobody sees.
pub(crate) fn folded(name: &str) -> String {
    folding(name).collect()
}

fn folding(name: &str) -> impl Iterator<Item = char> {
    let counts = |c: &char| !c.is_whitespace() && *c != '_' && !is_invisible(*c);
    name.chars().filter(counts).map(|c| c.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_matter() {
        for name in [
            "timeinterval",
            "time interval",
            " Time_Interval ",
            "timeIntervalInSeconds",
        ] {
            assert_eq!(Field::find(name), Some(Field::Period), "{name}");
        }
        assert_eq!(Field::find("SERIAL NUMBER"), Some(Field::Serial));
        assert_eq!(Field::find("serial"), None);
        assert_eq!(Field::find("\u{200b}upn"), Some(Field::User));
    }

    #[test]
    fn every_field_has_a_word_of_its_own() {
        for field in Field::ALL {
            assert_eq!(field.word().parse(), Ok(field));
            assert_eq!(field.to_string(), field.name());
        }
        assert_eq!("secretKey".parse(), Ok(Field::Secret));
        assert_eq!("pin".parse::<Field>(), Err(UnknownField));
    }
}
