//! Encrypted PSKC files: closed by `convert` and `pair`, opened by every command that reads seeds.

use std::fs;

use data_encoding::{BASE64, HEXLOWER};
use oath_core::{Digits, Key, Period, Totp};
use seedfile::pskc::{self, NewKey, Protection, PskcKey};
use seedfile::{Format, Kind};
use serde_json::json;

use crate::support::{Home, Sim, Token, csv, is_private, mixed, plain};

const AT: u64 = 1_800_000_015;
const SHARED: [u8; 16] = *b"0123456789abcdef";

/// A file of these tokens under a pre-shared key.
fn under_key(tokens: &[Token], key: &[u8]) -> Vec<u8> {
    let key = PskcKey::from_bytes(key).unwrap();
    let mut next = 0;
    let mut random = |buffer: &mut [u8]| {
        next += 1;
        buffer.fill(next);
    };
    let keys: Vec<_> = tokens.iter().map(new_key).collect();
    let protection = Protection::Encrypted {
        key: &key,
        iterations: 1,
        random: &mut random,
    };
    let mut file = Vec::new();
    pskc::write(&keys, protection, &mut file).unwrap();
    file
}

fn new_key(token: &Token) -> NewKey<'_> {
    NewKey {
        serial: &token.serial,
        manufacturer: "Token2",
        model: "C302-i",
        user: Some(token.user.as_str()).filter(|user| !user.is_empty()),
        secret: &token.seed,
        algorithm: token.algorithm,
        digits: Digits::SIX,
        kind: Kind::Totp {
            period: Period::new(token.period).unwrap(),
        },
        drift: None,
    }
}

fn shown(token: &Token, drift: i64) -> String {
    let totp = Totp::new(Digits::SIX, Period::new(token.period).unwrap());
    let step = totp.step(AT).checked_add_signed(drift).unwrap();
    let key = Key::new(token.algorithm, &token.seed);
    totp.at_step(&key, step).as_str().to_owned()
}

/// The keys of a container stand in Base64.
fn holds_a_key(file: &str, tokens: &[Token]) -> bool {
    tokens
        .iter()
        .any(|token| file.contains(&BASE64.encode(&token.seed)))
}

#[test]
fn a_file_is_closed_with_a_passphrase_and_opened_with_it_alone() {
    let home = Home::new();
    let tokens = mixed(4);
    let file = home.file("tokens.csv", csv(&tokens));
    let phrase = home.file("phrase", " correct horse \r\n");
    let convert = ["convert", &file, "--to", "pskc", "--out", "closed.xml"];
    let ran = home.oathctl(&[&convert[..], &["--protect-with", &phrase]].concat());
    assert_eq!(ran.ends(0).stderr, "");
    let closed = home.path("closed.xml");
    is_private(&closed);
    let text = fs::read_to_string(&closed).unwrap();
    assert!(!holds_a_key(&text, &tokens) && !text.contains("horse"));

    let back = ["convert", "closed.xml", "--to", "token2-csv"];
    let ran = home.oathctl(&[&back[..], &["--passphrase-file", &phrase]].concat());
    assert_eq!(ran.ends(0).stdout, csv(&tokens));
    // Blanks count.
    let with_phrase = [&back[..], &["--passphrase-stdin"]].concat();
    let ran = home.feed(&with_phrase, "correct horse\n").ends(2);
    assert_eq!(ran.stdout, "");
    let ran = ran.says(&[
        "closed.xml: the passphrase or key is wrong",
        "--passphrase-file",
    ]);
    assert!(!ran.stderr.contains("horse"));
    let options = ["--passphrase-file FILE", "--passphrase-stdin"];
    home.oathctl(&back).ends(2).says(&options);
    // A key is no passphrase.
    let key = home.file("key", SHARED);
    home.oathctl(&[&back[..], &["--key-file", &key]].concat())
        .ends(2)
        .says(&options);
}

