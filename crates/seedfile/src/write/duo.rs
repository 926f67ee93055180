//! What Duo's administrators paste: `serial,key in hexadecimal`. Everything else goes without
//! saying.

use std::io::{self, Write};

use oath_core::{Algorithm, Period};
use secrecy::ExposeSecret;

use super::UnwritableReason;
use super::shape::{Keys, Shape, never, no_user};
use crate::record::TokenRecord;

pub(super) const SHAPE: Shape = Shape {
    algorithms: &[Algorithm::Sha1],
    other_algorithm: UnwritableReason::Algorithm,
    length_rule: false,
    digits: false,
    periods: Some(&[Period::THIRTY]),
    events: false,
    keys: Keys::Hex,
    user: no_user,
    devices: false,
    drift: false,
    breaks: never,
    write,
};

fn write(tokens: &[TokenRecord], out: &mut dyn Write) -> io::Result<()> {
    for token in tokens {
        let seed = token.seed.to_hex();
        writeln!(out, "{},{}", token.serial, seed.expose_secret())?;
    }
    Ok(())
}
