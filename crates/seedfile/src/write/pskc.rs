//! PSKC (RFC 6030), in clear or encrypted.

use std::io::{self, Write};

use super::shape::{Keys, Shape};
use crate::pskc::{self, NewKey, Protection};
use crate::record::TokenRecord;

pub(super) const SHAPE: Shape = Shape {
    keys: Keys::Base64,
    drift: true,
    breaks: |text| !pskc::is_writable(text),
    ..Shape::EVERY_CODE
};

pub(super) fn write(
    tokens: &[TokenRecord],
    protection: Protection<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let keys: Vec<_> = tokens.iter().map(key).collect();
    pskc::write(&keys, protection, out)
}

fn key(token: &TokenRecord) -> NewKey<'_> {
    NewKey {
        serial: token.serial.as_str(),
        manufacturer: &token.manufacturer,
        model: &token.model,
        user: token.user.as_deref(),
        secret: token.seed.expose(),
        algorithm: token.algorithm,
        digits: token.digits,
        kind: token.kind,
        drift: token.drift,
    }
}