#[test]
fn an_open_container_is_said_to_be_open() {
    let home = Home::new();
    let tokens = mixed(5);
    let file = home.file("tokens.csv", csv(&tokens));
    let convert = ["convert", &file, "--to", "pskc"];
    let ran = home.oathctl(&convert).ends(0);
    assert!(holds_a_key(&ran.stdout, &tokens));
    let open = home.file("open.xml", &ran.stdout);
    ran.says(&["the keys stand in clear", "--protect-with FILE"]);
    let back = home.oathctl(&["convert", &open, "--to", "token2-csv"]);
    assert_eq!(back.ends(0).stdout, csv(&tokens));

    home.oathctl(&[&convert[..], &["--chunk", "3", "--out", "pieces"]].concat())
        .ends(0);
    for (name, count) in [("0001.xml", 3), ("0002.xml", 2)] {
        let path = home.path("pieces").join(name);
        let found = home.json(0, &["inspect", path.to_str().unwrap()]);
        assert_eq!(
            (&found["format"], &found["accepted"]),
            (&json!("pskc"), &json!(count))
        );
    }
    let phrase = home.file("phrase", "x\n");
    let csv = [
        "convert",
        &file,
        "--to",
        "token2-csv",
        "--protect-with",
        &phrase,
    ];
    home.oathctl(&csv)
        .ends(2)
        .says(&["token2-csv cannot be encrypted", "--to pskc"]);
}

#[test]
fn help_names_every_format_that_is_written() {
    for command in ["convert", "pair"] {
        let help = Home::new().oathctl(&[command, "-h"]).ends(0).stdout;
        let words: Vec<&str> = help.split([' ', ',', ':', '\n', ']']).collect();
        for format in Format::ALL {
            let is_named = words.contains(&format.name());
            assert_eq!(is_named, format.is_written(), "{command} {format}\n{help}");
        }
    }
}

#[test]
fn a_key_file_has_any_of_three_forms() {
    let home = Home::new();
    let file = home.file("closed.xml", under_key(&plain(2), &SHARED));
    let inspect = |content: &[u8]| {
        let key = home.file("key", content);
        home.oathctl(&["inspect", &file, "--key-file", &key])
    };
    inspect(&SHARED).ends(0);
    inspect((HEXLOWER.encode(&SHARED) + "\n").as_bytes()).ends(0);
    inspect((BASE64.encode(&SHARED) + "\r\n").as_bytes()).ends(0);
    inspect(b"another key 1234")
        .ends(2)
        .says(&["is wrong, or the file was changed", "--key-file FILE"]);
    inspect(b"another key that is 32 bytes lon")
        .ends(2)
        .says(&["a key of 16 bytes, but this one has 32", "--key-file FILE"]);
    let ran = inspect(b"too short").ends(2);
    let ran = ran.says(&["key: not a pre-shared key"]);
    assert!(!ran.stderr.contains("too short"));
    home.oathctl(&["inspect", &file])
        .ends(2)
        .says(&["encrypted with a pre-shared key", "--key-file FILE"]);
    home.oathctl(&["inspect", &file, "--key-file", "nowhere"])
        .ends(2)
        .says(&["nowhere cannot be read"]);
    for phrase in ["", "\n", "one\ntwo\n"] {
        home.feed(&["inspect", &file, "--passphrase-stdin"], phrase)
            .ends(2)
            .says(&["standard input: "]);
    }
}

#[test]
fn every_command_that_reads_seeds_takes_the_key() {
    let home = Home::new();
    let tokens = plain(3);
    let file = home.file("closed.xml", under_key(&tokens, &SHARED));
    let key = home.file("key", SHARED);
    let users = home.file("users", "ann@example.com\n");
    let (serial, code, before) = (
        &*tokens[1].serial,
        shown(&tokens[1], 0),
        shown(&tokens[1], -1),
    );
    let by_serial = ["--file", &file, "--serial", serial, "--at", "1800000015"];
    for (exit, args) in [
        (0, vec!["inspect", &file]),
        (0, vec!["convert", &file, "--to", "oath-csv"]),
        (3, vec!["pair", &file, "--users", &users]),
        (0, [&["code"], &by_serial[..]].concat()),
        (0, [&["verify", &code], &by_serial[..]].concat()),
        (0, [&["drift", &before, &code], &by_serial[..]].concat()),
        (0, vec!["find", &file, &code, "--at", "1800000015"]),
        (
            0,
            vec!["provision", &file, "--to", "okta", "--sandbox", "--yes"],
        ),
    ] {
        let what = args.join(" ");
        let ran = home.oathctl(&args);
        assert_eq!(ran.code, Some(2), "{what}: {}", ran.stderr);
        ran.says(&[
            "closed.xml: encrypted with a pre-shared key",
            "--key-file FILE",
        ]);
        let ran = home.oathctl(&[&args[..], &["--key-file", &key]].concat());
        assert_eq!(ran.code, Some(exit), "{what}: {}", ran.stderr);
    }
}

