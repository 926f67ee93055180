//! The options by which a seed file is read are those of every command, and a run knows its file.

use std::fs;

use oath_core::Algorithm;

use crate::support::{HEADER, Home, Sim, Token, csv, is_private, plain};

/// A token of SHA-256 whose key is as short as one of SHA-1: only the option says it.
fn short_sha256(n: u64) -> Token {
    Token {
        algorithm: Algorithm::Sha256,
        ..Token::plain(n)
    }
}

#[test]
fn an_option_holds_from_the_plan_to_the_token() {
    let tokens = [short_sha256(0), short_sha256(1)];
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let plan = [
        "plan",
        &file,
        "--to",
        "entra",
        "--algorithm",
        "sha256",
        "--out",
        "plan.json",
    ];
    let next = format!("oathctl apply plan.json --seeds {file} --algorithm sha256");
    home.oathctl(&plan).ends(0).says(&[&next]);

    // Without it the same file has other tokens.
    let apply = ["apply", "plan.json", "--seeds", &file, "--yes"];
    home.oathctl(&apply)
        .ends(2)
        .says(&["was read with other options", "algorithm", "--column"]);
    sim.is_untouched();
    let ran = home.oathctl(&[&apply[..], &["--algorithm", "sha256"]].concat());
    ran.ends(0);
    sim.has_all("entra", &tokens);
}

#[test]
fn rows_that_failed_go_to_a_file_of_their_own() {
    let tokens = plain(3);
    let sim = Sim::of(&tokens[..2]);
    let home = Home::at(&sim);
    let bad = "ann@example.com,2.4E+11,short,30,Token2,C202\r\n";
    let file = home.file("tokens.csv", csv(&tokens) + bad);
    home.json(3, &["provision", &file, "--to", "entra", "--yes"]);
    let run = home.last_run();
    let report = [
        "runs",
        "report",
        &run,
        "--seeds",
        &file,
        "--failed-to",
        "failed.csv",
    ];
    home.oathctl(&report)
        .ends(3)
        .says(&["2 rows written to failed.csv"]);
    let out = home.path("failed.csv");
    is_private(&out);
    let expected = format!("{HEADER}{}{bad}", tokens[2].line());
    assert_eq!(fs::read_to_string(&out).unwrap(), expected);
    home.oathctl(&report)
        .ends(2)
        .says(&["failed.csv cannot be written"]);

    let other = home.file("other.csv", csv(&tokens));
    home.oathctl(&[
        "runs",
        "report",
        &run,
        "--seeds",
        &other,
        "--failed-to",
        "other",
    ])
    .ends(2)
    .says(&["is not the file that run"]);
    home.oathctl(&["runs", "report", &run, "--failed-to", "other"])
        .ends(2)
        .says(&["--seeds"]);
    assert!(!home.path("other").exists());
    let args = ["runs", "report", &run, "--seeds", &file, "--failed-to", "-"];
    let ran = home.oathctl(&args).ends(2);
    let ran = ran.says(&["--failed-to", "hold seeds"]);
    assert_eq!(ran.stdout, "");
}

#[test]
fn codes_are_shown_for_any_table() {
    let home = Home::new();
    let token = Token::plain(1);
    let secret = token.base32();
    let file = home.file("list.txt", format!("{};{secret}\n", token.serial));
    let at = ["--at", "1800000000"];
    let columns = [
        "--column", "serial=1", "--column", "secret=2", "--period", "30",
    ];
    let by_file = [
        "code",
        "--file",
        &file,
        "--serial",
        &token.serial,
        "--delimiter",
        ";",
    ];
    let by_file = home
        .oathctl(&[&by_file[..], &columns, &at].concat())
        .ends(0);
    let by_hand = home
        .feed(&["code", "--secret-stdin", at[0], at[1]], &secret)
        .ends(0);
    assert_eq!(by_file.stdout, by_hand.stdout);
}

#[test]
fn no_text_of_a_file_acts_on_the_terminal() {
    let home = Home::new();
    let token = Token::plain(1);
    let (maker, model) = ("To\u{200f}ken2", "\"C2\r\n\u{202e}0\u{2067}3\u{61c}\"");
    let row = format!(
        ",{},{},30,{maker},{model}\r\n",
        token.serial,
        token.base32()
    );
    let file = home.file("tokens.csv", format!("{HEADER}{row}"));
    let users = home.file("users.txt", "ann@example.com\n");
    let code = [
        "code",
        "--file",
        &file,
        "--serial",
        &token.serial,
        "--at",
        "59",
    ];
    let code = home.oathctl(&code).ends(0).stdout.trim().to_owned();
    for args in [
        &["inspect", &file][..],
        &["pair", &file, "--users", &users],
        &["find", &file, &code, "--at", "59"],
    ] {
        let shown = home.oathctl(args).ends(0).stdout;
        let acts = |c: char| c.is_control() && c != '\n';
        let turns = ['\u{200f}', '\u{202e}', '\u{2067}', '\u{61c}'];
        assert!(!shown.contains(acts), "{args:?}: {shown:?}");
        assert!(!shown.contains(turns), "{args:?}: {shown:?}");
        let plain = "C2\u{fffd}\u{fffd}\u{fffd}0\u{fffd}3\u{fffd}";
        assert!(shown.contains(plain), "{args:?}: {shown}");
    }
}
