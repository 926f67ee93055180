//! One fixture for each way in which a container as a whole is wrong.

use seedfile::pskc::{PskcKey, PskcRefusal};

use super::support::{FIGURE_2, FIGURE_5, FIGURE_6, FIGURE_7, all, phrase, shared, swap};

fn refusal(text: &str, key: Option<&PskcKey>) -> PskcRefusal {
    all(text, key).unwrap_err()
}

#[test]
fn each_has_a_name_for_programs() {
    let line = 1;
    let (needed, given) = (16, 17);
    let length = PskcRefusal::KeyLength { needed, given };
    for (refusal, code) in [
        (PskcRefusal::Syntax { line }, "xml-syntax"),
        (PskcRefusal::Doctype { line }, "xml-doctype"),
        (PskcRefusal::TooDeep { line }, "xml-too-deep"),
        (PskcRefusal::TooMany { line }, "xml-too-many"),
        (PskcRefusal::NotContainer, "xml"),
        (PskcRefusal::Namespace, "pskc-namespace"),
        (PskcRefusal::Version, "pskc-version"),
        (PskcRefusal::Misplaced { line }, "pskc-misplaced"),
        (PskcRefusal::Envelope { what: "it" }, "pskc-envelope"),
        (PskcRefusal::Iterations, "pskc-iterations"),
        (PskcRefusal::Method { method: "it" }, "pskc-method"),
        (PskcRefusal::NoMac, "pskc-no-mac"),
        (PskcRefusal::NeedsPassphrase, "pskc-needs-passphrase"),
        (PskcRefusal::NeedsKey, "pskc-needs-key"),
        (PskcRefusal::WrongKey, "pskc-wrong-key"),
        (length, "pskc-key-length"),
    ] {
        assert_eq!(refusal.code(), code);
        assert!(refusal.to_string().contains(' '), "{refusal:?}");
    }
}

#[test]
fn other_documents_are_named() {
    for (from, to, expected) in [
        ("KeyContainer", "Keys", PskcRefusal::NotContainer),
        (
            "keyprov:pskc\"",
            "keyprov:pskc:1.0\"",
            PskcRefusal::Namespace,
        ),
        (
            "\n    xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\"",
            "",
            PskcRefusal::Namespace,
        ),
        ("Version=\"1.0\" ", "", PskcRefusal::Version),
        ("Version=\"1.0\"", "Version=\"2.0\"", PskcRefusal::Version),
        ("Version=\"1.0\"", "Version=\"1\"", PskcRefusal::Version),
        (
            "Version=\"1.0\"",
            "Version=\"1.0beta\"",
            PskcRefusal::Version,
        ),
    ] {
        let text = FIGURE_2.replace(from, to);
        assert_ne!(text, FIGURE_2, "{from}");
        assert_eq!(refusal(&text, None), expected, "{to}");
    }
    assert!(all(&swap(FIGURE_2, "\"1.0\" Id", "\"1.1\" Id"), None).is_ok());
}

#[test]
fn an_encrypted_file_asks_for_the_right_kind_of_key() {
    assert_eq!(refusal(FIGURE_6, None), PskcRefusal::NeedsKey);
    assert_eq!(refusal(FIGURE_7, None), PskcRefusal::NeedsPassphrase);
    assert_eq!(
        refusal(FIGURE_6, Some(&phrase("qwerty"))),
        PskcRefusal::NeedsKey
    );
    assert_eq!(
        refusal(FIGURE_7, Some(&shared())),
        PskcRefusal::NeedsPassphrase
    );
    let long = PskcKey::from_bytes(&[1; 32]).unwrap();
    let lengths = PskcRefusal::KeyLength {
        needed: 16,
        given: 32,
    };
    assert_eq!(refusal(FIGURE_6, Some(&long)), lengths);
}

#[test]
fn a_wrong_key_is_one_refusal() {
    // One wrong key in a few hundred decrypts the MAC key to something; then no MAC agrees.
    for number in 0..=255 {
        let key = PskcKey::from_bytes(&[number; 16]).unwrap();
        assert_eq!(refusal(FIGURE_6, Some(&key)), PskcRefusal::WrongKey);
    }
    for wrong in ["Qwerty", "qwerty ", ""] {
        assert_eq!(
            refusal(FIGURE_7, Some(&phrase(wrong))),
            PskcRefusal::WrongKey
        );
    }
}

#[test]
fn a_changed_file_does_not_open() {
    for (from, to) in [("oTvo+S22", "pTvo+S22"), ("LP6xMvjt", "MP6xMvjt")] {
        let text = swap(FIGURE_7, from, to);
        assert_eq!(
            refusal(&text, Some(&phrase("qwerty"))),
            PskcRefusal::WrongKey
        );
    }
}

#[test]
fn a_short_mac_key_is_not_trusted() {
    // The first block of figure 6's MAC key with another vector: whatever padding comes out, under 16 bytes are left.
    for last in 0..=255_u8 {
        let mut data = decoded("ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX");
        data.truncate(32);
        data[15] = last;
        let text = swap(
            FIGURE_6,
            "ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX",
            &data_encoding::BASE64.encode(&data),
        );
        assert_eq!(refusal(&text, Some(&shared())), PskcRefusal::WrongKey);
    }
}

