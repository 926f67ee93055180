//! Why tokens are not written.

use std::{fmt, io};

use crate::format::Format;
use crate::serial::Serial;

/// Why nothing was written, or not all of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A format that is only read.
    #[error("{0} is not written; name the format of another program")]
    ReadOnly(Format),
    /// Tokens that the format cannot express. Nothing was written.
    #[error("{} cannot go into this format; the first: {}", tokens(.0.len()), first(.0))]
    Unwritable(Vec<Unwritable>),
    /// The destination failed. What was written so far is not a complete file.
    #[error("cannot write the file")]
    Io(#[from] io::Error),
}

/// A token that a format cannot express.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unwritable {
    /// The token.
    pub serial: Serial,
    /// Why not.
    pub reason: UnwritableReason,
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.serial, self.reason)
    }
}

/// Why a format cannot express a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum UnwritableReason {
    /// The format is only read.
    #[error("the format is not written")]
    ReadOnly,
    /// The format has no word for the algorithm.
    #[error("the format has no word for this algorithm")]
    Algorithm,
    /// The CSV has no column for the algorithm, and the length of the key would be read as another
    /// one.
    #[error("a reader would take another algorithm from the length of the key; use graph-json")]
    AlgorithmByLength,
    /// A SHA-256 token for the upload of Entra ID's portal.
    #[error("the portal takes SHA-1 only; use graph-json for SHA-256")]
    AlgorithmAtPortal,
    /// Codes of another length than the format's.
    #[error("the format is for codes of six digits")]
    Digits,
    /// A period that the format cannot say.
    #[error("the format has no word for this period")]
    Period,
    /// A token that counts events in a format for those that count time.
    #[error("the format is for tokens that count time, and this one counts events")]
    Events,
    /// A key that is empty, or longer than the format takes.
    #[error("the secret key is empty, or longer than the format takes")]
    SeedLength,
    /// A key whose Base32 form reads as hexadecimal, too.
    #[error("a reader could not tell the secret key from hexadecimal")]
    SeedAmbiguous,
    /// A serial number that would be taken for a damaged one.
    #[error("a reader would take the serial number for one damaged by a spreadsheet")]
    Serial,
    /// A holder whose name would be refused.
    #[error("a reader would not take this for the name of a user")]
    User,
    /// Blanks around the manufacturer or model, control characters, or a text too long.
    #[error("the manufacturer or model would not read back the same")]
    Text,
    /// More than a QR code can hold.
    #[error("the link is too long for a QR code")]
    QrCode,
}

impl UnwritableReason {
    /// A stable name for programs, in kebab-case.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::Algorithm => "algorithm",
            Self::AlgorithmByLength => "algorithm-by-length",
            Self::AlgorithmAtPortal => "algorithm-at-portal",
            Self::Digits => "digits",
            Self::Period => "period",
            Self::Events => "events",
            Self::SeedLength => "seed-length",
            Self::SeedAmbiguous => "seed-ambiguous",
            Self::Serial => "serial",
            Self::User => "user",
            Self::Text => "text",
            Self::QrCode => "qr-code",
        }
    }
}

fn tokens(count: usize) -> String {
    if count == 1 {
        "one token".to_owned()
    } else {
        format!("{count} tokens")
    }
}

fn first(unwritable: &[Unwritable]) -> String {
    unwritable
        .first()
        .map(ToString::to_string)
        .unwrap_or_default()
}
