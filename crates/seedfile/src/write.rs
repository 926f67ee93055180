//! Writing a file that reads back as the same tokens.

use std::fmt;
use std::io::{self, Write};

use oath_core::{Algorithm, Digits, Period};
use secrecy::ExposeSecret;
use serde::Serialize;

use crate::check::{MAX_SEED_BITS, is_printable, token2};
use crate::format::Format;
use crate::read::MAX_FIELD_BYTES;
use crate::read::table::looks_swallowed;
use crate::read::text::trim;
use crate::record::TokenRecord;
use crate::seed::Seed;
use crate::serial::{self, Serial};
use crate::user;

const COLUMNS: usize = 6;

/// Why nothing was written, or not all of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Tokens that the format cannot express. Nothing was written.
    #[error("{} cannot go into this format; the first: {}", tokens(.0.len()), first(.0))]
    Unwritable(Vec<Unwritable>),
    /// A format that is read only.
    #[error("files of the format {0} are not written")]
    NotWritten(Format),
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum UnwritableReason {
    /// The format has no word for the algorithm.
    #[error("the format has no word for this algorithm")]
    Algorithm,
    /// The CSV has no column for the algorithm, and the length of the key would be read as another
    /// one.
    #[error(
        "a reader would take another algorithm from the length of the key; Graph JSON can say it"
    )]
    AlgorithmByLength,
    /// Codes of another length than six.
    #[error("the format is for codes of six digits")]
    Digits,
    /// A period other than 30 or 60 seconds.
    #[error("the format is for periods of 30 and 60 seconds")]
    Period,
    /// A key over 128 Base32 characters, or an empty one.
    #[error("the secret key must have 1 to 128 characters in Base32")]
    SeedLength,
    /// A key whose Base32 form reads as hexadecimal, too.
    #[error("a reader could not tell the secret key from hexadecimal")]
    SeedAmbiguous,
    /// A serial number that would be taken for a damaged one.
    #[error("a reader would take the serial number for one damaged by a spreadsheet")]
    Serial,
    /// The user is not named as the format asks.
    #[error("the format cannot name this user: Graph JSON takes object ids only")]
    User,
    /// Blanks around the manufacturer or model, control characters, or a text too long.
    #[error("the manufacturer or model would not read back the same")]
    Text,
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

/// Writes tokens as a file of the given format.
///
/// Every token is checked before the first byte is written. The file holds the seeds in clear.
/// Nothing is done to fields that a spreadsheet would take for formulas, because the file has to
/// read back as it is.
///
/// # Errors
/// [`WriteError::Unwritable`] names every token that the format cannot express;
/// [`WriteError::NotWritten`] a format that is read only; [`WriteError::Io`] is the destination's
/// failure.
pub fn write(
    tokens: &[TokenRecord],
    format: Format,
    out: &mut dyn Write,
) -> Result<(), WriteError> {
    if !matches!(
        format,
        Format::Token2Csv | Format::EntraCsv | Format::GraphJson
    ) {
        return Err(WriteError::NotWritten(format));
    }
    let unwritable: Vec<_> = tokens
        .iter()
        .filter_map(|token| judge(token, format))
        .collect();
    if !unwritable.is_empty() {
        return Err(WriteError::Unwritable(unwritable));
    }
    match format {
        Format::Token2Csv => csv(tokens, "timeinterval", out)?,
        Format::EntraCsv => csv(tokens, "time interval", out)?,
        Format::GraphJson => graph_json(tokens, out)?,
        _ => {}
    }
    out.flush()?;
    Ok(())
}

