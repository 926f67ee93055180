//! The commands that only read files, given good and bad ones of every format: no seed stands in
//! what they print.

use std::fs;

use data_encoding::{BASE32_NOPAD, BASE64, HEXLOWER};
use oath_core::{Digits, Key, Period, Totp};

use super::{Findings, Traces, search};
use crate::support::{Home, Token, csv, plain, unix};

/// How a good file becomes a bad one.
type Damage = fn(&str, &[Token]) -> String;

const DAMAGES: [(&str, Damage); 7] = [
    ("good", |text, _| text.to_owned()),
    ("cut off", |text, _| text[..text.len() * 2 / 3].to_owned()),
    ("a letter in the middle", |text, tokens| {
        with_keys(text, tokens, |first, second| format!("{first}!{second}"))
    }),
    ("a letter too many", |text, tokens| {
        with_keys(text, tokens, |first, second| format!("{first}{second}1"))
    }),
    ("a key cut short", |text, tokens| {
        with_keys(text, tokens, |first, _| first.to_owned())
    }),
    ("rounded", |text, tokens| {
        text.replace(&tokens[0].serial, "2.4E+11")
    }),
    ("keys and serials changed places", changed_places),
];

/// Writes each key otherwise, from its two halves.
fn with_keys(text: &str, tokens: &[Token], write: impl Fn(&str, &str) -> String) -> String {
    let mut text = text.to_owned();
    for token in tokens {
        for key in texts(&token.seed) {
            let (first, second) = key.split_at(key.len() / 2);
            text = text.replace(&key, &write(first, second));
        }
    }
    text
}

fn changed_places(text: &str, tokens: &[Token]) -> String {
    let mut text = text.to_owned();
    for token in tokens {
        for key in texts(&token.seed)
            .into_iter()
            .filter(|key| text.contains(key))
            .collect::<Vec<_>>()
        {
            let apart = text
                .replace(&token.serial, "\u{1}")
                .replace(&key, &token.serial);
            text = apart.replace('\u{1}', &key);
        }
    }
    text
}

/// The forms that files have.
fn texts(seed: &[u8]) -> [String; 3] {
    [
        BASE32_NOPAD.encode(seed),
        HEXLOWER.encode(seed),
        BASE64.encode(seed),
    ]
}

