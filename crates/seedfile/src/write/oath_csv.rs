//! The OATH CSV of privacyIDEA, LinOTP and others: `serial,key in hexadecimal,type,digits,step or
//! counter`, and the hash function where it is not plain. It has no header and no quoting.

use std::io::{self, Write};

use oath_core::Algorithm;
use secrecy::ExposeSecret;

use super::UnwritableReason;
use super::shape::{Keys, Shape, never, no_user};
use crate::record::{Kind, TokenRecord};

pub(super) const SHAPE: Shape = Shape {
    algorithms: &[Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512],
    other_algorithm: UnwritableReason::Algorithm,
    length_rule: false,
    digits: true,
    periods: None,
    events: true,
    keys: Keys::Hex,
    user: no_user,
    devices: false,
    breaks: never,
    write,
};

fn write(tokens: &[TokenRecord], out: &mut dyn Write) -> io::Result<()> {
    for token in tokens {
        row(token, out)?;
    }
    Ok(())
}

fn row(token: &TokenRecord, out: &mut dyn Write) -> io::Result<()> {
    let seed = token.seed.to_hex();
    let (name, digits) = (token.kind.token_type(), token.digits.get());
    write!(
        out,
        "{},{},{name},{digits},",
        token.serial,
        seed.expose_secret()
    )?;
    match token.kind {
        Kind::Totp { period } => write!(out, "{}", period.seconds())?,
        Kind::Hotp { counter } => write!(out, "{counter}")?,
    }
    if !is_plain(token) {
        write!(out, ",{}", word(token.algorithm))?;
    }
    out.write_all(b"\n")
}

/// Whether nobody could take the hash function for another. LinOTP goes by the length of the key.
fn is_plain(token: &TokenRecord) -> bool {
    token.algorithm == Algorithm::Sha1 && !matches!(token.seed.expose().len(), 32 | 64)
}

const fn word(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Sha1 => "sha1",
        Algorithm::Sha256 => "sha256",
        Algorithm::Sha512 => "sha512",
    }
}
