//! Writing files that read back as the same tokens.

mod duo;
mod error;
mod graph_json;
mod oath_csv;
mod otpauth;
mod pskc;
#[cfg(feature = "qr")]
mod qr;
mod shape;
mod table;

use std::io::Write;

use crate::format::Format;
use crate::pskc::Protection;
use crate::record::TokenRecord;
use shape::Shape;

pub use error::{Unwritable, UnwritableReason, WriteError};
pub use otpauth::otpauth_link;
#[cfg(feature = "qr")]
pub use qr::{Background, qr_svg, qr_text};

/// How to write a file. The default suits every format.
#[derive(Default)]
#[non_exhaustive]
#[expect(missing_debug_implementations, reason = "it may borrow a closure")]
pub struct WriteOptions<'p> {
    /// How keys stand in a PSKC container. Other formats have keys in clear.
    pub protection: Protection<'p>,
}

impl<'p> WriteOptions<'p> {
    /// Sets [`WriteOptions::protection`].
    #[must_use]
    pub fn protection(mut self, protection: Protection<'p>) -> Self {
        self.protection = protection;
        self
    }
}

/// What came of writing a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// How many tokens the file holds.
    pub tokens: usize,
    /// What the format has no place for.
    pub left_out: LeftOut,
}

/// Facts that do not decide codes and were left out, because the format has no place for them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// Tokens written without their holder.
    pub users: usize,
    /// Tokens written without their manufacturer.
    pub manufacturers: usize,
    /// Tokens written without their model.
    pub models: usize,
    /// Tokens written without their drift.
    pub drifts: usize,
}

impl LeftOut {
    /// Whether everything was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Writes tokens as a file of the given format.
///
/// Every token is checked before the first byte is written. What decides its codes is written, or
/// the token is named as [`Unwritable`]; who holds it, who made it and its model are left out where
/// the format has no place for them, and counted. The file holds the seeds in clear,
/// but for [`WriteOptions::protection`]. Nothing is done
/// to fields that a spreadsheet would take for formulas, because the file has to read back as it
/// is.
///
/// # Errors
/// [`WriteError::ReadOnly`] for a format that is not written; [`WriteError::Unwritable`] names every
/// token that the format cannot express, see also [`unwritable`]; [`WriteError::Io`] is the
/// destination's failure.
pub fn write(
    tokens: &[TokenRecord],
    format: Format,
    options: WriteOptions<'_>,
    out: &mut dyn Write,
) -> Result<Written, WriteError> {
    let shape = shape_of(format).ok_or(WriteError::ReadOnly(format))?;
    let unwritable: Vec<_> = tokens
        .iter()
        .filter_map(|token| shape.judge(token))
        .collect();
    if !unwritable.is_empty() {
        return Err(WriteError::Unwritable(unwritable));
    }
    match format {
        Format::Pskc => pskc::write(tokens, options.protection, out)?,
        _ => (shape.write)(tokens, out)?,
    }
    out.flush()?;
    Ok(Written {
        tokens: tokens.len(),
        left_out: shape.left_out(tokens),
    })
}

/// Why a format cannot express a token, if so.
#[must_use]
pub fn unwritable(token: &TokenRecord, format: Format) -> Option<Unwritable> {
    match shape_of(format) {
        Some(shape) => shape.judge(token),
        None => Some(Unwritable {
            serial: token.serial.clone(),
            reason: UnwritableReason::ReadOnly,
        }),
    }
}

impl Format {
    /// Whether [`write`](write()) knows the format.
    #[must_use]
    pub fn is_written(self) -> bool {
        shape_of(self).is_some()
    }
}

fn shape_of(format: Format) -> Option<&'static Shape> {
    match format {
        Format::Token2Csv => Some(&table::TOKEN2),
        Format::EntraCsv => Some(&table::ENTRA),
        Format::GraphJson => Some(&graph_json::SHAPE),
        Format::Otpauth => Some(&otpauth::SHAPE),
        Format::OathCsv => Some(&oath_csv::SHAPE),
        Format::Duo => Some(&duo::SHAPE),
        Format::Pskc => Some(&pskc::SHAPE),
        Format::EntraOathJson | Format::MultiotpCsv | Format::Csv => None,
    }
}
