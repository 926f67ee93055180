//! One fixture for each way in which a single key is wrong. The others stay.

use seedfile::pskc::PskcProblem::{self, *};

use super::support::{
    FIGURE_2, FIGURE_5, FIGURE_6, FIGURE_7, Package, SECRET, all, one, phrase, secret_of, shared,
    swap, text, with_data,
};

#[test]
fn keys_for_other_things_say_so() {
    for (from, to, expected) in [
        ("pskc:hotp", "pskc:ocra", OtherAlgorithm),
        ("pskc:hotp", "pskc:yubikey-aes", OtherAlgorithm),
        ("Algorithm=", "KeyAlgorithm=", OtherAlgorithm),
        ("\"DECIMAL\"/", "\"HEXADECIMAL\"/", ResponseEncoding),
        (
            "\"DECIMAL\"/",
            "\"DECIMAL\" CheckDigits=\"true\"/",
            CheckDigits,
        ),
        (
            "\"DECIMAL\"/",
            "\"DECIMAL\" CheckDigits=\"1\"/",
            CheckDigits,
        ),
    ] {
        let text = swap(FIGURE_5, from, to);
        assert_eq!(all(&text, None).unwrap()[0].key, Err(expected), "{to}");
    }
    for to in ["totp", "urn:ietf:params:xml:ns:keyprov:pskc#TOTP"] {
        let text = swap(FIGURE_2, "urn:ietf:params:xml:ns:keyprov:pskc:hotp", to);
        assert!(one(&text, None).key.is_ok(), "{to}");
    }
    let text = swap(
        FIGURE_5,
        "\"DECIMAL\"/",
        "\"decimal\" CheckDigits=\"false\"/",
    );
    assert!(all(&text, None).unwrap()[0].key.is_ok());
}

#[test]
fn a_package_without_a_key_says_so() {
    let text = FIGURE_2
        .replace("Key Id", "Kee Id")
        .replace("</Key>", "</Kee>");
    assert_eq!(one(&text, None).key, Err(NoKey));
}

#[test]
fn secrets_in_clear() {
    let plain = |value: &str| secret_of(&FIGURE_2.replace("MTIzNA==", value), None);
    for (value, expected) in [
        ("", SecretMissing),
        (" \n ", SecretMissing),
        ("MTIzNA", NotBase64),
        ("MTIzNB==", NotBase64),
        ("MTIz NA==x", NotBase64),
        ("<b>MTIzNA==</b>", Markup),
        ("3132333435363738393031323334353637383930", OtherEncoding),
        ("3132AABBCCDD3738393031323334353637383930", OtherEncoding),
        ("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", OtherEncoding),
        ("GEZD GNBV GY3T QOJQ\nGEZD GNBV GY3T QOJQ", OtherEncoding),
        ("gezdgnbvgy3tqojqgezdgnbvgy3tqojq", OtherEncoding),
        (
            "31 32 33 34 35 36 37 38 39 30 31 32 33 34 35 36 37 38 39 30",
            OtherEncoding,
        ),
    ] {
        assert_eq!(plain(value), Err(expected), "{value}");
    }
    for value in [
        "MTIzNA==",
        "\n MTIz\r\n\tNA==\n",
        "MTI<!-- a -->zNA==",
        "<![CDATA[MTIzNA==]]>",
        "M&#84;IzNA=&#x3d;",
    ] {
        assert_eq!(plain(value).as_deref(), Ok(b"1234".as_slice()), "{value}");
    }
}

#[test]
fn a_value_too_long_is_not_read() {
    let long = "MTIz".repeat(20_000);
    let text = FIGURE_2.replace("MTIzNA==", &long);
    assert_eq!(secret_of(&text, None), Err(TooLong));
    // 64 KiB are read, and not a character more. Blanks inside do not count as key.
    let room = seedfile::MAX_FIELD_BYTES - "MTIzNA==".len();
    let padded = |blanks: usize| format!("MTIz{}NA==", " ".repeat(blanks));
    let text = |blanks| FIGURE_2.replace("MTIzNA==", &padded(blanks));
    assert_eq!(
        secret_of(&text(room), None).as_deref(),
        Ok(b"1234".as_slice())
    );
    assert_eq!(secret_of(&text(room + 1), None), Err(TooLong));
    // In pieces, as comments make them.
    let text = FIGURE_2.replace("MTIzNA==", &"MTIz<!-- -->".repeat(20_000));
    assert_eq!(secret_of(&text, None), Err(TooLong));
}

