//! What can be wrong with a row, and what is only worth a warning.

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::base32::SeedError;

/// Something that keeps one row from being used.
///
/// It names the row, the field and the kind, never what stands in the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The physical line on which the record begins (the first line is 1); in JSON the position in the array, from 1.
    pub row: usize,
    /// The field by its usual column name, such as `"secret key"`; `"row"` where it is about the row as a whole.
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
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}, {}: {}", self.row, self.field, self.kind)
    }
}

/// The kinds of [`Problem`]. `Display` gives a message a person can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The row has more or fewer cells than the header.
    #[error(
        "the row has {found} cells, the header {expected}: look for a missing or unquoted separator"
    )]
    CellCount {
        /// Cells in the header.
        expected: usize,
        /// Cells in this row.
        found: usize,
    },
    /// The header stands here once more.
    #[error("the header is repeated here: files were joined; remove this line")]
    HeaderRepeated,
    /// A quoted field has swallowed whole lines.
    #[error("a quoted field runs over what look like other rows: look for a stray quotation mark")]
    SwallowedRows,
    /// An array item that is not an object.
    #[error("a token is a JSON object with names and values")]
    NotAnObject,
    /// A JSON object has a field twice, or under two spellings.
    #[error("the field is given twice: keep one")]
    FieldRepeated,
    /// A field longer than [`MAX_FIELD_BYTES`](crate::MAX_FIELD_BYTES).
    #[error("the field is too long to be real")]
    FieldTooLong,
    /// A JSON value of another type than text.
    #[error("this must be text: put it in quotes")]
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
    #[error(
        "a spreadsheet has rounded the serial number and digits are lost: take it from the vendor's file"
    )]
    SerialScientific,
    /// `="…"`.
    #[error("the serial number is wrapped in a spreadsheet formula: keep only the number itself")]
    SerialFormula,
    /// A leading apostrophe.
    #[error("a spreadsheet's apostrophe stands before the serial number: remove it")]
    SerialApostrophe,
    /// `2,452,524`.
    #[error("the serial number has thousands separators: remove them")]
    SerialGrouped,
    /// A JSON number: leading zeros are lost and long ones are rounded.
    #[error(
        "the serial number is a JSON number, which loses digits: take it from the vendor's file, in quotes"
    )]
    SerialNumber,
    /// Another row has the same serial number (case aside) and is not the same.
    #[error("row {other} has the same serial number but is not the same: keep the right one")]
    SerialRepeated {
        /// Another row with this serial number.
        other: usize,
    },
    /// The secret key cannot be read.
    #[error(transparent)]
    Secret(SeedError),
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
    #[error(
        "row {other} has the same secret key under another serial number: one of them is a slip"
    )]
    SecretRepeated {
        /// Another row with this key.
        other: usize,
    },
    /// No time interval.
    #[error("there is no time interval: put the token's 30 or 60 here")]
    IntervalMissing,
    /// A time interval that is not a whole number of seconds.
    #[error("the time interval must be a whole number of seconds, without a unit")]
    IntervalNotInteger,
    /// A time interval other than 30 or 60.
    #[error("the time interval must be 30 or 60 seconds")]
    IntervalUnsupported,
    /// A hash function that this format cannot have.
    #[error("the hash function must be hmacsha1 or hmacsha256")]
    AlgorithmUnknown,
    /// Something other than a user name or object id.
    #[error(
        "this is neither a user name with one @ nor an object id: correct it, or leave it empty"
    )]
    UserSyntax,
    /// A user name over 320 characters.
    #[error("the user name is longer than 320 characters")]
    UserTooLong,
}

impl ProblemKind {
    /// A stable name for programs, in kebab-case.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CellCount { .. } => "cell-count",
            Self::HeaderRepeated => "header-repeated",
            Self::SwallowedRows => "swallowed-rows",
            Self::NotAnObject => "not-an-object",
            Self::FieldRepeated => "field-repeated",
            Self::FieldTooLong => "field-too-long",
            Self::NotText => "not-text",
            Self::ControlCharacters => "control-characters",
            Self::SerialMissing => "serial-missing",
            Self::SerialTooLong => "serial-too-long",
            Self::SerialCharacters => "serial-characters",
            Self::SerialScientific => "serial-scientific",
            Self::SerialFormula => "serial-formula",
            Self::SerialApostrophe => "serial-apostrophe",
            Self::SerialGrouped => "serial-grouped",
            Self::SerialNumber => "serial-number",
            Self::SerialRepeated { .. } => "serial-repeated",
            Self::Secret(error) => error.code(),
            Self::SecretTooShort { .. } => "secret-too-short",
            Self::SecretTooLong => "secret-too-long",
            Self::SecretRepeated { .. } => "secret-repeated",
            Self::IntervalMissing => "interval-missing",
            Self::IntervalNotInteger => "interval-not-integer",
            Self::IntervalUnsupported => "interval-unsupported",
            Self::AlgorithmUnknown => "algorithm-unknown",
            Self::UserSyntax => "user-syntax",
            Self::UserTooLong => "user-too-long",
        }
    }
}

/// Something about an accepted token that a person should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// Blanks or dashes stood inside the secret key and were left out.
    #[error("blanks or dashes inside the secret key were left out")]
    SecretSeparators,
    /// Bits at the end of the secret key belong to no byte and are not zero.
    #[error(
        "the last character of the secret key has bits that count for nothing: it may be cut or mistyped"
    )]
    SecretTrailingBits,
    /// The secret key is under 128 bits.
    #[error("the secret key has only {bits} bits; RFC 4226 asks for 128 at least")]
    SecretShort {
        /// Bits in the key.
        bits: usize,
    },
    /// The algorithm was taken from an unusual key length.
    #[error(
        "the algorithm was taken from the key's length, and {characters} characters are unusual: check it"
    )]
    AlgorithmLength {
        /// Length of the key in Base32 characters without padding.
        characters: usize,
    },
    /// A later row says the same again and was merged into this one.
    #[error("row {row} says the same again and was left out")]
    RowRepeated {
        /// The row left out.
        row: usize,
    },
    /// No manufacturer.
    #[error("there is no manufacturer; Entra ID asks for one")]
    ManufacturerMissing,
    /// No model.
    #[error("there is no model; Entra ID asks for one")]
    ModelMissing,
}

impl Warning {
    /// A stable name for programs, in kebab-case.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SecretSeparators => "secret-separators",
            Self::SecretTrailingBits => "secret-trailing-bits",
            Self::SecretShort { .. } => "secret-short",
            Self::AlgorithmLength { .. } => "algorithm-length",
            Self::RowRepeated { .. } => "row-repeated",
            Self::ManufacturerMissing => "manufacturer-missing",
            Self::ModelMissing => "model-missing",
        }
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_struct("Problem", 4)?;
        map.serialize_field("row", &self.row)?;
        map.serialize_field("field", self.field)?;
        map.serialize_field("code", self.code())?;
        map.serialize_field("message", &self.kind.to_string())?;
        map.end()
    }
}

impl Serialize for Warning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_struct("Warning", 2)?;
        map.serialize_field("code", self.code())?;
        map.serialize_field("message", &self.to_string())?;
        map.end()
    }
}
