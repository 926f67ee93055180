//! New files are whole, or they are not there.

use std::fs;
use std::process::Command;

use crate::support::{Home, Ran, csv, is_private, plain};

/// Runs the program where no file gets longer than 512 bytes, as if the disk were full.
fn without_room(home: &Home, args: &[&str]) -> Ran {
    let limited = "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"";
    let ended = Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_oathctl")])
        .args(args)
        .current_dir(home.path("."))
        .output()
        .unwrap();
    Ran {
        code: ended.status.code(),
        stdout: String::from_utf8(ended.stdout).unwrap(),
        stderr: String::from_utf8(ended.stderr).unwrap(),
    }
}

fn names(home: &Home) -> Vec<String> {
    let entries = fs::read_dir(home.path(".")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn nothing_is_left_of_what_could_not_be_written() {
    let home = Home::new();
    let bad = "ann@example.com,60234567,short,30,Token2,C202\r\n";
    home.file("tokens.csv", csv(&plain(9)) + &bad.repeat(20));
    home.file("users.txt", "ann@example.com\n");
    let convert = ["convert", "tokens.csv", "--to", "otpauth", "--out", "new"];
    for args in [
        &convert[..],
        &[&convert[..], &["--chunk", "5"]].concat(),
        &[&convert[..], &["--qr", "svg"]].concat(),
        &["inspect", "tokens.csv", "--rejected-to", "new"],
        &["pair", "tokens.csv", "--users", "users.txt", "--out", "new"],
    ] {
        let ran = without_room(&home, args).ends(1);
        ran.says(&["oathctl: new", "cannot be written", "nothing of it is left"]);
        assert_eq!(names(&home), ["tokens.csv", "users.txt"], "{args:?}");
    }
    // The same again, with room.
    home.oathctl(&convert).ends(3);
    is_private(&home.path("new"));
}

#[test]
fn where_no_file_can_be_is_a_matter_of_its_name() {
    let home = Home::new();
    let file = home.file("tokens.csv", csv(&plain(1)));
    home.file("taken", "mine");
    for out in ["missing/new", "tokens.csv/new", "taken", "."] {
        let args = ["convert", &file, "--to", "otpauth", "--out", out];
        home.oathctl(&args)
            .ends(2)
            .says(&[out, "cannot be written"]);
    }
    assert_eq!(fs::read_to_string(home.path("taken")).unwrap(), "mine");
    assert_eq!(names(&home), ["taken", "tokens.csv"]);
}
