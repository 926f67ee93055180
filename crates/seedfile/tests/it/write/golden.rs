//! Files look as other programs want them.

use seedfile::oath_core::{Algorithm, Digits, Period};
use seedfile::{Format, Kind, Seed, Serial, TokenRecord, otpauth_link, secrecy::ExposeSecret};

use super::{one, write};

/// Tokens of every kind.
fn tokens() -> Vec<TokenRecord> {
    let serial = |text: &str| Serial::new(text).unwrap();
    let mut all = vec![
        one(|_| ()),
        one(|token| {
            token.serial = serial("0000123");
            token.user = None;
            token.kind = Kind::Totp {
                period: Period::SIXTY,
            };
            token.model = "C202, \"mini\"".to_owned();
        }),
        one(|token| {
            token.serial = serial("60234567");
            token.user = Some("0cadbf92-0000-4000-8000-000000000001".to_owned());
            token.algorithm = Algorithm::Sha256;
            token.seed = Seed::new(b"12345678901234567890123456789012".to_vec());
            token.manufacturer = "Tøken: 2 & Co".to_owned();
        }),
        one(|token| {
            token.serial = serial("E-1.b_2");
            token.user = Some("o'brien+x@example.com".to_owned());
            token.kind = Kind::Hotp {
                counter: 4_294_967_296,
            };
            token.digits = Digits::EIGHT;
            token.manufacturer = String::new();
            token.model = String::new();
        }),
        one(|token| {
            token.serial = serial("LONG1");
            token.user = None;
            token.seed = Seed::new(b"12345678901234567890123456789012".to_vec());
        }),
    ];
    // No key stands twice.
    for (n, token) in (0..).zip(&mut all) {
        let mut key = token.seed.expose().to_vec();
        key[0] = b'a' + n;
        token.seed = Seed::new(key);
    }
    all
}

#[track_caller]
fn looks_like(format: Format, expected: &str) {
    let mut tokens = tokens();
    tokens.retain(|token| seedfile::unwritable(token, format).is_none());
    let (text, _) = write(&tokens, format).unwrap();
    assert_eq!(text, expected, "{format}:\n{text}");
}

#[test]
fn every_format_has_its_golden_file() {
    looks_like(
        Format::Token2Csv,
        include_str!("../../data/written/token2.csv"),
    );
    looks_like(
        Format::EntraCsv,
        include_str!("../../data/written/entra.csv"),
    );
    looks_like(
        Format::GraphJson,
        include_str!("../../data/written/graph.json"),
    );
    looks_like(
        Format::Otpauth,
        include_str!("../../data/written/otpauth.txt"),
    );
    looks_like(Format::OathCsv, include_str!("../../data/written/oath.csv"));
    looks_like(Format::Duo, include_str!("../../data/written/duo.csv"));
    looks_like(Format::Pskc, include_str!("../../data/written/pskc.xml"));
}

#[test]
fn a_link_is_a_line_of_the_list() {
    let link = otpauth_link(&one(|_| ())).unwrap();
    let expected = "otpauth://totp/Token2:user1@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Token2\
        &algorithm=SHA1&digits=6&period=30&serial=2452524131401&manufacturer=Token2&model=C202";
    assert_eq!(link.expose_secret(), expected);
    assert_eq!(
        format!("{expected}\n"),
        write(&[one(|_| ())], Format::Otpauth).unwrap().0
    );
    let refused = otpauth_link(&one(|token| token.user = Some("x".into()))).unwrap_err();
    assert!(!refused.to_string().contains("GEZDG"));
}