fn judge(token: &TokenRecord, format: Format) -> Option<Unwritable> {
    let reason = if !matches!(token.algorithm, Algorithm::Sha1 | Algorithm::Sha256) {
        UnwritableReason::Algorithm
    } else if format.is_table() && token2(token.seed.expose().len()) != token.algorithm {
        UnwritableReason::AlgorithmByLength
    } else if token.digits != Digits::SIX {
        UnwritableReason::Digits
    } else if !matches!(token.period(), Some(Period::THIRTY | Period::SIXTY)) {
        UnwritableReason::Period
    } else if !(1..=MAX_SEED_BITS).contains(&token.seed.bits()) {
        UnwritableReason::SeedLength
    } else if Seed::from_base32(token.seed.to_base32().expose_secret()).is_err() {
        UnwritableReason::SeedAmbiguous
    } else if serial::damage(token.serial.as_str()).is_some() {
        UnwritableReason::Serial
    } else if !token
        .user
        .as_deref()
        .is_none_or(|user| names_user(user, format))
    {
        UnwritableReason::User
    } else if ![&token.manufacturer, &token.model]
        .into_iter()
        .all(|text| reads_back(text, format))
    {
        UnwritableReason::Text
    } else {
        return None;
    };
    Some(Unwritable {
        serial: token.serial.clone(),
        reason,
    })
}

fn names_user(name: &str, format: Format) -> bool {
    let known = if format.is_table() {
        user::is_name(name)
    } else {
        user::is_object_id(name)
    };
    known && name.chars().count() <= user::MAX_CHARS
}

fn reads_back(text: &str, format: Format) -> bool {
    text.len() <= MAX_FIELD_BYTES
        && trim(text).len() == text.len()
        && is_printable(text)
        && !(format.is_table() && looks_swallowed(text, COLUMNS, b','))
}

fn csv(tokens: &[TokenRecord], interval: &str, out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "upn,serial number,secret key,{interval},manufacturer,model\r\n"
    )?;
    for token in tokens {
        csv_row(token, out)?;
    }
    Ok(())
}

fn csv_row(token: &TokenRecord, out: &mut dyn Write) -> io::Result<()> {
    let seed = token.seed.to_base32();
    quoted(token.user.as_deref().unwrap_or_default(), out)?;
    write!(
        out,
        ",{},{},{},",
        token.serial,
        seed.expose_secret(),
        token.period().map_or(0, Period::seconds)
    )?;
    quoted(&token.manufacturer, out)?;
    out.write_all(b",")?;
    quoted(&token.model, out)?;
    out.write_all(b"\r\n")
}

/// A field by RFC 4180, section 2: quoted where it must be.
fn quoted(field: &str, out: &mut dyn Write) -> io::Result<()> {
    if field.contains([',', '"', '\r', '\n']) {
        write!(out, "\"{}\"", field.replace('"', "\"\""))
    } else {
        out.write_all(field.as_bytes())
    }
}

#[derive(Serialize)]
struct GraphDevice<'t> {
    #[serde(rename = "@contentId")]
    content_id: String,
    #[serde(rename = "serialNumber")]
    serial_number: &'t str,
    manufacturer: &'t str,
    model: &'t str,
    #[serde(rename = "secretKey")]
    secret_key: &'t str,
    #[serde(rename = "timeIntervalInSeconds")]
    time_interval_in_seconds: u32,
    #[serde(rename = "hashFunction")]
    hash_function: &'static str,
    #[serde(rename = "assignTo", skip_serializing_if = "Option::is_none")]
    assign_to: Option<GraphUser<'t>>,
}

#[derive(Serialize)]
struct GraphUser<'t> {
    id: &'t str,
}

fn graph_json(tokens: &[TokenRecord], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{\"@context\":\"#$delta\",\"value\":[")?;
    for (position, token) in tokens.iter().enumerate() {
        out.write_all(if position == 0 { b"\n" } else { b",\n" })?;
        graph_device(position + 1, token, out)?;
    }
    out.write_all(b"\n]}\n")
}

fn graph_device(position: usize, token: &TokenRecord, out: &mut dyn Write) -> io::Result<()> {
    let seed = token.seed.to_base32();
    let device = GraphDevice {
        content_id: position.to_string(),
        serial_number: token.serial.as_str(),
        manufacturer: &token.manufacturer,
        model: &token.model,
        secret_key: seed.expose_secret(),
        time_interval_in_seconds: token.period().map_or(0, Period::seconds),
        hash_function: if token.algorithm == Algorithm::Sha256 {
            "hmacsha256"
        } else {
            "hmacsha1"
        },
        assign_to: token.user.as_deref().map(|id| GraphUser { id }),
    };
    serde_json::to_writer(out, &device).map_err(io::Error::from)
}
