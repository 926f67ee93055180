#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod check;
mod field;
mod find;
mod format;
mod inspection;
mod options;
mod problem;
pub mod pskc;
mod read;
mod record;
mod refusal;
mod secret;
mod seed;
mod serial;
mod survey;
mod user;
mod warning;
mod write;

pub use field::{Field, UnknownField};
pub use find::{Found, Match, Shown, find};
pub use format::{Format, UnknownFormat};
pub use inspection::{Inspection, RefusedInspection};
pub use options::{Place, ReadOptions, SecretEncoding, UnknownEncoding};
pub use problem::{Problem, ProblemKind};
pub use pskc::PskcKey;
pub use read::text::Encoding;
pub use read::{MAX_BYTES, MAX_COLUMNS, MAX_FIELD_BYTES, MAX_RECORDS, read};
pub use record::{Kind, SeedFile, Source, Sources, TokenRecord, TokenType, UnknownType};
pub use refusal::Refusal;
pub use secret::{DecodedSeed, SeedError};
pub use seed::Seed;
pub use serial::{Serial, SerialError};
pub use survey::{Group, Survey, survey};
pub use warning::Warning;
pub use write::{Unwritable, UnwritableReason, WriteError, write};

pub use oath_core;
pub use secrecy;
