//! PSKC (RFC 6030) through the library's interface.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test stops where it is wrong"
)]

mod figures;
mod hostile;
mod key;
mod manifest;
mod peers;
mod problems;
mod refusals;
mod support;
mod written;
