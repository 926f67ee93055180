//! `pair`: the tokens of a file for the users of a list.

use std::fs;

use oath_core::Algorithm;

use crate::support::{HEADER, Home, Token, csv, each, is_private, plain};

/// Tokens that nobody holds.
fn free(count: u64) -> Vec<Token> {
    let mut tokens = plain(count);
    tokens
        .iter_mut()
        .for_each(|token| token.user = String::new());
    tokens
}

#[test]
fn users_get_the_next_tokens_and_the_new_file_says_so() {
    let home = Home::new();
    let mut tokens = free(3);
    tokens[1].user = "bob@example.com".to_owned();
    let file = home.file("tokens.csv", csv(&tokens));
    let users = home.file(
        "users.csv",
        "name,userPrincipalName\nAnn,ann@example.com\nBob,bob@example.com\n",
    );
    let args = ["pair", &file, "--users", &users, "--out", "new.csv"];
    let ran = home.oathctl(&args).ends(0);
    assert!(
        ran.stdout.contains("bob@example.com holds"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout
            .ends_with("1 token for users of the list, 1 token left over.\n")
    );
    let out = home.path("new.csv");
    is_private(&out);
    tokens[0].user = "ann@example.com".to_owned();
    assert_eq!(fs::read_to_string(&out).unwrap(), csv(&tokens));
    home.oathctl(&args)
        .ends(2)
        .says(&["new.csv cannot be written", "choose another name"]);
    // The file that was read is as it was.
    assert!(
        !fs::read_to_string(&file)
            .unwrap()
            .contains("ann@example.com")
    );
}

#[test]
fn whoever_gets_nothing_is_named() {
    let home = Home::new();
    let file = home.file("tokens.csv", csv(&free(1)));
    let list = "ann@example.com\nnobody\nbob@example.com\n";
    let args = ["pair", &file, "--users", "-"];
    let ran = home.feed(&args, list).ends(3);
    for expected in [
        "no token for bob@example.com (line 3)",
        "line 2: this is neither a user",
    ] {
        assert!(ran.stdout.contains(expected), "{}", ran.stdout);
    }
    let document = home
        .feed(&[&args[..], &["--output", "json"]].concat(), list)
        .ends(3)
        .json();
    assert_eq!(document["schema"], "oathkit.pairing/1");
    assert_eq!(each(&document["pairs"], "user"), ["ann@example.com"]);
    assert_eq!(each(&document["users_left"], "line"), [3]);
    assert_eq!(each(&document["problems"], "code"), ["user-syntax"]);
}

#[test]
fn a_mapping_takes_nothing_from_a_holder() {
    let home = Home::new();
    let mut tokens = free(2);
    tokens[1].user = "zoe@example.com".to_owned();
    let file = home.file("tokens.csv", csv(&tokens));
    let list = format!(
        "{},ann@example.com\nbob@example.com,{}\n",
        tokens[0].serial, tokens[1].serial
    );
    let users = home.file("users.csv", list);
    let args = [
        "pair",
        &file,
        "--users",
        &users,
        "--strategy",
        "mapping",
        "--out",
        "-",
    ];
    let ran = home
        .oathctl(&args)
        .ends(3)
        .says(&["somebody else holds the token in row 3"]);
    tokens[0].user = "ann@example.com".to_owned();
    assert_eq!(ran.stdout, csv(&tokens));
}

#[test]
fn the_new_file_has_a_format_that_can_hold_it() {
    let home = Home::new();
    let users = home.file("users.txt", "ann@example.com\n");
    let json = home.file("tokens.csv", csv(&free(2)));
    let json = home
        .oathctl(&["convert", &json, "--to", "graph-json"])
        .ends(0)
        .stdout;
    let json = home.file("tokens.json", json);
    let out = |name: &str| fs::read_to_string(home.path(name)).unwrap();
    home.oathctl(&["pair", &json, "--users", &users, "--out", "a"])
        .ends(0);
    assert!(out("a").starts_with(HEADER), "{}", out("a"));
    // The portal takes SHA-1 only.
    let mut tokens = free(1);
    tokens[0].algorithm = Algorithm::Sha256;
    tokens[0].seed = Token::new(90, Algorithm::Sha256, 30).seed;
    let entra = csv(&tokens).replacen("timeinterval", "time interval", 1);
    let entra = home.file("entra.csv", entra);
    home.oathctl(&["pair", &entra, "--users", &users, "--out", "b"])
        .ends(0);
    assert!(out("b").starts_with(HEADER), "{}", out("b"));
    for (to, says) in [
        ("entra-csv", "not every token can go into entra-csv"),
        ("graph-json", "graph-json cannot name these users"),
        ("oath-csv", "oath-csv cannot name these users"),
        ("csv", "csv is not written"),
    ] {
        let args = ["pair", &entra, "--users", &users, "--out", "c", "--to", to];
        home.oathctl(&args).ends(2).says(&[says, "--to"]);
        assert!(!home.path("c").exists());
    }
}

#[test]
fn lists_that_cannot_be_used_are_refused() {
    let home = Home::new();
    let file = home.file("tokens.csv", csv(&free(1)));
    let pair = |users: &str, more: &[&str]| {
        home.oathctl(&[&["pair", &file, "--users", users], more].concat())
    };
    let empty = home.file("empty.txt", "");
    pair(&empty, &[]).ends(2).says(&["empty.txt"]);
    let users = home.file("users.txt", "upn\nann@example.com\n");
    pair(&users, &["--strategy", "mapping"])
        .ends(2)
        .says(&["no column \"serial number\""]);
    pair(&users, &["--strategy", "random"])
        .ends(2)
        .says(&["not a strategy"]);
    pair("missing.txt", &[])
        .ends(2)
        .says(&["missing.txt cannot be read"]);
    home.oathctl(&["pair", "-", "--users", "-"])
        .ends(2)
        .says(&["standard input cannot be"]);
}