fn decoded(text: &str) -> Vec<u8> {
    data_encoding::BASE64.decode(text.as_bytes()).unwrap()
}

#[test]
fn cbc_without_a_mac_is_refused() {
    let from = FIGURE_6.find("  <MACMethod").unwrap();
    let to = FIGURE_6.find("  <KeyPackage").unwrap();
    let text = format!("{}{}", &FIGURE_6[..from], &FIGURE_6[to..]);
    assert_eq!(refusal(&text, Some(&shared())), PskcRefusal::NoMac);
}

#[test]
fn other_ways_to_encrypt_are_named() {
    let method = |method| PskcRefusal::Method { method };
    for (from, to, expected) in [
        (
            "<ds:KeyName>Pre-shared-key</ds:KeyName>",
            "<ds:X509Data/>",
            "an X.509 certificate",
        ),
        (
            "<ds:KeyName>Pre-shared-key</ds:KeyName>",
            "<xenc:EncryptedKey/>",
            "a key that is itself encrypted",
        ),
        ("xmlenc#aes128-cbc", "xmlenc#tripledes-cbc", "Triple DES"),
        ("xmlenc#aes128-cbc", "xmlenc#kw-aes128", "AES key wrap"),
        (
            "xmlenc#aes128-cbc",
            "xmldsig-more#camellia128-cbc",
            "Camellia",
        ),
        (
            "2001/04/xmlenc#aes128-cbc",
            "2009/xmlenc11#aes128-gcm",
            "AES-GCM",
        ),
        ("xmlenc#aes128-cbc", "xmlenc#rsa-1_5", "RSA"),
        ("xmlenc#aes128-cbc", "xmlenc#arcfour", "an unknown cipher"),
        (
            "xmldsig#hmac-sha1",
            "xmldsig-more#hmac-md5",
            "an unknown MAC method",
        ),
    ] {
        let text = FIGURE_6.replace(from, to);
        assert_ne!(text, FIGURE_6);
        assert_eq!(refusal(&text, Some(&shared())), method(expected));
    }
    let text = swap(FIGURE_7, "pkcs-5v2-0#pbkdf2", "pkcs-5v2-0#scrypt");
    let expected = method("a passphrase by another way than PBKDF2");
    assert_eq!(refusal(&text, Some(&phrase("qwerty"))), expected);
    let text = swap(FIGURE_7, "<PRF/>", "<PRF Algorithm=\"x#hmac-md5\"/>");
    let expected = method("PBKDF2 with an unknown function");
    assert_eq!(refusal(&text, Some(&phrase("qwerty"))), expected);
}

#[test]
fn what_the_derivation_lacks_is_named() {
    let envelope = |what| PskcRefusal::Envelope { what };
    for (from, to, expected) in [
        (">1000<", ">0<", PskcRefusal::Iterations),
        (">1000<", ">10000001<", PskcRefusal::Iterations),
        (">1000<", ">99999999999<", PskcRefusal::Iterations),
        (">1000<", ">-1<", envelope("IterationCount")),
        (">1000<", "><", envelope("IterationCount")),
        (">16<", ">15<", envelope("KeyLength")),
        ("<KeyLength>16</KeyLength>", "", envelope("KeyLength")),
        (
            "<KeyLength>",
            "<KeyLength>24</KeyLength><KeyLength>",
            envelope("KeyLength"),
        ),
        (
            "Specified>Ej7/PEpyEpw=</Specified",
            "Other>Ej7/PEpyEpw=</Other",
            envelope("Specified"),
        ),
        ("Ej7/PEpyEpw=", "Ej7/PEpyEpw", envelope("Salt")),
    ] {
        let text = swap(FIGURE_7, from, to);
        assert_eq!(refusal(&text, Some(&phrase("qwerty"))), expected, "{to}");
    }
    let text = swap(FIGURE_7, ">16<", ">32<");
    let lengths = PskcRefusal::KeyLength {
        needed: 16,
        given: 32,
    };
    assert_eq!(refusal(&text, Some(&phrase("qwerty"))), lengths);
}

#[test]
fn what_concerns_all_keys_stands_before_them_and_once() {
    for element in ["<EncryptionKey/>", "<MACMethod/>"] {
        let text = swap(
            FIGURE_5,
            "\n</KeyContainer>",
            &format!("\n{element}</KeyContainer>"),
        );
        let expected = PskcRefusal::Misplaced { line: 51 };
        assert_eq!(refusal(&text, None), expected);
        let text = swap(
            FIGURE_5,
            "\n  <KeyPackage>",
            &format!("{element}{element}\n  <KeyPackage>"),
        );
        assert_eq!(refusal(&text, None), PskcRefusal::Misplaced { line: 3 });
    }
}

#[test]
fn a_file_of_other_keys_only_needs_no_passphrase() {
    let text = swap(FIGURE_7, "pskc:hotp", "pskc:ocra");
    assert!(all(&text, None).unwrap()[0].key.is_err());
}

#[test]
fn codes_are_in_kebab_case() {
    for refusal in [
        PskcRefusal::WrongKey,
        PskcRefusal::NoMac,
        PskcRefusal::NotContainer,
    ] {
        let code = refusal.code();
        assert!(
            code.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
            "{code}"
        );
    }
}
