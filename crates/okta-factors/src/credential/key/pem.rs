//! Keys in PEM (RFC 7468).

use aws_lc_rs::rsa;
use aws_lc_rs::signature::EcdsaKeyPair;
use rustls_pki_types::pem::{PemObject, SectionKind};
use zeroize::Zeroizing;

use super::{CURVES, InvalidKey, PrivateKey};

/// A private key's section.
struct Section {
    kind: SectionKind,
    der: Zeroizing<Vec<u8>>,
}

impl PemObject for Section {
    fn from_pem(kind: SectionKind, der: Vec<u8>) -> Option<Self> {
        let der = Zeroizing::new(der);
        let is_key = matches!(
            kind,
            SectionKind::PrivateKey | SectionKind::RsaPrivateKey | SectionKind::EcPrivateKey
        );
        is_key.then_some(Self { kind, der })
    }
}

pub(super) fn read(text: &str) -> Result<PrivateKey, InvalidKey> {
    // Line breaks are often written out where a variable holds a key.
    let text = Zeroizing::new(text.replace("\\n", "\n"));
    // PKCS #8, and what OpenSSL 1 wrote.
    if text.contains("BEGIN ENCRYPTED") || text.contains("4,ENCRYPTED") {
        return Err(InvalidKey::Encrypted);
    }
    let sections: Result<Vec<Section>, _> = Section::pem_slice_iter(text.as_bytes()).collect();
    match sections.map_err(|_| InvalidKey::NotPem)?.as_slice() {
        [] => Err(InvalidKey::NoKey),
        [one] => key(one),
        _ => Err(InvalidKey::ManyKeys),
    }
}

fn key(section: &Section) -> Result<PrivateKey, InvalidKey> {
    let der = section.der.as_slice();
    let is_pkcs8 = section.kind == SectionKind::PrivateKey;
    if section.kind == SectionKind::RsaPrivateKey || (is_pkcs8 && contains(der, &RSA)) {
        return rsa_key(der, is_pkcs8);
    }
    if is_pkcs8 && !contains(der, &CURVE) {
        return Err(unreadable(der));
    }
    let of_curve = |(curve, make): super::Curve| {
        let pair = EcdsaKeyPair::from_private_key_der(curve, der).ok()?;
        Some(PrivateKey::of(make(pair)))
    };
    let mut curves = CURVES.iter();
    curves
        .find_map(|(_, curve)| of_curve(*curve))
        .ok_or_else(|| unreadable(der))
}

fn rsa_key(der: &[u8], is_pkcs8: bool) -> Result<PrivateKey, InvalidKey> {
    let read = match is_pkcs8 {
        true => rsa::KeyPair::from_pkcs8(der),
        false => rsa::KeyPair::from_der(der),
    };
    match read {
        Ok(pair) => PrivateKey::of_rsa(pair),
        Err(rejected) if rejected.to_string() == "TooSmall" => Err(InvalidKey::Short),
        Err(_) => Err(InvalidKey::Damaged),
    }
}

/// `rsaEncryption` (RFC 8017 appendix C) as it stands in DER.
const RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// `id-ecPublicKey` (RFC 5480 section 2.1.1).
const CURVE: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

/// What begins as a private key does, with a version 0 or 1 in a sequence, is one of another kind.
fn unreadable(der: &[u8]) -> InvalidKey {
    let start = der.get(..16).unwrap_or(der);
    let has_version = contains(start, &[0x02, 0x01, 0x00]) || contains(start, &[0x02, 0x01, 0x01]);
    match der.starts_with(&[0x30]) && has_version {
        true => InvalidKey::UnknownKind,
        false => InvalidKey::Damaged,
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
