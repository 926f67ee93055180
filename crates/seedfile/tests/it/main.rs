//! The crate as its users see it: files in, tokens, problems and files out.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops where it is wrong"
)]

mod adds_up;
mod base32;
mod cases;
mod columns;
mod csv;
mod drift;
mod extract;
mod find;
mod findings;
mod json;
mod json_shapes;
mod lists;
mod names;
mod otpauth;
mod pair;
mod pskc;
mod survey;
mod threads;
mod write;
