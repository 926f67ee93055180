//! What can be wrong with a row, and what is only worth a warning.

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::pskc::PskcProblem;
use crate::secret::SeedError;

/// Something that keeps one row from being used.
///
/// It names the row, the field and the kind, never what stands in the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The physical line on which the record begins (the first line is 1); in JSON the position in
    /// the array, from 1.
    pub row: usize,
    /// The field by its usual column name, such as `"secret key"`; `"row"` where it is about the
    /// row as a whole.
    pub field: &'static str,
    /// What is wrong.
    pub kind: ProblemKind,
}

impl Problem {
    /// The kind's stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        self.kind.help()
    }

    /// The field of a problem with the row as a whole.
    pub const WHOLE_ROW: &'static str = "row";
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}, {}: {}", self.row, self.field, self.kind)
    }
}

/// The kinds of [`Problem`]. `Display` says what is wrong, [`ProblemKind::help`] what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The row has more or fewer cells than the header, or than the format.
    #[error("the row has {found} cells, not {expected}")]
    CellCount {
        /// Cells in the header; without one, the nearest number that the format knows.
        expected: usize,
        /// Cells in this row.
        found: usize,
    },
    /// The whole row is one quoted cell, as some spreadsheets write it.
    #[error("the row is wrapped in one cell")]
    RowWrapped,
    /// The header stands here once more.
    #[error("the header is repeated here")]
    HeaderRepeated,
    /// A quoted field has swallowed whole lines.
    #[error("a quoted field runs over what look like other rows")]
    SwallowedRows,
    /// An array item that is not an object.
    #[error("this is not a JSON object")]
    NotAnObject,
    /// A line of a list of links that is none.
    #[error("this is not an otpauth link")]
    NotALink,
    /// A link that cannot be taken apart.
    #[error("the link cannot be read")]
    LinkBroken,
    /// A field is given twice, or under two spellings.
    #[error("the field is given twice")]
    FieldRepeated,
    /// The secret key stands in a field that is shown.
    #[error("the row's own secret key stands in this field")]
    HoldsSecret,
    /// A field longer than [`MAX_FIELD_BYTES`](crate::MAX_FIELD_BYTES).
    #[error("the field is too long to be real")]
    FieldTooLong,
    /// A JSON value of another type than text.
    #[error("this must be text")]
    NotText,
    /// Control characters.
    #[error("there are control characters in the field")]
    ControlCharacters,
    /// No serial number.
    #[error("there is no serial number")]
    SerialMissing,
    /// A serial number over 64 characters.
    #[error("the serial number is longer than 64 characters")]
    SerialTooLong,
    /// A character that no serial number has.
    #[error("only letters, digits, dots, dashes and underscores can stand in a serial number")]
    SerialCharacters,
    /// `2.45252E+11`: digits are lost.
    #[error("a spreadsheet has rounded the serial number and digits are lost")]
    SerialScientific,
    /// `="…"`.
    #[error("the serial number is wrapped in a spreadsheet formula")]
    SerialFormula,
    /// A leading apostrophe.
    #[error("a spreadsheet's apostrophe stands before the serial number")]
    SerialApostrophe,
    /// `2,452,524`.
    #[error("the serial number has thousands separators")]
    SerialGrouped,
    /// A JSON number: leading zeros are lost and long ones are rounded.
    #[error("the serial number is a JSON number, which loses digits")]
    SerialNumber,
    /// Another row has the same serial number (case aside) and is not the same.
    #[error("row {other} has the same serial number but is not the same")]
    SerialRepeated {
        /// Another row with this serial number.
        other: usize,
    },
    /// The secret key cannot be read.
    #[error(transparent)]
    Secret(SeedError),
    /// Something that only PSKC can have wrong.
    #[error(transparent)]
    Pskc(PskcProblem),
    /// A secret key under 128 bits.
    #[error("the secret key has {bits} bits; RFC 4226 asks for 128 at least")]
    SecretTooShort {
        /// Bits in the key.
        bits: usize,
    },
    /// A secret key over 128 Base32 characters.
    #[error("the secret key is longer than the 128 characters that Entra ID takes")]
    SecretTooLong,
    /// Two serial numbers with one secret key.
    #[error("row {other} has the same secret key under another serial number")]
    SecretRepeated {
        /// Another row with this key.
        other: usize,
    },
    /// A key written in a way of which only the name is given, and the name is not known.
    #[error("the way in which the secret key is written is not known")]
    EncodingUnknown,
    /// No time interval.
    #[error("there is no time interval")]
    IntervalMissing,
    /// A time interval that is not a whole number of seconds.
    #[error("the time interval is not a whole number of seconds")]
    IntervalNotInteger,
    /// A time interval other than 30 or 60, where the format has no other.
    #[error("the time interval must be 30 or 60 seconds")]
    IntervalUnsupported,
    /// A time interval of no seconds, or of more than 32 bits can hold.
    #[error("the time interval is no number of seconds that a token can have")]
    IntervalRange,
    /// A hash function that is none of HMAC's three.
    #[error("the hash function must be SHA-1, SHA-256 or SHA-512")]
    AlgorithmUnknown,
    /// A hash function that the format cannot have.
    #[error("the hash function must be hmacsha1 or hmacsha256")]
    AlgorithmUnsupported,
    /// Codes of a length that no token shows.
    #[error("the number of digits must be 6, 7 or 8")]
    DigitsUnsupported,
    /// A token that counts neither time nor events.
    #[error("this is not a token of the types totp and hotp")]
    TypeUnsupported,
    /// No counter for a token that counts events.
    #[error("there is no counter, which a token of the type hotp needs")]
    CounterMissing,
    /// A counter that is no whole number from 0.
    #[error("the counter must be a whole number from 0")]
    CounterInvalid,
    /// A drift that is no number of time steps that a clock can be off by.
    #[error("the drift must be a whole number of time steps")]
    DriftInvalid,
    /// Something other than a user name or object id.
    #[error("this is neither a user name with one @ nor an object id")]
    UserSyntax,
    /// A user name over 320 characters.
    #[error("the user name is longer than 320 characters")]
    UserTooLong,
}

