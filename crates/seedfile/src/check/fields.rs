//! Each field by itself: from a cell to a value or a problem.

use data_encoding::{BASE32_NOPAD, BASE64_NOPAD, HEXLOWER};
use oath_core::{Algorithm, Digits, Period};
use zeroize::Zeroizing;

use super::dialect::{Dialect, MAX_SEED_BITS, PeriodRule};
use super::row::{RawRow, Value};
use crate::field::Field;
use crate::options::ReadOptions;
use crate::problem::ProblemKind;
use crate::read::MAX_FIELD_BYTES;
use crate::read::text::trim;
use crate::record::{Kind, Source, TokenType};
use crate::secret::{self, Certainty, MIN_BITS, Oddities, SeedError};
use crate::serial::{self, Damage, SerialError};
use crate::user;

/// A fact and how it became known.
pub(super) type Known<T> = (T, Source);

type Checked<T> = Result<T, ProblemKind>;

/// The text of a cell without the blanks around it; empty if there is none.
fn text(value: Option<Value<'_>>) -> Checked<&str> {
    match value {
        None => Ok(""),
        Some(Value::Text(text)) if text.len() > MAX_FIELD_BYTES => Err(ProblemKind::FieldTooLong),
        Some(Value::Text(text)) => Ok(trim(text)),
        Some(Value::Integer(_) | Value::Fraction | Value::Other | Value::Bytes(_)) => {
            Err(ProblemKind::NotText)
        }
        Some(Value::Repeated) => Err(ProblemKind::FieldRepeated),
        Some(Value::Wrong(kind)) => Err(kind),
    }
}

/// `key` is the row's key, empty where it cannot be read; so it is in all that follow.
pub(super) fn user<'r>(row: &'r RawRow<'_>, key: &[u8]) -> Checked<Option<&'r str>> {
    let name = text(row.get(Field::User))?;
    if name.is_empty() || name.eq_ignore_ascii_case("upn") {
        return Ok(None);
    }
    if holds_secret(name, row, key) {
        return Err(ProblemKind::HoldsSecret);
    }
    user_name(name).map(|()| Some(name))
}

/// Whether a text can name a user.
pub(crate) fn user_name(name: &str) -> Checked<()> {
    if name.len() > user::MAX_CHARS && name.chars().nth(user::MAX_CHARS).is_some() {
        Err(ProblemKind::UserTooLong)
    } else if user::is_name(name) {
        Ok(())
    } else {
        Err(ProblemKind::UserSyntax)
    }
}

pub(super) fn serial<'r>(row: &'r RawRow<'_>, key: &[u8]) -> Checked<&'r str> {
    let cell = row.get(Field::Serial);
    if let Some(Value::Integer(_) | Value::Fraction) = cell {
        return Err(ProblemKind::SerialNumber);
    }
    let text = text(cell)?;
    if holds_secret(text, row, key) {
        return Err(ProblemKind::HoldsSecret);
    }
    if serial::is_plain(text) {
        return Ok(text);
    }
    match serial::damage(text) {
        Some(Damage::Scientific) => Err(ProblemKind::SerialScientific),
        Some(Damage::Formula) => Err(ProblemKind::SerialFormula),
        Some(Damage::Apostrophe) => Err(ProblemKind::SerialApostrophe),
        Some(Damage::Grouped) => Err(ProblemKind::SerialGrouped),
        None => match serial::check(text) {
            Ok(()) => Ok(text),
            Err(SerialError::Empty) => Err(ProblemKind::SerialMissing),
            Err(SerialError::TooLong) => Err(ProblemKind::SerialTooLong),
            Err(SerialError::Characters) => Err(ProblemKind::SerialCharacters),
        },
    }
}

/// Decodes the key into `bytes`.
pub(super) fn secret(
    row: &RawRow<'_>,
    options: &ReadOptions,
    bytes: &mut Vec<u8>,
) -> Checked<Known<Oddities>> {
    bytes.clear();
    let known = match row.get(Field::Secret) {
        Some(Value::Bytes(decoded)) if decoded.len() > secret::MAX_TEXT => {
            return Err(ProblemKind::Secret(SeedError::TooLong));
        }
        Some(Value::Bytes(decoded)) => {
            bytes.extend_from_slice(decoded);
            (Oddities::default(), Source::Format)
        }
        cell => decode(text(cell)?, row, options, bytes)?,
    };
    match bytes.len() * 8 {
        0 => Err(ProblemKind::Secret(SeedError::Empty)),
        bits if bits < MIN_BITS && !options.allow_short_seeds => {
            Err(ProblemKind::SecretTooShort { bits })
        }
        bits if bits > MAX_SEED_BITS && row.dialect.azure => Err(ProblemKind::SecretTooLong),
        _ => Ok(known),
    }
}

