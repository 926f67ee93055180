//! `convert`: from one format to another, in pieces, and as QR codes.

use std::fs;

use oath_core::Algorithm;
use serde_json::{Value, json};

use crate::support::{EXAMPLE, HEADER, Home, Ran, Token, csv, is_private, mixed, plain};

#[test]
fn standard_input_is_a_file_too() {
    let home = Home::new();
    let ran = home.feed(&["inspect", "-", "--output", "json"], &csv(&mixed(3)));
    assert_eq!(ran.ends(0).json()["accepted"], 3);
    let ran = home.feed(&["convert", "-", "--to", "entra-csv"], &csv(&plain(3)));
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
    // The portal takes SHA-1 only.
    let file = home.file("between", &json);
    let ran = home
        .oathctl(&["convert", &file, "--to", "entra-csv"])
        .ends(3);
    let sha1: Vec<Token> = tokens
        .into_iter()
        .filter(|t| t.algorithm == Algorithm::Sha1)
        .collect();
    let original = csv(&sha1);
    assert_eq!(
        ran.stdout,
        original.replacen("timeinterval", "time interval", 1)
    );
    assert_eq!(convert(&ran.stdout, "token2-csv"), original);
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
    let ran = ran.says(&["line 5   field \"secret key\"", "1 holder was left out"]);
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
    assert!(ran.stderr.starts_with("error[secret-"), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("line 4").count(), 1);
}

#[test]
fn what_the_reader_took_for_granted_is_said_wherever_a_file_becomes_another() {
    let home = Home::new();
    let token = Token::plain(1);
    let row = format!(",{},{},30,Token2,C202\r\n", token.serial, token.base32());
    let twice = home.file("twice.csv", format!("{HEADER}{row}{row}"));
    let users = home.file("users.txt", "ann@example.com\n");
    let repeated = "warning[row-repeated]";
    home.oathctl(&["convert", &twice, "--to", "entra-csv"])
        .ends(0)
        .says(&[repeated]);
    home.oathctl(&["pair", &twice, "--users", &users])
        .ends(0)
        .says(&[repeated]);

    // Of the chosen tokens only.
    let other = Token::plain(2);
    let more = format!(",{},{},30,Token2,C202\r\n", other.serial, other.base32());
    let file = home.file("more.csv", format!("{HEADER}{row}{row}{more}"));
    let chosen = [
        "convert",
        &file,
        "--to",
        "entra-csv",
        "--serial",
        &other.serial,
    ];
    assert_eq!(home.oathctl(&chosen).ends(0).stderr, "");

    // A file for Duo looks like an OATH CSV that leaves the type open.
    let key = "3132333435363738393031323334353637383930";
    let file = home.file("duo.txt", format!("1001,{key}\n"));
    let convert = ["convert", &file, "--to", "oath-csv"];
    home.oathctl(&convert)
        .ends(0)
        .says(&["warning[type-assumed]", "which format it is"]);
    let named = [&convert[..], &["--format", "duo"]].concat();
    assert_eq!(home.oathctl(&named).ends(0).stderr, "");
}

#[test]
fn a_file_of_seeds_is_for_its_owner_and_never_overwritten() {
    let home = Home::new();
    let file = home.file("tokens.csv", csv(&plain(2)));
    let args = ["convert", &file, "--to", "entra-csv", "--out", "out.csv"];
    assert_eq!(home.oathctl(&args).ends(0).stdout, "");
    let out = home.path("out.csv");
    is_private(&out);
    let written = fs::read(&out).unwrap();
    home.oathctl(&args)
        .ends(2)
        .says(&["out.csv cannot be written", "choose another name"]);
    assert_eq!(fs::read(&out).unwrap(), written);
}

#[test]
fn tokens_that_do_not_fit_are_named_by_their_reason_and_the_others_written() {
    let home = Home::new();
    let mut tokens = plain(4);
    tokens[1] = Token::new(70, Algorithm::Sha256, 30);
    tokens[2].period = 60;
    let file = home.file("tokens.csv", csv(&tokens));
    let ran = home.oathctl(&["convert", &file, "--to", "duo"]).ends(3);
    assert_eq!(ran.stdout.lines().count(), 2);
    let hex: String = tokens[0]
        .seed
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(
        ran.stdout.lines().next(),
        Some(&*format!("{},{hex}", tokens[0].serial))
    );
    let algorithm = format!(
        "1 token cannot go into duo: the format has no word for this algorithm\n  --> {} (line 3)\n",
        tokens[1].serial
    );
    let period = format!("this period\n  --> {} (line 4)\n", tokens[2].serial);
    ran.says(&[
        &algorithm,
        &period,
        "2 holders, 2 manufacturers, 2 models were left out: duo has no place",
    ]);

    // None fits: nothing is written.
    let file = home.file("tokens.csv", csv(&tokens[1..3]));
    let ran = home
        .oathctl(&["convert", &file, "--to", "duo", "--out", "none.csv"])
        .ends(2);
    ran.says(&["no token can be written as duo", "nothing was written"]);
    assert!(!home.path("none.csv").exists());
}

