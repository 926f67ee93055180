//! The audit: what was done, by whom and for whom, as a chain in which each record holds the hash of
//! the one before it.

pub(crate) mod anchor;
mod chain;
mod counterparts;
mod export;
mod pages;
mod read;
mod record;
mod verify;

pub use chain::{Head, HeadError};
pub use export::{ExportError, Filter, Format};
pub use pages::{AuditRecord, RecordFilter};
pub use record::Actor;
pub use verify::{Finding, Verification};

pub(crate) use chain::{hash, head};
pub(crate) use record::Event;
