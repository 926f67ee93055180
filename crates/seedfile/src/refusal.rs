//! Why a file is not used at all.

use crate::format::Format;
use crate::pskc::PskcRefusal;
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
    /// A ZIP archive.
    #[error("a ZIP archive: unpack it (the password is in the vendor's ticket)")]
    Zip,
    /// An Excel workbook.
    #[error("an Excel workbook (.xlsx): save the sheet as CSV UTF-8, serial numbers as text")]
    Xlsx,
    /// A gzip archive.
    #[error("packed with gzip: unpack it first, for example with `gzip -d`")]
    Gzip,
    /// A 7z archive.
    #[error("a 7z archive: unpack it (the password is in the vendor's ticket)")]
    SevenZip,
    /// A PDF document.
    #[error("a PDF document: ask the vendor for the seed file itself")]
    Pdf,
    /// An old Excel workbook.
    #[error("an Excel workbook (.xls): save the sheet as CSV UTF-8")]
    Xls,
    /// A web page.
    #[error(
        "a web page, perhaps a sign-in page saved in place of the file: download the file again"
    )]
    Html,
    /// PSKC (RFC 6030) that cannot be opened or trusted.
    #[error(transparent)]
    Pskc(#[from] PskcRefusal),
    /// Other XML.
    #[error("an XML file, not a seed file: ask the vendor for CSV")]
    Xml,
    /// A token file of SafeNet (Aladdin) in XML.
    #[error(
        "a SafeNet (Aladdin) token file in XML, which is not read: ask the vendor for PSKC or OATH CSV"
    )]
    SafeNet,
    /// A PGP message.
    #[error("encrypted with PGP: decrypt it first, for example with `gpg --decrypt`")]
    Pgp,
    /// A PGP public key.
    #[error(
        "a PGP public key, which is what the vendor encrypts the seed file with, not the seed file"
    )]
    PgpKey,
    /// Any other text between `-----BEGIN` and `-----END`.
    #[error(
        "a key, a certificate or a signature, not a seed file; a private key is for nobody's eyes"
    )]
    Pem,
    /// A token file of SafeWord in LDIF.
    #[error("a SafeWord token file (LDIF), which is not read: ask the vendor for PSKC or OATH CSV")]
    SafeWord,
    /// A log of Yubico's personalisation tool.
    #[error(
        "a log of Yubico's personalisation tool, which is not read: export the keys as PSKC or OATH CSV"
    )]
    YubicoLog,
    /// A users file of `pam_oath`.
    #[error(
        "a users file of pam_oath, which holds no serial numbers: ask the vendor for the seed file of the tokens"
    )]
    PamOath,
    /// Google Authenticator's export.
    #[error(
        "an export of Google Authenticator (otpauth-migration): accounts of a phone, which have no serial numbers; \
         ask the vendor for the seed file of the tokens"
    )]
    Migration,
    /// The export of another authenticator app.
    #[error(
        "{app}: accounts of an authenticator app, which have no serial numbers; \
         ask the vendor for the seed file of the tokens"
    )]
    AuthenticatorExport {
        /// What it is, with its article: `"an Aegis backup"`.
        app: &'static str,
    },
    /// The caller named a format, the file has another.
    #[error("asked to read {asked}, but the file looks like {found}")]
    OtherFormat {
        /// What the caller asked for.
        asked: Format,
        /// What it looks like, such as `"JSON"`.
        found: &'static str,
    },
    /// The first row names no known column.
    #[error(
        "there is no header: the first line must name the columns (upn, serial number, secret key, …), so remove \
         a title, a comment or a rule before it, and save a table between | as CSV; \
         a list without one is read if its format is named"
    )]
    NoHeader,
    /// The header is one quoted cell, and so may be the rows.
    #[error(
        "the header is wrapped in one cell: remove the outer quotation marks of each row, and one of each doubled one"
    )]
    HeaderWrapped,
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
    /// Two columns for one field, or two fields in one column, by the caller's word.
    #[error(
        "the column of \"{column}\" is said twice, or is that of another field, too: say one column for each field"
    )]
    ColumnConflict {
        /// The column's usual name.
        column: &'static str,
    },
    /// The caller named columns or a delimiter, and the file is no table.
    #[error(
        "columns or a delimiter were named, but the file is read as {found}, which has none to choose: leave them out"
    )]
    NotATable {
        /// What it is, such as `"JSON"`.
        found: &'static str,
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
    #[error("not a list of tokens in JSON: expected {expected}")]
    JsonShape {
        /// What was expected.
        expected: &'static str,
    },
    /// More than [`MAX_BYTES`].
    #[error("the file is larger than {} MiB", MAX_BYTES / (1024 * 1024))]
    TooLarge,
    /// More than [`MAX_RECORDS`].
    #[error("the file holds more than {MAX_RECORDS} rows: split it")]
    TooManyRows,
    /// More than [`MAX_COLUMNS`] in one row.
    #[error("line {line} has more than {MAX_COLUMNS} cells: this is not a seed file")]
    TooManyColumns {
        /// The line on which the row begins.
        line: usize,
    },
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
            Self::Xlsx => "xlsx",
            Self::Gzip => "gzip",
            Self::SevenZip => "7z",
            Self::Pdf => "pdf",
            Self::Xls => "xls",
            Self::Html => "html",
            Self::Pskc(refusal) => refusal.code(),
            Self::Xml => "xml",
            Self::SafeNet => "safenet",
            Self::Pgp => "pgp",
            Self::PgpKey => "pgp-key",
            Self::Pem => "pem",
            Self::SafeWord => "safeword",
            Self::YubicoLog => "yubico-log",
            Self::PamOath => "pam-oath",
            Self::Migration => "otpauth-migration",
            Self::AuthenticatorExport { .. } => "authenticator-export",
            Self::OtherFormat { .. } => "other-format",
            Self::NoHeader => "no-header",
            Self::HeaderWrapped => "header-wrapped",
            Self::MissingColumn { .. } => "missing-column",
            Self::DuplicateColumn { .. } => "duplicate-column",
            Self::ColumnConflict { .. } => "column-conflict",
            Self::NotATable { .. } => "not-a-table",
            Self::UnclosedQuote { .. } => "unclosed-quote",
            Self::TextAfterQuote { .. } => "text-after-quote",
            Self::NulByte { .. } => "nul-byte",
            Self::JsonSyntax { .. } => "json-syntax",
            Self::JsonShape { .. } => "json-shape",
            Self::TooLarge => "too-large",
            Self::TooManyRows => "too-many-rows",
            Self::TooManyColumns { .. } => "too-many-columns",
        }
    }
}
