//! `code` and `verify`: what needs no service.

use data_encoding::BASE32_NOPAD;
use serde_json::json;

use crate::support::{Home, Token, csv, mixed, plain};

/// RFC 6238, appendix B: time, algorithm, code of eight digits.
const RFC6238: [(&str, &str, &str); 9] = [
    ("59", "sha1", "94287082"),
    ("1111111109", "sha1", "07081804"),
    ("20000000000", "sha1", "65353130"),
    ("59", "sha256", "46119246"),
    ("1111111109", "sha256", "68084774"),
    ("20000000000", "sha256", "77737706"),
    ("59", "sha512", "90693936"),
    ("1111111111", "sha512", "99943326"),
    ("20000000000", "sha512", "47863826"),
];

fn rfc_secret(algorithm: &str) -> String {
    let length = match algorithm {
        "sha1" => 20,
        "sha256" => 32,
        _ => 64,
    };
    let digits: Vec<u8> = b"1234567890".iter().copied().cycle().take(length).collect();
    BASE32_NOPAD.encode(&digits)
}

#[test]
fn codes_are_those_of_the_rfc() {
    let home = Home::new();
    for (at, algorithm, code) in RFC6238 {
        let secret = rfc_secret(algorithm) + "\n";
        let options = [
            "--secret-stdin",
            "--at",
            at,
            "--algorithm",
            algorithm,
            "--digits",
            "8",
        ];
        let ran = home
            .feed(&[&["code"], &options[..]].concat(), &secret)
            .ends(0);
        assert_eq!(ran.stdout, format!("{code}\n"), "{at} {algorithm}");
        home.feed(&[&["verify", code], &options[..]].concat(), &secret)
            .ends(0);
    }
    // RFC 4226, appendix D: counter 7, with a leading zero after it was cut to six digits.
    let secret = rfc_secret("sha1");
    let at = ["code", "--secret-stdin", "--at", "210"];
    assert_eq!(home.feed(&at, &secret).stdout, "162583\n");
    let leading_zero = [
        "code",
        "--secret-stdin",
        "--at",
        "1111111109",
        "--output",
        "json",
    ];
    let document = home.feed(&leading_zero, &secret).ends(0).json();
    let expected = json!({"schema": "oathkit.code/1", "code": "081804", "step": 37_037_036,
                          "remaining": 1});
    assert_eq!(document, expected);
    // The secret as people copy it.
    let spelt = secret.to_lowercase();
    let spelt = format!("{} {}\r\n", &spelt[..16], &spelt[16..]);
    assert_eq!(home.feed(&at, &spelt).stdout, "162583\n");
}

#[test]
fn a_code_is_verified_with_its_drift() {
    let home = Home::new();
    let secret = rfc_secret("sha1");
    let verify = |code: &str, at: &str, more: &[&str]| {
        let args = [
            "verify",
            code,
            "--secret-stdin",
            "--at",
            at,
            "--output",
            "json",
        ];
        home.feed(&[&args[..], more].concat(), &secret)
    };
    let answer = |accepted, step: Option<u64>, drift: Option<i64>| json!({"schema": "oathkit.verification/1", "accepted": accepted, "step": step, "drift": drift});
    // Counter 7 is 162583.
    let ran = verify("162583", "210", &[]).ends(0);
    assert_eq!(ran.json(), answer(true, Some(7), Some(0)));
    let ran = verify("162583", "240", &[]).ends(0);
    assert_eq!(ran.json(), answer(true, Some(7), Some(-1)));
    let ran = verify("162583", "180", &[]).ends(0);
    assert_eq!(ran.json(), answer(true, Some(7), Some(1)));
    let ran = verify("162583", "270", &[]).ends(3);
    assert_eq!(ran.json(), answer(false, None, None));
    let ran = verify("162583", "270", &["--past", "2"]).ends(0);
    assert_eq!(ran.json(), answer(true, Some(7), Some(-2)));
    verify("162584", "210", &[]).ends(3);
    // A mistyped code is wrong usage, and is not repeated to the log.
    let ran = verify("16258x", "210", &[]).ends(2);
    assert!(!ran.stderr.contains("16258x"), "{}", ran.stderr);
}

/// The steps beside the present one are not far, however long they are.
#[test]
fn a_code_of_a_very_long_step_is_verified() {
    let home = Home::new();
    let secret = rfc_secret("sha1");
    let at = "1800000000";
    let long = ["--period", "100000000", "--at", at];
    let code = [&["code", "--secret-stdin"], &long[..]].concat();
    let code = home.feed(&code, &secret).ends(0).stdout;
    let verify = [&["verify", code.trim(), "--secret-stdin"], &long[..]].concat();
    home.feed(&verify, &secret).ends(0);
    let far = [&verify[..], &["--past", "2"]].concat();
    home.feed(&far, &secret)
        .ends(2)
        .says(&["more than 366 days"]);
}

#[test]
fn what_is_odd_about_a_secret_on_standard_input_is_told() {
    let home = Home::new();
    let at = ["code", "--secret-stdin", "--at", "59"];
    let short = "GEZDGNBVGY3TQOJQ";
    let ran = home.feed(&at, short).ends(0).says(&["80 bits"]);
    assert!(!ran.stderr.contains(short), "{}", ran.stderr);
    let grouped = home
        .feed(&at, "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ")
        .ends(0);
    assert_eq!(grouped.says(&["blanks or dashes"]).stdout, "287082\n");
    let plain = home.feed(&at, &rfc_secret("sha1")).ends(0);
    assert_eq!(plain.stderr, "");
}

