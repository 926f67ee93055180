//! The same codes as implementations that share nothing with this crate above the hash functions.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "a test stops at anything unexpected, cuts random numbers to size, and has no other way to be told than the environment"
)]

mod codes;
mod totp_rs;