fn decode(
    text: &str,
    row: &RawRow<'_>,
    options: &ReadOptions,
    bytes: &mut Vec<u8>,
) -> Checked<Known<Oddities>> {
    let (encoding, certainty, source) = match (row.encoding, options.encoding) {
        (Some(said), _) => (said, Certainty::Said, Source::Column),
        (None, Some(said)) => (said, Certainty::Said, Source::Option),
        (None, None) => (row.dialect.encoding, Certainty::Format, Source::Format),
    };
    if text.is_empty() {
        return Err(ProblemKind::Secret(SeedError::Empty));
    }
    secret::decode_into(text, encoding, certainty, bytes)
        .map(|oddities| (oddities, source))
        .map_err(ProblemKind::Secret)
}

pub(super) fn token_type(row: &RawRow<'_>, options: &ReadOptions) -> Checked<Known<TokenType>> {
    let name = text(row.get(Field::Type))?;
    if !name.is_empty() {
        let known = name.parse().map_err(|_| ProblemKind::TypeUnsupported)?;
        return Ok((known, Source::Column));
    }
    Ok(choose(
        options.token_type,
        (row.dialect.token_type, Source::Format),
    ))
}

fn choose<T>(option: Option<T>, otherwise: Known<T>) -> Known<T> {
    option.map_or(otherwise, |said| (said, Source::Option))
}

/// The time step, or the counter.
pub(super) fn kind(
    row: &RawRow<'_>,
    options: &ReadOptions,
    token_type: TokenType,
) -> Result<Known<Kind>, (Field, ProblemKind)> {
    match token_type {
        TokenType::Totp => period(row, options)
            .map(|(period, source)| (Kind::Totp { period }, source))
            .map_err(|kind| (Field::Period, kind)),
        TokenType::Hotp => counter(row)
            .map(|(counter, source)| (Kind::Hotp { counter }, source))
            .map_err(|kind| (Field::Counter, kind)),
    }
}

fn period(row: &RawRow<'_>, options: &ReadOptions) -> Checked<Known<Period>> {
    let cell = row.get(Field::Period);
    let seconds = match cell {
        Some(Value::Integer(seconds)) => seconds,
        Some(Value::Fraction) => return Err(ProblemKind::IntervalNotInteger),
        _ => match text(cell)? {
            "" => return default_period(row.dialect, options),
            text => whole(text).ok_or(ProblemKind::IntervalNotInteger)?,
        },
    };
    let period = u32::try_from(seconds)
        .ok()
        .and_then(|seconds| Period::new(seconds).ok())
        .filter(|period| !row.dialect.azure || [Period::THIRTY, Period::SIXTY].contains(period))
        .ok_or(if row.dialect.azure {
            ProblemKind::IntervalUnsupported
        } else {
            ProblemKind::IntervalRange
        })?;
    Ok((period, Source::Column))
}

fn default_period(dialect: &Dialect, options: &ReadOptions) -> Checked<Known<Period>> {
    match (options.period, dialect.period) {
        (Some(period), _) => Ok((period, Source::Option)),
        (None, PeriodRule::Default(period)) => Ok((period, Source::Format)),
        (None, PeriodRule::Required) => Err(ProblemKind::IntervalMissing),
    }
}

/// A whole number with or without a sign; numbers beyond 64 bits are all the same to us.
fn whole(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(i64::MAX))
}

fn counter(row: &RawRow<'_>) -> Checked<Known<u64>> {
    let cell = row.get(Field::Counter);
    match cell {
        Some(Value::Integer(counter)) => u64::try_from(counter).ok(),
        _ => match (text(cell)?, row.dialect.counter) {
            ("", Some(counter)) => return Ok((counter, Source::Format)),
            ("", None) => return Err(ProblemKind::CounterMissing),
            (text, _) if text.starts_with('+') => None,
            (text, _) => text.parse().ok(),
        },
    }
    .map(|counter| (counter, Source::Column))
    .ok_or(ProblemKind::CounterInvalid)
}

/// Clocks that are further off count for other times than ours: a month of 30 s.
const MOST_DRIFT: i32 = 86_400;

/// By how many time steps the token's clock is ahead.
pub(super) fn drift(row: &RawRow<'_>) -> Checked<Option<i32>> {
    let steps = match row.get(Field::Drift) {
        None => return Ok(None),
        Some(Value::Integer(steps)) => Some(steps),
        Some(Value::Fraction) => None,
        cell => match text(cell)? {
            "" => return Ok(None),
            text => match text.strip_prefix('+') {
                Some(unsigned) => whole(unsigned).filter(|_| !unsigned.starts_with('-')),
                None => whole(text),
            },
        },
    };
    let steps = steps.and_then(|steps| i32::try_from(steps).ok());
    let steps = steps.filter(|steps| (-MOST_DRIFT..=MOST_DRIFT).contains(steps));
    steps.map(Some).ok_or(ProblemKind::DriftInvalid)
}

