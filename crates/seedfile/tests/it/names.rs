//! What programs and command lines call things.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use seedfile::{Format, SecretEncoding, Strategy, TokenType};

/// Every name reads back as what it names, in any case.
fn read_back<T: Debug + Display + FromStr + PartialEq>(all: &[T], names: &[&str]) {
    assert_eq!(all.len(), names.len());
    for (value, name) in all.iter().zip(names) {
        assert_eq!(format!("{value:>20}"), format!("{name:>20}"));
        assert_eq!(name.to_uppercase().parse().ok().as_ref(), Some(value));
    }
    assert!("".parse::<T>().is_err());
}

#[test]
fn names_read_back() {
    read_back(&SecretEncoding::ALL, &["base32", "hex", "base64"]);
    read_back(&[TokenType::Totp, TokenType::Hotp], &["totp", "hotp"]);
    read_back(&Strategy::ALL, &["next-available", "order", "mapping"]);
    read_back(
        &Format::ALL,
        &[
            "token2-csv",
            "entra-csv",
            "graph-json",
            "entraoath-json",
            "otpauth",
            "oath-csv",
            "duo",
            "multiotp-csv",
            "pskc",
            "csv",
        ],
    );
    assert_eq!("PingID".parse(), Ok(Format::Duo));
}

#[test]
fn reasons_have_a_code_each() {
    use seedfile::UnwritableReason as Reason;

    let reasons = [
        (Reason::ReadOnly, "read-only"),
        (Reason::Algorithm, "algorithm"),
        (Reason::AlgorithmByLength, "algorithm-by-length"),
        (Reason::AlgorithmAtPortal, "algorithm-at-portal"),
        (Reason::Digits, "digits"),
        (Reason::Period, "period"),
        (Reason::Events, "events"),
        (Reason::SeedLength, "seed-length"),
        (Reason::SeedAmbiguous, "seed-ambiguous"),
        (Reason::Serial, "serial"),
        (Reason::User, "user"),
        (Reason::Text, "text"),
        (Reason::QrCode, "qr-code"),
    ];
    for (reason, code) in reasons {
        assert_eq!(reason.code(), code);
    }
}

#[test]
fn a_row_has_the_word_of_its_format() {
    for format in Format::ALL {
        let word = match format {
            Format::GraphJson | Format::EntraOathJson => "item",
            Format::Pskc => "package",
            _ => "line",
        };
        assert_eq!(format.row_word(), word);
    }
}
