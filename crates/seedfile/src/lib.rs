#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod base32;
mod column;
mod csv_file;
mod detect;
mod duplicates;
mod fields;
mod find;
mod format;
mod graph_json;
mod inspection;
mod options;
mod problem;
mod read;
mod record;
mod records;
mod refusal;
mod row;
mod seed;
mod serial;
mod text;
mod user;
mod write;

pub use base32::{DecodedSeed, SeedError};
pub use find::{Found, Match, Shown, find};
pub use format::{Format, UnknownFormat};
pub use inspection::{Inspection, RefusedInspection};
pub use options::ReadOptions;
pub use problem::{Problem, ProblemKind, Warning};
pub use read::{MAX_BYTES, MAX_COLUMNS, MAX_FIELD_BYTES, MAX_RECORDS, read};
pub use record::{AlgorithmSource, SeedFile, TokenRecord};
pub use refusal::Refusal;
pub use seed::Seed;
pub use serial::{Serial, SerialError};
pub use text::Encoding;
pub use write::{Unwritable, UnwritableReason, WriteError, write};

pub use oath_core;
pub use secrecy;
