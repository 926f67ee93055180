//! The assertion by which an application proves its key (RFC 7523 section 3).

use std::time::Duration;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::RSA_PSS_SHA256;
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use zeroize::Zeroizing;

use super::Certificate;

/// How long an assertion is good.
const LIFETIME: u64 = 600;

/// One sign-in: for whom the assertion is, by whom, when, and its name.
#[derive(Debug)]
pub(crate) struct Occasion<'a> {
    /// The token endpoint's address.
    pub(crate) audience: &'a str,
    pub(crate) client_id: &'a str,
    /// The service's time, since the Unix epoch.
    pub(crate) now: Duration,
    /// Never used twice.
    pub(crate) id: &'a str,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    #[serde(rename = "x5t#S256")]
    thumbprint: &'a str,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: &'a str,
    iat: u64,
    nbf: u64,
    exp: u64,
}

impl Certificate {
    /// The signed assertion: a JWT with PS256 (RFC 7518 section 3.5).
    pub(crate) fn assert(&self, occasion: &Occasion<'_>) -> Result<Zeroizing<String>, Unspecified> {
        let now = occasion.now.as_secs();
        let header = Header {
            alg: "PS256",
            typ: "JWT",
            thumbprint: &BASE64URL_NOPAD.encode(self.sha256()),
        };
        let claims = Claims {
            aud: occasion.audience,
            iss: occasion.client_id,
            sub: occasion.client_id,
            jti: occasion.id,
            iat: now,
            nbf: now,
            exp: now.saturating_add(LIFETIME),
        };
        let mut token = Zeroizing::new(format!("{}.{}", encode(&header)?, encode(&claims)?));
        let signature = self.sign(token.as_bytes())?;
        token.push('.');
        token.push_str(&BASE64URL_NOPAD.encode(&signature));
        Ok(token)
    }

    /// The salt of the signature is the cryptographic library's own: no caller could give it.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut signature = vec![0; self.key().public_modulus_len()];
        let random = SystemRandom::new();
        self.key()
            .sign(&RSA_PSS_SHA256, &random, message, &mut signature)?;
        Ok(signature)
    }
}

fn encode(part: &impl Serialize) -> Result<String, Unspecified> {
    let json = serde_json::to_vec(part).map_err(|_| Unspecified)?;
    Ok(BASE64URL_NOPAD.encode(&json))
}
