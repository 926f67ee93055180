//! The one owner of key bytes.

use std::fmt;

use data_encoding::{BASE32_NOPAD, BASE64, Encoding, HEXLOWER};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::options::SecretEncoding;
use crate::secret::{self, Certainty, DecodedSeed, SeedError};

/// The secret key of one token.
///
/// This is the only type of the crate that holds key bytes. They are wiped when it is dropped,
/// `Debug` shows the length only, and there is no `Display`, `Serialize` or `Clone`. Two seeds are
/// compared in constant time.
pub struct Seed(SecretSlice<u8>);

impl Seed {
    /// Takes the key bytes over. Spare capacity of the vector is wiped, too.
    #[must_use]
    pub fn new(mut bytes: Vec<u8>) -> Self {
        if bytes.len() == bytes.capacity() {
            return Self(bytes.into());
        }
        // Shrinking would leave the old allocation behind unwiped.
        let exact: Box<[u8]> = bytes.as_slice().into();
        bytes.zeroize();
        Self(exact.into())
    }

    /// Decodes Base32 (RFC 4648, section 6) the way seed files write it.
    ///
    /// Either case, blanks and dashes, right padding and no padding are accepted. See
    /// [`DecodedSeed::warnings`] for what was put right on the way.
    ///
    /// # Errors
    /// [`SeedError`] says why the text is not a seed; it never carries the text.
    pub fn from_base32(text: &str) -> Result<DecodedSeed, SeedError> {
        secret::decode(text, SecretEncoding::Base32, Certainty::Format)
    }

    /// Decodes a key that is written as `encoding` says. Blanks and dashes inside Base32 and
    /// hexadecimal text are left out with a warning.
    ///
    /// # Errors
    /// [`SeedError`] says why the text is not a seed; it never carries the text.
    pub fn decode(text: &str, encoding: SecretEncoding) -> Result<DecodedSeed, SeedError> {
        secret::decode(text, encoding, Certainty::Said)
    }

    /// A seed of its own from borrowed bytes.
    pub(crate) fn copy_of(bytes: &[u8]) -> Self {
        let exact: Box<[u8]> = bytes.into();
        Self(exact.into())
    }

    /// The key bytes. Keep the borrow short and make no copies.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// The length in bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.expose().len() * 8
    }

    /// The length of the Base32 form without padding, in characters.
    #[must_use]
    pub fn base32_len(&self) -> usize {
        self.bits().div_ceil(5)
    }

    /// Base32, upper case, without padding: what Entra ID expects.
    #[must_use]
    pub fn to_base32(&self) -> SecretString {
        self.encode(&BASE32_NOPAD)
    }

    /// Hexadecimal, lower case.
    #[must_use]
    pub fn to_hex(&self) -> SecretString {
        self.encode(&HEXLOWER)
    }

    /// Base64 (RFC 4648, section 4) with padding.
    #[must_use]
    pub fn to_base64(&self) -> SecretString {
        self.encode(&BASE64)
    }

    fn encode(&self, encoding: &Encoding) -> SecretString {
        // Room for all of it, so that no half-written copy is left behind by growth or shrinking.
        let mut text = String::with_capacity(encoding.encode_len(self.expose().len()));
        encoding.encode_append(self.expose(), &mut text);
        text.into()
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seed([redacted; {} bits])", self.bits())
    }
}

impl PartialEq for Seed {
    fn eq(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

impl Eq for Seed {}

#[cfg(test)]
mod tests {
    use super::*;

    fn rfc() -> Seed {
        Seed::new(b"12345678901234567890".to_vec())
    }

    #[test]
    fn writes_three_alphabets() {
        assert_eq!(
            rfc().to_base32().expose_secret(),
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        );
        assert_eq!(
            rfc().to_hex().expose_secret(),
            "3132333435363738393031323334353637383930"
        );
        assert_eq!(
            rfc().to_base64().expose_secret(),
            "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA="
        );
    }

    #[test]
    fn debug_shows_the_length_only() {
        assert_eq!(format!("{:?}", rfc()), "Seed([redacted; 160 bits])");
    }

    #[test]
    fn spare_capacity_does_not_matter() {
        let mut roomy = Vec::with_capacity(64);
        roomy.extend_from_slice(b"12345678901234567890");
        assert_eq!(Seed::new(roomy), rfc());
        assert_ne!(Seed::new(vec![0; 20]), rfc());
    }
}
