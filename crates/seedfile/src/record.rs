//! Token records and what a file holds.

use oath_core::{Algorithm, Digits, Period};
use serde::Serialize;

use crate::format::Format;
use crate::problem::{Problem, Warning};
use crate::seed::Seed;
use crate::serial::Serial;
use crate::text::Encoding;

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
    /// How the algorithm became known.
    pub algorithm_source: AlgorithmSource,
    /// The length of the token's codes. Six in all formats so far.
    pub digits: Digits,
    /// How long a code is shown: 30 or 60 seconds.
    pub period: Period,
    /// The manufacturer, empty if the file names none.
    pub manufacturer: String,
    /// The model, empty if the file names none.
    pub model: String,
    /// What a person should know about this record.
    pub warnings: Vec<Warning>,
}

/// How an algorithm became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AlgorithmSource {
    /// The file says it.
    Column,
    /// By Token2's rule: up to 32 Base32 characters are SHA-1, more are SHA-256. Programmable tokens break it.
    Length,
    /// The caller said it, see [`ReadOptions::algorithm`](crate::ReadOptions::algorithm).
    Option,
}

/// Everything that was read from a file.
///
/// `tokens.len() + rejected() == records`. A row that repeats another one exactly is not a record of its own: it is
/// left out, and the first has a [`Warning::RowRepeated`] for each.
#[derive(Debug)]
pub struct SeedFile {
    /// The format found.
    pub format: Format,
    /// The encoding found.
    pub encoding: Encoding,
    /// Records in the file: accepted and rejected ones.
    pub records: usize,
    /// The tokens that can be used, in the file's order.
    pub tokens: Vec<TokenRecord>,
    /// What is wrong with the others, in the file's order. There may be several for one row.
    pub problems: Vec<Problem>,
}

impl SeedFile {
    /// How many rows are rejected.
    #[must_use]
    pub fn rejected(&self) -> usize {
        self.problems.chunk_by(|a, b| a.row == b.row).count()
    }
}
