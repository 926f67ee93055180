//! The decoder alone, by a table of texts and verdicts.

use seedfile::{Seed, SeedError, Warning, secrecy::ExposeSecret};

const TABLE: &str = include_str!("../data/base32.tsv");

#[test]
fn every_text_gets_its_verdict() {
    let mut rows = 0;
    for line in TABLE.lines().skip(1) {
        let mut cells = line.split('\t');
        let mut cell = || cells.next().unwrap_or_default();
        let (text, hex, verdict) = (cell(), cell(), cell());
        judge(text, hex, verdict);
        rows += 1;
    }
    assert_eq!(rows, 30);
}

fn judge(text: &str, hex: &str, verdict: &str) {
    let decoded = Seed::from_base32(text);
    match verdict {
        // Nothing encodes to nothing, but a seed cannot be nothing.
        "" => assert_eq!(decoded.unwrap_err(), SeedError::Empty),
        "ok" | "ok-warn" => {
            let decoded = decoded.unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(decoded.seed.to_hex().expose_secret(), hex, "{text}");
            let base32 = decoded.seed.to_base32();
            assert_eq!(decoded.seed.base32_len(), base32.expose_secret().len());
            // The test strings of RFC 4648 are all too short for a key; that is no fault of their
            // spelling.
            let short = |warning: &Warning| matches!(warning, Warning::SecretShort { .. });
            let warned = decoded
                .warnings
                .iter()
                .any(|warning| verdict == "ok-warn" || !short(warning));
            assert_eq!(
                warned,
                verdict == "ok-warn",
                "{text}: {:?}",
                decoded.warnings
            );
        }
        "ambiguous" => assert_eq!(decoded.unwrap_err(), SeedError::Ambiguous, "{text}"),
        "reject" => assert!(decoded.is_err(), "{text}"),
        other => panic!("no such verdict: {other}"),
    }
}

#[test]
fn errors_say_what_was_seen() {
    let error = |text: &str| Seed::from_base32(text).unwrap_err();
    assert_eq!(
        error("1d361fd9820916a515a3a084465916ed552483ba"),
        SeedError::Hex
    );
    assert_eq!(error("1234567890abcdef1234567890abcdef"), SeedError::Hex);
    assert_eq!(
        error("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
        SeedError::Uri
    );
    assert_eq!(error("MZXW6YTBO"), SeedError::Length);
    assert_eq!(error("MZXW8YTB"), SeedError::Characters);
    assert_eq!(error("MY=A"), SeedError::Padding);
    assert_eq!(error(" - "), SeedError::Empty);
}

#[test]
fn a_text_is_too_long_whatever_its_length_is_made_of() {
    const MOST: usize = 4096;
    let key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let spaced =
        |length: usize| key.replacen('G', &format!("G{}", "-".repeat(length - key.len())), 1);
    assert!(Seed::from_base32(&spaced(MOST)).is_ok());
    for length in [MOST + 1, 2 * MOST] {
        let error = Seed::from_base32(&spaced(length)).unwrap_err();
        assert_eq!(error, SeedError::TooLong, "{length}");
    }
}
