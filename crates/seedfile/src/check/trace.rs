//! What is remembered of every row to find those that look alike: no text, no key.

use std::hash::{DefaultHasher, Hasher};
use std::num::NonZeroU64;

/// One row among the others.
pub(crate) struct Trace {
    pub(crate) row: u32,
    pub(crate) rejected: bool,
    pub(crate) serial: Option<NonZeroU64>,
    pub(crate) key: Option<NonZeroU64>,
}

/// Alike for texts or keys that are equal, and for others by rare chance.
pub(crate) fn hash(bytes: &[u8]) -> Option<NonZeroU64> {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    NonZeroU64::new(hasher.finish() | 1)
}

/// The hashes that stand more than once, sorted.
pub(crate) fn repeated(hashes: impl Iterator<Item = NonZeroU64>) -> Vec<NonZeroU64> {
    let mut hashes: Vec<NonZeroU64> = hashes.collect();
    hashes.sort_unstable();
    let groups = hashes.chunk_by(|a, b| a == b);
    groups
        .filter_map(|group| match group {
            [hash, _, ..] => Some(*hash),
            _ => None,
        })
        .collect()
}
