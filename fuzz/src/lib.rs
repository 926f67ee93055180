//! What must hold for any bytes from outside.
//!
//! Each function takes bytes and panics where a property does not hold. libFuzzer calls them through `fuzz_targets`,
//! the property tests in `tests` with bytes of their own.
#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "panicking is how a body says that a property does not hold"
)]

mod accounts;
mod answer;
mod base32;
mod hidden;
mod plan;
mod round_trip;
mod seed_file;

pub use answer::answer;
pub use base32::base32;
pub use plan::plan;
pub use seed_file::{csv, json, oath_csv, otpauth, pskc, seed_file};

/// A body: bytes in, and a panic where a property does not hold.
pub type Body = fn(&[u8]);

/// Every body under the name of its fuzz target.
pub const BODIES: &[(&str, Body)] = &[
    ("seed_file", seed_file),
    ("csv", csv),
    ("json", json),
    ("oath_csv", oath_csv),
    ("otpauth", otpauth),
    ("pskc", pskc),
    ("base32", base32),
    ("plan", plan),
    ("answer", answer),
];
