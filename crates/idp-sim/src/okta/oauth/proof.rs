//! Proofs of possession (DPoP, RFC 9449 section 4.3).

use std::collections::BTreeMap;
use std::time::Duration;

use super::jws::{Jws, hash, thumbprint};
use super::nonce::Nonces;
use crate::okta::call::base;
use crate::okta::switches::OktaSwitches;
use crate::service::SimRequest;

/// Why a proof is not taken.
#[derive(Debug)]
pub(crate) struct Challenge {
    pub(crate) error: &'static str,
    pub(crate) description: &'static str,
    pub(crate) nonce: Option<String>,
}

impl Challenge {
    pub(super) const fn invalid(description: &'static str) -> Self {
        Self {
            error: "invalid_dpop_proof",
            description,
            nonce: None,
        }
    }

    fn nonce(newest: String) -> Self {
        Self {
            error: "use_dpop_nonce",
            description: "Authorization server requires nonce in DPoP proof.",
            nonce: Some(newest),
        }
    }
}

/// The names of proofs that were used, and when they may be forgotten.
#[derive(Debug, Default)]
pub(super) struct Proofs(BTreeMap<String, Duration>);

impl Proofs {
    /// Judges the proof of a request and remembers that it was used. The thumbprint of its key.
    pub(super) fn judge(
        &mut self,
        request: &SimRequest,
        token: Option<&str>,
        nonces: Option<&Nonces>,
        switches: &OktaSwitches,
        now: Duration,
    ) -> Result<String, Challenge> {
        let jws = only_proof(request)?;
        let jws = Jws::read(jws).ok_or(Challenge::invalid("The DPoP proof is malformed."))?;
        let key = key(&jws)?;
        check_target(&jws, request)?;
        check_time(&jws, now.as_secs(), switches.proof_age_s)?;
        if jws.claim("ath").map(str::to_owned) != token.map(hash) {
            return Err(Challenge::invalid(
                "The DPoP proof must hold the hash of the access token, and only beside one.",
            ));
        }
        if let Some(nonces) = nonces
            && !nonces.takes(jws.claim("nonce").unwrap_or_default(), now)
        {
            return Err(Challenge::nonce(nonces.newest(now)));
        }
        self.use_once(&jws, switches.proof_age_s, now)?;
        Ok(key)
    }

    fn use_once(&mut self, jws: &Jws<'_>, age: u64, now: Duration) -> Result<(), Challenge> {
        let name = jws.claim("jti").filter(|name| !name.is_empty());
        let name = name.ok_or(Challenge::invalid("The DPoP proof has no jti."))?;
        self.0.retain(|_, end| now <= *end);
        let end = now.saturating_add(Duration::from_secs(age.saturating_mul(2)));
        match self.0.insert(name.to_owned(), end) {
            None => Ok(()),
            Some(_) => Err(Challenge::invalid("The DPoP proof has been used before.")),
        }
    }
}

fn only_proof(request: &SimRequest) -> Result<&str, Challenge> {
    let mut proofs = request.headers().get_all("dpop").iter();
    match (proofs.next().map(|proof| proof.to_str()), proofs.next()) {
        (None, _) => Err(Challenge::invalid("The DPoP proof JWT header is missing.")),
        (Some(Ok(proof)), None) => Ok(proof),
        _ => Err(Challenge::invalid(
            "There must be one DPoP proof JWT header.",
        )),
    }
}

fn key(jws: &Jws<'_>) -> Result<String, Challenge> {
    if jws.head("typ") != Some("dpop+jwt") {
        return Err(Challenge::invalid("The DPoP proof's typ must be dpop+jwt."));
    }
    let key = jws.header.get("jwk");
    let public = key.filter(|key| key.get("d").is_none());
    let public = public.ok_or(Challenge::invalid("The DPoP proof needs a public jwk."))?;
    let signed = jws.is_signed_by(public).then(|| thumbprint(public));
    signed
        .flatten()
        .ok_or(Challenge::invalid("The DPoP proof's signature is invalid."))
}

fn check_target(jws: &Jws<'_>, request: &SimRequest) -> Result<(), Challenge> {
    if jws.claim("htm") != Some(request.method().as_str()) {
        return Err(Challenge::invalid(
            "The DPoP proof's htm is another method.",
        ));
    }
    // Without query and fragment.
    let address = base(request) + request.uri().path();
    match jws.claim("htu") == Some(&address) {
        true => Ok(()),
        false => Err(Challenge::invalid(
            "The DPoP proof's htu is another address.",
        )),
    }
}

fn check_time(jws: &Jws<'_>, now: u64, age: u64) -> Result<(), Challenge> {
    let made = jws.time("iat");
    let made = made.ok_or(Challenge::invalid("The DPoP proof has no iat."))?;
    match made.abs_diff(now) <= age {
        true => Ok(()),
        false => Err(Challenge::invalid(
            "The DPoP proof was issued in the future, or too long ago.",
        )),
    }
}
