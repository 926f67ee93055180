//! What opens an encrypted container.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use zeroize::Zeroizing;

use super::crypto::Derivation;

/// The key or passphrase of an encrypted PSKC file.
///
/// Wiped when the last clone is dropped; clones share one copy. `Debug` shows the kind only.
#[derive(Clone)]
pub struct PskcKey(Arc<Inner>);

enum Inner {
    Bytes(SecretSlice<u8>),
    Passphrase {
        phrase: SecretString,
        /// The last key that was derived, and how: whoever looks at a file twice waits once.
        derived: Mutex<Option<(Derivation, Zeroizing<Vec<u8>>)>>,
    },
}

/// Why something is not a pre-shared key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PskcKeyError {
    /// Another length than AES takes.
    #[error("a pre-shared key has 16, 24 or 32 bytes, but this one has {bytes}")]
    Length {
        /// Bytes given.
        bytes: usize,
    },
    /// Neither hexadecimal, nor Base64, nor bytes of a right length.
    #[error(
        "not a pre-shared key: it is 16, 24 or 32 bytes, as they are, in hexadecimal or in Base64"
    )]
    Unreadable,
}

impl PskcKey {
    /// A pre-shared key for AES.
    ///
    /// # Errors
    /// [`PskcKeyError::Length`] unless there are 16, 24 or 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PskcKeyError> {
        if is_key_length(bytes.len()) {
            let bytes = SecretSlice::from(bytes.to_vec());
            Ok(Self(Arc::new(Inner::Bytes(bytes))))
        } else {
            Err(PskcKeyError::Length { bytes: bytes.len() })
        }
    }

    /// A passphrase, from which the key is derived as the file says. Its UTF-8 form counts, blanks and all.
    #[must_use]
    pub fn passphrase(passphrase: SecretString) -> Self {
        Self(Arc::new(Inner::Passphrase {
            phrase: passphrase,
            derived: Mutex::default(),
        }))
    }

    /// A pre-shared key from the content of a key file: hexadecimal, else Base64, else the bytes themselves. Blanks
    /// and line ends in the two text forms, and a byte order mark before them, do not count.
    ///
    /// # Errors
    /// [`PskcKeyError::Unreadable`] if none of the three gives 16, 24 or 32 bytes.
    pub fn from_file(content: &[u8]) -> Result<Self, PskcKeyError> {
        let text = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content);
        let text = without_blanks(text);
        [&HEXLOWER_PERMISSIVE, &BASE64]
            .into_iter()
            .filter_map(|encoding| encoding.decode(&text).ok().map(Zeroizing::new))
            .find_map(|bytes| Self::from_bytes(&bytes).ok())
            .or_else(|| Self::from_bytes(content).ok())
            .ok_or(PskcKeyError::Unreadable)
    }

    pub(super) fn bytes(&self) -> Option<&[u8]> {
        match &*self.0 {
            Inner::Bytes(bytes) => Some(bytes.expose_secret()),
            Inner::Passphrase { .. } => None,
        }
    }

    /// The key that a file says how to derive. `None` if this is no passphrase.
    pub(super) fn derived(&self, how: &Derivation) -> Option<Zeroizing<Vec<u8>>> {
        let Inner::Passphrase { phrase, derived } = &*self.0 else {
            return None;
        };
        let mut last = derived.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, key)) = last.as_ref().filter(|(last, _)| last == how) {
            return Some(key.clone());
        }
        let key = how.hash.derive(how, phrase.expose_secret().as_bytes());
        *last = Some((how.clone(), key.clone()));
        Some(key)
    }
}

impl fmt::Debug for PskcKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &*self.0 {
            Inner::Bytes(_) => "PskcKey([redacted key])",
            Inner::Passphrase { .. } => "PskcKey([redacted passphrase])",
        })
    }
}

pub(super) const fn is_key_length(bytes: usize) -> bool {
    matches!(bytes, 16 | 24 | 32)
}

/// A copy without blanks, made in one piece so that it is wiped as one.
pub(super) fn without_blanks(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut copy = Zeroizing::new(Vec::with_capacity(text.len()));
    copy.extend(text.iter().filter(|byte| !byte.is_ascii_whitespace()));
    copy
}
