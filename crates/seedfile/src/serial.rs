//! Serial numbers: text, never a number.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The serial number of a token: 1 to 64 characters of `A-Z`, `a-z`, `0-9`, `.`, `_` and `-`.
///
/// Leading zeros count; case does not: `abc1` and `ABC1` are the same device, however a tool or a person
/// wrote it. The spelling is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Serial(String);

/// Why a text is not a serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SerialError {
    /// No characters at all.
    #[error("there is no serial number")]
    Empty,
    /// More than 64 characters.
    #[error("the serial number is longer than 64 characters")]
    TooLong,
    /// A character that no serial number has.
    #[error("only letters, digits, dots, dashes and underscores can stand in a serial number")]
    Characters,
}

impl Serial {
    /// The greatest length, in characters.
    pub const MAX_LEN: usize = 64;

    /// Checks a serial number. Blanks around it are not removed.
    ///
    /// # Errors
    /// [`SerialError`] for an empty or overlong text and for characters that no serial number has.
    pub fn new(text: &str) -> Result<Self, SerialError> {
        check(text).map(|()| Self(text.to_owned()))
    }

    /// Takes a text that was checked before.
    pub(crate) fn checked(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The serial number as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that all spellings of this serial number have in common.
    #[must_use]
    pub fn folded(&self) -> Cow<'_, str> {
        if self.0.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(self.0.to_ascii_lowercase())
        } else {
            Cow::Borrowed(&self.0)
        }
    }
}

pub(crate) fn check(text: &str) -> Result<(), SerialError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if text.is_empty() {
        Err(SerialError::Empty)
    } else if !text.bytes().all(allowed) {
        Err(SerialError::Characters)
    } else if text.len() > Serial::MAX_LEN {
        Err(SerialError::TooLong)
    } else {
        Ok(())
    }
}

impl PartialEq for Serial {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Serial {}

impl Ord for Serial {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(&other.folded())
    }
}

impl PartialOrd for Serial {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Serial {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Serial {
    type Err = SerialError;

    fn from_str(text: &str) -> Result<Self, SerialError> {
        Self::new(text)
    }
}

impl TryFrom<String> for Serial {
    type Error = SerialError;

    fn try_from(text: String) -> Result<Self, SerialError> {
        check(&text).map(|()| Self(text))
    }
}

impl From<Serial> for String {
    fn from(serial: Serial) -> Self {
        serial.0
    }
}

/// What a spreadsheet does to serial numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damage {
    Scientific,
    Formula,
    Apostrophe,
    Grouped,
}

/// Whether a text is a serial number that no spreadsheet can have touched: digits only.
pub(crate) fn is_plain(text: &str) -> bool {
    text.len() <= Serial::MAX_LEN && all_digits(text)
}

pub(crate) fn damage(text: &str) -> Option<Damage> {
    if text.starts_with('=') {
        Some(Damage::Formula)
    } else if text.starts_with('\'') {
        Some(Damage::Apostrophe)
    } else if is_scientific(text) {
        Some(Damage::Scientific)
    } else if is_grouped(text) {
        Some(Damage::Grouped)
    } else {
        None
    }
}

/// `2.45252E+11`, also with a decimal comma. `306E04` is a serial number that happens to have an E.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let signed = exponent.strip_prefix('+');
    let fraction = mantissa.split_once(['.', ',']);
    let whole = fraction.map_or(mantissa, |(whole, _)| whole);
    all_digits(whole)
        && fraction.is_none_or(|(_, rest)| all_digits(rest))
        && all_digits(signed.unwrap_or(exponent))
        && (signed.is_some() || (fraction.is_some() && whole.len() == 1))
}

/// `2,452,524`, and with dots, blanks or apostrophes where there are at least two of them.
fn is_grouped(text: &str) -> bool {
    let Some(separator) = text.chars().find(|character| !character.is_ascii_digit()) else {
        return false;
    };
    if !matches!(separator, ',' | '.' | ' ' | '\'' | '\u{a0}' | '\u{202f}') {
        return false;
    }
    let mut groups = text.split(separator);
    let first = groups
        .next()
        .is_some_and(|group| all_digits(group) && group.len() <= 3);
    let mut others = 0;
    let rest = groups.all(|group| {
        others += 1;
        all_digits(group) && group.len() == 3
    });
    first && rest && (others >= 2 || separator != '.')
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use rustc_hash::FxBuildHasher;

    use super::*;

    #[test]
    fn case_does_not_matter_in_a_set() {
        let serials = ["abc", "ABC", "abd"].map(|text| Serial::new(text).unwrap());
        let hash = |serial: &Serial| FxBuildHasher.hash_one(serial);
        let [a, b, c] = serials.each_ref().map(hash);
        assert_eq!(a, b);
        assert_ne!(a, c);
    }

    #[test]
    fn spreadsheet_damage_is_told_from_serial_numbers() {
        let cases = [
            ("2.45252E+11", Some(Damage::Scientific)),
            ("2,45252E+11", Some(Damage::Scientific)),
            ("2.45252E11", Some(Damage::Scientific)),
            ("2E+12", Some(Damage::Scientific)),
            ("=\"2452524131402\"", Some(Damage::Formula)),
            ("'2452524131402", Some(Damage::Apostrophe)),
            ("2,452,524,131,402", Some(Damage::Grouped)),
            ("2.452.524", Some(Damage::Grouped)),
            ("2 452", Some(Damage::Grouped)),
            ("306E04", None),
            ("1E5", None),
            ("24.5E3", None),
            ("ab,123,456", None),
            ("12,3456,789", None),
            ("1234,567", None),
            ("306EUO4-00960", None),
            ("12.345", None),
            ("0012345678", None),
            ("E", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(damage(text), expected, "{text}");
        }
    }

    #[test]
    fn checks_length_and_characters() {
        assert_eq!(Serial::new(""), Err(SerialError::Empty));
        assert_eq!(Serial::new(&"9".repeat(65)), Err(SerialError::TooLong));
        assert_eq!(Serial::new("a b"), Err(SerialError::Characters));
        assert_eq!(Serial::new(" 1"), Err(SerialError::Characters));
        assert!(Serial::new(&"9".repeat(64)).is_ok());
        assert_eq!(
            Serial::new("GALT10.280_11-4").unwrap().folded(),
            "galt10.280_11-4"
        );
    }

    #[test]
    fn serde_checks_too() {
        let serial: Serial = serde_json::from_str("\"0012\"").unwrap();
        assert_eq!(serial.to_string(), "0012");
        assert!(serde_json::from_str::<Serial>("\"../x\"").is_err());
    }
}
