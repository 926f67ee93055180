//! The OATH CSV of privacyIDEA, LinOTP and others: `serial,key in hexadecimal,type,digits,step or
//! counter`, and the hash function where it is not plain. It has no header and no quoting.

use std::io::{self, Write};

use oath_core::Algorithm;
use secrecy::ExposeSecret;

use super::shape::{Keys, Shape, no_user};
use crate::record::{Kind, TokenRecord};

pub(super) const SHAPE: Shape = Shape {
    keys: Keys::Hex,
    user: no_user,
    devices: false,
    write,
    ..Shape::EVERY_CODE
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
        write!(out, ",{}", token.algorithm.name())?;
    }
    out.write_all(b"\n")
}

/// Whether nobody could take the hash function for another. LinOTP goes by the length of the key.
fn is_plain(token: &TokenRecord) -> bool {
    token.algorithm == Algorithm::Sha1 && !matches!(token.seed.expose().len(), 32 | 64)
}
