//! What may be shown of a file: everything but the seeds.

use oath_core::{Algorithm, Period};
use serde::Serialize;

use crate::format::Format;
use crate::problem::Problem;
use crate::read::text::Encoding;
use crate::record::{Kind, SeedFile, Source, TokenRecord, TokenType};
use crate::refusal::Refusal;
use crate::warning::Warning;

const SCHEMA: &str = "oathkit.inspection/1";

/// A report on a file that was read. Serialises to the document `oathkit.inspection/1`.
#[derive(Debug, Serialize)]
pub struct Inspection<'f> {
    schema: &'static str,
    format: Format,
    encoding: Encoding,
    records: usize,
    accepted: usize,
    rejected: usize,
    repeated: usize,
    unread_columns: &'f [String],
    tokens: Vec<InspectedToken<'f>>,
    problems: &'f [Problem],
}

#[derive(Debug, Serialize)]
struct InspectedToken<'f> {
    row: usize,
    serial: &'f str,
    user: Option<&'f str>,
    algorithm: &'static str,
    algorithm_source: Source,
    digits: u8,
    digits_source: Source,
    r#type: TokenType,
    type_source: Source,
    period: Option<u32>,
    counter: Option<u64>,
    period_source: Source,
    encoding_source: Source,
    serial_source: Source,
    manufacturer: &'f str,
    model: &'f str,
    drift: Option<i32>,
    seed_bits: usize,
    warnings: &'f [Warning],
}

/// A report on a file that was refused. Serialises to the document `oathkit.inspection/1`.
#[derive(Debug, Serialize)]
pub struct RefusedInspection {
    schema: &'static str,
    refused: Refused,
}

#[derive(Debug, Serialize)]
struct Refused {
    code: &'static str,
    message: String,
}

impl SeedFile {
    /// What may be shown of this file.
    #[must_use]
    pub fn inspection(&self) -> Inspection<'_> {
        Inspection {
            schema: SCHEMA,
            format: self.format,
            encoding: self.encoding,
            records: self.records,
            accepted: self.tokens.len(),
            rejected: self.rejected(),
            repeated: self.repeated(),
            unread_columns: &self.unread,
            tokens: self.tokens.iter().map(inspect).collect(),
            problems: &self.problems,
        }
    }
}

impl Refusal {
    /// What may be shown of a refused file.
    #[must_use]
    pub fn inspection(&self) -> RefusedInspection {
        RefusedInspection {
            schema: SCHEMA,
            refused: Refused {
                code: self.code(),
                message: self.to_string(),
            },
        }
    }
}

fn inspect(token: &TokenRecord) -> InspectedToken<'_> {
    InspectedToken {
        row: token.row,
        serial: token.serial.as_str(),
        user: token.user.as_deref(),
        algorithm: name(token.algorithm),
        algorithm_source: token.sources.algorithm,
        digits: token.digits.get(),
        digits_source: token.sources.digits,
        r#type: token.kind.token_type(),
        type_source: token.sources.token_type,
        period: token.period().map(Period::seconds),
        counter: match token.kind {
            Kind::Hotp { counter } => Some(counter),
            Kind::Totp { .. } => None,
        },
        period_source: token.sources.factor,
        encoding_source: token.sources.encoding,
        serial_source: token.sources.serial,
        manufacturer: &token.manufacturer,
        model: &token.model,
        drift: token.drift,
        seed_bits: token.seed.bits(),
        warnings: &token.warnings,
    }
}

/// The names in the document do not depend on how another crate prints an algorithm.
const fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Sha1 => "sha1",
        Algorithm::Sha256 => "sha256",
        Algorithm::Sha512 => "sha512",
    }
}
