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
