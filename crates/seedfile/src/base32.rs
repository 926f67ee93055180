//! Base32 as people and vendors write it.
//!
//! A strict decoder refuses Microsoft's own sample (its last bits are not zero); a lax one
//! truncates impossible lengths. So the text is brought to one form and its length is checked
//! before `data-encoding` sees it.

use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

use crate::problem::Warning;
use crate::seed::Seed;

/// RFC 4226, section 4, R6: the shared secret is at least 128 bits.
pub(crate) const MIN_BITS: usize = 128;

/// A seed and what had to be put right to read it.
#[derive(Debug)]
#[non_exhaustive]
pub struct DecodedSeed {
    /// The seed.
    pub seed: Seed,
    /// What a careful reader would want to know; empty for a clean text.
    pub warnings: Vec<Warning>,
}

/// Why a text is not a Base32 seed. Never carries the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// Nothing, or nothing but blanks, dashes and padding.
    #[error("there is no secret key")]
    Empty,
    /// Hexadecimal digits where Base32 belongs.
    #[error(
        "this looks like hexadecimal, not Base32: convert it, or ask the vendor for the Base32 file"
    )]
    Hex,
    /// As good Base32 as hexadecimal: a guess could be wrong.
    #[error("this reads as hexadecimal as well as Base32: ask the vendor which it is")]
    Ambiguous,
    /// A link (`otpauth:` or another) in place of the key.
    #[error("this is a link, not a secret key: keep only the Base32 text of its secret")]
    Uri,
    /// A character outside A-Z and 2-7.
    #[error("only the letters A to Z and the digits 2 to 7 can stand in a Base32 secret key")]
    Characters,
    /// `=` in the middle, or not as many as the length asks for.
    #[error("the padding (=) is wrong: the secret key may be cut or joined with another")]
    Padding,
    /// No number of bytes has a Base32 form of this length.
    #[error("no key has this length in Base32: characters are missing or too many")]
    Length,
}

impl SeedError {
    /// A stable name for programs, in kebab-case.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "secret-missing",
            Self::Hex => "secret-hex",
            Self::Ambiguous => "secret-ambiguous",
            Self::Uri => "secret-uri",
            Self::Characters => "secret-characters",
            Self::Padding => "secret-padding",
            Self::Length => "secret-length",
        }
    }
}

pub(crate) fn decode(text: &str) -> Result<DecodedSeed, SeedError> {
    let (mut symbols, separated) = normalise(text.trim_matches(|c: char| c.is_ascii_whitespace()))?;
    unpad(&mut symbols)?;
    check(&symbols)?;
    let trailing_bits = clear_tail(&mut symbols);
    let seed = decode_symbols(&symbols)?;
    Ok(DecodedSeed {
        warnings: warnings(separated, trailing_bits, &seed),
        seed,
    })
}

/// Upper case without blanks and dashes, and whether there were any.
fn normalise(text: &str) -> Result<(Zeroizing<Vec<u8>>, bool), SeedError> {
    let mut symbols = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut separated = false;
    for byte in text.bytes() {
        match byte {
            b' ' | b'\t' | b'-' => separated = true,
            b'=' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                symbols.push(byte.to_ascii_uppercase());
            }
            _ if text.contains("://") => return Err(SeedError::Uri),
            _ => return Err(SeedError::Characters),
        }
    }
    Ok((symbols, separated))
}

fn unpad(symbols: &mut Vec<u8>) -> Result<(), SeedError> {
    let padded = symbols.len();
    let bare = symbols
        .iter()
        .rposition(|&byte| byte != b'=')
        .map_or(0, |last| last + 1);
    symbols.truncate(bare);
    if bare == 0 {
        return Err(if padded == 0 {
            SeedError::Empty
        } else {
            SeedError::Padding
        });
    }
    if symbols.contains(&b'=') || (padded != bare && padded != bare.next_multiple_of(8)) {
        return Err(SeedError::Padding);
    }
    Ok(())
}

fn check(symbols: &[u8]) -> Result<(), SeedError> {
    let base32 = symbols
        .iter()
        .all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'));
    let hex = symbols.iter().all(u8::is_ascii_hexdigit);
    match (base32, hex, symbols.len()) {
        (true, true, 32..) => Err(SeedError::Ambiguous),
        (false, true, 32..) => Err(SeedError::Hex),
        (false, ..) => Err(SeedError::Characters),
        (true, _, length) if matches!(length % 8, 1 | 3 | 6) => Err(SeedError::Length),
        (true, ..) => Ok(()),
    }
}

/// Clears the bits of the last symbol that belong to no byte. Returns whether any was set.
fn clear_tail(symbols: &mut [u8]) -> bool {
    let spare = (symbols.len() * 5) % 8;
    let Some(last) = symbols.last_mut() else {
        return false;
    };
    let value = if last.is_ascii_digit() {
        *last - b'2' + 26
    } else {
        *last - b'A'
    };
    let extra = value & ((1 << spare) - 1);
    let clean = value - extra;
    *last = if clean >= 26 {
        clean - 26 + b'2'
    } else {
        clean + b'A'
    };
    extra != 0
}

fn decode_symbols(symbols: &[u8]) -> Result<Seed, SeedError> {
    let length = BASE32_NOPAD
        .decode_len(symbols.len())
        .map_err(|_| SeedError::Length)?;
    let mut bytes = vec![0; length];
    let decoded = BASE32_NOPAD.decode_mut(symbols, &mut bytes).is_ok();
    // Owned before it is judged, so that it is wiped either way.
    let seed = Seed::new(bytes);
    if decoded {
        Ok(seed)
    } else {
        Err(SeedError::Length)
    }
}

fn warnings(separated: bool, trailing_bits: bool, seed: &Seed) -> Vec<Warning> {
    let mut found = Vec::new();
    if separated {
        found.push(Warning::SecretSeparators);
    }
    if trailing_bits {
        found.push(Warning::SecretTrailingBits);
    }
    if seed.bits() < MIN_BITS {
        found.push(Warning::SecretShort { bits: seed.bits() });
    }
    found
}
