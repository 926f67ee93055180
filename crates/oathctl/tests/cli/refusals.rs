//! Bad input and bad access: what is wrong is named, and nothing is sent.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{EXAMPLE, HEADER, Home, Sim, Token, all_rows, csv, mixed, plain, seed, text};

#[test]
fn a_file_that_cannot_be_used_sends_nothing() {
    let tokens = mixed(2);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let cases = [
        ("empty.csv", String::new(), "the file is empty"),
        ("header.csv", HEADER.to_owned(), "the file holds no tokens"),
        ("other.csv", "a,b\n1,2\n".to_owned(), "there is no header"),
        ("open.csv", csv(&tokens) + "\"x", "line 4 is never closed"),
    ];
    for (name, content, message) in cases {
        let file = home.file(name, content);
        for idp in ["entra", "okta"] {
            let ran = home.oathctl(&["provision", &file, "--to", idp, "--yes"]);
            assert_eq!(ran.ends(2).says(&[name, message]).stdout, "");
        }
    }
    home.oathctl(&["provision", "missing.csv", "--to", "entra", "--yes"])
        .ends(2)
        .says(&["missing.csv cannot be read"]);
    assert_eq!(sim.get("/calls")["total"], 0);
}

/// The row numbers and codes of the rows that were refused.
fn refused(report: &Value) -> Vec<(u64, &str)> {
    let rows = report["rows"].as_array().unwrap().iter();
    rows.filter(|row| !row["error"].is_null())
        .map(|row| (row["row"].as_u64().unwrap(), text(&row["error"]["code"])))
        .collect()
}

#[test]
fn users_that_are_not_there_or_not_clear_are_rows_of_their_own() {
    let mut tokens = plain(5);
    tokens[1].user = "nobody@example.com".to_owned();
    tokens[2].user = "shared@example.com".to_owned();
    tokens[3].user = "mail4@example.com".to_owned();
    tokens[4].user = String::new();
    let mailed = |login: &str, mail: &str| json!({"login": login, "mail": mail});
    let people = json!([
        mailed(&tokens[0].user, "ann@example.com"),
        mailed("one@example.com", "shared@example.com"),
        mailed("two@example.com", "Shared@example.com"),
        mailed("four@example.com", "mail4@example.com"),
    ]);
    for idp in ["entra", "okta"] {
        let sim = Sim::of_people(&people.to_string(), &[]);
        let home = Home::at(&sim);
        let file = home.file("tokens.csv", csv(&tokens));
        let ran = home.oathctl(&["provision", &file, "--to", idp, "--yes", "--output", "json"]);
        let ran = ran.ends(3).says(&["there is no user nobody@example.com"]);
        let report = ran.json();
        let expected = [
            (3, "user-unknown"),
            (4, "user-ambiguous"),
            (5, "user-by-mail-only"),
            (6, "user-missing"),
        ];
        assert_eq!(refused(&report), expected);
        let error = &report["rows"][2]["error"];
        assert!(text(&error["message"]).contains("2 users"), "{error}");
        let error = &report["rows"][3]["error"];
        assert!(text(&error["next"]).contains("four@example.com"), "{error}");
        assert_eq!(report["counts"]["done"], 1);
        sim.has_all(idp, &tokens[..1]);
    }
}

#[test]
fn a_serial_that_stands_twice_is_refused_in_both_rows() {
    let mut tokens = plain(3);
    tokens[2].serial = tokens[0].serial.clone();
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let report = home.json(3, &["provision", &file, "--to", "entra", "--yes"]);
    assert_eq!(
        refused(&report),
        [(2, "serial-repeated"), (4, "serial-repeated")]
    );
    let message = text(&report["rows"][0]["error"]["message"]);
    assert!(
        message.contains("row 4 has the same serial number"),
        "{message}"
    );
    sim.has_all("entra", &tokens[1..2]);
}

/// Runs a file with one setting changed; it must end with 4 before anything is sent.
#[track_caller]
fn without_access(sim: &Sim, idp: &str, setting: (&str, &str), says: &[&str]) {
    let home = Home::at(sim).with(setting.0, setting.1);
    let file = home.file("tokens.csv", csv(&mixed(2)));
    let ran = home.oathctl(&["provision", &file, "--to", idp, "--yes"]);
    assert_eq!(ran.ends(4).says(says).stdout, "");
    assert_eq!(sim.writes(), 0);
}

