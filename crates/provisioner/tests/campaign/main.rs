//! Campaigns: the same claim tried many times over, each time from another seed or at another point.
//!
//! The everyday suite runs a short form. `cargo xtask campaign` runs the full one, in a release
//! build. What each campaign shows, and how a case that failed is run again, is in
//! `docs/campaigns.md`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests, whose figures are to be read"
)]

mod clock;
mod crash;
mod dice;
mod disk;
mod fuse;
mod operators;
mod outage;
mod replay;
mod size;
#[path = "../support/mod.rs"]
mod support;
mod survival;
mod wall;
mod watch;
mod wire;

/// Does work in virtual time, on a runtime of its own.
fn in_virtual_time<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(work)
}
