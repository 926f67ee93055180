//! Client assertions (RFC 7523): from a registered certificate, or from somebody who is trusted.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey,
};
use data_encoding::BASE64URL_NOPAD;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde::de::DeserializeOwned;
use serde_json::Value;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::denial::Denial;
use crate::entra::switches::EntraSwitches;

/// Who may vouch for an application.
#[derive(Default)]
pub(in crate::entra) struct Vouchers {
    certificates: Vec<Registered>,
    trusted: BTreeSet<String>,
    /// The names of assertions that were used.
    used: BTreeSet<String>,
}

/// A certificate that was uploaded.
#[derive(Clone)]
pub(in crate::entra) struct Registered {
    sha256: String,
    pub(in crate::entra) sha1: String,
    public_key: Vec<u8>,
    /// In seconds since the Unix epoch.
    pub(in crate::entra) valid: (i64, i64),
}

impl Registered {
    pub(in crate::entra) fn of(der: &[u8]) -> Option<Self> {
        let (_, read) = X509Certificate::from_der(der).ok()?;
        let validity = read.validity();
        let thumbprint = |algorithm| BASE64URL_NOPAD.encode(digest(algorithm, der).as_ref());
        Some(Self {
            sha256: thumbprint(&SHA256),
            sha1: thumbprint(&SHA1_FOR_LEGACY_USE_ONLY),
            public_key: (read.public_key().subject_public_key.data).to_vec(),
            valid: (
                validity.not_before.timestamp(),
                validity.not_after.timestamp(),
            ),
        })
    }
}

/// What an assertion has to be.
pub(super) struct Expected<'a> {
    pub(super) audience: &'a str,
    pub(super) client_id: &'a str,
    pub(super) now: Duration,
}

impl Vouchers {
    pub(super) fn register(&mut self, pem: &str) -> Result<(), String> {
        let der = CertificateDer::from_pem_slice(pem.as_bytes());
        let der = der.map_err(|_| "no certificate in PEM".to_owned())?;
        let registered = Registered::of(&der);
        let registered = registered.ok_or_else(|| "the certificate is damaged".to_owned())?;
        self.certificates.push(registered);
        Ok(())
    }

    /// These certificates and no others.
    pub(in crate::entra) fn replace(&mut self, certificates: Vec<Registered>) {
        self.certificates = certificates;
    }

    pub(super) fn trust(&mut self, assertion: &str) {
        self.trusted.insert(assertion.to_owned());
    }

    /// Judges an assertion, and remembers that it was used.
    pub(super) fn judge(
        &mut self,
        assertion: &str,
        expected: &Expected<'_>,
        switches: &EntraSwitches,
    ) -> Result<(), Denial> {
        if self.trusted.contains(assertion) {
            return Ok(());
        }
        let malformed = || Denial::of(50_027);
        let (signed, signature) = assertion.rsplit_once('.').ok_or_else(malformed)?;
        let (header, claims) = signed.split_once('.').ok_or_else(malformed)?;
        let header: Value = part(header).ok_or_else(malformed)?;
        let claims: Value = part(claims).ok_or_else(malformed)?;
        let signature = BASE64URL_NOPAD
            .decode(signature.as_bytes())
            .map_err(|_| malformed())?;
        if header.get("x5t#S256").is_none() && header.get("x5t").is_none() {
            return Err(Denial::of(70_021));
        }
        let signer = self.signer(&header, signed, &signature)?;
        let now = i64::try_from(expected.now.as_secs()).unwrap_or(i64::MAX);
        if now < signer.valid.0 || now > signer.valid.1 {
            return Err(Denial::of(1_000_502));
        }
        check_claims(&claims, expected, switches.assertion_skew_s)?;
        let id = claims.get("jti").and_then(Value::as_str);
        let id = id.ok_or_else(malformed)?.to_owned();
        if !self.used.insert(id) && switches.assertion_once {
            return Err(Denial::of(50_012));
        }
        Ok(())
    }

    /// The certificate that the header names and the signature is of.
    fn signer(
        &self,
        header: &Value,
        signed: &str,
        signature: &[u8],
    ) -> Result<&Registered, Denial> {
        let text = |name: &str| header.get(name).and_then(Value::as_str).unwrap_or_default();
        let unknown = Denial::of(700_027);
        let mut registered = self.certificates.iter();
        let signer = registered
            .find(|one| one.sha256 == text("x5t#S256") || one.sha1 == text("x5t"))
            .ok_or(unknown)?;
        let algorithm = match text("alg") {
            "PS256" => &RSA_PSS_2048_8192_SHA256,
            "RS256" => &RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(unknown),
        };
        let key = UnparsedPublicKey::new(algorithm, &signer.public_key);
        let verified = key.verify(signed.as_bytes(), signature);
        verified.map(|()| signer).map_err(|_| unknown)
    }
}

fn check_claims(claims: &Value, expected: &Expected<'_>, skew: u64) -> Result<(), Denial> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("aud") != expected.audience {
        return Err(Denial::of(700_023));
    }
    if text("iss") != expected.client_id || text("sub") != expected.client_id {
        return Err(Denial::of(700_021));
    }
    let number = |name: &str| claims.get(name).and_then(Value::as_u64);
    let now = expected.now.as_secs();
    let end = number("exp").ok_or_else(|| Denial::of(50_027))?;
    let begin = number("nbf").or_else(|| number("iat")).unwrap_or(0);
    if now > end.saturating_add(skew) || begin > now.saturating_add(skew) {
        return Err(Denial::of(700_024));
    }
    Ok(())
}

fn part<T: DeserializeOwned>(part: &str) -> Option<T> {
    let json = BASE64URL_NOPAD.decode(part.as_bytes()).ok()?;
    serde_json::from_slice(&json).ok()
}
