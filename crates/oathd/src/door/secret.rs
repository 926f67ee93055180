//! Random words that open something, and how they are compared.

use std::io;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::vault::Fill;

/// What is kept of a secret word: enough to know it again. 256 random bits need no salt.
pub(super) type Hash = [u8; 32];

/// 256 random bits in letters, digits, `-` and `_`.
pub(super) fn word(fill: &Fill) -> io::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    fill(bytes.as_mut())?;
    Ok(Zeroizing::new(BASE64URL_NOPAD.encode(bytes.as_ref())))
}

pub(super) fn hash(word: &str) -> Hash {
    Sha256::digest(word.as_bytes()).into()
}

/// Takes the same time wherever they differ.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}
