//! A certificate with its private key, out of a file.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::KeyPair as _;
use data_encoding::{BASE64, HEXUPPER};
use rustls_pki_types::pem::{PemObject, SectionKind};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use zeroize::Zeroizing;

/// `rsaEncryption` (RFC 8017 appendix C) as it stands in DER.
const RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// How short an RSA key may be, in bytes.
const SHORTEST: usize = 256;
/// Bytes in a line of 64 characters (RFC 7468 section 2).
const PEM_LINE: usize = 48;

/// A certificate and its RSA key. The key's bytes are wiped when it is dropped; `Debug` shows the
/// thumbprint only.
pub struct Certificate {
    key: KeyPair,
    der: Vec<u8>,
    sha256: Vec<u8>,
    sha1: Vec<u8>,
    not_after: Duration,
}

/// What is wrong with a certificate's file. It never quotes the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Neither a certificate nor a key is readable.
    #[error("it is no PEM file: a section is damaged or cut off")]
    NotPem,
    /// Not PKCS #12, or damaged.
    #[error("it is no PFX file, or it is damaged")]
    NotPfx,
    /// The file's password is another one.
    #[error("the password does not open it")]
    WrongPassword,
    /// A key, but no certificate.
    #[error("it holds no certificate")]
    NoCertificate,
    /// A certificate, but no key.
    #[error("it holds no private key: certificate and key belong into one file")]
    NoKey,
    /// More than one key.
    #[error("it holds more than one private key")]
    ManyKeys,
    /// `ENCRYPTED PRIVATE KEY` in PEM.
    #[error(
        "its private key is encrypted: use a PFX file, or a PEM file with a plain key that only its owner can read"
    )]
    EncryptedKey,
    /// An elliptic curve's key, or another kind.
    #[error("its key is no RSA key: sign-in takes RSA keys of 2048 bits or more")]
    NotRsa,
    /// An RSA key below 2048 bits.
    #[error("its RSA key is shorter than 2048 bits")]
    ShortKey,
    /// Bytes that make no key.
    #[error("its private key is damaged")]
    DamagedKey,
    /// Bytes that make no certificate.
    #[error("its certificate is damaged")]
    DamagedCertificate,
    /// The cryptographic library refused to make a key.
    #[error("no new key could be made")]
    NotMade,
    /// The certificate is of another key.
    #[error("its private key does not fit its certificate")]
    Mismatch,
}

impl CertificateError {
    /// What a person can do next, as a sentence without a full stop.
    #[must_use]
    pub fn next_step(self) -> &'static str {
        match self {
            Self::WrongPassword => "check AZURE_CLIENT_CERTIFICATE_PASSWORD",
            Self::NotRsa | Self::ShortKey => {
                "make a new RSA key of 2048 bits or more with a certificate, and upload that to the app registration"
            }
            Self::NotMade => "make a key and a certificate with openssl instead",
            _ => "put the certificate and its private key into one PEM or PFX file",
        }
    }
}

impl Certificate {
    /// Reads a PEM file with a certificate and its key (PKCS #8 or PKCS #1), in any order. Of several
    /// certificates, as in a chain, the key's own is taken.
    ///
    /// # Errors
    /// [`CertificateError`] for a file without one of them, or with what cannot be used.
    pub fn from_pem(pem: &[u8]) -> Result<Self, CertificateError> {
        // PKCS #8, and what OpenSSL 1 wrote.
        if contains(pem, b"BEGIN ENCRYPTED") || contains(pem, b"4,ENCRYPTED") {
            return Err(CertificateError::EncryptedKey);
        }
        let (mut keys, mut certificates) = (Vec::new(), Vec::new());
        for section in Section::pem_slice_iter(pem) {
            match section.map_err(|_| CertificateError::NotPem)? {
                Section::Certificate(der) => certificates.push(der),
                Section::Key(der) => keys.push(der),
                Section::NotRsa => return Err(CertificateError::NotRsa),
            }
        }
        let certificates: Vec<&[u8]> = certificates.iter().map(Vec::as_slice).collect();
        let keys: Vec<&[u8]> = keys.iter().map(|key| key.as_slice()).collect();
        Self::of(&keys, &certificates)
    }

    /// Reads a PFX file (PKCS #12, RFC 7292).
    ///
    /// # Errors
    /// [`CertificateError`] for another password, a file without one of them, or with what cannot be
    /// used.
    #[cfg(feature = "pfx")]
    pub fn from_pfx(pfx: &[u8], password: &str) -> Result<Self, CertificateError> {
        let archive = p12_keystore::Pkcs12Archive::from_pkcs12(pfx, password);
        let archive = archive.map_err(|error| match error {
            p12_keystore::error::Error::MacError(_)
            | p12_keystore::error::Error::UnpadError
            | p12_keystore::error::Error::Pkcs5Error(_) => CertificateError::WrongPassword,
            _ => CertificateError::NotPfx,
        })?;
        let keys: Vec<&[u8]> = archive.keys.iter().map(|bag| bag.key.as_der()).collect();
        let certificates: Vec<&[u8]> =
            (archive.certs.iter().map(|bag| bag.cert.as_der())).collect();
        Self::of(&keys, &certificates)
    }

