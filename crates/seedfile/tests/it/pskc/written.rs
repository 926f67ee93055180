//! What is written reads back.

use proptest::prelude::*;
use seedfile::oath_core::{Algorithm, Digits, Period};
use seedfile::pskc::{
    MAX_ITERATIONS, NewKey, Protection, PskcKey, is_writable, is_writable_secret, write,
};
use seedfile::{Kind, TokenType};

use super::support::{Bytes, Key, Package, all, one, phrase, text};

/// A key with texts of its own.
#[derive(Debug, Clone)]
struct Token {
    serial: String,
    manufacturer: String,
    model: String,
    user: Option<String>,
    secret: Vec<u8>,
    algorithm: Algorithm,
    digits: Digits,
    kind: Kind,
}

impl Token {
    fn new_key(&self) -> NewKey<'_> {
        NewKey {
            serial: &self.serial,
            manufacturer: &self.manufacturer,
            model: &self.model,
            user: self.user.as_deref(),
            secret: &self.secret,
            algorithm: self.algorithm,
            digits: self.digits,
            kind: self.kind,
            drift: None,
        }
    }

    fn matches(&self, package: &Package) -> bool {
        let given = |text: &str| Ok((!text.is_empty()).then(|| text.to_owned()));
        let (kind, interval, counter) = match self.kind {
            Kind::Totp { period } => (
                TokenType::Totp,
                text(&period.seconds().to_string()),
                Ok(None),
            ),
            Kind::Hotp { counter } => (TokenType::Hotp, Ok(None), text(&counter.to_string())),
        };
        package.serial == given(&self.serial)
            && package.manufacturer == given(&self.manufacturer)
            && package.model == given(&self.model)
            && package.user == given(self.user.as_deref().unwrap_or_default())
            && package.key
                == Ok(Key {
                    kind,
                    suite: match self.algorithm {
                        Algorithm::Sha1 => Ok(None),
                        Algorithm::Sha256 => text("HMAC-SHA256"),
                        Algorithm::Sha512 => text("HMAC-SHA512"),
                    },
                    digits: text(&self.digits.get().to_string()),
                    counter,
                    interval,
                    time: Ok(None),
                    drift: Ok(None),
                    secret: Ok(self.secret.clone()),
                })
    }
}

fn token() -> impl Strategy<Value = Token> {
    let factor = prop_oneof![
        any::<u64>().prop_map(|counter| Kind::Hotp { counter }),
        (1..=3600_u32).prop_map(|seconds| Kind::Totp {
            period: Period::new(seconds).unwrap()
        }),
    ];
    let name = "|[A-Za-z0-9é<&>\"'\\]]([ A-Za-z0-9é😀<&>\"'\r\n\t\\]]{0,12}[A-Za-z<&>\\]])?";
    let algorithm = prop_oneof![
        Just(Algorithm::Sha1),
        Just(Algorithm::Sha256),
        Just(Algorithm::Sha512)
    ];
    (
        "[A-Za-z0-9._-]{1,20}",
        name,
        name,
        proptest::option::of("[a-z]{1,8}@example\\.com"),
        proptest::collection::vec(any::<u8>(), 1..70)
            .prop_filter("reads back", |secret| is_writable_secret(secret)),
        algorithm,
        6..=8_u8,
        factor,
    )
        .prop_map(
            |(serial, manufacturer, model, user, secret, algorithm, digits, factor)| Token {
                serial,
                manufacturer,
                model,
                user,
                secret,
                algorithm,
                digits: Digits::new(digits).unwrap(),
                kind: factor,
            },
        )
}

