//! The tables of Token2 and of Entra ID's portal.

use std::io::{self, Write};

use oath_core::{Algorithm, Period};
use secrecy::ExposeSecret;

use super::UnwritableReason;
use super::shape::{Keys, Shape, any_user};
use crate::read::table::looks_swallowed;
use crate::record::TokenRecord;

const COLUMNS: usize = 6;

pub(super) const TOKEN2: Shape = Shape {
    algorithms: &[Algorithm::Sha1, Algorithm::Sha256],
    other_algorithm: UnwritableReason::Algorithm,
    length_rule: true,
    digits: false,
    periods: Some(&[Period::THIRTY, Period::SIXTY]),
    events: false,
    keys: Keys::Azure,
    user: any_user,
    devices: true,
    drift: true,
    breaks: |text| looks_swallowed(text, COLUMNS, b','),
    write: |tokens, out| csv(tokens, "timeinterval", any_drift(tokens), out),
};

/// The portal's upload has no hash function but SHA-1.
pub(super) const ENTRA: Shape = Shape {
    algorithms: &[Algorithm::Sha1],
    other_algorithm: UnwritableReason::AlgorithmAtPortal,
    drift: false,
    write: |tokens, out| csv(tokens, "time interval", false, out),
    ..TOKEN2
};

/// Only then there is a column for it, so that other readers meet what they know.
fn any_drift(tokens: &[TokenRecord]) -> bool {
    tokens.iter().any(|token| token.drift.is_some())
}

fn csv(tokens: &[TokenRecord], interval: &str, drift: bool, out: &mut dyn Write) -> io::Result<()> {
    let column = if drift { ",drift" } else { "" };
    write!(
        out,
        "upn,serial number,secret key,{interval},manufacturer,model{column}\r\n"
    )?;
    for token in tokens {
        row(token, drift, out)?;
    }
    Ok(())
}

fn row(token: &TokenRecord, drift: bool, out: &mut dyn Write) -> io::Result<()> {
    let seed = token.seed.to_base32();
    quoted(token.user.as_deref().unwrap_or_default(), out)?;
    write!(
        out,
        ",{},{},{},",
        token.serial,
        seed.expose_secret(),
        token.period().map_or(0, Period::seconds)
    )?;
    quoted(&token.manufacturer, out)?;
    out.write_all(b",")?;
    quoted(&token.model, out)?;
    if drift {
        out.write_all(b",")?;
        token.drift.map_or(Ok(()), |steps| write!(out, "{steps}"))?;
    }
    out.write_all(b"\r\n")
}

/// A field by RFC 4180, section 2: quoted where it must be.
fn quoted(field: &str, out: &mut dyn Write) -> io::Result<()> {
    if field.contains([',', '"', '\r', '\n']) {
        write!(out, "\"{}\"", field.replace('"', "\"\""))
    } else {
        out.write_all(field.as_bytes())
    }
}
