//! From bytes to text.

use std::char::{DecodeUtf16Error, decode_utf16};
use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Deref;

use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

use crate::both::{self, both};
use crate::refusal::Refusal;

/// How the bytes of a file encode its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-8 with a byte order mark.
    Utf8Bom,
    /// UTF-16, little-endian, with a byte order mark.
    Utf16Le,
    /// UTF-16, big-endian, with a byte order mark.
    Utf16Be,
}

impl Encoding {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf8Bom => "utf-8-bom",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Encoding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The text of a file; a decoded copy is wiped when dropped.
pub(crate) enum Text<'a> {
    Borrowed(&'a str),
    Decoded(Zeroizing<String>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Decoded(text) => text,
        }
    }
}

/// Decodes by byte order mark, UTF-8 without one. Nothing is guessed.
pub(crate) fn decode(bytes: &[u8], threads: NonZeroUsize) -> Result<(Encoding, Text<'_>), Refusal> {
    let (encoding, text) = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => (Encoding::Utf8Bom, utf8(rest, 3, threads)?),
        [0xFF, 0xFE, rest @ ..] => (Encoding::Utf16Le, utf16(rest, u16::from_le_bytes)?),
        [0xFE, 0xFF, rest @ ..] => (Encoding::Utf16Be, utf16(rest, u16::from_be_bytes)?),
        _ => (Encoding::Utf8, utf8(bytes, 0, threads)?),
    };
    Ok((encoding, text))
}

fn utf8(bytes: &[u8], skipped: usize, threads: NonZeroUsize) -> Result<Text<'_>, Refusal> {
    let worth = both::worth(threads, bytes.len());
    let (nul, text) = both(worth, || first_nul(bytes), || std::str::from_utf8(bytes));
    let text = text.map_err(|error| {
        let valid = error.valid_up_to();
        let before = bytes.get(..valid).unwrap_or_default();
        Refusal::NotUtf8 {
            line: line_after(&String::from_utf8_lossy(before)),
            byte: skipped + valid,
        }
    })?;
    refuse_nul(text, nul)?;
    Ok(Text::Borrowed(text))
}

fn first_nul(text: &[u8]) -> Option<usize> {
    memchr::memchr(0, text)
}

fn refuse_nul(text: &str, at: Option<usize>) -> Result<(), Refusal> {
    let before = at.and_then(|at| text.get(..at)).map(line_after);
    before.map_or(Ok(()), |line| Err(Refusal::NulByte { line }))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Text<'static>, Refusal> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    // Three bytes of UTF-8 for a unit at the most: the text never moves and leaves no copy behind.
    let mut text = Zeroizing::new(String::with_capacity(pairs.len() * 3));
    let mut byte = 2;
    for decoded in decode_utf16(pairs.iter().map(|&pair| unit(pair))) {
        let character = decoded.map_err(|_: DecodeUtf16Error| not_utf16(&text, byte))?;
        byte += 2 * character.len_utf16();
        text.push(character);
    }
    if !odd.is_empty() {
        return Err(not_utf16(&text, byte));
    }
    refuse_nul(&text, first_nul(text.as_bytes()))?;
    Ok(Text::Decoded(text))
}

fn not_utf16(before: &str, byte: usize) -> Refusal {
    Refusal::NotUtf16 {
        line: line_after(before),
        byte,
    }
}

/// The number of the line on which the text after `before` stands.
fn line_after(before: &str) -> usize {
    1 + line_ends(before)
}

/// Line ends in a text: CR, LF, and CR LF as one.
pub(crate) fn line_ends(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_alone = |&at: &usize| bytes.get(at + 1) != Some(&b'\n');
    let feeds = memchr::memchr_iter(b'\n', bytes).count();
    feeds + memchr::memchr_iter(b'\r', bytes).filter(is_alone).count()
}

/// Without the blanks around it. A no-break space is not a blank: it stays and is reported.
#[inline]
pub(crate) fn trim(text: &str) -> &str {
    if let [b'!'..=b'~', .., b'!'..=b'~'] | [b'!'..=b'~'] | [] = text.as_bytes() {
        return text;
    }
    text.trim_matches(|character: char| character.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_line_ends_count_once() {
        for (text, ends) in [
            ("", 0),
            ("a\nb", 1),
            ("a\rb", 1),
            ("a\r\nb", 1),
            ("\r\r\n\n\r", 4),
            ("\n\r", 2),
        ] {
            assert_eq!(line_ends(text), ends, "{text:?}");
        }
    }

    #[test]
    fn names_line_and_byte_of_what_is_not_text() {
        assert_eq!(
            decode(b"a\nb\xE8c", NonZeroUsize::MIN).err(),
            Some(Refusal::NotUtf8 { line: 2, byte: 3 })
        );
        assert_eq!(
            decode(b"\xEF\xBB\xBFa\xFF", NonZeroUsize::MIN).err(),
            Some(Refusal::NotUtf8 { line: 1, byte: 4 })
        );
        assert_eq!(
            decode(b"\xFF\xFEa\0\n\0\x00\xD8", NonZeroUsize::MIN).err(),
            Some(Refusal::NotUtf16 { line: 2, byte: 6 })
        );
        assert_eq!(
            decode(b"\xFE\xFF\0a\0", NonZeroUsize::MIN).err(),
            Some(Refusal::NotUtf16 { line: 1, byte: 4 })
        );
        assert_eq!(
            decode(b"a\r\nb\0", NonZeroUsize::MIN).err(),
            Some(Refusal::NulByte { line: 2 })
        );
    }
}
