#![doc = include_str!("../README.md")]

mod lock;
mod sqlite;
mod writer;

pub use lock::{Busy, StateLock};
pub use sqlite::{RunSummary, SqliteLedger};
