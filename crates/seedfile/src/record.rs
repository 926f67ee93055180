//! Token records and what a file holds.

use std::fmt;
use std::str::FromStr;

use oath_core::{Algorithm, Digits, Period};
use serde::Serialize;

use crate::format::Format;
use crate::problem::Problem;
use crate::read::text::Encoding;
use crate::seed::Seed;
use crate::serial::Serial;
use crate::warning::Warning;

/// What is known about one token.
///
/// There is no `Clone`, because a [`Seed`] has one owner. `Debug` does not show the seed.
#[derive(Debug)]
pub struct TokenRecord {
    /// Where the record stands, as in [`Problem::row`].
    pub row: usize,
    /// The serial number.
    pub serial: Serial,
    /// Who holds the token: a user principal name or the object id of a user.
    pub user: Option<String>,
    /// The secret key.
    pub seed: Seed,
    /// The hash function of the token's codes.
    pub algorithm: Algorithm,
    /// The length of the token's codes.
    pub digits: Digits,
    /// What the token counts.
    pub kind: Kind,
    /// The manufacturer, empty if the file names none.
    pub manufacturer: String,
    /// The model, empty if the file names none.
    pub model: String,
    /// By how many time steps the token's clock was ahead when it was measured, if the file says.
    pub drift: Option<i32>,
    /// How each of these became known.
    pub sources: Sources,
    /// What a person should know about this record.
    pub warnings: Vec<Warning>,
}

impl TokenRecord {
    /// The time step, if the token counts time.
    #[must_use]
    pub const fn period(&self) -> Option<Period> {
        self.kind.period()
    }
}

/// What a token counts: the moving factor of its codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Time (RFC 6238).
    Totp {
        /// How long a code is shown.
        period: Period,
    },
    /// Events (RFC 4226): codes asked for by a button.
    Hotp {
        /// The counter of the next code.
        counter: u64,
    },
}

impl Kind {
    /// The time step, if the token counts time.
    #[must_use]
    pub const fn period(self) -> Option<Period> {
        match self {
            Self::Totp { period } => Some(period),
            Self::Hotp { .. } => None,
        }
    }

    /// The name of the kind.
    #[must_use]
    pub const fn token_type(self) -> TokenType {
        match self {
            Self::Totp { .. } => TokenType::Totp,
            Self::Hotp { .. } => TokenType::Hotp,
        }
    }
}

/// The name of a [`Kind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenType {
    /// The token counts time.
    Totp,
    /// The token counts events.
    Hotp,
}

impl TokenType {
    /// `totp` or `hotp`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Hotp => "hotp",
        }
    }
}

impl fmt::Display for TokenType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No type of token has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a type of token: use totp or hotp")]
pub struct UnknownType;

impl FromStr for TokenType {
    type Err = UnknownType;

    fn from_str(name: &str) -> Result<Self, UnknownType> {
        [Self::Totp, Self::Hotp]
            .into_iter()
            .find(|known| known.name().eq_ignore_ascii_case(name))
            .ok_or(UnknownType)
    }
}

/// How the facts of a record became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Sources {
    /// The serial number.
    pub serial: Source,
    /// The hash function.
    pub algorithm: Source,
    /// The length of the codes.
    pub digits: Source,
    /// Whether the token counts time or events.
    pub token_type: Source,
    /// The time step, or the counter.
    pub factor: Source,
    /// How the key was written, `Base32` for instance.
    pub encoding: Source,
}

impl Sources {
    /// All from one source.
    #[must_use]
    pub const fn all(source: Source) -> Self {
        Self {
            serial: source,
            algorithm: source,
            digits: source,
            token_type: source,
            factor: source,
            encoding: source,
        }
    }
}

/// How a fact became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Source {
    /// The file says it: a column, a property, a parameter or an element.
    Column,
    /// The caller said it in [`ReadOptions`](crate::ReadOptions).
    Option,
    /// The format says it: it has no other, or names this one as its default.
    Format,
    /// By the length of the key. Tokens break such rules, programmable ones above all.
    Length,
    /// Made from the label of a link, which names an account and not a device.
    Label,
}

/// Everything that was read from a file.
///
/// `tokens.len() + rejected() == records`. A row that repeats another one exactly is not a record
/// of its own: it is left out, and the first has a [`Warning::RowRepeated`] for each.
#[derive(Debug)]
pub struct SeedFile {
    /// The format found.
    pub format: Format,
    /// The encoding found.
    pub encoding: Encoding,
    /// The columns, or names in JSON, that nothing was read from: the first 32, as far as they can
    /// be shown.
    pub unread: Vec<String>,
    /// Records in the file: accepted and rejected ones.
    pub records: usize,
    /// The tokens that can be used, in the file's order.
    pub tokens: Vec<TokenRecord>,
    /// What is wrong with the others, in the file's order. There may be several for one row.
    pub problems: Vec<Problem>,
    /// Rows that are no records, in the file's order: those that repeat another one, and blank ones
    /// after the beginning. The first of each run, and how many there are.
    pub skipped: Vec<(usize, usize)>,
    /// Rows that are rejected, and who holds their tokens, as far as that can be read. A row may
    /// stand here twice.
    pub rejected_holders: Vec<(usize, String)>,
}

impl SeedFile {
    /// How many rows were left out because they repeat an accepted one exactly.
    #[must_use]
    pub fn repeated(&self) -> usize {
        let warnings = self.tokens.iter().flat_map(|token| &token.warnings);
        let repeats = warnings.filter(|warning| matches!(warning, Warning::RowRepeated { .. }));
        repeats.count()
    }

    /// How many rows are rejected.
    #[must_use]
    pub fn rejected(&self) -> usize {
        rejected(&self.problems)
    }
}

/// How many rows have problems; they come in the order of the rows.
pub(crate) fn rejected(problems: &[Problem]) -> usize {
    problems.chunk_by(|a, b| a.row == b.row).count()
}
