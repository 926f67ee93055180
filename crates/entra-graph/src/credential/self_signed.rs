//! A new key with a certificate of its own.

use std::time::Duration;

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use secrecy::SecretString;
use time::OffsetDateTime;
use zeroize::{Zeroize, Zeroizing};

use super::{Certificate, CertificateError};

const DAY: Duration = Duration::from_secs(86_400);
/// The certificate begins earlier: the service's clock may be behind.
const EARLIER: Duration = Duration::from_secs(3_600);

impl Certificate {
    /// Makes an RSA key of 3072 bits and a certificate of its own, both in one PEM file's content, which
    /// [`Certificate::from_pem`] reads. `name` is its common name; `now` is the time since the Unix
    /// epoch, and it is good for `days` from then on.
    ///
    /// The key's random numbers are the cryptographic library's own: no caller could give them.
    ///
    /// # Errors
    /// [`CertificateError::NotMade`] where the library refuses.
    pub fn self_signed(
        name: &str,
        now: Duration,
        days: u16,
    ) -> Result<SecretString, CertificateError> {
        let not_made = |_| CertificateError::NotMade;
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = time_of(now.saturating_sub(EARLIER))?;
        params.not_after = time_of(now.saturating_add(DAY * days.into()))?;
        let mut key =
            KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_3072).map_err(not_made)?;
        let pem = Zeroizing::new(key.serialize_pem());
        let certificate = params.self_signed(&key).map_err(not_made);
        key.zeroize();
        let both = Zeroizing::new([pem.as_str(), &certificate?.pem()].concat());
        Ok(both.as_str().into())
    }
}

fn time_of(unix: Duration) -> Result<OffsetDateTime, CertificateError> {
    let seconds = i64::try_from(unix.as_secs()).map_err(|_| CertificateError::NotMade)?;
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| CertificateError::NotMade)
}
