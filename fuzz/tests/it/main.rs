//! The bodies with bytes made on purpose: any at all, files that are nearly valid, and the case files with damage.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops where it is wrong"
)]

mod anything;
mod cases;
mod grammar;
mod targets;

/// Few, and new ones each time: `cargo xtask fuzz` is there for many.
fn everyday() -> proptest::test_runner::Config {
    proptest::test_runner::Config::with_cases(48)
}
