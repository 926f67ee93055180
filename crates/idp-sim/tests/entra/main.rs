//! Entra's rules, through the transport in memory.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod batch;
mod bulk;
mod client;
mod damage;
mod devices;
mod faults;
mod interfere;
mod legacy;
mod login;
mod me;
mod methods;
mod paging;
mod quotas;
mod registration;
mod sign_in;
mod stale;
mod time;
mod users;