#[test]
fn a_run_of_an_encrypted_file_goes_from_the_plan_to_the_rows_that_failed() {
    let tokens = plain(3);
    let sim = Sim::of(&tokens[..2]);
    let home = Home::at(&sim);
    let file = home.file("closed.xml", under_key(&tokens, &SHARED));
    let key = home.file("a key", SHARED);
    let closed = |args: &[&str]| {
        home.oathctl(args).ends(2).says(&["--key-file FILE"]);
        home.oathctl(&[args, &["--key-file", &key]].concat())
    };
    let next = format!("oathctl apply plan.json --seeds {file} --key-file '{key}'");
    closed(&["plan", &file, "--to", "entra", "--out", "plan.json"])
        .ends(3)
        .says(&[&next]);
    sim.is_untouched();
    closed(&["apply", "plan.json", "--seeds", &file, "--yes"]).ends(3);
    sim.has_all("entra", &tokens[..2]);
    let run = home.last_run();
    closed(&["runs", "resume", &run, "--seeds", &file]).ends(3);
    let report = ["runs", "report", &run, "--seeds", &file];
    closed(&[&report[..], &["--failed-to", "failed.xml"]].concat())
        .ends(3)
        .says(&["1 row written to failed.xml"]);
    // The row is as closed as it was.
    let failed = fs::read_to_string(home.path("failed.xml")).unwrap();
    assert!(!holds_a_key(&failed, &tokens));
    let args = [
        "convert",
        "failed.xml",
        "--to",
        "token2-csv",
        "--key-file",
        &key,
    ];
    assert_eq!(home.oathctl(&args).ends(0).stdout, csv(&tokens[2..]));
}

#[test]
fn pair_keeps_the_format_and_closes_the_file_again() {
    let home = Home::new();
    let mut tokens = plain(2);
    tokens
        .iter_mut()
        .for_each(|token| token.user = String::new());
    let file = home.file("closed.xml", under_key(&tokens, &SHARED));
    let key = home.file("key", SHARED);
    let users = home.file("users", "ann@example.com\n");
    let pair = ["pair", &file, "--users", &users, "--key-file", &key];
    let out = |name: &str| fs::read_to_string(home.path(name)).unwrap();
    home.oathctl(&[&pair[..], &["--out", "open.xml"]].concat())
        .ends(0)
        .says(&["the keys stand in clear"]);
    assert!(holds_a_key(&out("open.xml"), &tokens) && out("open.xml").contains("ann@example.com"));
    let phrase = home.file("phrase", "correct horse\n");
    let protect = ["--protect-with", &phrase];
    let ran = home.oathctl(&[&pair[..], &["--out", "again.xml"], &protect].concat());
    assert_eq!(ran.ends(0).stderr, "");
    let again = out("again.xml");
    assert!(again.contains("EncryptedValue") && !holds_a_key(&again, &tokens));
    home.oathctl(&[&pair[..], &protect].concat())
        .ends(2)
        .says(&["needs --out"]);
    let csv = [
        &pair[..],
        &["--out", "no.csv", "--to", "token2-csv"],
        &protect,
    ]
    .concat();
    home.oathctl(&csv).ends(2).says(&["cannot be encrypted"]);
    assert!(!home.path("no.csv").exists());
}

#[test]
fn standard_input_is_one_thing_at_a_time() {
    let home = Home::new();
    let file = home.file("tokens.csv", csv(&plain(1)));
    for (args, both) in [
        (
            vec!["inspect", "-", "--passphrase-stdin"],
            "the seed file and the passphrase",
        ),
        (
            vec!["inspect", "-", "--key-file", "-"],
            "the seed file and the key",
        ),
        (
            vec!["pair", &file, "--users", "-", "--passphrase-file", "-"],
            "the passphrase and the list",
        ),
        (
            vec!["apply", "-", "--seeds", &file, "--passphrase-stdin"],
            "the plan and the passphrase",
        ),
        (
            vec!["convert", "-", "--to", "pskc", "--protect-with", "-"],
            "the seed file and the passphrase of the new file",
        ),
    ] {
        let both = format!("standard input cannot be {both}");
        home.feed(&args, "text").ends(2).says(&[&both]);
    }
    // Nobody can be asked where the passphrase came from.
    let args = [
        "provision",
        &file,
        "--to",
        "okta",
        "--sandbox",
        "--passphrase-stdin",
    ];
    home.feed(&args, "phrase\ny\n")
        .ends(2)
        .says(&["a passphrase is one line"]);
    home.feed(&args, "phrase\n").ends(2).says(&["give --yes"]);
    let both = ["--key-file", "a", "--passphrase-stdin"];
    home.oathctl(&[&["inspect", &file], &both[..]].concat())
        .ends(2)
        .says(&["cannot be used with"]);
}