#[test]
fn what_became_of_a_file_is_a_document_where_standard_output_is_free() {
    let home = Home::new();
    let mut tokens = plain(3);
    tokens[1].period = 60;
    tokens[2].user = String::new();
    let bad = "ann@example.com,60234567,short,30,Token2,C202\r\n";
    let file = home.file("tokens.csv", csv(&tokens) + bad);
    let convert = ["convert", &file, "--to", "duo"];
    let to_file = [&convert[..], &["--out", "duo.txt"]].concat();
    let expected = json!({
        "schema": "oathkit.conversion/1", "from": "token2-csv", "to": "duo",
        "counts": {"written": 2, "unwritable": 1, "rejected": 1},
        "left_out": {"users": 1, "manufacturers": 2, "models": 2, "drifts": 0},
        "unwritable": [{"row": 3, "serial": tokens[1].serial, "code": "period",
                        "reason": "the format has no word for this period"}],
    });
    assert_eq!(home.json(3, &to_file), expected);
    let written = fs::read_to_string(home.path("duo.txt")).unwrap();
    assert_eq!(written.lines().count(), 2);
    let document = home.json(
        0,
        &[
            "convert", EXAMPLE, "--to", "otpauth", "--qr", "svg", "--out", "codes",
        ],
    );
    assert_eq!(document["counts"]["written"], 12);

    let both = [&convert[..], &["--output", "json"]].concat();
    let ran = home.oathctl(&both).ends(2);
    assert_eq!(ran.stdout, "");
    ran.says(&[
        "standard output cannot be the new file and the document",
        "--out",
    ]);
}

#[test]
fn a_few_tokens_are_chosen_by_serial() {
    let home = Home::new();
    let tokens = plain(3);
    let file = home.file(
        "tokens.csv",
        csv(&tokens) + "ann@example.com,9,short,30,Token2,C202\r\n",
    );
    let (first, last) = (&*tokens[0].serial, &*tokens[2].serial);
    let args = [
        "convert", &file, "--to", "oath-csv", "--serial", last, "--serial", first,
    ];
    let ran = home.oathctl(&args).ends(0);
    let serials: Vec<&str> = ran
        .stdout
        .lines()
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!(serials, [first, last]);
    home.oathctl(&["convert", &file, "--to", "duo", "--serial", "9"])
        .ends(2)
        .says(&["has no usable token 9", "oathctl inspect"]);
}

#[test]
fn a_large_file_is_written_in_chunks() {
    let home = Home::new();
    let mut tokens = plain(5);
    tokens
        .iter_mut()
        .for_each(|token| token.user = String::new());
    let file = home.file("tokens.csv", csv(&tokens));
    let args = [
        "convert",
        &file,
        "--to",
        "graph-json",
        "--chunk",
        "2",
        "--out",
        "chunks",
    ];
    assert_eq!(home.oathctl(&args).ends(0).stdout, "");
    for (name, expected) in [("0001.json", 2), ("0002.json", 2), ("0003.json", 1)] {
        let path = home.path("chunks").join(name);
        is_private(&path);
        let document: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let devices = document["value"].as_array().unwrap();
        assert_eq!(devices.len(), expected);
        assert_eq!(devices[0]["@contentId"], "1");
    }
    assert_eq!(fs::read_dir(home.path("chunks")).unwrap().count(), 3);
    home.oathctl(&args)
        .ends(2)
        .says(&["chunks cannot be written", "choose another name"]);
    home.oathctl(&args[..6])
        .ends(2)
        .says(&["--chunk needs --out"]);
}

#[test]
fn links_are_shown_as_qr_codes() {
    let home = Home::new();
    let tokens = plain(2);
    let file = home.file("tokens.csv", csv(&tokens));
    let convert = ["convert", &file, "--to", "otpauth"];
    let links = home.oathctl(&convert).ends(0).stdout;
    let secret = format!("?secret={}&", tokens[1].base32());
    assert!(links.lines().last().unwrap().contains(&secret), "{links}");

    let svg = [&convert[..], &["--qr", "svg", "--out", "codes"]].concat();
    assert_eq!(home.oathctl(&svg).ends(0).stdout, "");
    for token in &tokens {
        let path = home.path("codes").join(format!("{}.svg", token.serial));
        is_private(&path);
        assert!(fs::read_to_string(path).unwrap().contains("<svg "));
    }
    home.oathctl(&svg)
        .ends(2)
        .says(&["codes cannot be written"]);

    let serial = &*tokens[0].serial;
    let ran = home.oathctl(&[&convert[..], &["--qr", "terminal", "--serial", serial]].concat());
    let shown = ran.ends(0).stdout;
    assert!(
        shown.starts_with(&format!("{serial} {}\n████", tokens[0].user)),
        "{shown}"
    );
    assert!(!shown.contains(&*tokens[1].serial));
    let light = home
        .oathctl(&[&convert[..], &["--qr", "terminal-light"]].concat())
        .ends(0);
    assert!(light.stdout.lines().nth(1).unwrap().trim().is_empty());

    home.oathctl(&["convert", &file, "--to", "duo", "--qr", "terminal"])
        .ends(2)
        .says(&["--qr is for --to otpauth"]);
    home.oathctl(&[&convert[..], &["--qr", "svg"]].concat())
        .ends(2)
        .says(&["--qr svg needs --out"]);
    home.oathctl(&["convert", &file, "--to", "csv"])
        .ends(2)
        .says(&["only read"]);
}
