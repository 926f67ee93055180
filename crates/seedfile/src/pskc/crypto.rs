//! The algorithms of XML Encryption that PSKC files use: AES-CBC, HMAC, PBKDF2.

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::{NoPadding, Pkcs7};
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

/// The block of AES, and so the initialisation vector before each ciphertext.
pub(super) const BLOCK: usize = 16;

/// A hash function under HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// By the last part of its URI, such as `hmac-sha256`.
    pub(super) fn by_name(name: &str) -> Option<Self> {
        match name {
            "hmac-sha1" => Some(Self::Sha1),
            "hmac-sha224" => Some(Self::Sha224),
            "hmac-sha256" => Some(Self::Sha256),
            "hmac-sha384" => Some(Self::Sha384),
            "hmac-sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// Whether `tag` is the whole HMAC of `data`, in constant time.
    pub(super) fn verifies(self, key: &[u8], data: &[u8], tag: &[u8]) -> bool {
        match self {
            Self::Sha1 => verifies::<Sha1>(key, data, tag),
            Self::Sha224 => verifies::<Sha224>(key, data, tag),
            Self::Sha256 => verifies::<Sha256>(key, data, tag),
            Self::Sha384 => verifies::<Sha384>(key, data, tag),
            Self::Sha512 => verifies::<Sha512>(key, data, tag),
        }
    }

    /// PBKDF2 (RFC 8018, section 5.2) with HMAC over this hash function.
    pub(super) fn derive(self, derivation: &Derivation, passphrase: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut key = Zeroizing::new(vec![0; derivation.key_length]);
        let (salt, rounds) = (&derivation.salt, derivation.iterations);
        match self {
            Self::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(passphrase, salt, rounds, &mut key),
            Self::Sha224 => pbkdf2::pbkdf2_hmac::<Sha224>(passphrase, salt, rounds, &mut key),
            Self::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(passphrase, salt, rounds, &mut key),
            Self::Sha384 => pbkdf2::pbkdf2_hmac::<Sha384>(passphrase, salt, rounds, &mut key),
            Self::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(passphrase, salt, rounds, &mut key),
        }
        key
    }
}

/// How a key is derived from a passphrase.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Derivation {
    pub(super) hash: Hash,
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
    pub(super) key_length: usize,
}

fn verifies<D: EagerHash>(key: &[u8], data: &[u8], tag: &[u8]) -> bool {
    // A key of any length will do.
    Hmac::<D>::new_from_slice(key).is_ok_and(|mut hmac| {
        hmac.update(data);
        hmac.verify_slice(tag).is_ok()
    })
}

/// HMAC-SHA-1, which every reader of PSKC knows.
pub(super) fn hmac_sha1(key: &[u8], data: &[u8]) -> Vec<u8> {
    let tag = Hmac::<Sha1>::new_from_slice(key).map(|mut hmac| {
        hmac.update(data);
        hmac.finalize().into_bytes().to_vec()
    });
    tag.unwrap_or_default()
}

/// Decrypts what follows the initialisation vector. `None` if the key, the length or the padding is wrong.
pub(super) fn decrypt(key: &[u8], data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (iv, ciphertext) = data.split_at_checked(BLOCK)?;
    let mut plain = Zeroizing::new(ciphertext.to_vec());
    match key.len() {
        16 => decrypt_blocks::<cbc::Decryptor<Aes128>>(key, iv, &mut plain)?,
        24 => decrypt_blocks::<cbc::Decryptor<Aes192>>(key, iv, &mut plain)?,
        32 => decrypt_blocks::<cbc::Decryptor<Aes256>>(key, iv, &mut plain)?,
        _ => return None,
    }
    // XML Encryption: the last byte is the number of bytes to cut, the others may be anything.
    let padding = usize::from(*plain.last()?);
    let length = plain.len().checked_sub(padding)?;
    (1..=BLOCK)
        .contains(&padding)
        .then(|| plain.truncate(length))?;
    Some(plain)
}

fn decrypt_blocks<C: BlockModeDecrypt + KeyIvInit>(
    key: &[u8],
    iv: &[u8],
    data: &mut [u8],
) -> Option<()> {
    let cipher = C::new_from_slices(key, iv).ok()?;
    cipher.decrypt_padded::<NoPadding>(data).ok().map(|_| ())
}

/// Encrypts with PKCS padding and puts the initialisation vector before it. `None` if AES takes no key of this length.
pub(super) fn encrypt(key: &[u8], iv: &[u8; BLOCK], plain: &[u8]) -> Option<Vec<u8>> {
    let mut data = Zeroizing::new(vec![0; BLOCK + plain.len() / BLOCK * BLOCK + BLOCK]);
    let (head, body) = data.split_at_mut_checked(BLOCK)?;
    head.copy_from_slice(iv);
    body.get_mut(..plain.len())?.copy_from_slice(plain);
    match key.len() {
        16 => encrypt_blocks::<cbc::Encryptor<Aes128>>(key, iv, body, plain.len())?,
        24 => encrypt_blocks::<cbc::Encryptor<Aes192>>(key, iv, body, plain.len())?,
        32 => encrypt_blocks::<cbc::Encryptor<Aes256>>(key, iv, body, plain.len())?,
        _ => return None,
    }
    Some(data.to_vec())
}

fn encrypt_blocks<C: BlockModeEncrypt + KeyIvInit>(
    key: &[u8],
    iv: &[u8],
    data: &mut [u8],
    length: usize,
) -> Option<()> {
    let cipher = C::new_from_slices(key, iv).ok()?;
    cipher
        .encrypt_padded::<Pkcs7>(data, length)
        .ok()
        .map(|_| ())
}
