//! Private keys in every form, good ones and others.

use std::sync::LazyLock;

use data_encoding::{BASE64_MIME, BASE64URL_NOPAD};
use okta_factors::{InvalidKey, PrivateKey};
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_ED25519,
    PKCS_RSA_SHA256, PublicKeyData,
};
use serde_json::{Value, json};

pub(crate) static RSA: LazyLock<KeyPair> = LazyLock::new(|| of(&PKCS_RSA_SHA256));
pub(crate) static P256: LazyLock<KeyPair> = LazyLock::new(|| of(&PKCS_ECDSA_P256_SHA256));
pub(crate) static P384: LazyLock<KeyPair> = LazyLock::new(|| of(&PKCS_ECDSA_P384_SHA384));

fn of(algorithm: &'static rcgen::SignatureAlgorithm) -> KeyPair {
    KeyPair::generate_for(algorithm).unwrap()
}

fn section(label: &str, der: &[u8]) -> String {
    let text = BASE64_MIME.encode(der);
    format!("-----BEGIN {label}-----\n{text}-----END {label}-----\n")
}

/// The key inside of PKCS #8: what comes last in it, from the header of its sequence on.
fn inner(key: &KeyPair, version: &[u8]) -> Vec<u8> {
    let der = key.serialize_der();
    let found = der.windows(version.len()).rposition(|part| part == version);
    let at = found.unwrap();
    let header = if der[at - 2] == 0x30 { 2 } else { 3 };
    der[at - header..].to_vec()
}

/// As OpenSSL 1 wrote it (RFC 8017): behind the wrapping of a key of 2048 bits.
pub(crate) fn pkcs1(key: &KeyPair) -> Vec<u8> {
    key.serialize_der()[26..].to_vec()
}

/// The integers of a sequence in DER.
fn integers(der: &[u8]) -> Vec<Vec<u8>> {
    let length = |at: usize| match der[at] {
        0x82 => (usize::from(der[at + 1]) << 8 | usize::from(der[at + 2]), 3),
        0x81 => (usize::from(der[at + 1]), 2),
        short => (usize::from(short), 1),
    };
    let (mut at, mut found) = (1 + length(1).1, Vec::new());
    while at < der.len() {
        let (size, header) = length(at + 1);
        let begin = at + 1 + header;
        let number = &der[begin..begin + size];
        found.push(number.strip_prefix(&[0]).unwrap_or(number).to_vec());
        at = begin + size;
    }
    found
}

pub(crate) fn rsa_jwk(key: &KeyPair) -> Value {
    let numbers = integers(&pkcs1(key));
    let names = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];
    let mut jwk = json!({"kty": "RSA", "alg": "RS256", "use": "sig"});
    // The first is the version.
    for (name, number) in names.iter().zip(&numbers[1..]) {
        jwk[*name] = json!(BASE64URL_NOPAD.encode(number));
    }
    jwk
}

pub(crate) fn curve_jwk(key: &KeyPair, curve: &str) -> Value {
    let point = key.der_bytes();
    let (x, y) = point[1..].split_at((point.len() - 1) / 2);
    let sec1 = inner(key, &[0x02, 0x01, 0x01, 0x04]);
    let at = sec1
        .windows(4)
        .position(|part| part == [2, 1, 1, 4])
        .unwrap()
        + 4;
    let number = &sec1[at + 1..at + 1 + usize::from(sec1[at])];
    let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    json!({"kty": "EC", "crv": curve, "x": text(x), "y": text(y), "d": text(number)})
}

#[test]
fn a_key_is_read_in_every_form() {
    let sec1 = |key| section("EC PRIVATE KEY", &inner(key, &[2, 1, 1, 4]));
    let with_parameters = format!("{}{}", section("EC PARAMETERS", &[6, 1, 1]), sec1(&P256));
    let in_one_line = RSA
        .serialize_pem()
        .trim()
        .replace("\r\n", "\n")
        .replace('\n', "\\n");
    for (text, algorithm) in [
        (RSA.serialize_pem(), "RS256"),
        (section("RSA PRIVATE KEY", &pkcs1(&RSA)), "RS256"),
        (in_one_line, "RS256"),
        (
            format!("Bag Attributes\n  x: y\n{}\n\n", P256.serialize_pem()),
            "ES256",
        ),
        (P384.serialize_pem().replace('\n', "\r\n"), "ES384"),
        (sec1(&P256), "ES256"),
        (sec1(&P384), "ES384"),
        (with_parameters, "ES256"),
        (rsa_jwk(&RSA).to_string(), "RS256"),
        (format!(" \n{:#}\n", curve_jwk(&P256, "P-256")), "ES256"),
        (curve_jwk(&P384, "P-384").to_string(), "ES384"),
        (
            json!({"keys": [curve_jwk(&P256, "P-256")]}).to_string(),
            "ES256",
        ),
    ] {
        let key = PrivateKey::parse(&text).unwrap();
        assert_eq!((key.algorithm(), key.id()), (algorithm, None), "{text}");
    }
    let mut named = curve_jwk(&P256, "P-256");
    named["kid"] = json!("kid-1");
    let key = PrivateKey::parse(&named.to_string()).unwrap();
    assert_eq!(key.id(), Some("kid-1"));
    assert_eq!(key.named("kid-2").id(), Some("kid-2"));
}