pub(super) fn digits(row: &RawRow<'_>, options: &ReadOptions) -> Checked<Known<Digits>> {
    let cell = row.get(Field::Digits);
    let number = match cell {
        Some(Value::Integer(number)) => u8::try_from(number).ok(),
        _ => match text(cell)? {
            "" => return Ok(choose(options.digits, (row.dialect.digits, Source::Format))),
            text if text.starts_with('+') => None,
            text => text.parse().ok(),
        },
    };
    number
        .and_then(|number| Digits::new(number).ok())
        .map(|digits| (digits, Source::Column))
        .ok_or(ProblemKind::DigitsUnsupported)
}

pub(super) fn name<'r>(row: &'r RawRow<'_>, field: Field, key: &[u8]) -> Checked<&'r str> {
    let text = text(row.get(field))?;
    if holds_secret(text, row, key) {
        Err(ProblemKind::HoldsSecret)
    } else if is_printable(text) {
        Ok(text)
    } else {
        Err(ProblemKind::ControlCharacters)
    }
}

/// A shorter text is no key, but may be part of a name.
const LEAST_KEY: usize = 16;

/// Whether the row's key stands in a text, as the row writes it or otherwise, whatever the case,
/// blanks and dashes.
fn holds_secret(text: &str, row: &RawRow<'_>, key: &[u8]) -> bool {
    if text.len() < LEAST_KEY {
        return false;
    }
    match row.get(Field::Secret) {
        Some(Value::Text(said)) => holds(text, said) || spells(text, key),
        Some(Value::Bytes(key)) => spells(text, key),
        _ => false,
    }
}

/// Whether a text holds a word that may be a key.
pub(super) fn holds(text: &str, key: &str) -> bool {
    // Most keys are one word, and longer than what is looked at.
    if text.len() < key.len() && memchr::memchr3(b' ', b'-', b'\t', key.as_bytes()).is_none() {
        return false;
    }
    if text.len() < said(key).count() {
        return false;
    }
    let key = joined(key);
    key.len() >= LEAST_KEY && joined(text).contains(key.as_str())
}

/// Whether a text holds a key of these bytes, however it is written.
fn spells(text: &str, key: &[u8]) -> bool {
    if text.len() < key.len() {
        return false;
    }
    if std::str::from_utf8(key).is_ok_and(|raw| holds(text, raw)) {
        return true;
    }
    // Of the others, Base64 is the shortest; most names are shorter than that.
    if text.len() < BASE64_NOPAD.encode_len(key.len()) {
        return false;
    }
    let spellings = [BASE32_NOPAD, BASE64_NOPAD, HEXLOWER];
    let text = joined(text);
    spellings.iter().any(|spelling| {
        let spelt = Zeroizing::new(spelling.encode(key));
        let spelt = joined(&spelt);
        spelt.len() >= LEAST_KEY && text.contains(spelt.as_str())
    })
}

fn joined(text: &str) -> Zeroizing<String> {
    let mut joined = Zeroizing::new(String::with_capacity(text.len()));
    joined.extend(said(text));
    joined
}

/// The letters and digits of a text, in lower case.
fn said(text: &str) -> impl Iterator<Item = char> {
    let kept = text.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_lowercase())
}

/// Line ends and tabs are ordinary in a quoted field; other control characters are damage.
pub(crate) fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        || !text
            .chars()
            .any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t'))
}

/// The algorithm that the row itself names.
pub(super) fn algorithm(row: &RawRow<'_>) -> Checked<Option<Algorithm>> {
    let name = text(row.get(Field::Algorithm))?;
    if name.is_empty() {
        return Ok(None);
    }
    let bare = match name.get(..4) {
        Some(prefix) if prefix.eq_ignore_ascii_case("hmac") => name.get(4..).unwrap_or_default(),
        _ => name,
    };
    match bare.strip_prefix(['-', '_']).unwrap_or(bare).parse() {
        Ok(Algorithm::Sha512) if row.dialect.azure => Err(ProblemKind::AlgorithmUnsupported),
        Ok(algorithm) => Ok(Some(algorithm)),
        Err(_) if row.dialect.azure => Err(ProblemKind::AlgorithmUnsupported),
        Err(_) => Err(ProblemKind::AlgorithmUnknown),
    }
}