#[test]
fn a_sign_in_that_fails_is_named() {
    let sim = Sim::of(&mixed(2));
    let secret = ("AZURE_CLIENT_SECRET", "wrong~secret");
    let says = ["AADSTS7000215", "set AZURE_CLIENT_SECRET to the Value"];
    without_access(&sim, "entra", secret, &says);
    let client = ("AZURE_CLIENT_ID", "00000000-0000-4000-8000-000000000000");
    without_access(&sim, "entra", client, &["AADSTS700016", "AZURE_CLIENT_ID"]);
    let tenant = ("AZURE_TENANT_ID", "00000000-0000-4000-8000-000000000000");
    without_access(&sim, "entra", tenant, &["AADSTS90002", "AZURE_TENANT_ID"]);
    // Entra is asked for a token for that address.
    let graph = ("OATHKIT_GRAPH_URL", "http://127.0.0.1:9");
    without_access(&sim, "entra", graph, &["AADSTS500011", "Graph address"]);
    let token = ("OKTA_CLIENT_TOKEN", "00wrong");
    without_access(&sim, "okta", token, &["401", "OKTA_CLIENT_TOKEN"]);
    sim.is_untouched();
}

#[test]
fn access_that_has_ended_or_does_not_suffice_is_named() {
    let refuses = |idp: &str, switch: &str, says: &[&str]| {
        let sim = Sim::with(&mixed(2), &["--set", switch]);
        without_access(&sim, idp, ("UNUSED", "1"), says);
    };
    refuses(
        "entra",
        "entra.secret_expired=true",
        &["AADSTS7000222", "the client secret has expired"],
    );
    refuses(
        "entra",
        "entra.granted_roles=User.Read.All",
        &["403", "grant the application permission", "admin consent"],
    );
    refuses(
        "entra",
        "entra.granted_roles=Policy.ReadWrite.AuthenticationMethod",
        &["403", "grant the application permission User.Read"],
    );
    refuses("okta", "okta.token_life_s=0", &["401", "OKTA_CLIENT_TOKEN"]);
}

#[test]
fn a_right_that_is_missing_for_the_writes_is_named_and_the_run_is_kept() {
    let roles = "entra.granted_roles=User.Read.All,Policy.ReadWrite.AuthenticationMethod";
    let cases = [
        ("entra", roles, "UserAuthenticationMethod.ReadWrite.All"),
        ("okta", "okta.token_right=read", "OKTA_CLIENT_TOKEN"),
    ];
    for (idp, switch, missing) in cases {
        let tokens = mixed(2);
        let sim = Sim::with(&tokens, &["--set", switch]);
        let home = Home::at(&sim);
        let file = home.file("tokens.csv", csv(&tokens));
        let ran = home.oathctl(&["provision", &file, "--to", idp, "--yes", "--output", "json"]);
        let ran = ran.ends(4).says(&[missing, "oathctl runs resume"]);
        assert_eq!(ran.json()["counts"]["pending"], 2);
    }
}

