//! Pre-shared keys and passphrases.

use seedfile::pskc::{PskcKey, PskcKeyError};

use super::support::{FIGURE_6, SECRET, phrase, secret_of};

#[test]
fn a_key_file_is_hexadecimal_or_base64_or_bytes() {
    let hex = b"12345678901234567890123456789012".as_slice();
    let spaced = b"\n 1234 5678 9012 3456\r\n7890 1234 5678 9012\r\n".as_slice();
    let marked = b"\xEF\xBB\xBF12345678901234567890123456789012\n".as_slice();
    let base64 = b"EjRWeJASNFZ4kBI0VniQEg==\n".as_slice();
    let raw = b"\x12\x34\x56\x78\x90\x12\x34\x56\x78\x90\x12\x34\x56\x78\x90\x12".as_slice();
    for content in [hex, spaced, marked, base64, raw] {
        let key = PskcKey::from_file(content).unwrap();
        assert_eq!(secret_of(FIGURE_6, Some(&key)).as_deref(), Ok(SECRET));
    }
}

#[test]
fn other_files_are_no_keys() {
    for content in [
        b"".as_slice(),
        b"0123",
        b"EjRWeJASNFZ4kBI0VniQEg=",
        &[0; 17],
        &[0; 64],
    ] {
        let error = PskcKey::from_file(content).unwrap_err();
        assert_eq!(error, PskcKeyError::Unreadable);
    }
    let error = PskcKey::from_bytes(&[0; 17]).unwrap_err();
    assert_eq!(error, PskcKeyError::Length { bytes: 17 });
}

#[test]
fn debug_shows_the_kind_only() {
    let key = PskcKey::from_bytes(&[0x41; 16]).unwrap();
    assert_eq!(format!("{key:?}"), "PskcKey([redacted key])");
    assert_eq!(
        format!("{:?}", phrase("qwerty")),
        "PskcKey([redacted passphrase])"
    );
}
