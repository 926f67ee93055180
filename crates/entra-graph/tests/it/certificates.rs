//! Certificates out of files, good ones and others.

use std::sync::LazyLock;

use data_encoding::BASE64_MIME;
use entra_graph::{Certificate, CertificateError};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256};

/// A certificate in PEM, and its key.
pub(crate) struct Made {
    pub(crate) certificate: rcgen::Certificate,
    pub(crate) key: KeyPair,
}

impl Made {
    fn new(algorithm: &'static rcgen::SignatureAlgorithm) -> Self {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.not_after = rcgen::date_time_ymd(2030, 1, 2);
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, key }
    }

    pub(crate) fn pem(&self) -> String {
        format!("{}{}", self.key.serialize_pem(), self.certificate.pem())
    }

    /// The key as OpenSSL 1 wrote it.
    fn pkcs1(&self) -> String {
        // The wrapping of a key of 2048 bits.
        section("RSA PRIVATE KEY", &self.key.serialize_der()[26..])
    }
}

fn section(label: &str, der: &[u8]) -> String {
    let text = BASE64_MIME.encode(der);
    format!("-----BEGIN {label}-----\n{text}-----END {label}-----\n")
}

pub(crate) static RSA: LazyLock<Made> = LazyLock::new(|| Made::new(&PKCS_RSA_SHA256));
static OTHER: LazyLock<Made> = LazyLock::new(|| Made::new(&PKCS_RSA_SHA256));
static CURVE: LazyLock<Made> = LazyLock::new(|| Made::new(&PKCS_ECDSA_P256_SHA256));

fn refused(pem: &str) -> CertificateError {
    let error = Certificate::from_pem(pem.as_bytes()).unwrap_err();
    assert!(!error.next_step().is_empty());
    error
}

#[test]
fn certificate_and_key_stand_in_any_order_and_form() {
    let (certificate, key) = (RSA.certificate.pem(), RSA.key.serialize_pem());
    for pem in [
        format!("{certificate}{key}"),
        format!("{key}{certificate}"),
        format!("Bag Attributes\n  x: y\n{}{certificate}", RSA.pkcs1()),
        format!("{}{certificate}{key}", OTHER.certificate.pem()),
        format!("{certificate}{key}").replace('\n', "\r\n"),
    ] {
        let read = Certificate::from_pem(pem.as_bytes()).unwrap();
        // 2 January 2030.
        assert_eq!(read.not_after().as_secs(), 1_893_542_400);
        let sha256 = ring::digest::digest(&ring::digest::SHA256, RSA.certificate.der());
        let hex = data_encoding::HEXUPPER.encode(sha256.as_ref());
        assert_eq!(read.thumbprint_sha256(), hex);
        assert_eq!(read.thumbprint_sha1().len(), 40);
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    let (certificate, key) = (RSA.certificate.pem(), RSA.key.serialize_pem());
    let of_other = OTHER.certificate.pem();
    let (curve, damaged) = (CURVE.key.serialize_pem(), section("PRIVATE KEY", &[7; 40]));
    let sec1 = section("EC PRIVATE KEY", &[1; 40]);
    let locked = section("ENCRYPTED PRIVATE KEY", &[1; 40]);
    let cut = &key[..key.len() - 40];
    let bad = section("CERTIFICATE", &[7; 40]);
    for (pem, error) in [
        (certificate.clone(), CertificateError::NoKey),
        (String::new(), CertificateError::NoKey),
        (key.clone(), CertificateError::NoCertificate),
        (
            format!("{key}{key}{certificate}"),
            CertificateError::ManyKeys,
        ),
        (format!("{key}{of_other}"), CertificateError::Mismatch),
        (format!("{curve}{certificate}"), CertificateError::NotRsa),
        (format!("{sec1}{certificate}"), CertificateError::NotRsa),
        (
            format!("{locked}{certificate}"),
            CertificateError::EncryptedKey,
        ),
        (
            format!("{damaged}{certificate}"),
            CertificateError::DamagedKey,
        ),
        (format!("{key}{bad}"), CertificateError::DamagedCertificate),
        (format!("{certificate}{cut}"), CertificateError::NotPem),
    ] {
        assert_eq!(refused(&pem), error);
    }
}

#[test]
fn a_certificate_shows_no_key() {
    let read = Certificate::from_pem(RSA.pem().as_bytes()).unwrap();
    let shown = format!("{read:?}");
    let sha1 = read.thumbprint_sha1();
    let expected = format!("Certificate {{ thumbprint_sha1: \"{sha1}\", .. }}");
    assert_eq!(shown, expected);
}

#[test]
fn its_public_part_is_the_certificate_alone() {
    let made = &*RSA;
    let pem = Certificate::from_pem(made.pem().as_bytes())
        .unwrap()
        .public_pem();
    let same = |pem: &str| pem.split_whitespace().collect::<String>();
    assert_eq!(same(&pem), same(&made.certificate.pem()));
    assert!(pem.lines().all(|line| line.len() <= 64));
    assert!(!pem.contains("PRIVATE"));
}

#[cfg(feature = "pfx")]
mod pfx {
    use p12_keystore::{
        EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey, PrivateKeyChain,
    };

    use super::*;

    fn pfx(made: &Made, encryption: EncryptionAlgorithm, mac: MacAlgorithm) -> Vec<u8> {
        let key = PrivateKey::from_der(&made.key.serialize_der()).unwrap();
        let certificate = p12_keystore::Certificate::from_der(made.certificate.der()).unwrap();
        let chain = PrivateKeyChain::new("id", key, [certificate]);
        let mut store = KeyStore::new();
        store.add_entry("app", KeyStoreEntry::PrivateKeyChain(chain));
        let writer = store.writer("pass word").encryption_algorithm(encryption);
        writer.mac_algorithm(mac).write().unwrap()
    }

    #[test]
    fn a_pfx_file_is_read_with_its_password() {
        let in_pem = Certificate::from_pem(RSA.pem().as_bytes()).unwrap();
        for (encryption, mac) in [
            (
                EncryptionAlgorithm::PbeWithHmacSha256AndAes256,
                MacAlgorithm::HmacSha256,
            ),
            (
                EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc,
                MacAlgorithm::HmacSha1,
            ),
        ] {
            let file = pfx(&RSA, encryption, mac);
            let read = Certificate::from_pfx(&file, "pass word").unwrap();
            assert_eq!(read.thumbprint_sha256(), in_pem.thumbprint_sha256());
            let wrong = Certificate::from_pfx(&file, "password").unwrap_err();
            assert_eq!(wrong, CertificateError::WrongPassword);
            let cut = Certificate::from_pfx(&file[..file.len() - 9], "pass word").unwrap_err();
            assert_eq!(cut, CertificateError::NotPfx);
        }
        let curve = pfx(
            &CURVE,
            EncryptionAlgorithm::PbeWithHmacSha256AndAes256,
            MacAlgorithm::HmacSha256,
        );
        let refused = Certificate::from_pfx(&curve, "pass word").unwrap_err();
        assert_eq!(refused, CertificateError::NotRsa);
    }
}
