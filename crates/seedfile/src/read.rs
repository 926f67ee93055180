//! The way of a file: bytes, text, rows, comparison.

pub(crate) mod detect;
mod duo;
mod json;
mod lines;
mod multiotp;
mod oath_csv;
mod otpauth;
mod pasted;
mod pieces;
mod pskc;
pub(crate) mod records;
pub(crate) mod table;
pub(crate) mod text;
mod unread;

use crate::check::{Again, Collector, Keep, Record, Settled, Sink};
use crate::format::Format;
use crate::options::ReadOptions;
use crate::record::{SeedFile, TokenRecord};
use crate::refusal::Refusal;
use crate::seed::Seed;
use crate::serial::Serial;
use crate::warning::Warning;
use detect::Family;
pub use pasted::{PasteError, pasted};
use text::Encoding;
use unread::Unread;

/// The largest file that is read, in bytes: 256 MiB.
pub const MAX_BYTES: usize = 256 * 1024 * 1024;

/// The most records that are read from one file.
pub const MAX_RECORDS: usize = 1_000_000;

/// The most cells that a CSV record may have: a line of separators must not fill the memory.
pub const MAX_COLUMNS: usize = 32_768;

/// The longest field, in bytes of UTF-8: 64 KiB.
pub const MAX_FIELD_BYTES: usize = 64 * 1024;

/// Reads and checks a whole file and keeps every token.
///
/// Rows that cannot be used are in [`SeedFile::problems`]; they do not keep the others from being
/// read. [`survey`](crate::survey) says the same without keeping the tokens.
///
/// The caller owns `bytes` and wipes them. What is decoded from UTF-16 is wiped here.
///
/// # Errors
/// [`Refusal`] if the file as a whole cannot be trusted.
pub fn read(bytes: &[u8], options: &ReadOptions) -> Result<SeedFile, Refusal> {
    let (found, settled) = collect(bytes, options, Tokens::default())?;
    Ok(SeedFile {
        format: found.format,
        encoding: found.encoding,
        unread: found.unread,
        records: settled.records,
        tokens: settled.kept.into_iter().flatten().collect(),
        problems: settled.problems,
        skipped: settled.skipped,
        rejected_holders: settled.keeper.rejected_holders,
    })
}

/// Keeps every token.
#[derive(Default)]
struct Tokens {
    rejected_holders: Vec<(usize, String)>,
}

impl Keep for Tokens {
    type Kept = TokenRecord;

    fn keep(&mut self, record: Record<'_>) -> TokenRecord {
        TokenRecord {
            row: record.row,
            serial: Serial::checked(record.serial),
            user: record.user.map(str::to_owned),
            seed: Seed::copy_of(record.key),
            algorithm: record.algorithm,
            digits: record.digits,
            kind: record.kind,
            manufacturer: record.manufacturer.to_owned(),
            model: record.model.to_owned(),
            drift: record.drift,
            sources: record.sources,
            warnings: record.warnings,
        }
    }

    fn rejected(&mut self, row: usize, user: &str) {
        self.rejected_holders.push((row, user.to_owned()));
    }

    fn repeated(&mut self, _: usize, token: &mut TokenRecord, repeats: &[usize]) {
        let repeats = repeats.iter().map(|&row| Warning::RowRepeated { row });
        token.warnings.extend(repeats);
    }

    fn left_out(&mut self, _: usize, _: TokenRecord) {}

    fn contradicted(&mut self, row: usize, token: TokenRecord) {
        self.rejected_holders
            .extend(token.user.map(|user| (row, user)));
    }

    fn fork(&self) -> Self {
        Self::default()
    }

    fn join<'k>(&mut self, mut fork: Self, _: impl Iterator<Item = &'k mut TokenRecord>) {
        self.rejected_holders.append(&mut fork.rejected_holders);
    }
}

/// What a file turned out to be.
pub(crate) struct Found {
    pub(crate) format: Format,
    pub(crate) encoding: Encoding,
    /// The names of the columns that are not read.
    pub(crate) unread: Vec<String>,
}

/// Reads a file and compares its rows.
pub(crate) fn collect<K: Keep>(
    bytes: &[u8],
    options: &ReadOptions,
    keeper: K,
) -> Result<(Found, Settled<K>), Refusal> {
    let mut collector = Collector::new(options, keeper);
    let found = scan(bytes, options, &mut collector)?;
    if collector.is_empty() {
        return Err(Refusal::NoRecords);
    }
    let rows = collector.suspects();
    let mut suspects = Vec::new();
    if !rows.is_empty() {
        let mut again = Again::new(options, &rows);
        scan(bytes, options, &mut again)?;
        suspects = again.suspects;
    }
    Ok((found, collector.settle(&suspects)))
}

/// Hands every row of a file to `sink`.
pub(crate) fn scan(
    bytes: &[u8],
    options: &ReadOptions,
    sink: &mut impl Sink,
) -> Result<Found, Refusal> {
    if bytes.len() > MAX_BYTES {
        return Err(Refusal::TooLarge);
    }
    detect::refuse_binary(bytes)?;
    let (encoding, text) = text::decode(bytes, options.threads)?;
    let (format, unread) = rows(&text, options, sink)?;
    Ok(Found {
        format,
        encoding,
        unread: unread.names,
    })
}

fn rows(
    text: &str,
    options: &ReadOptions,
    sink: &mut impl Sink,
) -> Result<(Format, Unread), Refusal> {
    let format = match detect::family(text, options)? {
        Family::Table => return table::read(text, options, sink),
        Family::Json => return json::read(text, options, sink),
        Family::Pskc => return pskc::read(text, options, sink),
        Family::Links => otpauth::read(text, sink).map(|()| Format::Otpauth),
        Family::OathCsv => oath_csv::read(text, options, sink).map(|()| Format::OathCsv),
        Family::Duo => {
            let named = options.format.is_some();
            duo::read(text, named, sink).map(|()| Format::Duo)
        }
        Family::MultiotpCsv => multiotp::read(text, sink).map(|()| Format::MultiotpCsv),
    };
    Ok((format?, Unread::default()))
}

#[cfg(test)]
mod tests;