#[test]
fn the_code_of_a_token_of_a_file_uses_its_parameters() {
    let home = Home::new();
    let tokens = mixed(4);
    let file = home.file("tokens.csv", csv(&tokens));
    for token in &tokens {
        let (algorithm, period) = (token.algorithm.to_string(), token.period.to_string());
        let at = ["--at", "1800000000"];
        let by_file = ["code", "--file", &file, "--serial", &token.serial];
        let by_file = home.oathctl(&[&by_file[..], &at].concat()).ends(0);
        let by_hand = ["code", "--secret-stdin", "--algorithm", &algorithm];
        let by_hand = [&by_hand[..], &["--period", &period], &at].concat();
        let by_hand = home.feed(&by_hand, &token.base32()).ends(0);
        assert_eq!(by_file.stdout, by_hand.stdout, "{}", token.serial);
    }
    home.oathctl(&["code", "--file", &file, "--serial", "0"])
        .ends(2)
        .says(&["has no usable token 0", "oathctl inspect"]);
    home.oathctl(&["code", "--file", &file]).ends(2);
    home.oathctl(&["code"]).ends(2);
    let ran = home
        .feed(&["code", "--secret-stdin"], "not base32 !!")
        .ends(2);
    let ran = ran.says(&["the secret on standard input"]);
    assert!(!ran.stderr.contains("not base32 !!"));
}

#[test]
fn options_fill_in_what_a_file_is_silent_about_and_never_contradict_it() {
    let home = Home::new();
    let token = &mixed(4)[3];
    let table = home.file("tokens.csv", csv(std::slice::from_ref(token)));
    let links = home
        .oathctl(&["convert", &table, "--to", "otpauth"])
        .ends(0);
    let file = home.file("links.txt", links.stdout);
    let at = ["--at", "1800000000"];
    let by_file = ["code", "--file", &file, "--serial", &token.serial];
    let by_file = [&by_file[..], &at].concat();
    let code = home.oathctl(&by_file).ends(0).stdout;
    for other in [
        ["--algorithm", "sha1"],
        ["--digits", "8"],
        ["--period", "30"],
    ] {
        let ran = home.oathctl(&[&by_file[..], &other].concat()).ends(0);
        assert_eq!(ran.stdout, code, "{other:?}");
    }
    let code = code.trim();
    let verify = ["verify", code, "--file", &file, "--serial", &token.serial];
    home.oathctl(&[&verify[..], &at, &["--period", "30"]].concat())
        .ends(0);

    let silent = home.file("list.txt", format!("{},{}\n", token.serial, token.base32()));
    let said = ["--algorithm", "sha256", "--digits", "8", "--period", "60"];
    let columns = ["--column", "serial=1", "--column", "secret=2"];
    let by_file = ["code", "--file", &silent, "--serial", &token.serial];
    let by_file = home.oathctl(&[&by_file[..], &columns, &said, &at].concat());
    let by_hand = [&["code", "--secret-stdin"][..], &said, &at].concat();
    let by_hand = home.feed(&by_hand, &token.base32()).ends(0).stdout;
    assert_eq!(by_file.ends(0).stdout, by_hand);
}

#[test]
fn a_serial_is_found_in_either_case() {
    let home = Home::new();
    let mut token = Token::plain(1);
    token.serial = "C302-00a7".to_owned();
    let file = home.file("tokens.csv", csv(&[token]));
    for serial in ["C302-00a7", "c302-00A7"] {
        home.oathctl(&["code", "--file", &file, "--serial", serial])
            .ends(0);
    }
    let ran = home.oathctl(&["code", "--file", &file, "--serial", "C302 00a7"]);
    ran.ends(2).says(&["only letters, digits, dots"]);
}

#[test]
fn a_secret_alone_is_decoded_as_it_is_said_to_be_written() {
    let home = Home::new();
    let code = ["code", "--secret-stdin", "--at", "210"];
    for (encoding, secret) in [
        ("base32", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
        ("hex", "3132333435363738393031323334353637383930\r\n"),
        ("base64", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=\n"),
    ] {
        let args = [&code[..], &["--encoding", encoding]].concat();
        assert_eq!(home.feed(&args, secret).ends(0).stdout, "162583\n");
    }
    let ran = home.feed(&code, "3132333435363738393031323334353637383930");
    ran.ends(2)
        .says(&["looks like hexadecimal", "  -> say that"]);
}

#[test]
fn what_only_a_file_has_is_refused_for_a_secret_alone() {
    let home = Home::new();
    let secret = plain(1)[0].base32();
    let key = home.file("key", [7; 16]);
    for (option, value) in [
        ("--format", "otpauth"),
        ("--type", "hotp"),
        ("--column", "serial=1"),
        ("--delimiter", ";"),
        ("--allow-short-seeds", ""),
        ("--key-file", &*key),
        ("--key-file", "-"),
        ("--passphrase-file", &*key),
        ("--passphrase-stdin", ""),
    ] {
        for command in [
            &["code"][..],
            &["verify", "162583"],
            &["drift", "162583", "162583"],
        ] {
            let args = [command, &["--secret-stdin", option, value]].concat();
            let args: Vec<&str> = args.into_iter().filter(|word| !word.is_empty()).collect();
            let ran = home.feed(&args, &secret).ends(2);
            ran.says(&["--secret-stdin", option, "cannot be used with"]);
        }
    }
}
