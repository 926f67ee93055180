//! Why a file is not used at all.

use crate::format::Format;
use crate::read::{MAX_BYTES, MAX_COLUMNS, MAX_RECORDS};

/// A file that cannot be trusted as a whole.
///
/// It says what was seen and where, never what stands there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// No bytes, or blanks only.
    #[error(
        "the file is empty: download it again; a vendor's zero-byte file usually means a damaged public key"
    )]
    Empty,
    /// A header, or a JSON array, without a token.
    #[error("the file holds no tokens")]
    NoRecords,
    /// Neither UTF-8 nor UTF-16 with a byte order mark.
    #[error(
        "not UTF-8 at line {line} (byte {byte} of the file, from 0): save the file as UTF-8; nothing is guessed"
    )]
    NotUtf8 {
        /// The line of the first bad byte.
        line: usize,
        /// The offset of the first bad byte in the file, from 0.
        byte: usize,
    },
    /// A UTF-16 byte order mark before something that is not UTF-16.
    #[error(
        "not UTF-16 at line {line} (byte {byte} of the file, from 0), although it begins so: save it as UTF-8"
    )]
    NotUtf16 {
        /// The line of the first bad unit.
        line: usize,
        /// The offset of the first bad unit in the file, from 0.
        byte: usize,
    },
    /// A ZIP archive; an .xlsx workbook is one, too.
    #[error(
        "a ZIP archive or an Excel workbook (.xlsx): unpack it, or save the sheet as CSV UTF-8"
    )]
    Zip,
    /// An old Excel workbook.
    #[error("an Excel workbook (.xls): save the sheet as CSV UTF-8")]
    Xls,
    /// A web page.
    #[error(
        "a web page, perhaps a sign-in page saved in place of the file: download the file again"
    )]
    Html,
    /// PSKC (RFC 6030).
    #[error("a PSKC file (RFC 6030), which is not read yet: ask the vendor for CSV")]
    Pskc,
    /// Other XML.
    #[error("an XML file, not a seed file: ask the vendor for CSV")]
    Xml,
    /// A PGP message.
    #[error("encrypted with PGP: decrypt it first, for example with `gpg --decrypt`")]
    Pgp,
    /// The caller named a format, the file has another.
    #[error("asked to read {asked}, but the file looks like {found}")]
    OtherFormat {
        /// What the caller asked for.
        asked: Format,
        /// `"CSV"` or `"JSON"`.
        found: &'static str,
    },
    /// The first row names no known column.
    #[error(
        "there is no header: the first line must name the columns (upn, serial number, secret key, …)"
    )]
    NoHeader,
    /// A column without which no row is a token.
    #[error("the header has no column \"{column}\"")]
    MissingColumn {
        /// The column's usual name.
        column: &'static str,
    },
    /// A column that stands twice, perhaps under two spellings.
    #[error(
        "the header has the column \"{column}\" twice, perhaps under two spellings: remove one"
    )]
    DuplicateColumn {
        /// The column's usual name.
        column: &'static str,
    },
    /// A quoted field that never ends and so hides the rest of the file.
    #[error(
        "the quotation mark opened in line {line} is never closed: rows after it would be lost"
    )]
    UnclosedQuote {
        /// The line of the opening mark.
        line: usize,
    },
    /// Text between a closing quotation mark and the next separator.
    #[error(
        "text follows a closing quotation mark in line {line}: a mark is missing or too many, and rows may be joined"
    )]
    TextAfterQuote {
        /// The line of the closing mark.
        line: usize,
    },
    /// A NUL byte.
    #[error(
        "a NUL byte stands in line {line}: the file is damaged, or UTF-16 without a byte order mark"
    )]
    NulByte {
        /// The line of the first NUL.
        line: usize,
    },
    /// Not JSON, though it begins so.
    #[error("not valid JSON at line {line}, column {column}")]
    JsonSyntax {
        /// The line of the error.
        line: usize,
        /// The column of the error.
        column: usize,
    },
    /// JSON of another shape.
    #[error("not a Graph bulk request: {expected}")]
    JsonShape {
        /// What was expected.
        expected: &'static str,
    },
    /// More than [`MAX_BYTES`].
    #[error("the file is larger than {} MiB", MAX_BYTES / (1024 * 1024))]
    TooLarge,
    /// More than [`MAX_RECORDS`].
    #[error("the file holds more than {MAX_RECORDS} tokens: split it")]
    TooManyRows,
    /// More than [`MAX_COLUMNS`] in one row.
    #[error("line {line} has more than {MAX_COLUMNS} cells: this is not a seed file")]
    TooManyColumns {
        /// The line on which the row begins.
        line: usize,
    },
    /// Rows cannot be taken out of a file of this kind.
    #[error("rows cannot be taken out of a file of this kind: mend the file itself")]
    RowsNotApart,
}

impl Refusal {
    /// A stable name for programs, in kebab-case.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NoRecords => "no-records",
            Self::NotUtf8 { .. } => "not-utf8",
            Self::NotUtf16 { .. } => "not-utf16",
            Self::Zip => "zip",
            Self::Xls => "xls",
            Self::Html => "html",
            Self::Pskc => "pskc",
            Self::Xml => "xml",
            Self::Pgp => "pgp",
            Self::OtherFormat { .. } => "other-format",
            Self::NoHeader => "no-header",
            Self::MissingColumn { .. } => "missing-column",
            Self::DuplicateColumn { .. } => "duplicate-column",
            Self::UnclosedQuote { .. } => "unclosed-quote",
            Self::TextAfterQuote { .. } => "text-after-quote",
            Self::NulByte { .. } => "nul-byte",
            Self::JsonSyntax { .. } => "json-syntax",
            Self::JsonShape { .. } => "json-shape",
            Self::TooLarge => "too-large",
            Self::TooManyRows => "too-many-rows",
            Self::TooManyColumns { .. } => "too-many-columns",
            Self::RowsNotApart => "rows-not-apart",
        }
    }
}