/// An address at which nobody listens.
fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn a_host_that_does_not_answer_is_named_soon() {
    let sim = Sim::of(&mixed(2));
    let begun = Instant::now();
    let settings = [
        ("entra", "AZURE_AUTHORITY_HOST"),
        ("okta", "OKTA_CLIENT_ORGURL"),
    ];
    for (idp, setting) in settings {
        let says = ["no connection", "HTTPS_PROXY"];
        without_access(&sim, idp, (setting, &closed()), &says);
    }
    // Two addresses, a few seconds each: nobody waits for a time-out.
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn settings_that_are_missing_or_wrong_are_named() {
    let home = Home::new();
    for (idp, setting) in [("entra", "AZURE_TENANT_ID"), ("okta", "OKTA_CLIENT_ORGURL")] {
        home.oathctl(&["provision", EXAMPLE, "--to", idp, "--yes"])
            .ends(4)
            .says(&[setting, "is not set", "--sandbox"]);
    }
    let sim = Sim::of(&mixed(2));
    for (idp, setting) in [
        ("entra", "AZURE_TENANT_ID"),
        ("entra", "AZURE_CLIENT_ID"),
        ("entra", "AZURE_CLIENT_SECRET"),
        ("okta", "OKTA_CLIENT_ORGURL"),
        ("okta", "OKTA_CLIENT_TOKEN"),
    ] {
        // Empty is missing.
        without_access(&sim, idp, (setting, ""), &[setting, "is not set"]);
    }
    for (idp, setting, no_url) in [
        ("entra", "AZURE_AUTHORITY_HOST", "ftp://example"),
        ("entra", "OATHKIT_GRAPH_URL", "example"),
        ("okta", "OKTA_CLIENT_ORGURL", "example"),
    ] {
        let says = [
            setting,
            "only https is allowed; http is for loopback addresses",
        ];
        without_access(&sim, idp, (setting, "http://example.com"), &says);
        without_access(&sim, idp, (setting, no_url), &[setting]);
    }
    without_access(
        &sim,
        "entra",
        ("AZURE_TENANT_ID", "../x"),
        &["AZURE_TENANT_ID"],
    );
    without_access(
        &sim,
        "entra",
        ("OATHKIT_CONFIG", "none.toml"),
        &["none.toml"],
    );
    assert_eq!(sim.get("/calls")["total"], 0);
}

#[test]
fn nobody_can_confirm_without_a_terminal() {
    let tokens = mixed(2);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    for idp in ["entra", "okta"] {
        let ran = home.oathctl(&["provision", &file, "--to", idp]).ends(2);
        assert_eq!(ran.stdout, "");
        // The plan is shown all the same.
        ran.says(&["Plan for", "nobody can be asked", "give --yes"]);
        home.feed(&["provision", "-", "--to", idp], &csv(&tokens))
            .ends(2)
            .says(&["give --yes"]);
    }
    sim.is_untouched();
    assert_eq!(home.json(0, &["runs", "list"])["runs"], json!([]));
    // Nothing to do needs no consent.
    let args = ["provision", &file, "--to", "entra"];
    home.json(0, &[&args[..], &["--yes"]].concat());
    all_rows(&home.json(0, &args), "unchanged", &tokens);
}

#[test]
fn another_token_at_the_user_is_a_conflict_and_stays() {
    let tokens = plain(1);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let provision = |file: &str| ["provision", file, "--to", "okta", "--yes"].map(str::to_owned);
    let run = |exit, file: &str| {
        let args = provision(file);
        home.json(exit, &args.each_ref().map(String::as_str))
    };
    all_rows(&run(0, &file), "done", &tokens);
    let before = sim.factors();

    // The same serial with another seed, and no ledger that knows better.
    home.forget();
    let other = Token {
        seed: seed(99, 20),
        ..tokens[0].clone()
    };
    let wrong = home.file("wrong.csv", csv(&[other]));
    let report = run(3, &wrong);
    assert_eq!(report["counts"]["conflict"], 1, "{report}");
    assert_eq!(refused(&report), [(2, "other-token")]);
    assert_eq!(sim.factors(), before);
    sim.signs_all_in("okta", &home, &file, &tokens);
}

#[test]
fn a_token_of_somebody_else_is_a_conflict_and_stays() {
    let tokens = plain(2);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens[..1]));
    home.json(0, &["provision", &file, "--to", "entra", "--yes"]);
    let stolen = Token {
        user: tokens[1].user.clone(),
        ..tokens[0].clone()
    };
    let file = home.file("stolen.csv", csv(&[stolen]));
    let report = home.json(3, &["provision", &file, "--to", "entra", "--yes"]);
    assert_eq!(refused(&report), [(2, "held-by-another")]);
    assert_eq!(report["rows"][0]["outcome"], "conflict");
    sim.has_all("entra", &tokens[..1]);
}

#[test]
fn wrong_usage_is_told_from_everything_else() {
    let home = Home::new();
    for args in [
        &["provision", EXAMPLE, "--yes"][..],
        &["provision", EXAMPLE, "--to", "ldap"],
        &["provision", "--to", "entra"],
        &["nonsense"],
        &[],
    ] {
        home.oathctl(args).ends(2);
    }
    home.oathctl(&["--help"]).ends(0);
    home.oathctl(&["--version"]).ends(0);
}
