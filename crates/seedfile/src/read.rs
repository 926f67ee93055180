//! The way of a file: bytes, text, rows, comparison.

use crate::csv_file;
use crate::detect::{self, Family};
use crate::duplicates;
use crate::format::Format;
use crate::graph_json;
use crate::options::ReadOptions;
use crate::record::SeedFile;
use crate::refusal::Refusal;
use crate::row::Collector;
use crate::text;

/// The largest file that is read, in bytes: 64 MiB.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The most records that are read from one file.
pub const MAX_RECORDS: usize = 1_000_000;

/// The longest field, in bytes of UTF-8: 64 KiB.
pub const MAX_FIELD_BYTES: usize = 64 * 1024;

/// Reads and checks a whole file.
///
/// Rows that cannot be used are in [`SeedFile::problems`]; they do not keep the others from being read.
///
/// The caller owns `bytes` and wipes them. What is decoded from UTF-16 is wiped here.
///
/// # Errors
/// [`Refusal`] if the file as a whole cannot be trusted.
pub fn read(bytes: &[u8], options: &ReadOptions) -> Result<SeedFile, Refusal> {
    if bytes.len() > MAX_BYTES {
        return Err(Refusal::TooLarge);
    }
    detect::refuse_binary(bytes)?;
    let (encoding, text) = text::decode(bytes)?;
    let family = detect::family(&text)?;
    refuse_other(family, options)?;

    let mut collector = Collector::new(options);
    let format = match family {
        Family::Csv => csv_file::read(&text, &mut collector)?,
        Family::Json => graph_json::read(&text, &mut collector).map(|()| Format::GraphJson)?,
    };
    if collector.records == 0 {
        return Err(Refusal::NoRecords);
    }
    let settled = duplicates::settle(collector);
    Ok(SeedFile {
        format,
        encoding,
        records: settled.records,
        tokens: settled.tokens,
        problems: settled.problems,
    })
}

fn refuse_other(family: Family, options: &ReadOptions) -> Result<(), Refusal> {
    match options.format {
        Some(asked) if asked.is_csv() != (family == Family::Csv) => Err(Refusal::OtherFormat {
            asked,
            found: family.name(),
        }),
        _ => Ok(()),
    }
}