/// Writes and reads with the same key.
fn round_trip(tokens: &[Token], key: Option<&PskcKey>, seed: u64) -> (String, Vec<Package>) {
    let keys: Vec<_> = tokens.iter().map(Token::new_key).collect();
    let mut bytes = Bytes(seed);
    let mut random = |buffer: &mut [u8]| bytes.fill(buffer);
    let protection = match key {
        None => Protection::Plain,
        Some(key) => Protection::Encrypted {
            key,
            iterations: 3,
            random: &mut random,
        },
    };
    let mut out = Vec::new();
    write(&keys, protection, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let packages = all(&text, key).unwrap();
    (text, packages)
}

fn key() -> impl Strategy<Value = Option<PskcKey>> {
    prop_oneof![
        Just(None),
        "\\PC{0,20}".prop_map(|text| Some(phrase(&text))),
        (2..=4_usize, any::<u8>())
            .prop_map(|(blocks, byte)| Some(PskcKey::from_bytes(&vec![byte; blocks * 8]).unwrap())),
    ]
}

proptest! {
    #[test]
    fn every_token_comes_back(tokens in proptest::collection::vec(token(), 0..5), key in key(), seed: u64) {
        let (_, packages) = round_trip(&tokens, key.as_ref(), seed);
        prop_assert_eq!(packages.len(), tokens.len());
        for (token, package) in tokens.iter().zip(&packages) {
            prop_assert!(token.matches(package), "{:?} {:?}", token, package);
        }
    }
}

fn sample() -> Token {
    Token {
        serial: "60234567".to_owned(),
        manufacturer: "Example".to_owned(),
        model: String::new(),
        user: None,
        secret: b"a key that is easily found".to_vec(),
        algorithm: Algorithm::Sha1,
        digits: Digits::SIX,
        kind: Kind::Hotp { counter: 0 },
    }
}

#[test]
fn an_encrypted_container_shows_no_secret() {
    let secret = data_encoding::BASE64.encode(&sample().secret);
    let (plain, _) = round_trip(&[sample()], None, 1);
    assert!(plain.contains(&secret));
    let (sealed, _) = round_trip(&[sample()], Some(&phrase("tea")), 1);
    assert!(!sealed.contains(&secret) && !sealed.contains("tea"));
}

#[test]
fn each_value_has_a_vector_of_its_own() {
    let (text, packages) = round_trip(&[sample(), sample()], Some(&phrase("tea")), 1);
    assert_eq!(packages.len(), 2);
    let values: Vec<&str> = text
        .split("<xenc:CipherValue>")
        .skip(1)
        .map(|rest| &rest[..21])
        .collect();
    assert_eq!(values.len(), 3);
    assert!(values[0] != values[1] && values[1] != values[2] && values[0] != values[2]);
}

#[test]
fn what_xml_cannot_say_is_not_written() {
    for text in ["a\u{1}", "a\0", " a", "a\n", "\u{fffe}a", "\u{85}a"] {
        assert!(!is_writable(text), "{text:?}");
        let token = Token {
            model: text.to_owned(),
            ..sample()
        };
        let mut out = Vec::new();
        let error = write(&[token.new_key()], Protection::Plain, &mut out).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        assert!(out.is_empty());
    }
}

#[test]
fn what_would_not_read_back_is_not_written() {
    let mut out = Vec::new();
    // In Base64 these are `A` and `a` alone.
    let lower = [0x69, 0xa6, 0x9a].repeat(8);
    for secret in [vec![], vec![0; 24], lower] {
        assert!(!is_writable_secret(&secret));
        let token = Token { secret, ..sample() };
        let error = write(&[token.new_key()], Protection::Plain, &mut out).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    }
    for iterations in [0, MAX_ITERATIONS + 1] {
        let protection = Protection::Encrypted {
            key: &phrase("tea"),
            iterations,
            random: &mut |_| {},
        };
        let error = write(&[sample().new_key()], protection, &mut out).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    }
    assert!(out.is_empty());
}

#[test]
fn an_empty_container_is_read_as_one() {
    let (text, packages) = round_trip(&[], None, 1);
    assert!(text.starts_with("<?xml"));
    assert!(packages.is_empty());
    let package = one(&round_trip(&[sample()], None, 1).0, None);
    assert_eq!(package.line, 3);
}
