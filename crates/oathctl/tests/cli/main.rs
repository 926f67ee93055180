//! The program as its users meet it: real processes, real sockets, the simulator as the service.
//!
//! One binary, so that it is linked once and its tests share the machine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::needless_pass_by_value,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and it waits for real processes"
)]

mod approval;
mod audit;
mod convert;
mod doctor;
mod drift;
mod encrypted;
mod files;
mod find;
mod inspect;
#[cfg(unix)]
mod inventory;
#[cfg(unix)]
mod kill;
mod okta;
mod okta_doctor;
mod okta_tokens;
mod pair;
mod plan;
mod provision;
mod reading;
mod refusals;
mod registration;
mod resume;
mod runs;
#[cfg(unix)]
mod scale;
mod secrets;
mod settings;
mod shell;
mod sign_in;
mod sign_in_okta;
#[cfg(target_os = "linux")]
mod starved;
mod support;
mod tokens;
#[cfg(unix)]
mod writing;
