//! PSKC (RFC 6030), in clear or encrypted.

use std::io::{self, Write};

use oath_core::Algorithm;

use super::UnwritableReason;
use super::shape::{Keys, Shape, any_user};
use crate::pskc::{self, NewKey, Protection};
use crate::record::TokenRecord;

pub(super) const SHAPE: Shape = Shape {
    algorithms: &[Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512],
    other_algorithm: UnwritableReason::Algorithm,
    length_rule: false,
    digits: true,
    periods: None,
    events: true,
    keys: Keys::Base64,
    user: any_user,
    devices: true,
    breaks: |text| !pskc::is_writable(text),
    write: |tokens, out| write(tokens, Protection::Plain, out),
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
    }
}
