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

mod enrolment;
mod greedy;
mod import;
mod modes;
mod payloads;
mod restart;
mod rig;
mod script_off;
mod support;
mod sweep;
mod together;
