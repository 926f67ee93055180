#![no_std]
#![doc = include_str!("../README.md")]

mod code;
mod error;
mod hotp;
mod key;
mod params;
mod totp;

pub use code::Code;
pub use error::{CodeError, ParamError};
pub use hotp::Hotp;
pub use key::Key;
pub use params::{Algorithm, Digits, Period};
pub use totp::{Accepted, Totp, Window};

/// For [`ConstantTimeEq`](subtle::ConstantTimeEq), which [`Code`] implements.
pub use subtle;
