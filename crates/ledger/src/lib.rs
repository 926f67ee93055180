#![doc = include_str!("../README.md")]

mod audit;
mod entries;
mod error;
mod lock;
mod packed;
mod sqlite;
mod writer;

pub use audit::{
    Actor, AuditRecord, ExportError, Filter, Finding, Format, Head, HeadError, RecordFilter,
    Verification,
};
pub use lock::{Busy, StateLock};
pub use sqlite::{RunSummary, SqliteLedger};
