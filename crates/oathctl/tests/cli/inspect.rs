//! `inspect`: what is in a file, what is wrong with it, and the rows to mend.

use std::fs;

use oath_core::Algorithm;
use serde_json::{Value, json};

use crate::support::{EXAMPLE, HEADER, Home, Token, csv, each, is_private, mixed, plain, text};

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
               "algorithm_source": "length", "digits": 6, "digits_source": "format",
               "type": "totp", "type_source": "format", "period": period, "counter": null,
               "period_source": "column", "encoding_source": "format",
               "serial_source": "column", "manufacturer": "Token2", "model": model,
               "drift": null, "seed_bits": bits, "warnings": []})
    };
    let expected = json!({
        "schema": "oathkit.inspection/1", "format": "token2-csv", "encoding": "utf-8",
        "records": 3, "accepted": 2, "rejected": 1, "repeated": 0, "unread_columns": [],
        "tokens": [
            token(2, "60234567", "ann@example.com", "sha1", 30, "C202", 160),
            token(3, "60234568", "bob@example.com", "sha256", 60, "C2\r\n03", 256),
        ],
        // The record before it takes two lines.
        "problems": [{"row": 5, "field": "time interval", "code": "interval-unsupported",
                      "message": "the time interval must be 30 or 60 seconds",
                      "help": "correct it: the service takes no other"}],
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
fn tokens_that_no_profile_can_change_do_not_fit_and_the_help_is_the_services() {
    let home = Home::new();
    let key = "3132333435363738393031323334353637383930";
    let rows = format!("1001,{key},totp,8,30\n1002,{key}31,hotp,6,5\n");
    let file = home.file("tokens.csv", rows);
    for (idp, expected) in [
        ("entra", &["profile-mismatch", "counts-events"][..]),
        ("okta", &["counts-events"]),
    ] {
        let document = home.json(3, &["inspect", &file, "--for", idp]);
        let misfits = document["misfits"].as_array().unwrap();
        let codes: Vec<&str> = misfits
            .iter()
            .map(|m| text(&m["problem"]["code"]))
            .collect();
        assert_eq!(codes, expected, "{idp}");
        let last = misfits.last().unwrap();
        assert_eq!((&last["row"], &last["serial"]), (&json!(2), &json!("1002")));
        let ran = home.oathctl(&["inspect", &file, "--for", idp]).ends(3);
        let line = "row 2, serial 1002: the token counts events (HOTP)";
        assert!(ran.stdout.contains(line), "{}", ran.stdout);
        assert!(!ran.stdout.contains("profile"), "{}", ran.stdout);
    }
    let found = home.json(3, &["inspect", &file, "--for", "entra"]);
    let problem = &found["misfits"][0]["problem"];
    assert_eq!(problem["message"], "Entra ID does not take 8 digits");
    assert_eq!(
        problem["next"],
        "correct the row, or leave the token out: no setting of Entra ID changes this"
    );
}

#[test]
fn what_is_wrong_is_said_once_for_all_rows() {
    let home = Home::new();
    let bad = |n: u64| {
        format!(
            ",2.45E+1{n},{},30,Token2,C202\r\n",
            Token::plain(n + 50).base32()
        )
    };
    let rows: String = (0..4).map(bad).collect();
    let file = home.file("batch.csv", csv(&plain(2)) + &rows);
    let ran = home.oathctl(&["inspect", &file]).ends(3);
    let expected = format!(
        "error[serial-scientific]: a spreadsheet has rounded the serial number and digits are lost\n  \
         --> {file}: line 4, and 3 more (5-7)   field \"serial number\"\n  = help: take it from"
    );
    assert!(ran.stdout.contains(&expected), "{}", ran.stdout);
    assert!(
        ran.stdout
            .starts_with("token2-csv in utf-8: 6 records, 2 accepted, 4 rejected\n")
    );
    let group = "sha1, by key length   6        30 s     2        2";
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        squeezed(&ran.stdout).contains(&squeezed(group)),
        "{}",
        ran.stdout
    );
}

#[test]
fn tokens_are_listed_one_by_one_only_in_a_short_file() {
    let home = Home::new();
    for (count, listed) in [(50, true), (51, false)] {
        let tokens = plain(count);
        let file = home.file("tokens.csv", csv(&tokens));
        let ran = home.oathctl(&["inspect", &file]).ends(0);
        assert_eq!(ran.stdout.contains(&tokens[0].serial), listed);
        assert!(ran.stdout.contains(&format!("{count} accepted")));
    }
}

#[test]
fn rejected_rows_go_to_a_file_of_their_own_and_come_back_mended() {
    let home = Home::new();
    let tokens = plain(3);
    let whole = csv(&tokens);
    let broken = whole.replace(&tokens[1].serial, "2.45E+11");
    let file = home.file("batch.csv", &broken);
    let args = ["inspect", &file, "--rejected-to", "mend.csv"];
    home.oathctl(&args)
        .ends(3)
        .says(&["1 row written to mend.csv"]);
    let out = home.path("mend.csv");
    is_private(&out);
    let rows = fs::read_to_string(&out).unwrap();
    assert_eq!(rows.lines().count(), 2);
    assert!(rows.starts_with(HEADER) && broken.contains(rows.lines().last().unwrap()));
    let found = home.json(3, &["inspect", out.to_str().unwrap()]);
    assert_eq!(found["problems"][0]["code"], "serial-scientific");
    // Never overwritten.
    home.oathctl(&args)
        .ends(2)
        .says(&["mend.csv cannot be written", "choose another name"]);
    assert_eq!(fs::read_to_string(&out).unwrap(), rows);
    let mended = home.file("mended.csv", rows.replace("2.45E+11", &tokens[1].serial));
    assert_eq!(home.json(0, &["inspect", &mended])["accepted"], 1);
    // Where nothing is rejected, nothing is written.
    let good = home.file("good.csv", &whole);
    home.oathctl(&["inspect", &good, "--rejected-to", "none.csv"])
        .ends(0)
        .says(&["No row is rejected"]);
    assert!(!home.path("none.csv").exists());
    // Standard output is the report's: these rows hold seeds. Nothing is read for that.
    let ran = home.oathctl(&["inspect", "missing.csv", "--rejected-to", "-"]);
    let ran = ran.ends(2).says(&["--rejected-to", "hold seeds"]);
    assert_eq!(ran.stdout, "");
}

#[test]
fn rows_of_a_list_without_a_header_are_looked_at_again_by_the_name_of_its_format() {
    let home = Home::new();
    let key = "3132333435363738393031323334353637383930";
    let list = format!("1001,{key},totp,6,30\n1002,short,totp,6,30\n");
    let file = home.file("list.csv", list);
    home.oathctl(&["inspect", &file, "--rejected-to", "mend.csv"])
        .ends(3)
        .says(&["1 row written to mend.csv; look at it again with --format oath-csv\n"]);
    let mend = home.path("mend.csv");
    assert_eq!(fs::read_to_string(&mend).unwrap(), "1002,short,totp,6,30\n");
    // The list alone does not tell what it is.
    let mend = mend.to_str().unwrap();
    home.oathctl(&["inspect", mend]).ends(2);
    let found = home.json(3, &["inspect", mend, "--format", "oath-csv"]);
    assert_eq!(each(&found["problems"], "code"), ["secret-characters"]);

    // A table whose columns were given by number has no header either.
    let table = home.file("table.txt", format!("1001,{key}\n1002,short\n"));
    let columns = [
        "--column", "serial=1", "--column", "secret=2", "--period", "30",
    ];
    let inspect = [
        "inspect",
        &table,
        "--encoding",
        "hex",
        "--rejected-to",
        "rows.txt",
    ];
    home.oathctl(&[&inspect[..], &columns].concat())
        .ends(3)
        .says(&["1 row written to rows.txt; look at it again with the same options\n"]);
}

#[test]
fn any_table_is_read_by_its_columns() {
    let home = Home::new();
    let key = Token::plain(1)
        .seed
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    let file = home.file("other.txt", format!("ann@example.com|x|60234567|{key}\n"));
    let found = home.json(
        0,
        &[
            "inspect",
            &file,
            "--column",
            "user=1",
            "--column",
            "serial=3",
            "--column",
            "secret=4",
            "--encoding",
            "hex",
            "--period",
            "60",
            "--delimiter",
            "|",
            "--algorithm",
            "sha256",
        ],
    );
    let token = &found["tokens"][0];
    assert_eq!(
        (&found["format"], &token["user"]),
        (&json!("csv"), &json!("ann@example.com"))
    );
    assert_eq!(
        (&token["period"], &token["algorithm"]),
        (&json!(60), &json!("sha256"))
    );
    assert_eq!(token["algorithm_source"], "option");
    home.oathctl(&["inspect", &file, "--column", "serial=0"])
        .ends(2)
        .says(&["FIELD=NAME"]);
}

#[test]
fn short_keys_are_taken_only_on_purpose() {
    let home = Home::new();
    let file = home.file(
        "short.csv",
        format!("{HEADER},60234567,GEZDGNBVGY3TQOJQ,30,Token2,C202\r\n"),
    );
    assert_eq!(
        home.json(3, &["inspect", &file])["problems"][0]["code"],
        "secret-too-short"
    );
    let found = home.json(0, &["inspect", &file, "--allow-short-seeds"]);
    assert_eq!(found["tokens"][0]["warnings"][0]["code"], "secret-short");
}
