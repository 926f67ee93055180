//! What a file is, by its content. Names lie: a login page is saved as `.csv`, a workbook is
//! renamed.

use crate::refusal::Refusal;

/// The two families that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Csv,
    Json,
}

impl Family {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
        }
    }
}

/// Refuses what is known by its first bytes and is not text.
pub(crate) fn refuse_binary(bytes: &[u8]) -> Result<(), Refusal> {
    match bytes {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Err(Refusal::Zip),
        [0xD0, 0xCF, 0x11, 0xE0, ..] => Err(Refusal::Xls),
        // Packets that begin an encrypted message (RFC 9580, sections 4.2, 5.1 and 5.3).
        [0x84..=0x86 | 0x8C..=0x8E | 0xC1 | 0xC3, ..] if std::str::from_utf8(bytes).is_err() => {
            Err(Refusal::Pgp)
        }
        _ => Ok(()),
    }
}

/// Tells CSV from JSON and refuses other known kinds of text.
pub(crate) fn family(text: &str) -> Result<Family, Refusal> {
    let text = text.trim_start();
    match text.chars().next() {
        None => Err(Refusal::Empty),
        Some('{' | '[') => Ok(Family::Json),
        Some('<') => Err(markup(text)),
        Some('-') if text.starts_with("-----BEGIN PGP") => Err(Refusal::Pgp),
        Some(_) => Ok(Family::Csv),
    }
}

fn markup(text: &str) -> Refusal {
    let head: String = text
        .chars()
        .take(2048)
        .collect::<String>()
        .to_ascii_lowercase();
    if head.starts_with("<!doctype html") || head.starts_with("<html") {
        Refusal::Html
    } else if head.contains("keycontainer") {
        Refusal::Pskc
    } else {
        Refusal::Xml
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_kinds_are_named() {
        assert_eq!(refuse_binary(b"PK\x03\x04rest"), Err(Refusal::Zip));
        assert_eq!(refuse_binary(b"\xD0\xCF\x11\xE0"), Err(Refusal::Xls));
        assert_eq!(refuse_binary(b"\x85\x01\x0c\x03\xff"), Err(Refusal::Pgp));
        assert_eq!(refuse_binary("upn,…".as_bytes()), Ok(()));
        assert_eq!(family("-----BEGIN PGP MESSAGE-----\n"), Err(Refusal::Pgp));
        assert_eq!(family("<?xml version=\"1.0\"?><a/>"), Err(Refusal::Xml));
        assert_eq!(family("\n <HTML>"), Err(Refusal::Html));
        assert_eq!(family(" \n"), Err(Refusal::Empty));
        assert_eq!(family("\n[]"), Ok(Family::Json));
        assert_eq!(family("upn"), Ok(Family::Csv));
    }
}
