//! What is remembered of a row to compare it with the others: no text, no key.

use std::hash::Hasher;

use oath_core::{Algorithm, Digits};
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::record::Kind;

/// Stands for a text or a key. Two that differ have the same one with a chance of 2^-128, or 2^-89
/// among a million rows.
pub(crate) type Hash = [u64; 2];

/// One row among the others.
pub(crate) struct Trace {
    pub(crate) row: u32,
    pub(crate) rejected: bool,
    pub(crate) serial: Option<Hash>,
    pub(crate) key: Option<Hash>,
}

/// Everything that a row says but its serial number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) key: Option<Hash>,
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) digits: Option<Digits>,
    pub(crate) kind: Option<Kind>,
    /// User, manufacturer and model.
    pub(crate) texts: [Hash; 3],
}

/// The hash of key bytes, or of a text.
pub(crate) fn hash(bytes: &[u8]) -> Hash {
    let mut hasher = SipHasher13::new();
    hasher.write(bytes);
    let hash = hasher.finish128();
    [hash.h1, hash.h2]
}