#[test]
fn what_is_wrong_with_a_key_is_said() {
    let pem = RSA.serialize_pem();
    let without = |name: &str, jwk: &Value| {
        let mut jwk = jwk.clone();
        jwk.as_object_mut().unwrap().remove(name);
        jwk.to_string()
    };
    let with = |name: &str, value: Value, jwk: &Value| {
        let mut jwk = jwk.clone();
        jwk[name] = value;
        jwk.to_string()
    };
    let (rsa, curve) = (rsa_jwk(&RSA), curve_jwk(&P256, "P-256"));
    for (text, error) in [
        (String::new(), InvalidKey::UnknownForm),
        ("/home/ann/key.pem".to_owned(), InvalidKey::UnknownForm),
        (pem[..pem.len() - 60].to_owned(), InvalidKey::NotPem),
        (RSA.public_key_pem(), InvalidKey::NoKey),
        (
            format!("{pem}{}", P256.serialize_pem()),
            InvalidKey::ManyKeys,
        ),
        (
            section("ENCRYPTED PRIVATE KEY", &[1; 40]),
            InvalidKey::Encrypted,
        ),
        (
            pem.replacen('\n', "\nProc-Type: 4,ENCRYPTED\n", 1),
            InvalidKey::Encrypted,
        ),
        (section("PRIVATE KEY", &[7; 40]), InvalidKey::Damaged),
        (section("RSA PRIVATE KEY", &[7; 40]), InvalidKey::Damaged),
        (section("EC PRIVATE KEY", &[7; 40]), InvalidKey::Damaged),
        (of(&PKCS_ED25519).serialize_pem(), InvalidKey::UnknownKind),
        (
            of(&PKCS_ECDSA_P521_SHA512).serialize_pem(),
            InvalidKey::UnknownKind,
        ),
        (SMALL_RSA.to_owned(), InvalidKey::Short),
        ("{".to_owned(), InvalidKey::NotJwk),
        ("{}".to_owned(), InvalidKey::NotJwk),
        (r#"{"kty":"RSA","d":7}"#.to_owned(), InvalidKey::NotJwk),
        (without("d", &rsa), InvalidKey::NoKey),
        (without("d", &curve), InvalidKey::NoKey),
        (without("p", &rsa), InvalidKey::NotJwk),
        (without("x", &curve), InvalidKey::NotJwk),
        (with("d", json!("*"), &curve), InvalidKey::NotJwk),
        (with("d", json!("AQAB"), &rsa), InvalidKey::Damaged),
        (with("d", curve["x"].clone(), &curve), InvalidKey::Damaged),
        (with("n", json!("AQAB"), &rsa), InvalidKey::Short),
        (with("kty", json!("oct"), &curve), InvalidKey::UnknownKind),
        (with("crv", json!("P-521"), &curve), InvalidKey::UnknownKind),
        (
            json!({"keys": [curve, rsa]}).to_string(),
            InvalidKey::ManyKeys,
        ),
    ] {
        assert_eq!(PrivateKey::parse(&text).unwrap_err(), error, "{text}");
    }
}

/// 512 bits, made for this test.
const SMALL_RSA: &str = "-----BEGIN RSA PRIVATE KEY-----\n\
    MIIBOQIBAAJBAK/1yGT+n2z4oaATMcDm8paZbqCuq4D//AB4WuaLnmqdoT1hOSF8\n\
    PivA9TVyZhnD42Qq/p1djllHeRsqDVWcMf8CAwEAAQJAC4+olQoty2kipXPdZwFF\n\
    myOFo0UWu6kWE6nUvyUZSYPp+eRDbbdhPIIXB2tpnEd7mbxw8EwYJJK9mgXsuvrJ\n\
    wQIhANaJxQ0FDYm/M2IDDcxF2un9pkTWr3pbxRfnAiaRr8+RAiEA0fde+iwy1umu\n\
    EDGnPqWXac+gglKv9FJ5GEUv8SzTQI8CICnOcRLHcErucnHgDHlJB47fed4iQ9HB\n\
    PlgZESc47pyxAiB0YkEkPPGlTPxt/4fr4s/uF+eptXnQ3RJAkMFFVwp2IwIgJRVD\n\
    n3ArFhiMRzAyMCObvFsoKzQrsxRpxhRgwrAbNXs=\n\
    -----END RSA PRIVATE KEY-----\n";

#[test]
fn a_key_shows_nothing_of_itself() {
    let jwk = curve_jwk(&P256, "P-256");
    let key = PrivateKey::parse(&jwk.to_string())
        .unwrap()
        .named("k\u{1b}");
    let shown = format!("{key:?}");
    let expected = "PrivateKey { algorithm: \"ES256\", id: Some(\"k\u{fffd}\"), .. }";
    assert_eq!(shown, expected);
}
