//! The pages as people meet them: a real Chromium at a real server.
//!
//! One binary, so that it is linked once and its tests share the machine. `cargo xtask browser` makes ready what it drives.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test fails by panicking, and it waits for real processes"
)]

mod accounts;
mod activate;
mod audit;
mod calls;
mod enrolment;
mod give;
mod greedy;
mod import;
mod inventory;
mod modes;
mod payloads;
mod replace;
mod restart;
mod rig;
mod script_off;
mod setup;
mod support;
mod sweep;
mod take;
mod together;
mod users;
