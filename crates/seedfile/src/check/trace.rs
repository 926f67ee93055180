//! What is remembered of every row to find those that look alike: no text, no key.

use std::hash::Hasher;
use std::num::NonZeroU64;

use rustc_hash::FxHasher;
use sha2::{Digest as _, Sha256};

/// One row among the others.
pub(crate) struct Trace {
    pub(crate) row: u32,
    pub(crate) rejected: bool,
    pub(crate) serial: Option<NonZeroU64>,
    pub(crate) key: Option<NonZeroU64>,
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
pub(crate) fn repeated(hashes: impl Iterator<Item = NonZeroU64> + Clone) -> Vec<NonZeroU64> {
    let count = hashes.clone().count();
    let mut seen = Bits::for_hashes(count);
    let mut alike = Bits::for_hashes(count);
    for hash in hashes.clone() {
        if seen.insert(hash) {
            alike.insert(hash);
        }
    }
    let mut hashes: Vec<NonZeroU64> = hashes.filter(|hash| alike.contains(*hash)).collect();
    hashes.sort_unstable();
    let groups = hashes.chunk_by(|a, b| a == b);
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
    /// About 32 bits a hash, so that few are alike by chance.
    fn for_hashes(count: usize) -> Self {
        let words = (count / 2).next_power_of_two();
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
        fn finds_all_that_stand_twice(values in proptest::collection::vec(0_u8..100, 0..60)) {
            let hashes = values.iter().filter_map(|value| hash(&[*value]));
            let mut expected: Vec<_> = hashes
                .clone()
                .filter(|one| hashes.clone().filter(|other| other == one).count() > 1)
                .collect();
            expected.sort_unstable();
            expected.dedup();
            prop_assert_eq!(repeated(hashes), expected);
        }
    }
}
