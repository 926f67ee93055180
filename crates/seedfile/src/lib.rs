#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod both;
mod check;
mod extract;
mod field;
mod find;
mod findings;
mod format;
mod inspection;
mod options;
mod pair;
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

pub use extract::{Extract, extract};
pub use field::{Field, UnknownField};
pub use find::{Found, Match, Shown, find};
pub use findings::{Finding, Severity, findings};
pub use format::{Format, UnknownFormat};
pub use inspection::{Inspection, RefusedInspection};
pub use options::{Place, ReadOptions, SecretEncoding, UnknownEncoding};
pub use pair::{
    Entry, EntryProblem, LeftUser, Pair, Pairing, Strategy, UnknownStrategy, UserList, pair,
};
pub use problem::{Problem, ProblemKind};
pub use pskc::PskcKey;
pub use read::text::Encoding;
pub use read::{MAX_BYTES, MAX_COLUMNS, MAX_FIELD_BYTES, MAX_RECORDS, PasteError, pasted, read};
pub use record::{Kind, SeedFile, Source, Sources, TokenRecord, TokenType, UnknownType};
pub use refusal::Refusal;
pub use secret::{DecodedSeed, SeedError};
pub use seed::Seed;
pub use serial::{Serial, SerialError};
pub use survey::{Group, Survey, survey};
pub use warning::Warning;
#[cfg(feature = "qr")]
pub use write::{Background, qr_svg, qr_text};
pub use write::{
    LeftOut, Unwritable, UnwritableReason, WriteError, WriteOptions, Written, otpauth_link,
    unwritable, write,
};

pub use oath_core;
pub use secrecy;
