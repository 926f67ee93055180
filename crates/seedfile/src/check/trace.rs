//! What is remembered of a row to compare it with the others: no text, no key.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher13};

/// Stands for a text or a key. Two that differ have the same one with a chance of 2^-128, or 2^-89
/// among a million rows.
pub(crate) type Hash = [u64; 2];

/// One row among the others.
pub(crate) struct Trace {
    pub(crate) row: u32,
    pub(crate) rejected: bool,
    pub(crate) serial: Option<Hash>,
    pub(crate) key: Option<Hash>,
    /// Everything that the row says.
    pub(crate) content: Hash,
}

/// Hashes parts so that their borders count.
pub(crate) struct Fold(SipHasher13);

impl Fold {
    pub(crate) fn new() -> Self {
        Self(SipHasher13::new())
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        self.0.write(text.as_bytes());
        self.0.write_u8(0xFF);
        self
    }

    pub(crate) fn number(mut self, number: u64) -> Self {
        self.0.write_u64(number);
        self
    }

    pub(crate) fn hash(self, hash: Option<Hash>) -> Self {
        let [first, second] = hash.unwrap_or_default();
        self.number(first).number(second)
    }

    pub(crate) fn finish(self) -> Hash {
        let hash = self.0.finish128();
        [hash.h1, hash.h2]
    }
}

/// The hash of key bytes, or of a serial number in lower case.
pub(crate) fn hash(bytes: &[u8]) -> Hash {
    let mut hasher = SipHasher13::new();
    hasher.write(bytes);
    let hash = hasher.finish128();
    [hash.h1, hash.h2]
}
