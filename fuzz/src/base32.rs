//! Secret keys as text, against another decoder, and key bytes in all their forms.

use data_encoding::{BASE32_NOPAD, BASE64, HEXLOWER, Specification};
use seedfile::secrecy::ExposeSecret;
use seedfile::{DecodedSeed, Seed, SeedError, Warning};

use crate::hidden;

/// Any text as Base32, and any bytes as a key.
pub fn base32(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        text_is_judged(text);
    }
    every_form_decodes(data);
}

fn text_is_judged(text: &str) {
    match Seed::from_base32(text) {
        Ok(decoded) => {
            assert_eq!(Some(decoded.seed.expose()), by_another(text).as_deref());
            // Its last bits may be all that told it from hexadecimal.
            match Seed::from_base32(decoded.seed.to_base32().expose_secret()) {
                Ok(again) => is_clean(&again, &decoded.seed),
                Err(error) => assert_eq!(error, SeedError::Ambiguous),
            }
        }
        Err(error) => {
            let shown = format!("{error} {error:?} {}", error.code());
            hidden::no_long_word(&shown, &hidden::plain(text.as_bytes()));
        }
    }
}

fn is_clean(again: &DecodedSeed, seed: &Seed) {
    assert_eq!(again.seed, *seed);
    let only_short = |warning: &Warning| matches!(warning, Warning::SecretShort { .. });
    let warnings = &again.warnings;
    assert!(warnings.iter().all(only_short), "{warnings:?}");
}

/// Without blanks, dashes and padding, in either case, with any bits at the end.
fn by_another(text: &str) -> Option<Vec<u8>> {
    let mut lax = Specification::new();
    lax.symbols.push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    lax.translate.from.push_str("abcdefghijklmnopqrstuvwxyz");
    lax.translate.to.push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    lax.ignore.push_str(" \t\r\n\u{c}-=");
    lax.check_trailing_bits = false;
    lax.encoding().unwrap().decode(text.as_bytes()).ok()
}

fn every_form_decodes(key: &[u8]) {
    let seed = Seed::new(key.to_vec());
    assert_eq!(seed.bits(), key.len() * 8);
    let base32 = seed.to_base32();
    let base32 = base32.expose_secret();
    assert_eq!(base32.len(), seed.base32_len());
    assert_eq!(BASE32_NOPAD.decode(base32.as_bytes()).unwrap(), key);
    assert_eq!(
        HEXLOWER
            .decode(seed.to_hex().expose_secret().as_bytes())
            .unwrap(),
        key
    );
    assert_eq!(
        BASE64
            .decode(seed.to_base64().expose_secret().as_bytes())
            .unwrap(),
        key
    );
    match Seed::from_base32(base32) {
        Ok(decoded) => assert_eq!(decoded.seed, seed),
        Err(SeedError::Empty) => assert!(key.is_empty()),
        Err(SeedError::TooLong) => assert!(base32.len() > 4096),
        // Some keys spell hexadecimal digits only; a guess could be wrong.
        Err(error) => {
            assert_eq!(error, SeedError::Ambiguous);
            assert!(base32.bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
    }
}
