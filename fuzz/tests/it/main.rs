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

/// Few, and new ones each time. `PROPTEST_CASES` asks for more, and `cargo xtask fuzz` is there for
/// many.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests says how many cases"
)]
fn everyday() -> proptest::test_runner::Config {
    let asked = proptest::test_runner::Config::default();
    let cases = std::env::var_os("PROPTEST_CASES").map_or(48, |_| asked.cases);
    proptest::test_runner::Config { cases, ..asked }
}
