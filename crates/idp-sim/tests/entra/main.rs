//! Entra's rules, through the transport in memory.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod bulk;
mod client;
mod devices;
mod faults;
mod methods;
mod sign_in;
mod users;
