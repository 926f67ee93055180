//! Each field by itself: from a cell to a value or a problem.

use oath_core::{Algorithm, Period};

use crate::base32::{DecodedSeed, MIN_BITS, SeedError};
use crate::options::ReadOptions;
use crate::problem::ProblemKind;
use crate::read::MAX_FIELD_BYTES;
use crate::row::Cell;
use crate::seed::Seed;
use crate::serial::{self, Damage, Serial, SerialError};
use crate::text::trim;
use crate::user;

/// Entra ID's limit of 128 Base32 characters.
pub(crate) const MAX_SEED_BITS: usize = 128 * 5;

/// The text of a cell without the blanks around it; empty if there is none.
fn text<'c>(cell: Option<&'c Cell<'_>>) -> Result<&'c str, ProblemKind> {
    match cell {
        None | Some(Cell::Null) => Ok(""),
        Some(Cell::Text(text)) if text.len() > MAX_FIELD_BYTES => Err(ProblemKind::FieldTooLong),
        Some(Cell::Text(text)) => Ok(trim(text)),
        Some(Cell::Integer(_) | Cell::Fraction | Cell::Other) => Err(ProblemKind::NotText),
        Some(Cell::Repeated) => Err(ProblemKind::FieldRepeated),
    }
}

pub(crate) fn user(cell: Option<&Cell<'_>>) -> Result<Option<String>, ProblemKind> {
    let name = text(cell)?;
    if name.is_empty() || name.eq_ignore_ascii_case("upn") {
        Ok(None)
    } else if name.chars().nth(user::MAX_CHARS).is_some() {
        Err(ProblemKind::UserTooLong)
    } else if user::is_name(name) {
        Ok(Some(name.to_owned()))
    } else {
        Err(ProblemKind::UserSyntax)
    }
}

pub(crate) fn serial(cell: Option<&Cell<'_>>) -> Result<Serial, ProblemKind> {
    if let Some(Cell::Integer(_) | Cell::Fraction) = cell {
        return Err(ProblemKind::SerialNumber);
    }
    let text = text(cell)?;
    match serial::damage(text) {
        Some(Damage::Scientific) => Err(ProblemKind::SerialScientific),
        Some(Damage::Formula) => Err(ProblemKind::SerialFormula),
        Some(Damage::Apostrophe) => Err(ProblemKind::SerialApostrophe),
        Some(Damage::Grouped) => Err(ProblemKind::SerialGrouped),
        None => Serial::new(text).map_err(|error| match error {
            SerialError::Empty => ProblemKind::SerialMissing,
            SerialError::TooLong => ProblemKind::SerialTooLong,
            SerialError::Characters => ProblemKind::SerialCharacters,
        }),
    }
}

pub(crate) fn secret(
    cell: Option<&Cell<'_>>,
    options: &ReadOptions,
) -> Result<DecodedSeed, ProblemKind> {
    let text = text(cell)?;
    if text.is_empty() {
        return Err(ProblemKind::Secret(SeedError::Empty));
    }
    let decoded = Seed::from_base32(text).map_err(ProblemKind::Secret)?;
    match decoded.seed.bits() {
        bits if bits < MIN_BITS && !options.allow_short_seeds => {
            Err(ProblemKind::SecretTooShort { bits })
        }
        bits if bits > MAX_SEED_BITS => Err(ProblemKind::SecretTooLong),
        _ => Ok(decoded),
    }
}

pub(crate) fn interval(cell: Option<&Cell<'_>>) -> Result<Period, ProblemKind> {
    match cell {
        Some(Cell::Integer(seconds)) => return period(*seconds),
        Some(Cell::Fraction) => return Err(ProblemKind::IntervalNotInteger),
        _ => {}
    }
    let text = text(cell)?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    if text.is_empty() {
        Err(ProblemKind::IntervalMissing)
    } else if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        Err(ProblemKind::IntervalNotInteger)
    } else {
        text.parse()
            .map_err(|_| ProblemKind::IntervalUnsupported)
            .and_then(period)
    }
}

fn period(seconds: i128) -> Result<Period, ProblemKind> {
    match seconds {
        30 => Ok(Period::THIRTY),
        60 => Ok(Period::SIXTY),
        _ => Err(ProblemKind::IntervalUnsupported),
    }
}

pub(crate) fn name(cell: Option<&Cell<'_>>) -> Result<String, ProblemKind> {
    let text = text(cell)?;
    if is_printable(text) {
        Ok(text.to_owned())
    } else {
        Err(ProblemKind::ControlCharacters)
    }
}

/// Line ends and tabs are ordinary in a quoted field; other control characters are damage.
pub(crate) fn is_printable(text: &str) -> bool {
    !text
        .chars()
        .any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t'))
}

pub(crate) fn algorithm(cell: Option<&Cell<'_>>) -> Result<Option<Algorithm>, ProblemKind> {
    let name = text(cell)?;
    let is = |known: [&str; 3]| known.iter().any(|known| name.eq_ignore_ascii_case(known));
    if name.is_empty() {
        Ok(None)
    } else if is(["hmacsha1", "sha1", "sha-1"]) {
        Ok(Some(Algorithm::Sha1))
    } else if is(["hmacsha256", "sha256", "sha-256"]) {
        Ok(Some(Algorithm::Sha256))
    } else {
        Err(ProblemKind::AlgorithmUnknown)
    }
}
