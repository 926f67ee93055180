//! Private keys to sign with, out of PEM and JWK.

mod jwk;
mod pem;

use std::fmt;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING as P256, ECDSA_P384_SHA384_FIXED_SIGNING as P384, EcdsaKeyPair,
    EcdsaSigningAlgorithm, RSA_PKCS1_SHA256,
};
use idp_http::printable;

/// How short an RSA key may be, in bytes.
const SHORTEST_RSA: usize = 256;

/// A private key that is registered with a service app, with the name it has there.
///
/// RSA of 2048 bits or more signs with RS256, the curves P-256 and P-384 with ES256 and ES384. The
/// key's bytes are wiped when it is dropped; `Debug` shows algorithm and name only.
pub struct PrivateKey {
    pair: Pair,
    id: Option<String>,
}

enum Pair {
    Rsa(rsa::KeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
}

/// What is wrong with a private key. It never quotes the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidKey {
    /// Neither PEM nor JSON.
    #[error("it is neither PEM (-----BEGIN …) nor a JSON Web Key ({{\"kty\":…}})")]
    UnknownForm,
    /// A section of PEM is damaged.
    #[error("it is no PEM file: a section is damaged or cut off")]
    NotPem,
    /// JSON that is no JWK.
    #[error("it is no JSON Web Key: it is cut off, or a part is missing or not Base64url")]
    NotJwk,
    /// A certificate or a public key, but no private key.
    #[error("it holds no private key: the public part stays with Okta, the private one comes here")]
    NoKey,
    /// More than one key.
    #[error("it holds more than one private key")]
    ManyKeys,
    /// Encrypted PEM.
    #[error("it is encrypted: use a plain key in a file that only its owner can read")]
    Encrypted,
    /// A curve or kind that Okta's service apps do not take.
    #[error("it is of another kind: a key is RSA, or of the curve P-256 or P-384")]
    UnknownKind,
    /// An RSA key below 2048 bits.
    #[error("it is an RSA key shorter than 2048 bits")]
    Short,
    /// Bytes that make no key.
    #[error("it is damaged")]
    Damaged,
}

impl PrivateKey {
    /// Reads a key: PEM (PKCS #8, PKCS #1, SEC 1), or a JSON Web Key (RFC 7517) or a set with one,
    /// whose `kid` names it.
    ///
    /// # Errors
    /// [`InvalidKey`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        let text = text.trim();
        if text.starts_with('{') {
            return jwk::read(text);
        }
        match text.contains("-----BEGIN") {
            true => pem::read(text),
            false => Err(InvalidKey::UnknownForm),
        }
    }

    /// The same key by the name (`kid`) that it has at the app.
    #[must_use]
    pub fn named(self, id: impl Into<String>) -> Self {
        let id = Some(id.into());
        Self { id, ..self }
    }

    /// The name that the key has at the app, where one is known. An app with one key needs none.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The algorithm that it signs with (RFC 7518): `RS256`, `ES256` or `ES384`.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::P256(_) => "ES256",
            Pair::P384(_) => "ES384",
        }
    }

    fn of(pair: Pair) -> Self {
        Self { pair, id: None }
    }

    fn of_rsa(pair: rsa::KeyPair) -> Result<Self, InvalidKey> {
        match pair.public_modulus_len() < SHORTEST_RSA {
            true => Err(InvalidKey::Short),
            false => Ok(Self::of(Pair::Rsa(pair))),
        }
    }

    /// A key of P-256 out of its number and its public point (SEC 1).
    pub(super) fn p256(number: &[u8], point: &[u8]) -> Result<Self, InvalidKey> {
        let pair = EcdsaKeyPair::from_private_key_and_public_key(&P256, number, point);
        pair.map(|pair| Self::of(Pair::P256(pair)))
            .map_err(|_| InvalidKey::Damaged)
    }

    /// Signs as JWS wants it (RFC 7518 section 3). The random number in a signature of a curve is the
    /// cryptographic library's own: no caller could give it.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::P256(pair) | Pair::P384(pair) => {
                Ok(pair.sign(&random, message)?.as_ref().to_vec())
            }
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)?;
                Ok(signature)
            }
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("algorithm", &self.algorithm())
            .field("id", &self.id.as_deref().map(printable))
            .finish_non_exhaustive()
    }
}

/// The curve of a name, and what makes a key of it.
type Curve = (&'static EcdsaSigningAlgorithm, fn(EcdsaKeyPair) -> Pair);

const CURVES: [(&str, Curve); 2] = [
    ("P-256", (&P256, Pair::P256)),
    ("P-384", (&P384, Pair::P384)),
];
