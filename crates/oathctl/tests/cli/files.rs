//! `inspect`, `convert`, `code`, `verify`: what needs no service.

use std::fs;

use data_encoding::BASE32_NOPAD;
use oath_core::Algorithm;
use serde_json::{Value, json};

use crate::support::{EXAMPLE, HEADER, Home, Ran, Token, csv, mixed, text};

#[test]
fn inspection_is_the_document_of_the_contract() {
    let home = Home::new();
    let file = home.file(
        "tokens.csv",
        format!(
            "{HEADER}ann@example.com,60234567,{},30,Token2,C202\r\n\
             \"bob@example.com\",60234568,{},60,Token2,\"C2\r\n03\"\r\n\
             cid@example.com,60234569,{},45,Token2,C202\r\n",
            Token::plain(1).base32(),
            Token::new(2, Algorithm::Sha256, 60).base32(),
            Token::plain(3).base32(),
        ),
    );
    let document = home.json(3, &["inspect", &file]);
    let token = |row, serial: &str, user: &str, algorithm: &str, period, model: &str, bits| {
        json!({"row": row, "serial": serial, "user": user, "algorithm": algorithm,
               "algorithm_source": "length", "digits": 6, "period": period, "manufacturer": "Token2",
               "model": model, "seed_bits": bits, "warnings": []})
    };
    let expected = json!({
        "schema": "oathkit.inspection/1", "format": "token2-csv", "encoding": "utf-8",
        "records": 3, "accepted": 2, "rejected": 1,
        "tokens": [
            token(2, "60234567", "ann@example.com", "sha1", 30, "C202", 160),
            token(3, "60234568", "bob@example.com", "sha256", 60, "C2\r\n03", 256),
        ],
        // The record before it takes two lines.
        "problems": [{"row": 5, "field": "time interval", "code": "interval-unsupported",
                      "message": "the time interval must be 30 or 60 seconds"}],
    });
    assert_eq!(document, expected);
    // Fields stand in the order of the contract.
    let line = home.oathctl(&["inspect", &file, "--output", "json"]).stdout;
    assert!(line.starts_with(r#"{"schema":"oathkit.inspection/1","format":"token2-csv","#));

    let ran = home.oathctl(&["inspect", &file]).ends(3);
    assert!(ran.stdout.contains("3 records, 2 accepted, 1 rejected"));
    assert_eq!(ran.stdout.matches("the time interval must be").count(), 1);
    assert!(
        !ran.stdout.contains("row 5, time interval"),
        "{}",
        ran.stdout
    );
}

#[test]
fn warnings_are_told_with_a_code_and_a_message() {
    let home = Home::new();
    let spaced = Token::plain(1).base32();
    let spaced: Vec<&str> = (0..8).map(|n| &spaced[n * 4..n * 4 + 4]).collect();
    let line = format!("ann@example.com,60234567,{},30,,\r\n", spaced.join(" "));
    let file = home.file("tokens.csv", format!("{HEADER}{line}"));
    let document = home.json(0, &["inspect", &file]);
    let warnings = document["tokens"][0]["warnings"].as_array().unwrap();
    let codes: Vec<&str> = warnings.iter().map(|w| text(&w["code"])).collect();
    assert_eq!(
        codes,
        ["secret-separators", "manufacturer-missing", "model-missing"]
    );
    assert!(warnings.iter().all(|w| !text(&w["message"]).is_empty()));
}

#[test]
fn a_file_that_cannot_be_used_is_refused_as_a_whole() {
    let home = Home::new();
    let unclosed = csv(&mixed(2)) + "ann@example.com,\"60234567,";
    let cases: [(&str, &[u8], &str); 7] = [
        ("empty.csv", b"", "empty"),
        ("header.csv", HEADER.as_bytes(), "no-records"),
        ("book.xlsx", b"PK\x03\x04rest", "zip"),
        (
            "latin.csv",
            b"upn,serial number,secret key,timeinterval\nzo\xeb@x,1,A,30\n",
            "not-utf8",
        ),
        ("other.csv", b"name,age\nann,3\n", "no-header"),
        ("half.json", b"{\"value\":[", "json-syntax"),
        ("open.csv", unclosed.as_bytes(), "unclosed-quote"),
    ];
    for (name, content, code) in cases {
        let file = home.file(name, content);
        let ran = home
            .oathctl(&["inspect", &file, "--output", "json"])
            .ends(2);
        let document = ran.json();
        assert_eq!(document["schema"], "oathkit.inspection/1");
        assert_eq!(document["refused"]["code"], code, "{name}");
        let message = text(&document["refused"]["message"]);
        assert!(!message.is_empty());
        assert_eq!(document.as_object().unwrap().len(), 2);
        ran.says(&[name, message]);
    }
    home.oathctl(&["inspect", "missing.csv"])
        .ends(2)
        .says(&["missing.csv cannot be read"]);
    let file = home.file("tokens.csv", csv(&mixed(2)));
    home.oathctl(&["inspect", &file, "--format", "graph-json"])
        .ends(2)
        .says(&["asked to read graph-json"]);
    home.oathctl(&["inspect", &file, "--format", "xlsx"])
        .ends(2)
        .says(&["not a known format"]);
}

#[test]
fn inspection_for_an_idp_names_what_does_not_fit() {
    let home = Home::new();
    let mut tokens = mixed(7);
    for token in &mut tokens[..6] {
        token.user = "ann@example.com".to_owned();
    }
    let file = home.file("tokens.csv", csv(&tokens));
    assert!(home.json(0, &["inspect", &file])["misfits"].is_null());

    // Six tokens are too many for a user of Entra, two for one of Okta.
    for (idp, limit) in [("entra", 5), ("okta", 1)] {
        let document = home.json(3, &["inspect", &file, "--for", idp]);
        let misfits = document["misfits"].as_array().unwrap();
        let rows: Vec<&Value> = misfits.iter().map(|misfit| &misfit["row"]).collect();
        assert_eq!(rows, [2, 3, 4, 5, 6, 7]);
        assert_eq!(misfits[0]["serial"], tokens[0].serial);
        let problem = &misfits[0]["problem"];
        assert_eq!(problem["code"], "user-has-too-many");
        let message =
            format!("rows 2, 3, 4, 5, 6, 7 give 6 tokens to ann@example.com, who can have {limit}");
        assert_eq!(problem["message"], message);
        assert_eq!(document["accepted"], 7);
        let ran = home.oathctl(&["inspect", &file, "--for", idp]).ends(3);
        assert!(ran.stdout.contains("give 6 tokens to"), "{}", ran.stdout);
    }
    home.oathctl(&["inspect", EXAMPLE, "--for", "entra"])
        .ends(0);
}

#[test]
fn standard_input_is_a_file_too() {
    let home = Home::new();
    let ran = home.feed(&["inspect", "-", "--output", "json"], &csv(&mixed(3)));
    assert_eq!(ran.ends(0).json()["accepted"], 3);
    let ran = home.feed(&["convert", "-", "--to", "entra-csv"], &csv(&mixed(3)));
    assert_eq!(ran.ends(0).stdout.lines().count(), 4);
}

#[test]
fn a_file_survives_every_format_and_back() {
    let home = Home::new();
    // Graph takes object ids only.
    let mut tokens = mixed(8);
    for (n, token) in tokens.iter_mut().enumerate() {
        token.user = match n {
            0 => String::new(),
            _ => format!("0cadbf92-0000-4000-8000-00000000000{n}"),
        };
    }
    let original = csv(&tokens);
    let convert = |content: &str, to: &str| {
        let file = home.file("between", content);
        home.oathctl(&["convert", &file, "--to", to]).ends(0).stdout
    };
    let json = convert(&original, "graph-json");
    let value: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["value"][1]["hashFunction"], "hmacsha256");
    assert_eq!(value["value"][2]["timeIntervalInSeconds"], 60);
    assert_eq!(convert(&json, "token2-csv"), original);
    let entra = convert(&json, "entra-csv");
    assert_eq!(entra, original.replacen("timeinterval", "time interval", 1));
    assert_eq!(convert(&entra, "token2-csv"), original);
    assert_eq!(convert(&entra, "graph-json"), json);
}

#[test]
fn holders_that_a_format_has_no_place_for_are_left_out_and_counted() {
    let home = Home::new();
    let convert = |file: &str| home.oathctl(&["convert", file, "--to", "graph-json"]);
    let holders = |ran: &Ran| -> Vec<Value> {
        let document = serde_json::from_str::<Value>(&ran.stdout).unwrap();
        let devices = document["value"].as_array().unwrap().iter();
        devices.map(|device| device["assignTo"].clone()).collect()
    };
    let ran = convert(EXAMPLE).ends(0);
    assert_eq!(holders(&ran), vec![Value::Null; 12]);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    ran.says(&["12 holders were left out", "object id", "provision"]);

    // One by id, one by name, one without a holder, and a row that cannot be read.
    let mut tokens = mixed(3);
    let id = "0cadbf92-0000-4000-8000-000000000001";
    tokens[0].user = id.to_owned();
    tokens[2].user = String::new();
    let bad = "ann@example.com,60234567,short,30,Token2,C202\r\n";
    let file = home.file("tokens.csv", csv(&tokens) + bad);
    let ran = convert(&file).ends(3);
    assert_eq!(holders(&ran), [json!({"id": id}), Value::Null, Value::Null]);
    let ran = ran.says(&["row 5, secret key", "1 holder was left out"]);
    assert!(!ran.stderr.contains(&tokens[1].user), "{}", ran.stderr);

    // Where nothing is left out, nothing is said.
    let file = home.file("tokens.csv", csv(&tokens[..1]));
    assert_eq!(convert(&file).ends(0).stderr, "");
    home.oathctl(&["convert", &file, "--to", "xlsx"])
        .ends(2)
        .says(&["not a known format"]);
}

#[test]
fn rejected_rows_are_left_out_and_named() {
    let home = Home::new();
    let tokens = mixed(2);
    let bad = "ann@example.com,60234567,short,30,Token2,C202\r\n";
    let file = home.file("tokens.csv", csv(&tokens) + bad);
    let ran = home
        .oathctl(&["convert", &file, "--to", "token2-csv"])
        .ends(3);
    assert_eq!(ran.stdout, csv(&tokens));
    assert!(
        ran.stderr.starts_with("row 4, secret key: "),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.stderr.matches("row 4").count(), 1);
}

#[cfg(unix)]
#[test]
fn a_file_of_seeds_is_for_its_owner_and_never_overwritten() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::new();
    let file = home.file("tokens.csv", csv(&mixed(2)));
    let args = ["convert", &file, "--to", "entra-csv", "--out", "out.csv"];
    assert_eq!(home.oathctl(&args).ends(0).stdout, "");
    let out = home.path("out.csv");
    let mode = fs::metadata(&out).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let written = fs::read(&out).unwrap();
    home.oathctl(&args)
        .ends(2)
        .says(&["out.csv cannot be written"]);
    assert_eq!(fs::read(&out).unwrap(), written);
}

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
