//! What a format cannot say is named.

use seedfile::oath_core::{Algorithm, Digits, Period};
use seedfile::{
    Format, Kind, Seed, Serial, TokenRecord, UnwritableReason as Reason, WriteError, unwritable,
};

use super::{WRITTEN, one, write};

type Change = fn(&mut TokenRecord);

/// What becomes of a token changed in one way.
fn reason(format: Format, change: Change) -> Option<Reason> {
    let tokens = [one(change)];
    let found = unwritable(&tokens[0], format);
    match write(&tokens, format) {
        Err(WriteError::Unwritable(named)) => {
            assert_eq!(found.as_ref(), named.first());
            Some(named[0].reason)
        }
        Ok(_) => {
            assert_eq!(found, None);
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn sha256(token: &mut TokenRecord) {
    token.algorithm = Algorithm::Sha256;
    token.seed = Seed::new(b"12345678901234567890123456789012".to_vec());
}

fn sha512(token: &mut TokenRecord) {
    token.algorithm = Algorithm::Sha512;
}

fn eight(token: &mut TokenRecord) {
    token.digits = Digits::EIGHT;
}

fn sixty(token: &mut TokenRecord) {
    token.kind = Kind::Totp {
        period: Period::SIXTY,
    };
}

fn odd_period(token: &mut TokenRecord) {
    token.kind = Kind::Totp {
        period: Period::new(45).unwrap(),
    };
}

fn hotp(token: &mut TokenRecord) {
    token.kind = Kind::Hotp { counter: 7 };
}

fn long(token: &mut TokenRecord) {
    token.algorithm = Algorithm::Sha1;
    token.seed = Seed::new(vec![0x5A; 81]);
}

/// What becomes of a token in each format, in the order of `WRITTEN`.
type Row = (Change, [Option<Reason>; 7]);

#[test]
fn what_decides_the_codes_is_written_or_named() {
    use Reason::{Algorithm, AlgorithmAtPortal, AlgorithmByLength, Digits, Events, Period};
    let (a, d, e, p) = (Some(Algorithm), Some(Digits), Some(Events), Some(Period));
    let (portal, length) = (Some(AlgorithmAtPortal), Some(AlgorithmByLength));
    let changes: [Row; 7] = [
        (sha256, [None, portal, None, None, None, a, None]),
        (sha512, [a, portal, a, None, None, a, None]),
        (eight, [d, d, d, None, None, d, None]),
        (sixty, [None, None, None, None, None, p, None]),
        (odd_period, [p, p, p, None, None, p, None]),
        (hotp, [e, e, e, None, None, e, None]),
        (
            long,
            [
                length,
                length,
                Some(Reason::SeedLength),
                None,
                None,
                None,
                None,
            ],
        ),
    ];
    for (position, (change, expected)) in changes.into_iter().enumerate() {
        assert_eq!(
            WRITTEN.map(|format| reason(format, change)),
            expected,
            "{position}"
        );
    }
}

#[test]
fn no_format_takes_what_would_not_read_back() {
    for format in WRITTEN {
        assert_eq!(reason(format, |_| ()), None, "{format}");
        let empty: Change = |token| token.seed = Seed::new(Vec::new());
        assert_eq!(reason(format, empty), Some(Reason::SeedLength), "{format}");
        let rounded: Change = |token| token.serial = Serial::new("2.45252E11").unwrap();
        assert_eq!(reason(format, rounded), Some(Reason::Serial), "{format}");
    }
    for format in [
        Format::Token2Csv,
        Format::EntraCsv,
        Format::Otpauth,
        Format::Pskc,
    ] {
        let change: Change = |token| token.user = Some("x".into());
        assert_eq!(reason(format, change), Some(Reason::User), "{format}");
    }
    let texts: [Change; 2] = [|t| t.model = " x".into(), |t| t.manufacturer = "x\0".into()];
    let swallowed: Change = |token| token.model = "a\n,,,,,b".into();
    for format in WRITTEN[..4].iter().chain(&[Format::Pskc]) {
        for change in texts {
            assert_eq!(reason(*format, change), Some(Reason::Text), "{format}");
        }
    }
    assert_eq!(reason(Format::Token2Csv, swallowed), Some(Reason::Text));
    assert_eq!(reason(Format::GraphJson, swallowed), None);
    // Every symbol of AAAA… is a hexadecimal digit as well.
    let like_hex: Change = |token| token.seed = Seed::new(vec![0; 20]);
    assert_eq!(
        reason(Format::Otpauth, like_hex),
        Some(Reason::SeedAmbiguous)
    );
    assert_eq!(reason(Format::OathCsv, like_hex), None);
    // In Base64 every symbol is one of Base32 as well.
    let like_base32: Change = |token| {
        let text = b"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        token.seed = Seed::new(data_encoding::BASE64.decode(text).unwrap());
    };
    let ambiguous = Some(Reason::SeedAmbiguous);
    assert_eq!(reason(Format::Pskc, like_base32), ambiguous);
    assert_eq!(reason(Format::Otpauth, like_base32), None);
    let no_character: Change = |token| token.model = "C\u{ffff}".into();
    assert_eq!(reason(Format::Pskc, no_character), Some(Reason::Text));
    assert_eq!(reason(Format::GraphJson, no_character), None);
}

/// 4096 characters of hexadecimal are read.
#[test]
fn a_key_that_would_be_too_long_to_read_is_not_written() {
    let longest: Change = |token| token.seed = Seed::new(vec![0x5a; 2048]);
    let longer: Change = |token| token.seed = Seed::new(vec![0x5a; 2049]);
    for format in [Format::OathCsv, Format::Duo, Format::Otpauth, Format::Pskc] {
        assert_eq!(reason(format, longest), None, "{format}");
        let too_long = Some(Reason::SeedLength);
        assert_eq!(reason(format, longer), too_long, "{format}");
    }
}

#[test]
fn what_has_no_place_is_counted() {
    let id = "0cadbf92-0000-4000-8000-000000000001";
    let tokens = || {
        [
            one(|_| ()),
            one(|token| token.user = Some(id.to_owned())),
            one(|token| token.model = String::new()),
            one(|token| token.user = None),
        ]
    };
    let counts = [
        (Format::Token2Csv, (0, 0, 0)),
        (Format::EntraCsv, (0, 0, 0)),
        (Format::GraphJson, (2, 0, 0)),
        (Format::Otpauth, (0, 0, 0)),
        (Format::OathCsv, (3, 4, 3)),
        (Format::Duo, (3, 4, 3)),
        (Format::Pskc, (0, 0, 0)),
    ];
    for (format, expected) in counts {
        let (_, written) = write(&tokens(), format).unwrap();
        let left_out = written.left_out;
        let found = (left_out.users, left_out.manufacturers, left_out.models);
        assert_eq!((written.tokens, found), (4, expected), "{format}");
        assert_eq!(left_out.is_empty(), expected == (0, 0, 0));
    }
    let (text, _) = write(&tokens(), Format::GraphJson).unwrap();
    assert_eq!(text.matches("assignTo").count(), 1);
    assert!(!text.contains("example.com"), "{text}");
    // A colon would end the issuer of a link, and its account alone stands for the token itself.
    let accounts = [
        one(|token| token.user = Some("a:b@example.com".into())),
        one(|token| (token.serial, token.user) = (Serial::new(id).unwrap(), Some(id.into()))),
    ];
    let (_, written) = write(&accounts, Format::Otpauth).unwrap();
    assert_eq!(written.left_out.users, 2);
}

#[test]
fn every_unwritable_token_is_named() {
    let rounded = one(|token| token.serial = Serial::new("2.45252E11").unwrap());
    let tokens = [one(|_| ()), rounded, one(eight)];
    let error = write(&tokens, Format::EntraCsv).unwrap_err();
    let expected = "2 tokens cannot go into this format; the first: 2.45252E11: \
        a reader would take the serial number for one damaged by a spreadsheet";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn any_table_is_only_read() {
    assert!(!Format::Csv.is_written());
    assert!(WRITTEN.into_iter().all(Format::is_written));
    let error = write(&[one(|_| ())], Format::Csv).unwrap_err();
    assert!(matches!(error, WriteError::ReadOnly(Format::Csv)));
    let found = unwritable(&one(|_| ()), Format::Csv);
    assert_eq!(found.unwrap().reason, Reason::ReadOnly);
}
