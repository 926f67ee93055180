//! The assertion by which a service app proves its key (RFC 7523 section 3).

use std::time::Duration;

use aws_lc_rs::error::Unspecified;
use serde::Serialize;
use zeroize::Zeroizing;

use super::{ServiceApp, jwt};

/// How long an assertion is good, in seconds. Okta takes up to an hour.
const LIFETIME: u64 = 300;

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: &'a str,
    iat: u64,
    exp: u64,
}

impl ServiceApp {
    /// A new assertion for the token endpoint at `audience`, at the org's time `now` (since the Unix
    /// epoch). Okta takes each one once.
    pub(crate) fn assert(
        &self,
        audience: &str,
        now: Duration,
    ) -> Result<Zeroizing<String>, Unspecified> {
        let header = Header {
            alg: self.key.algorithm(),
            typ: "JWT",
            kid: self.key.id(),
        };
        let claims = Claims {
            aud: audience,
            iss: &self.client_id,
            sub: &self.client_id,
            jti: &(self.names)(),
            iat: now.as_secs(),
            exp: now.as_secs().saturating_add(LIFETIME),
        };
        jwt::sign(&header, &claims, &self.key)
    }
}