#[test]
fn what_stands_twice_is_not_chosen_from() {
    let secret = "<Secret><PlainValue>MTIzNA==</PlainValue></Secret>";
    assert_eq!(secret_of(&with_data(secret), None), Err(Repeated));
    let twice = swap(
        FIGURE_2,
        "<PlainValue>",
        "<PlainValue>MTIzNA==</PlainValue><PlainValue>",
    );
    assert_eq!(secret_of(&twice, None), Err(Repeated));
    let both = swap(
        FIGURE_6,
        "<EncryptedValue>",
        "<PlainValue>MTIzNA==</PlainValue><EncryptedValue>",
    );
    assert_eq!(secret_of(&both, Some(&shared())), Err(Repeated));
    for element in ["Key", "Data"] {
        let from = format!("</{element}>");
        let text = swap(FIGURE_2, &from, &format!("{from}<{element}/>"));
        assert_eq!(one(&text, None).key.map(|_| ()), Err(Repeated), "{element}");
    }
    let counters = "<Counter><PlainValue>1</PlainValue></Counter>".repeat(2);
    let key = one(&with_data(&counters), None).key.unwrap();
    assert_eq!(key.counter, Err(Repeated));
    assert_eq!(key.secret.as_deref(), Ok(b"1234".as_slice()));
    let text = swap(FIGURE_5, "<SerialNo>", "<SerialNo>1</SerialNo><SerialNo>");
    let first = &all(&text, None).unwrap()[0];
    assert_eq!(first.serial, Err(Repeated));
    assert_eq!(first.manufacturer, super::support::text("Manufacturer"));
}

#[test]
fn a_secret_in_another_namespace_is_none() {
    let other = swap(FIGURE_2, "<Secret>", "<Secret xmlns=\"urn:other\">");
    assert_eq!(secret_of(&other, None), Err(SecretMissing));
}

#[test]
fn users_of_device_and_key() {
    let named = |device: &str, key: &str| -> Package {
        let text = swap(FIGURE_5, "</SerialNo>", &format!("</SerialNo>{device}"));
        all(&swap(&text, "</Data>", &format!("</Data>{key}")), None)
            .unwrap()
            .swap_remove(0)
    };
    let (ann, bob) = (
        "<UserId>ann@example.com</UserId>",
        "<UserId>bob@example.com</UserId>",
    );
    assert_eq!(named("", "").user, Ok(None));
    assert_eq!(named(ann, "").user, text("ann@example.com"));
    assert_eq!(named("", ann).user, text("ann@example.com"));
    assert_eq!(named(ann, ann).user, text("ann@example.com"));
    assert_eq!(named(ann, bob).user, Err(UsersDiffer));
}

#[test]
fn numbers_are_handed_on_as_they_stand() {
    let data = "<Counter><PlainValue> 007 </PlainValue></Counter><TimeInterval><PlainValue>30s</PlainValue></TimeInterval>
        <Time><PlainValue/></Time><TimeDrift><PlainValue>-4</PlainValue></TimeDrift>";
    let key = one(&with_data(data), None).key.unwrap();
    assert_eq!((key.counter, key.interval), (text("007"), text("30s")));
    assert_eq!((key.time, key.drift), (Ok(None), text("-4")));
}

/// Two packages of figure 6; the second one is changed, so that the key has been proved by the first.
fn second(from: &str, to: &str) -> Result<Vec<u8>, PskcProblem> {
    let start = FIGURE_6.find("  <KeyPackage>").unwrap();
    let end = FIGURE_6.find("</KeyContainer>").unwrap();
    let changed = swap(&FIGURE_6[start..end], from, to);
    let text = format!("{}{changed}</KeyContainer>", &FIGURE_6[..end]);
    let packages = all(&text, Some(&shared())).unwrap();
    assert_eq!(
        packages[0].key.as_ref().unwrap().secret.as_deref(),
        Ok(SECRET)
    );
    packages[1].key.clone().and_then(|key| key.secret)
}

