//! Keys as people and vendors write them.
//!
//! A strict decoder refuses Microsoft's own sample (its last bits are not zero); a lax one
//! truncates impossible lengths. So a Base32 text is brought to one form and its length is checked
//! before it is decoded.

use data_encoding::{BASE32_NOPAD, BASE64, HEXLOWER_PERMISSIVE};
use zeroize::{Zeroize, Zeroizing};

use crate::options::SecretEncoding;
use crate::seed::Seed;
use crate::warning::Warning;

mod fast;

/// RFC 4226, section 4, R6: the shared secret is at least 128 bits.
pub(crate) const MIN_BITS: usize = 128;

/// The longest text that is decoded, in bytes. No key is nearly as long.
pub(crate) const MAX_TEXT: usize = 4096;

/// A seed and what had to be put right to read it.
#[derive(Debug)]
#[non_exhaustive]
pub struct DecodedSeed {
    /// The seed.
    pub seed: Seed,
    /// What a careful reader would want to know; empty for a clean text.
    pub warnings: Vec<Warning>,
}

/// Why a text is not a seed. Never carries the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// Nothing, or nothing but blanks, dashes and padding.
    #[error("there is no secret key")]
    Empty,
    /// Hexadecimal digits where Base32 belongs.
    #[error("the secret key looks like hexadecimal, not Base32")]
    Hex,
    /// As good Base32 as hexadecimal: a guess could be wrong.
    #[error("the secret key reads as hexadecimal as well as Base32")]
    Ambiguous,
    /// A link (`otpauth:` or another) in place of the key.
    #[error("this is a link, not a secret key")]
    Uri,
    /// A character outside A-Z and 2-7.
    #[error("only the letters A to Z and the digits 2 to 7 can stand in a Base32 secret key")]
    Characters,
    /// `=` in the middle, or not as many as the length asks for.
    #[error("the padding (=) of the secret key is wrong")]
    Padding,
    /// No number of bytes has a Base32 form of this length.
    #[error("no key has this length in Base32")]
    Length,
    /// A character outside 0-9 and A-F where hexadecimal belongs.
    #[error("only the digits 0 to 9 and the letters A to F can stand in a hexadecimal secret key")]
    HexCharacters,
    /// An odd number of hexadecimal digits.
    #[error("the secret key has an odd number of hexadecimal digits")]
    HexLength,
    /// Not Base64.
    #[error("the secret key is not Base64")]
    Base64,
    /// Over 4,096 characters.
    #[error("the secret key is too long to be real")]
    TooLong,
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
            Self::Characters | Self::HexCharacters => "secret-characters",
            Self::Padding => "secret-padding",
            Self::Length | Self::HexLength => "secret-length",
            Self::Base64 => "secret-base64",
            Self::TooLong => "secret-too-long",
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::Empty => "take the key from the vendor's file",
            Self::Hex => "say that the keys are hexadecimal, or ask the vendor for the Base32 file",
            Self::Ambiguous => "ask the vendor which it is, then say how the keys are written",
            Self::Uri => "keep only the Base32 text of its secret, or save the links as a list",
            Self::Characters | Self::HexCharacters => "take the key from the vendor's file again",
            Self::Padding | Self::Base64 | Self::TooLong => {
                "the key may be cut, or joined with another: take it from the vendor's file"
            }
            Self::Length | Self::HexLength => {
                "characters are missing or too many: take the key from the vendor's file"
            }
        }
    }
}

/// What was put right on the way to the bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Oddities {
    pub(crate) separators: bool,
    pub(crate) trailing_bits: bool,
}

impl Oddities {
    #[inline]
    pub(crate) fn warnings(self, bits: usize) -> Vec<Warning> {
        if !self.separators && !self.trailing_bits && bits >= MIN_BITS {
            return Vec::new();
        }
        let mut found = Vec::new();
        if self.separators {
            found.push(Warning::SecretSeparators);
        }
        if self.trailing_bits {
            found.push(Warning::SecretTrailingBits);
        }
        if bits < MIN_BITS {
            found.push(Warning::SecretShort { bits });
        }
        found
    }
}

/// How sure the caller is of the encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// The format says so: what reads as hexadecimal, too, is refused.
    Format,
    /// A person said so.
    Said,
}

