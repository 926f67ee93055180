use core::fmt;

use hmac::{
    EagerHash, KeyInit,
    block_api::HmacCore,
    digest::{
        Output,
        block_api::{Buffer, FixedOutputCore},
    },
};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::Algorithm;

/// A token's secret key, prepared for use with one [`Algorithm`].
///
/// Preparing a key hashes both of HMAC's pads. That is half the work of a code, so keep the `Key`
/// when more than one code is needed, as the windows of [`Hotp`](crate::Hotp) and
/// [`Totp`](crate::Totp) do.
///
/// The `Key` does not hold the bytes it was made from, but what it holds is as secret: it suffices
/// to make codes. It is wiped when dropped, its `Debug` shows the algorithm only, and it can be
/// neither cloned nor compared. Copies that the compiler leaves on the stack, by moving a `Key` or
/// while preparing it, are out of its reach.
pub struct Key(Prepared);

/// The states after each pad and no message buffer, unlike `Hmac`: less to copy and wipe for a code.
enum Prepared {
    Sha1(HmacCore<Sha1>),
    Sha256(HmacCore<Sha256>),
    Sha512(HmacCore<Sha512>),
}

impl Key {
    /// Prepares the secret `bytes` (raw, not Base32 or hexadecimal text) for `algorithm`.
    ///
    /// Any length works, as in RFC 2104: bytes beyond the hash's block (64, or 128 for SHA-512) are
    /// hashed first, and no bytes at all are a key too. What is long enough is for the caller to
    /// say: RFC 4226 section 4 (R6) asks for 16 bytes and advises 20.
    #[must_use]
    pub fn new(algorithm: Algorithm, bytes: &[u8]) -> Self {
        Self(match algorithm {
            Algorithm::Sha1 => Prepared::Sha1(prepare(bytes)),
            Algorithm::Sha256 => Prepared::Sha256(prepare(bytes)),
            Algorithm::Sha512 => Prepared::Sha512(prepare(bytes)),
        })
    }

    /// The algorithm the key was prepared for.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self.0 {
            Prepared::Sha1(_) => Algorithm::Sha1,
            Prepared::Sha256(_) => Algorithm::Sha256,
            Prepared::Sha512(_) => Algorithm::Sha512,
        }
    }

    /// The 31-bit number of which a code shows the last digits (`Snum` in RFC 4226 section 5.3).
    pub(crate) fn number(&self, counter: u64) -> u32 {
        match &self.0 {
            Prepared::Sha1(mac) => number(mac, counter),
            Prepared::Sha256(mac) => number(mac, counter),
            Prepared::Sha512(mac) => number(mac, counter),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("algorithm", &self.algorithm())
            .finish_non_exhaustive()
    }
}

#[expect(
    clippy::expect_used,
    reason = "HMAC takes keys of any length (RFC 2104 section 2)"
)]
fn prepare<D: EagerHash>(bytes: &[u8]) -> HmacCore<D> {
    HmacCore::new_from_slice(bytes).expect("HMAC takes keys of any length")
}

fn number<D: EagerHash>(prepared: &HmacCore<D>, counter: u64) -> u32 {
    let mut message = Buffer::<HmacCore<D>>::new(&counter.to_be_bytes());
    let mut mac = Output::<HmacCore<D>>::default();
    prepared.clone().finalize_fixed_core(&mut message, &mut mac);
    truncate(&mac)
}

/// Dynamic truncation (RFC 4226 section 5.3): the last byte's low half says where the four bytes
/// begin.
fn truncate(mac: &[u8]) -> u32 {
    let offset = mac.last().map_or(0, |last| usize::from(last & 0x0f));
    let bytes = mac.iter().skip(offset).take(4);
    bytes.fold(0, |number, &byte| number << 8 | u32::from(byte)) & 0x7fff_ffff
}
