#![doc = include_str!("../README.md")]

mod error;
mod lock;
mod sqlite;
mod writer;

pub use lock::{Busy, StateLock};
pub use sqlite::{RunSummary, SqliteLedger};
