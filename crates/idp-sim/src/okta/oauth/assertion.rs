//! The app's assertions (RFC 7523).

use std::time::Duration;

use super::app::App;
use super::denial::Denial;
use super::jws::{Jws, text};
use crate::okta::switches::OktaSwitches;

/// How far ahead an assertion may end, in seconds.
const LONGEST: u64 = 3600;

impl App {
    /// Judges an assertion, and remembers that it was used.
    pub(super) fn judge(
        &mut self,
        assertion: &str,
        audience: &str,
        switches: &OktaSwitches,
        now: Duration,
    ) -> Result<(), Denial> {
        let jws = Jws::read(assertion);
        let jws = jws.ok_or(Denial::client("The client_assertion is malformed."))?;
        self.check_signature(&jws, switches.kid_needed)?;
        self.check_claims(&jws, audience)?;
        check_times(&jws, now.as_secs(), switches.assertion_skew_s)?;
        match jws.claim("jti") {
            Some(name) if !self.used.insert(name.to_owned()) => {
                Err(Denial::client("The client_assertion has been used before."))
            }
            _ => Ok(()),
        }
    }

    fn check_signature(&self, jws: &Jws<'_>, kid_needed: bool) -> Result<(), Denial> {
        let name = jws.head("kid");
        if kid_needed && name.is_none() {
            return Err(Denial::client("The client_assertion names no key."));
        }
        let named = |key: &&_| name.is_none_or(|name| text(key, "kid") == name);
        let mut keys = self.keys.iter().filter(named);
        match keys.any(|key| jws.is_signed_by(key)) {
            true => Ok(()),
            false => Err(Denial::client(
                "The client_assertion signature is invalid, or its key is not registered.",
            )),
        }
    }

    fn check_claims(&self, jws: &Jws<'_>, audience: &str) -> Result<(), Denial> {
        let own = Some(self.client_id.as_str());
        if !self.active || jws.claim("iss") != own || jws.claim("sub") != own {
            return Err(Denial::client(
                "The issuer and the subject of the client_assertion must be an active client's id.",
            ));
        }
        match jws.claim("aud") == Some(audience) {
            true => Ok(()),
            false => Err(Denial::client(
                "The audience claim for client_assertion must be the endpoint invoked for the request.",
            )),
        }
    }
}

fn check_times(jws: &Jws<'_>, now: u64, skew: u64) -> Result<(), Denial> {
    let end = jws.time("exp");
    let end = end.ok_or(Denial::client("The client_assertion has no expiration."))?;
    if now > end.saturating_add(skew) {
        return Err(Denial::client("The client_assertion token is expired."));
    }
    if end > now.saturating_add(LONGEST).saturating_add(skew) {
        return Err(Denial::client(
            "The client_assertion token has an expiration too far into the future.",
        ));
    }
    match jws.time("iat") {
        Some(begin) if begin > now.saturating_add(skew) => Err(Denial::client(
            "The client_assertion token was issued in the future.",
        )),
        _ => Ok(()),
    }
}
