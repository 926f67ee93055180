//! What is written reads back, and what a format cannot say is told.

mod golden;
#[cfg(feature = "qr")]
mod qr;
mod round_trip;
mod unwritable;

use seedfile::oath_core::{Algorithm, Digits, Period};
use seedfile::pskc::Protection;
use seedfile::{
    Format, Kind, PskcKey, ReadOptions, Seed, Serial, Source, Sources, TokenRecord, WriteError,
    WriteOptions, Written, read,
};

/// The formats that are written.
const WRITTEN: [Format; 7] = [
    Format::Token2Csv,
    Format::EntraCsv,
    Format::GraphJson,
    Format::Otpauth,
    Format::OathCsv,
    Format::Duo,
    Format::Pskc,
];

fn write(tokens: &[TokenRecord], format: Format) -> Result<(String, Written), WriteError> {
    let mut out = Vec::new();
    let written = seedfile::write(tokens, format, WriteOptions::default(), &mut out);
    assert!(written.is_ok() || out.is_empty());
    Ok((String::from_utf8(out).unwrap(), written?))
}

/// An ordinary token, changed.
fn one(change: impl FnOnce(&mut TokenRecord)) -> TokenRecord {
    let mut token = TokenRecord {
        row: 2,
        serial: Serial::new("2452524131401").unwrap(),
        user: Some("user1@example.com".to_owned()),
        seed: Seed::new(b"12345678901234567890".to_vec()),
        algorithm: Algorithm::Sha1,
        digits: Digits::SIX,
        kind: Kind::Totp {
            period: Period::THIRTY,
        },
        manufacturer: "Token2".to_owned(),
        model: "C202".to_owned(),
        drift: None,
        sources: Sources::all(Source::Column),
        warnings: Vec::new(),
    };
    change(&mut token);
    token
}

#[test]
fn options_close_a_container_and_open_it() {
    let passphrase = || PskcKey::passphrase("correct horse".to_owned().into());
    let token = one(|_| {});
    let secret = token.seed.expose().to_vec();
    let mut random = |bytes: &mut [u8]| bytes.fill(7);
    let key = passphrase();
    let protection = Protection::Encrypted {
        key: &key,
        iterations: 1000,
        random: &mut random,
    };
    let options = WriteOptions::default().protection(protection);
    let mut out = Vec::new();
    seedfile::write(&[token], Format::Pskc, options, &mut out).unwrap();
    let text = String::from_utf8(out.clone()).unwrap();
    assert!(!text.contains("<PlainValue>MTIz"), "{text}");
    let closed = seedfile::read(&out, &ReadOptions::default()).unwrap_err();
    assert_eq!(closed.code(), "pskc-needs-passphrase");
    let options = ReadOptions::default().pskc_key(passphrase());
    let file = seedfile::read(&out, &options).unwrap();
    assert_eq!(file.tokens[0].seed.expose(), secret);
}

/// Reads a file that was written.
fn read_back(text: &str, format: Format) -> seedfile::SeedFile {
    let options = ReadOptions::default().format(format);
    let options = match format {
        // It does not say so itself.
        Format::Duo => options.token_type(seedfile::TokenType::Totp),
        _ => options,
    };
    read(text.as_bytes(), &options).unwrap()
}
