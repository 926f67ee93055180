//! Parameters, codes and keys as values.

#![allow(clippy::unwrap_used, reason = "a test stops at anything unexpected")]

use oath_core::{Algorithm, Code, CodeError, Digits, Key, ParamError, Period};
use proptest::prelude::*;

#[test]
fn algorithm_names() {
    use Algorithm::{Sha1, Sha256, Sha512};
    let spellings = [
        (Sha1, ["sha1", "SHA1", "sha-1", "SHA-1"]),
        (Sha256, ["sha256", "SHA256", "Sha-256", "SHA-256"]),
        (Sha512, ["sha512", "SHA512", "sHa-512", "SHA-512"]),
    ];
    for (algorithm, names) in spellings {
        assert_eq!(algorithm.name(), names[0]);
        assert_eq!(algorithm.to_string(), names[0]);
        assert_eq!(format!("{algorithm:>7}").len(), 7);
        assert!(names.iter().all(|name| name.parse() == Ok(algorithm)));
    }
    let unknown = [
        "", "sha", "sha-", "sha--1", "sha2", "sha 1", " sha1", "sha1 ", "sha_256", "hmacsha1",
        "md5", "1", "şha1", "shå1",
    ];
    for name in unknown {
        assert_eq!(
            name.parse::<Algorithm>(),
            Err(ParamError::Algorithm),
            "{name}"
        );
    }
}

#[test]
fn algorithm_output_lengths() {
    let lengths =
        [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512].map(Algorithm::output_len);
    assert_eq!(lengths, [20, 32, 64]);
}

#[test]
fn digits_are_6_7_or_8() {
    let accepted = (0..=u8::MAX).filter_map(|digits| Digits::new(digits).ok());
    assert!(accepted.eq([Digits::SIX, Digits::SEVEN, Digits::EIGHT]));
    assert_eq!(Digits::try_from(9), Err(ParamError::Digits));
    assert_eq!(Digits::SEVEN.to_string(), "7");
    assert_eq!(Digits::SEVEN.get(), 7);
}

#[test]
fn periods_are_not_zero() {
    assert_eq!(Period::new(0), Err(ParamError::Period));
    assert_eq!(Period::new(30), Ok(Period::THIRTY));
    assert_eq!(Period::try_from(60), Ok(Period::SIXTY));
    assert_eq!(Period::new(u32::MAX).unwrap().seconds(), u32::MAX);
    assert_eq!(Period::THIRTY.to_string(), "30");
}

#[test]
fn codes_that_are_none() {
    use CodeError::{Length, NotADigit};
    let cases = [
        ("", Length),
        ("12345", Length),
        ("123456789", Length),
        (" 123456", NotADigit),
        ("123456\n", NotADigit),
        ("123 456", NotADigit),
        ("+12345", NotADigit),
        ("12345O", NotADigit),
        ("١٢٣٤٥٦", NotADigit),
    ];
    for (text, error) in cases {
        assert_eq!(Code::parse(text), Err(error), "{text:?}");
    }
    assert_eq!(Code::parse(&"0".repeat(256 + 6)), Err(Length));
}

proptest! {
    /// Short texts of digits and of near digits: what is read comes back, and only 6 to 8 digits
    /// are read.
    #[test]
    fn codes_come_back_as_they_were_read(text in "[0-9]{0,10}|[0-9 +٣]{6,8}") {
        let is_code = (6..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let code = text.parse::<Code>();
        prop_assert_eq!(code.is_ok(), is_code);
        if let Ok(code) = code {
            prop_assert_eq!(code.as_str(), &text);
            prop_assert_eq!(usize::from(code.digits().get()), text.len());
        }
    }
}

#[test]
fn codes_of_different_length_differ() {
    let codes = ["000000", "0000000", "00000000"].map(|text| Code::parse(text).unwrap());
    for (i, one) in codes.iter().enumerate() {
        for (j, other) in codes.iter().enumerate() {
            assert_eq!(one == other, i == j);
        }
    }
}

#[test]
fn debug_shows_no_secret() {
    let key = Key::new(Algorithm::Sha256, b"12345678901234567890");
    assert_eq!(format!("{key:?}"), "Key { algorithm: Sha256, .. }");
    let code = Code::parse("123456").unwrap();
    assert_eq!(format!("{code:?}"), "Code { digits: 6, .. }");
}

#[test]
fn errors_say_what_is_allowed() {
    assert!(
        ParamError::Algorithm
            .to_string()
            .ends_with("sha1, sha256 or sha512")
    );
    assert!(ParamError::Digits.to_string().ends_with("6, 7 or 8"));
    assert!(
        ParamError::Period
            .to_string()
            .ends_with("at least 1 second")
    );
    assert!(
        CodeError::Length
            .to_string()
            .ends_with("6, 7 or 8 digits long")
    );
    assert!(CodeError::NotADigit.to_string().ends_with("0 to 9 only"));
}

#[test]
fn all_types_cross_threads() {
    fn check<T: Send + Sync + Unpin>() {}
    check::<Key>();
    check::<Code>();
    check::<CodeError>();
}