    fn of(keys: &[&[u8]], certificates: &[&[u8]]) -> Result<Self, CertificateError> {
        let key = match keys {
            [] => return Err(CertificateError::NoKey),
            [key] => rsa(key)?,
            _ => return Err(CertificateError::ManyKeys),
        };
        if certificates.is_empty() {
            return Err(CertificateError::NoCertificate);
        }
        for der in certificates {
            let (_, read) =
                X509Certificate::from_der(der).map_err(|_| CertificateError::DamagedCertificate)?;
            let public = &read.tbs_certificate.subject_pki.subject_public_key.data;
            if public.as_ref() == key.public_key().as_ref() {
                let not_after = read.validity().not_after.timestamp();
                return Ok(Self {
                    key,
                    der: der.to_vec(),
                    sha256: digest::digest(&SHA256, der).as_ref().to_vec(),
                    sha1: digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, der)
                        .as_ref()
                        .to_vec(),
                    not_after: Duration::from_secs(u64::try_from(not_after).unwrap_or(0)),
                });
            }
        }
        Err(CertificateError::Mismatch)
    }

    /// The certificate, without its key, in DER: what is uploaded to the app registration.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The same as PEM, as a file with the ending `.crt` holds it.
    #[must_use]
    pub fn public_pem(&self) -> String {
        let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
        for bytes in self.der.chunks(PEM_LINE) {
            pem.push_str(&BASE64.encode(bytes));
            pem.push('\n');
        }
        pem.push_str("-----END CERTIFICATE-----\n");
        pem
    }

    /// When the certificate ends, since the Unix epoch.
    #[must_use]
    pub fn not_after(&self) -> Duration {
        self.not_after
    }

    /// The SHA-256 of the certificate, in hexadecimal digits.
    #[must_use]
    pub fn thumbprint_sha256(&self) -> String {
        HEXUPPER.encode(&self.sha256)
    }

    /// The SHA-1 of the certificate, in hexadecimal digits: the portal's "Thumbprint".
    #[must_use]
    pub fn thumbprint_sha1(&self) -> String {
        HEXUPPER.encode(&self.sha1)
    }

    pub(super) fn sha256(&self) -> &[u8] {
        &self.sha256
    }

    pub(super) fn key(&self) -> &KeyPair {
        &self.key
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("thumbprint_sha1", &self.thumbprint_sha1())
            .finish_non_exhaustive()
    }
}

/// PKCS #8, or PKCS #1.
fn rsa(der: &[u8]) -> Result<KeyPair, CertificateError> {
    let is_pkcs1 = KeyPair::from_der(der);
    match KeyPair::from_pkcs8(der).or(is_pkcs1) {
        Ok(key) if key.public_modulus_len() < SHORTEST => Err(CertificateError::ShortKey),
        Ok(key) => Ok(key),
        Err(rejected) if rejected.to_string() == "TooSmall" => Err(CertificateError::ShortKey),
        Err(_) if is_other_pkcs8(der) => Err(CertificateError::NotRsa),
        Err(_) => Err(CertificateError::DamagedKey),
    }
}

/// PKCS #8 (RFC 5208): a sequence of a version, 0 or 1, and a sequence that names the algorithm.
fn is_other_pkcs8(der: &[u8]) -> bool {
    let start = der.get(..16).unwrap_or(der);
    let has_algorithm =
        contains(start, &[0x02, 0x01, 0x00, 0x30]) || contains(start, &[0x02, 0x01, 0x01, 0x30]);
    has_algorithm && !contains(der, &RSA)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// A part of a PEM file that matters here.
enum Section {
    Certificate(Vec<u8>),
    Key(Zeroizing<Vec<u8>>),
    NotRsa,
}

impl PemObject for Section {
    fn from_pem(kind: SectionKind, der: Vec<u8>) -> Option<Self> {
        match kind {
            SectionKind::Certificate => Some(Self::Certificate(der)),
            SectionKind::PrivateKey | SectionKind::RsaPrivateKey => {
                Some(Self::Key(Zeroizing::new(der)))
            }
            SectionKind::EcPrivateKey => {
                drop(Zeroizing::new(der));
                Some(Self::NotRsa)
            }
            _ => None,
        }
    }
}
