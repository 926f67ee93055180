//! What is known by its first bytes and is not text.

use memchr::memmem;

use crate::refusal::Refusal;

/// How far into an archive the name of its first member stands.
const HEAD: usize = 4096;

pub(crate) fn refuse(bytes: &[u8]) -> Result<(), Refusal> {
    match bytes {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Err(archive(bytes)),
        [0xD0, 0xCF, 0x11, 0xE0, ..] => Err(Refusal::Xls),
        [0x1F, 0x8B, ..] => Err(Refusal::Gzip),
        [b'7', b'z', 0xBC, 0xAF, 0x27, 0x1C, ..] => Err(Refusal::SevenZip),
        [b'%', b'P', b'D', b'F', b'-', ..] => Err(Refusal::Pdf),
        _ => pgp(bytes),
    }
}

/// A workbook is an archive, too.
fn archive(bytes: &[u8]) -> Refusal {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let holds = |name: &[u8]| memmem::find(head, name).is_some();
    if holds(b"[Content_Types].xml") || holds(b"xl/") {
        Refusal::Xlsx
    } else {
        Refusal::Zip
    }
}

/// Packets of RFC 9580, sections 4.2, 5.1, 5.3 and 5.5. Some of them begin UTF-8 as well.
fn pgp(bytes: &[u8]) -> Result<(), Refusal> {
    // The version is a control character, which no text has there.
    let found = match (bytes.first(), version(bytes)) {
        // The beginning of an encrypted message.
        (Some(0x84..=0x86 | 0x8C..=0x8E | 0xC1 | 0xC3), Some(2..=6)) => Refusal::Pgp,
        // A public key.
        (Some(0x98..=0x9A | 0xC6), Some(2..=6)) => Refusal::PgpKey,
        _ => return Ok(()),
    };
    match std::str::from_utf8(bytes) {
        Ok(_) => Ok(()),
        Err(_) => Err(found),
    }
}

/// The first byte of a packet after its length, which takes one, two or four bytes, or after 255 four more.
fn version(bytes: &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    let length = match (first, rest.first()?) {
        (0xC0.., 0..192) => 1,
        (0xC0.., 255) => 5,
        (0xC0.., _) => 2,
        (first, _) => 1 << (first & 3),
    };
    rest.get(length).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_kinds_are_named() {
        let kinds: [(&[u8], Refusal); 13] = [
            (b"PK\x03\x04rest", Refusal::Zip),
            (b"PK\x05\x06", Refusal::Zip),
            (b"PK\x03\x04....[Content_Types].xml", Refusal::Xlsx),
            (b"PK\x03\x04....xl/workbook.xml", Refusal::Xlsx),
            (b"\xD0\xCF\x11\xE0", Refusal::Xls),
            (b"\x1F\x8B\x08", Refusal::Gzip),
            (b"7z\xBC\xAF\x27\x1C\0\x04", Refusal::SevenZip),
            (b"%PDF-1.7", Refusal::Pdf),
            (b"\x85\x01\x0c\x03\xff", Refusal::Pgp),
            (b"\xC1\x4c\x03\xff", Refusal::Pgp),
            (b"\xC3\x04\x04\x09\x03\xff", Refusal::Pgp),
            (b"\x99\x01\x0d\x04\xff", Refusal::PgpKey),
            (b"\xC6\xC0\x0d\x04\xff", Refusal::PgpKey),
        ];
        for (bytes, refusal) in kinds {
            assert_eq!(refuse(bytes), Err(refusal), "{bytes:?}");
        }
    }

    #[test]
    fn text_is_let_through() {
        let spanish = b"\xC1lvaro@example.com,1\n";
        assert_eq!(refuse(spanish), Ok(()));
        assert_eq!(refuse(b"\xC3\xE9cile@example.com,1\n"), Ok(()));
        for text in ["upn,…", "é", "\u{feff}upn", "Çelik", "%PD", ""] {
            assert_eq!(refuse(text.as_bytes()), Ok(()), "{text}");
        }
    }
}
