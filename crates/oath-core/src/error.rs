use core::{error::Error, fmt};

/// A parameter outside of what RFC 4226, RFC 6238 and this crate allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParamError {
    /// Not one of the names [`Algorithm`](crate::Algorithm) knows.
    Algorithm,
    /// Not a number of [`Digits`](crate::Digits): 6, 7 or 8.
    Digits,
    /// Not a [`Period`](crate::Period): zero.
    Period,
}

impl fmt::Display for ParamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Algorithm => "the algorithm must be sha1, sha256 or sha512",
            Self::Digits => "the number of digits must be 6, 7 or 8",
            Self::Period => "the period must be at least 1 second",
        })
    }
}

impl Error for ParamError {}

/// Why a text is not a [`Code`](crate::Code).
///
/// It never holds any part of the text, which may be a code with a typing error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CodeError {
    /// Only digits, but fewer than 6 or more than 8.
    Length,
    /// Something other than the ASCII digits 0 to 9; blanks count.
    NotADigit,
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "a code must be 6, 7 or 8 digits long",
            Self::NotADigit => "a code must consist of the digits 0 to 9 only",
        })
    }
}

impl Error for CodeError {}