/// A file of every format, and the options it needs.
fn files(home: &Home, tokens: &[Token]) -> Vec<(&'static str, String, &'static [&'static str])> {
    let original = home.file("original.csv", csv(tokens));
    let converted = |to| {
        home.oathctl(&["convert", &original, "--to", to])
            .ends(0)
            .stdout
    };
    let lines = |line: fn(&Token) -> String| tokens.iter().map(line).collect::<String>();
    let items: Vec<String> = tokens
        .iter()
        .map(|t| {
            format!(
                r#"{{"serialNumber":"{}","secretKey":"{}"}}"#,
                t.serial,
                t.base32()
            )
        })
        .collect();
    let columns: &[&str] = &[
        "--column", "serial=2", "--column", "secret=1", "--period", "30",
    ];
    let mut files = vec![
        (
            "entraoath-json",
            format!(r#"{{"inventory":[{}]}}"#, items.join(",\n")),
            &[][..],
        ),
        (
            "multiotp-csv",
            lines(|t| {
                format!(
                    "{};Token2;TOTP;{};6;30\n",
                    t.serial,
                    HEXLOWER.encode(&t.seed)
                )
            }),
            &[],
        ),
        (
            "csv",
            lines(|t| format!("{};{}\n", t.base32(), t.serial)),
            columns,
        ),
    ];
    for to in [
        "token2-csv",
        "entra-csv",
        "graph-json",
        "otpauth",
        "oath-csv",
        "pskc",
    ] {
        files.push((to, converted(to), &[]));
    }
    files.push((
        "duo",
        converted("duo"),
        &["--format", "duo", "--type", "totp"],
    ));
    files
}

/// Runs everything that reads a file on one, and keeps what it prints.
fn look_at(
    home: &Home,
    what: &str,
    file: &str,
    reading: &[&str],
    token: &Token,
    traces: &mut Traces,
) {
    let at = unix();
    let totp = Totp::new(Digits::SIX, Period::new(token.period).unwrap());
    let key = Key::new(token.algorithm, &token.seed);
    let [before, code] = [1, 0].map(|back| totp.at_step(&key, totp.step(at) - back));
    let (before, code, at) = (before.as_str(), code.as_str(), at.to_string());
    let by_serial = ["--file", file, "--serial", &token.serial, "--at", &at];
    for args in [
        vec!["inspect", file],
        vec!["inspect", file, "--output", "json"],
        vec!["inspect", file, "--for", "entra"],
        vec!["inspect", file, "--rejected-to", "new"],
        vec!["convert", file, "--to", "otpauth", "--out", "new"],
        vec!["convert", file, "--to", "duo", "--out", "new"],
        vec!["pair", file, "--users", "users", "--out", "new"],
        vec!["pair", file, "--users", "users", "--output", "json"],
        vec!["pair", "original.csv", "--users", file],
        vec![
            "pair",
            "original.csv",
            "--users",
            file,
            "--strategy",
            "mapping",
        ],
        vec!["find", file, code, "--at", &at],
        vec!["find", file, before, code, "--at", &at, "--output", "json"],
        [&["drift", before, code], &by_serial[..]].concat(),
        [&["verify", code], &by_serial[..]].concat(),
        vec!["plan", file, "--to", "entra", "--sandbox"],
        vec!["apply", file, "--seeds", file],
    ] {
        let _ = fs::remove_file(home.path("new"));
        let ran = home.oathctl(&[&args[..], reading].concat());
        traces.add_both(
            &format!(
                "{what}: {}",
                args.join(" ").replace(code, "CODE").replace(before, "CODE")
            ),
            &ran,
        );
    }
    for args in [
        &["inspect", file, "--key-file", file][..],
        &["inspect", file, "--passphrase-file", file],
        &["inspect", file, "--format", "token2-csv"],
        &["inspect", file, "--format", "oath-csv", "--output", "json"],
        &["review", file],
    ] {
        traces.add_both(&format!("{what}: {}", args.join(" ")), &home.oathctl(args));
    }
    let text = fs::read_to_string(file).unwrap();
    traces.add_both(what, &home.feed(&["code", "--secret-stdin"], &text));
}

#[test]
fn nothing_that_reads_a_file_prints_its_seeds() {
    let begun = unix();
    let tokens = plain(4);
    let home = Home::new().with("RUST_LOG", "trace");
    home.file("users", "ann@example.com\nbob@example.com\n");
    let mut traces = Traces::default();
    for (format, content, reading) in files(&home, &tokens) {
        for (damage, change) in DAMAGES {
            let content = change(&content, &tokens);
            let file = home.file("seeds", content);
            let what = format!("{format}, {damage}");
            look_at(&home, &what, &file, reading, &tokens[0], &mut traces);
        }
    }
    assert!(traces.0.len() > 2000, "{}", traces.0.len());
    let accepted = |place: &String| traces.0[place].contains("\"accepted\":4,");
    let good = traces
        .0
        .keys()
        .filter(|place| place.contains(", good: inspect"))
        .filter(|place| accepted(place));
    assert!(good.count() >= 10, "the good files are not good");
    assert_eq!(
        search(&traces, &tokens, (begun, unix()), &[]),
        Findings::new()
    );
}

#[test]
fn the_search_finds_the_seeds_in_what_is_written() {
    let tokens = plain(1);
    let home = Home::new();
    for (format, content, _) in files(&home, &tokens) {
        let mut traces = Traces::default();
        traces.add(format.to_owned(), content.as_bytes());
        assert!(
            !search(&traces, &tokens, (0x1000, 0x1000), &[]).is_empty(),
            "{format}"
        );
        for (damage, change) in &DAMAGES[2..] {
            let changed = change(&content, &tokens);
            assert_ne!(changed, content, "{format}, {damage}");
        }
    }
}