impl ProblemKind {
    /// A stable name for programs, in kebab-case.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.words().0
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        self.words().1
    }

    #[expect(clippy::too_many_lines, reason = "a table")]
    const fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::CellCount { .. } => ("cell-count", "look for a missing or unquoted separator"),
            Self::RowWrapped => (
                "row-wrapped",
                "remove the outer quotation marks, and one of each doubled one",
            ),
            Self::HeaderRepeated => ("header-repeated", "files were joined: remove this line"),
            Self::SwallowedRows => ("swallowed-rows", "look for a stray quotation mark"),
            Self::NotAnObject => (
                "not-an-object",
                "a token is an object with names and values",
            ),
            Self::NotALink => (
                "not-a-link",
                "every line of the list begins with otpauth://",
            ),
            Self::LinkBroken => (
                "link-broken",
                "a character may be lost or wrongly escaped: make the link again",
            ),
            Self::FieldRepeated => ("field-repeated", "keep one"),
            Self::HoldsSecret => (
                "holds-secret",
                "the columns may be shifted: take the row from the vendor's file",
            ),
            Self::FieldTooLong => (
                "field-too-long",
                "look for a missing separator or quotation mark",
            ),
            Self::NotText => ("not-text", "put it in quotes"),
            Self::ControlCharacters => (
                "control-characters",
                "remove them, or take the row from the vendor's file",
            ),
            Self::SerialMissing => ("serial-missing", "take it from the back of the token"),
            Self::SerialTooLong => ("serial-too-long", "check that the columns are in order"),
            Self::SerialCharacters => (
                "serial-characters",
                "take the serial number from the vendor's file",
            ),
            Self::SerialScientific => (
                "serial-scientific",
                "take it from the vendor's file; in a spreadsheet, import the column as text",
            ),
            Self::SerialFormula => ("serial-formula", "keep only the number itself"),
            Self::SerialApostrophe => ("serial-apostrophe", "remove it"),
            Self::SerialGrouped => ("serial-grouped", "remove them"),
            Self::SerialNumber => ("serial-number", "take it from the vendor's file, in quotes"),
            Self::SerialRepeated { .. } => ("serial-repeated", "keep the right one"),
            Self::Secret(error) => (error.code(), error.help()),
            Self::Pskc(problem) => (problem.code(), problem.help()),
            Self::SecretTooShort { .. } => (
                "secret-too-short",
                "it may be cut: take it from the vendor's file; short keys can be allowed on purpose",
            ),
            Self::SecretTooLong => ("secret-too-long", "check that it is one key only"),
            Self::SecretRepeated { .. } => (
                "secret-repeated",
                "one of them is a slip: take both from the vendor's file",
            ),
            Self::EncodingUnknown => ("encoding-unknown", "use base32, hex or text"),
            Self::IntervalMissing => (
                "interval-missing",
                "put the token's 30 or 60 here, or say which one all tokens without it have",
            ),
            Self::IntervalNotInteger => (
                "interval-not-integer",
                "write a whole number of seconds, without a unit",
            ),
            Self::IntervalUnsupported => (
                "interval-unsupported",
                "correct it: the service takes no other",
            ),
            Self::IntervalRange => ("interval-range", "correct it: tokens have 30 or 60 seconds"),
            Self::AlgorithmUnknown => ("algorithm-unknown", "correct it, or leave it empty"),
            Self::AlgorithmUnsupported => (
                "algorithm-unsupported",
                "correct it: the service takes no other",
            ),
            Self::DigitsUnsupported => ("digits-unsupported", "correct it, or leave it empty"),
            Self::TypeUnsupported => (
                "type-unsupported",
                "leave it out: it makes codes of another kind",
            ),
            Self::CounterMissing => (
                "counter-missing",
                "add the counter, or correct the type if the token counts time",
            ),
            Self::CounterInvalid => ("counter-invalid", "correct it"),
            Self::DriftInvalid => ("drift-invalid", "measure it again, or leave it empty"),
            Self::UserSyntax => ("user-syntax", "correct it, or leave it empty"),
            Self::UserTooLong => ("user-too-long", "correct it, or leave it empty"),
        }
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_struct("Problem", 5)?;
        map.serialize_field("row", &self.row)?;
        map.serialize_field("field", self.field)?;
        map.serialize_field("code", self.code())?;
        map.serialize_field("message", &self.kind.to_string())?;
        map.serialize_field("help", self.help())?;
        map.end()
    }
}
