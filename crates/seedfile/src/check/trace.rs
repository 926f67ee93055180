//! What is remembered of every row to find those that look alike: no text, no key.

use std::hash::Hasher;
use std::num::NonZeroU64;

use rustc_hash::FxHasher;
use sha2::{Digest as _, Sha256};

/// Rows in order: each has its place in every list.
#[derive(Default)]
pub(crate) struct Traces {
    rows: Vec<u32>,
    pub(crate) serials: Vec<Option<NonZeroU64>>,
    pub(crate) keys: Vec<Option<NonZeroU64>>,
    /// The rows that have problems of their own.
    rejected: Vec<u32>,
}

/// One row among the others.
#[derive(Clone, Copy)]
pub(crate) struct Trace {
    pub(crate) row: u32,
    pub(crate) rejected: bool,
    pub(crate) serial: Option<NonZeroU64>,
    pub(crate) key: Option<NonZeroU64>,
}

impl Traces {
    pub(crate) fn push(&mut self, trace: Trace) {
        self.rows.push(trace.row);
        self.serials.push(trace.serial);
        self.keys.push(trace.key);
        if trace.rejected {
            self.rejected.push(trace.row);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Trace> {
        let hashes = self.serials.iter().zip(&self.keys);
        let rows = self.rows.iter().zip(hashes);
        rows.map(|(&row, (&serial, &key))| Trace {
            row,
            rejected: self.rejected.binary_search(&row).is_ok(),
            serial,
            key,
        })
    }
}

/// Alike for texts or keys that are equal, and for others by rare chance.
pub(crate) fn hash(bytes: &[u8]) -> Option<NonZeroU64> {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    NonZeroU64::new(hasher.finish() | 1)
}

/// Stands for what a row says. Nobody can make two texts with the same one.
pub(crate) type Digest = [u8; 16];

/// The digest of some parts, whose borders count: SHA-256, cut to 128 bits.
pub(crate) fn digest(parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let [digest, _] = *hasher.finalize().as_chunks::<16>().0 else {
        return Digest::default();
    };
    digest
}

/// The hashes that stand more than once, sorted.
///
/// Nearly every file has none. Sorting a million of them takes longer than reading their rows, so
/// only those are sorted that are alike in their first bits.
pub(crate) fn repeated(parts: &[&[Option<NonZeroU64>]]) -> Vec<NonZeroU64> {
    let count: usize = parts.iter().map(|part| part.len()).sum();
    let mut seen = Bits::with_words(count / 4);
    let mut again = Vec::new();
    for part in parts {
        let hashes = part.iter().flatten();
        again.extend(hashes.filter(|hash| seen.insert(**hash)));
    }
    let mut alike = Bits::with_words(again.len());
    for hash in &again {
        alike.insert(*hash);
    }
    again.clear();
    for part in parts {
        let hashes = part.iter().flatten();
        again.extend(hashes.filter(|hash| alike.contains(**hash)));
    }
    again.sort_unstable();
    let groups = again.chunk_by(|a, b| a == b);
    let repeated = groups.filter(|group| group.len() > 1);
    repeated
        .filter_map(|group| group.first().copied())
        .collect()
}

/// A set of the first bits of hashes.
struct Bits {
    words: Vec<u64>,
    shift: u32,
}

impl Bits {
    /// Has so many words of 64 bits, or more. With 16 bits for each hash few are alike by chance, and
    /// the set for a million of them stays near the processor.
    fn with_words(words: usize) -> Self {
        let words = words.next_power_of_two();
        Self {
            words: vec![0; words],
            shift: 64 - 6 - words.trailing_zeros(),
        }
    }

    fn place(&self, hash: NonZeroU64) -> (usize, u64) {
        let first = hash.get() >> self.shift;
        (
            usize::try_from(first / 64).unwrap_or(usize::MAX),
            1 << (first % 64),
        )
    }

    /// Says whether it was there before.
    fn insert(&mut self, hash: NonZeroU64) -> bool {
        let (at, bit) = self.place(hash);
        let Some(word) = self.words.get_mut(at) else {
            return true;
        };
        let before = *word & bit != 0;
        *word |= bit;
        before
    }

    fn contains(&self, hash: NonZeroU64) -> bool {
        let (at, bit) = self.place(hash);
        self.words.get(at).is_none_or(|word| word & bit != 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_all_that_stand_twice(
            values in proptest::collection::vec(0_u8..100, 0..60),
            cut: proptest::sample::Index,
        ) {
            let hashes: Vec<_> = values.iter().map(|value| hash(&[*value])).collect();
            let parts = hashes.split_at(cut.index(hashes.len() + 1));
            let is_twice = |one: &&u8| values.iter().filter(|other| other == one).count() > 1;
            let twice = values.iter().filter(is_twice);
            let mut expected: Vec<_> = twice.filter_map(|value| hash(&[*value])).collect();
            expected.sort_unstable();
            expected.dedup();
            prop_assert_eq!(repeated(&[parts.0, parts.1]), expected);
        }
    }
}