#[test]
fn encrypted_values_are_proved_one_by_one() {
    let mac = "<ValueMAC>Su+NvtQfmvfJzF6bmQiJqoLRExc=\n          </ValueMAC>";
    for (from, to, expected) in [
        (mac, "", MacMissing),
        (mac, "<ValueMAC/>", MacWrong),
        (mac, "<ValueMAC>Su+NvtQ=</ValueMAC>", MacWrong),
        (mac, "<ValueMAC>!</ValueMAC>", NotBase64),
        (
            "<ValueMAC>",
            "<ValueMAC>Su+NvtQ=</ValueMAC><ValueMAC>",
            Repeated,
        ),
        ("Su+N", "Su+O", MacWrong),
        ("AAECAwQF", "ABECAwQF", MacWrong),
        ("AAECAwQFBgcICQoLDA0OD+cI", "", MacWrong),
        ("AAECAwQF", "AAECAwQ", NotBase64),
        (
            "<xenc:CipherData>",
            "<xenc:CipherData xmlns:xenc=\"urn:other\">",
            Ciphertext,
        ),
    ] {
        assert_eq!(second(from, to), Err(expected), "{to}");
    }
    assert_eq!(second("Counter>", "Counter >").as_deref(), Ok(SECRET));
}

#[test]
fn an_encrypted_file_may_hold_a_wrong_value_and_still_be_the_right_file() {
    let text = swap(
        FIGURE_7,
        "</pskc:Secret>",
        "</pskc:Secret><pskc:Counter><pskc:PlainValue>3</pskc:PlainValue></pskc:Counter>",
    );
    let key = one(&text, Some(&phrase("qwerty"))).key.unwrap();
    assert_eq!(key.counter, super::support::text("3"));
}

#[test]
fn an_encrypted_number_that_reads_in_two_ways_is_not_read() {
    // The encrypted secret is 20 digits long: neither a number of 8 bytes nor certainly not a text.
    let start = FIGURE_6.find("<EncryptedValue>").unwrap();
    let end = FIGURE_6.find("</Secret>").unwrap();
    let counter = format!("<Counter>{}</Counter>", &FIGURE_6[start..end]);
    let key = one(
        &swap(FIGURE_6, "</Data>", &format!("{counter}</Data>")),
        Some(&shared()),
    )
    .key
    .unwrap();
    assert_eq!(key.counter, Err(Repeated));
    let text = FIGURE_6.replace("Counter>", "Other>");
    let key = one(
        &swap(&text, "</Data>", &format!("{counter}</Data>")),
        Some(&shared()),
    )
    .key
    .unwrap();
    assert_eq!(key.counter, Err(Number));
    assert_eq!(key.secret.as_deref(), Ok(SECRET));
}

#[test]
fn the_function_under_pbkdf2_has_three_spellings() {
    let uri = "http://www.w3.org/2000/09/xmldsig#hmac-sha1";
    for prf in [
        "",
        &format!("<PRF Algorithm=\"{uri}\"/>"),
        &format!("<PRF>{uri}</PRF>"),
    ] {
        let text = swap(FIGURE_7, "<PRF/>", prf);
        assert_eq!(
            secret_of(&text, Some(&phrase("qwerty"))).as_deref(),
            Ok(SECRET)
        );
    }
}

#[test]
fn each_problem_has_a_help_in_words() {
    for problem in [
        NoKey,
        OtherAlgorithm,
        ResponseEncoding,
        CheckDigits,
        Repeated,
        UsersDiffer,
        SecretMissing,
        NotBase64,
        OtherEncoding,
        Number,
        MacMissing,
        Markup,
        TooLong,
        MacWrong,
        Ciphertext,
    ] {
        assert!(problem.help().contains(' '), "{problem:?}");
    }
}

#[test]
fn a_passphrase_is_tried_anew_on_a_file_with_another_salt() {
    let key = phrase("qwerty");
    assert!(all(FIGURE_7, Some(&key)).is_ok());
    let salted = swap(
        FIGURE_7,
        "<Specified>Ej7/PEpyEpw=</Specified>",
        "<Specified>Fj7/PEpyEpw=</Specified>",
    );
    let refused = all(&salted, Some(&key)).unwrap_err();
    assert_eq!(refused, seedfile::pskc::PskcRefusal::WrongKey);
    assert!(all(FIGURE_7, Some(&key)).is_ok());
}

#[test]
fn a_key_shows_its_kind_alone() {
    let mut texts = Vec::new();
    seedfile::pskc::read(FIGURE_5, None, &mut |package| {
        texts.push(format!("{:?}", package.key));
        Ok::<(), seedfile::pskc::PskcRefusal>(())
    })
    .unwrap();
    assert_eq!(texts[0], "Ok(OtpKey { kind: Hotp, .. })");
}
