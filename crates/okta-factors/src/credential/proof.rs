//! Proofs of possession (DPoP, RFC 9449).

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::agreement::{self, ECDH_P256};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::Unspecified;
use data_encoding::BASE64URL_NOPAD;
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde::Serialize;

use super::{InvalidKey, PrivateKey, ServiceApp, jwt};

/// The longest nonce that is kept.
const LONGEST_NONCE: usize = 1024;

/// A program's own key, to which its access tokens are bound: who reads a token cannot use it without
/// the key. Another one than the key that is registered with the app; make a new one for each process.
pub struct ProofKey {
    key: PrivateKey,
    public: Jwk,
}

/// A public key of P-256 (RFC 7518 section 6.2.1).
#[derive(Serialize)]
struct Jwk {
    crv: &'static str,
    kty: &'static str,
    x: String,
    y: String,
}

impl ProofKey {
    /// Makes a key of the curve P-256 out of bytes that nobody can guess. The caller wipes the bytes.
    ///
    /// # Errors
    /// [`InvalidKey`] where they make no key, which random bytes do less than once in four thousand
    /// million times: take others then.
    pub fn from_random(bytes: &[u8; 32]) -> Result<Self, InvalidKey> {
        let point = agreement::PrivateKey::from_private_key(&ECDH_P256, bytes)
            .map_err(|_| InvalidKey::Damaged)?
            .compute_public_key()
            .map_err(|_| InvalidKey::Damaged)?;
        let key = PrivateKey::p256(bytes, point.as_ref())?;
        // 04, and two halves of 32 bytes.
        let halves = point.as_ref().get(1..);
        let (x, y) = halves
            .and_then(|halves| halves.split_at_checked(32))
            .ok_or(InvalidKey::Damaged)?;
        let public = Jwk {
            crv: "P-256",
            kty: "EC",
            x: BASE64URL_NOPAD.encode(x),
            y: BASE64URL_NOPAD.encode(y),
        };
        Ok(Self { key, public })
    }
}

impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofKey").finish_non_exhaustive()
    }
}

/// What a proof is for.
#[derive(Debug)]
pub(crate) struct Proof<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    /// The org's time, since the Unix epoch.
    pub(crate) now: Duration,
    /// The hash of the access token that goes with it, see [`token_hash`].
    pub(crate) token_hash: Option<&'a str>,
    pub(crate) nonce: Option<&'a str>,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    jwk: &'a Jwk,
    typ: &'static str,
}

#[derive(Serialize)]
struct Claims<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ath: Option<&'a str>,
    htm: &'a str,
    htu: &'a str,
    iat: u64,
    jti: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

impl ServiceApp {
    /// A new proof as the header `DPoP` that it becomes.
    pub(crate) fn prove(&self, proof: &Proof<'_>) -> Result<HeaderValue, Unspecified> {
        let ProofKey { key, public } = &self.proof_key;
        let uri = proof.uri.to_string();
        let claims = Claims {
            ath: proof.token_hash,
            htm: proof.method.as_str(),
            // Without query and fragment; a fragment is no part of a Uri.
            htu: uri.split('?').next().unwrap_or_default(),
            iat: proof.now.as_secs(),
            jti: &(self.names)(),
            nonce: proof.nonce,
        };
        let header = Header {
            alg: key.algorithm(),
            jwk: public,
            typ: "dpop+jwt",
        };
        let proof = jwt::sign(&header, &claims, key)?;
        let mut value = HeaderValue::from_str(&proof).map_err(|_| Unspecified)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// The hash by which a proof names its access token.
pub(crate) fn token_hash(token: &str) -> String {
    BASE64URL_NOPAD.encode(digest(&SHA256, token.as_bytes()).as_ref())
}

/// The newest nonce that one server gave: every proof for it holds that one.
#[derive(Default)]
pub(crate) struct Nonce(Mutex<Option<String>>);

impl Nonce {
    pub(crate) fn newest(&self) -> Option<String> {
        let newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        newest.clone()
    }

    /// Learns from an answer. True where it brings another nonce than `used`, which the request had.
    pub(crate) fn learn(&self, headers: &HeaderMap, used: Option<&str>) -> bool {
        let given = headers
            .get("dpop-nonce")
            .and_then(|nonce| nonce.to_str().ok());
        let Some(given) = given.filter(|nonce| (1..=LONGEST_NONCE).contains(&nonce.len())) else {
            return false;
        };
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = Some(given.to_owned());
        used != Some(given)
    }
}