/// Decodes a key into `bytes`, which must have room for [`MAX_TEXT`] bytes so that it never moves.
pub(crate) fn decode_into(
    text: &str,
    encoding: SecretEncoding,
    certainty: Certainty,
    bytes: &mut Vec<u8>,
) -> Result<Oddities, SeedError> {
    bytes.clear();
    if text.len() > MAX_TEXT {
        return Err(SeedError::TooLong);
    }
    match encoding {
        SecretEncoding::Base32 => {
            if fast::base32(text.as_bytes(), bytes) {
                return Ok(Oddities::default());
            }
            bytes.zeroize();
            base32(text, certainty, bytes)
        }
        SecretEncoding::Hex => hex(text, bytes),
        SecretEncoding::Base64 => base64(text, bytes),
    }
}

/// Decodes a key into a seed of its own.
pub(crate) fn decode(
    text: &str,
    encoding: SecretEncoding,
    certainty: Certainty,
) -> Result<DecodedSeed, SeedError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len().min(MAX_TEXT)));
    let oddities = decode_into(trim(text), encoding, certainty, &mut bytes)?;
    let seed = Seed::copy_of(&bytes);
    Ok(DecodedSeed {
        warnings: oddities.warnings(seed.bits()),
        seed,
    })
}

fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_ascii_whitespace())
}

fn base32(text: &str, certainty: Certainty, bytes: &mut Vec<u8>) -> Result<Oddities, SeedError> {
    let (mut symbols, separators) = normalise(text)?;
    unpad(&mut symbols)?;
    check(&symbols, certainty)?;
    let trailing_bits = clear_tail(&mut symbols);
    let length = BASE32_NOPAD
        .decode_len(symbols.len())
        .map_err(|_| SeedError::Length)?;
    bytes.resize(length, 0);
    BASE32_NOPAD
        .decode_mut(&symbols, bytes)
        .map_err(|_| SeedError::Length)?;
    Ok(Oddities {
        separators,
        trailing_bits,
    })
}

/// Upper case without blanks and dashes, and whether there were any.
fn normalise(text: &str) -> Result<(Zeroizing<Vec<u8>>, bool), SeedError> {
    let (symbols, separators) = without_separators(text);
    let known = |byte: &u8| matches!(byte, b'=' | b'0'..=b'9' | b'A'..=b'Z');
    let mut symbols = symbols;
    symbols.make_ascii_uppercase();
    if symbols.iter().all(known) {
        Ok((symbols, separators))
    } else if text.contains("://") {
        Err(SeedError::Uri)
    } else {
        Err(SeedError::Characters)
    }
}

fn without_separators(text: &str) -> (Zeroizing<Vec<u8>>, bool) {
    let mut kept = Zeroizing::new(Vec::with_capacity(text.len()));
    kept.extend(
        text.bytes()
            .filter(|byte| !matches!(byte, b' ' | b'\t' | b'-')),
    );
    let separators = kept.len() < text.len();
    (kept, separators)
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

fn check(symbols: &[u8], certainty: Certainty) -> Result<(), SeedError> {
    let base32 = symbols
        .iter()
        .all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'));
    let hex = symbols.len() >= 32 && symbols.iter().all(u8::is_ascii_hexdigit);
    match (base32, hex) {
        (true, true) if certainty == Certainty::Format => Err(SeedError::Ambiguous),
        (false, true) => Err(SeedError::Hex),
        (false, false) => Err(SeedError::Characters),
        (true, _) => Ok(()),
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

fn hex(text: &str, bytes: &mut Vec<u8>) -> Result<Oddities, SeedError> {
    let (digits, separators) = without_separators(text);
    if digits.is_empty() {
        return Err(SeedError::Empty);
    }
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        let link = text.contains("://");
        return Err(if link {
            SeedError::Uri
        } else {
            SeedError::HexCharacters
        });
    }
    let length = HEXLOWER_PERMISSIVE
        .decode_len(digits.len())
        .map_err(|_| SeedError::HexLength)?;
    bytes.resize(length, 0);
    HEXLOWER_PERMISSIVE
        .decode_mut(&digits, bytes)
        .map_err(|_| SeedError::HexCharacters)?;
    Ok(Oddities {
        separators,
        trailing_bits: false,
    })
}

fn base64(text: &str, bytes: &mut Vec<u8>) -> Result<Oddities, SeedError> {
    if text.is_empty() {
        return Err(SeedError::Empty);
    }
    let length = BASE64
        .decode_len(text.len())
        .map_err(|_| SeedError::Base64)?;
    bytes.resize(length, 0);
    let decoded = BASE64.decode_mut(text.as_bytes(), bytes);
    bytes.truncate(decoded.map_err(|_| SeedError::Base64)?);
    Ok(Oddities::default())
}
