#![no_std]
#![doc = include_str!("../README.md")]

mod chance;
mod code;
mod error;
mod hotp;
mod key;
mod params;
mod totp;

pub use chance::false_match_probability;
pub use code::Code;
pub use error::{CodeError, ParamError};
pub use hotp::Hotp;
pub use key::Key;
pub use params::{Algorithm, Digits, Period};
pub use totp::{Accepted, Totp, Unmatched, Window};

/// For [`ConstantTimeEq`](subtle::ConstantTimeEq), which [`Code`] implements.
pub use subtle;
