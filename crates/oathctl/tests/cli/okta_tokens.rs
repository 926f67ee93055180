//! Tokens of Okta after their enrolment: the ledger knows which factor is which token.

use serde_json::{Value, json};

use crate::support::{Home, Sim, Token, csv, each, mixed, wait_until};

/// An organisation in which the tokens of a file are enrolled.
fn enrolled(all: &[Token]) -> (Sim, Home, String) {
    let sim = Sim::of(all);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(all));
    home.json(0, &["provision", &file, "--to", "okta", "--yes"]);
    (sim, home, file)
}

fn each_of<'v>(list: &'v [Value], field: &str) -> Vec<&'v Value> {
    list.iter().map(|value| &value[field]).collect()
}

/// The command with `--idp okta`.
fn okta(home: &Home, exit: i32, args: &[&str]) -> Value {
    home.json(exit, &[args, &["--idp", "okta"]].concat())
}

#[test]
fn tokens_are_listed_shown_and_taken_back() {
    let all = mixed(3);
    let (sim, home, _) = enrolled(&all);
    let list = okta(&home, 0, &["tokens", "list"]);
    let expected: Vec<Value> = all.iter().map(|token| json!(token.serial)).collect();
    assert_eq!(
        each(&list["tokens"], "serial"),
        expected.iter().collect::<Vec<_>>()
    );
    assert_eq!(list["tokens"][0]["holder"]["name"], json!(all[0].user));
    let shown = okta(&home, 0, &["tokens", "show", &all[1].serial]);
    assert_eq!(shown["tokens"][0]["status"], "ACTIVE");
    let user = okta(&home, 0, &["users", "show", &all[1].user]);
    assert_eq!(user["user"]["status"], "ACTIVE");
    assert_eq!(each(&user["tokens"], "serial"), [&json!(all[1].serial)]);
    let found = okta(&home, 0, &["users", "search", "user"]);
    assert_eq!(found["users"].as_array().unwrap().len(), 3);

    let taken = okta(&home, 0, &["tokens", "unassign", &all[1].serial, "--yes"]);
    assert_eq!(taken["rows"][0]["outcome"], "done");
    assert_eq!(sim.factors().len(), 2);
    okta(
        &home,
        0,
        &["tokens", "delete", "--holder", &all[2].user, "--yes"],
    );
    let left = okta(&home, 0, &["tokens", "list", "--check"]);
    assert_eq!(each(&left["tokens"], "serial"), [&json!(all[0].serial)]);
    let args = ["tokens", "show", &all[1].serial, "--idp", "okta"];
    home.oathctl(&args)
        .ends(2)
        .says(&["no such token", "--holder"]);
    // What Okta has no call for is said before anything is sent.
    let before = sim.writes();
    okta(&home, 3, &["tokens", "deactivate", &all[0].serial, "--yes"]);
    assert_eq!(sim.writes(), before);
}

#[test]
fn a_lost_token_is_replaced_with_a_short_gap() {
    let all = mixed(2);
    let sim = Sim::of(&all);
    let home = Home::at(&sim);
    let old = home.file("old.csv", csv(&all[..1]));
    let new = home.file("new.csv", csv(&all[1..]));
    home.json(0, &["provision", &old, "--to", "okta", "--yes"]);
    let replace = |user: &str| {
        let (old, with) = (&all[0].serial, &all[1].serial);
        let args = [
            "tokens", "replace", old, with, "--seeds", &new, "--user", user,
        ];
        home.oathctl(&[&args[..], &["--idp", "okta", "--yes", "--output", "json"]].concat())
    };
    // Somebody else's token is left alone.
    replace(&all[1].user).ends(2).says(&["does not hold"]);
    let ran = replace(&all[0].user).ends(0).says(&["In between"]);
    let document = ran.json();
    assert_eq!(document["schema"], "oathkit.replacement/1");
    assert_eq!(document["first"]["wanted"], "deleted");
    assert_eq!(document["second"]["rows"][0]["outcome"], "done");
    assert_eq!(document["second"]["calls"]["writes"], 1);
    let factors = sim.factors();
    assert_eq!(factors.len(), 1);
    assert_eq!(factors[0]["user"], json!(all[0].user));
    let listed = okta(&home, 0, &["tokens", "list"]);
    assert_eq!(each(&listed["tokens"], "serial"), [&json!(all[1].serial)]);
}

/// The old one is not taken where the new one cannot be given.
#[test]
fn nothing_is_taken_where_nothing_can_be_given() {
    let all = mixed(2);
    let sim = Sim::with(&all, &["--set", "okta.profiles=Only:sha1:6:30:base32:3"]);
    let home = Home::at(&sim);
    let old = home.file("old.csv", csv(&all[..1]));
    let new = home.file("new.csv", csv(&all[1..]));
    home.json(0, &["provision", &old, "--to", "okta", "--yes"]);
    let (old, with, user) = (&all[0].serial, &all[1].serial, &all[0].user);
    let args = [
        "tokens", "replace", old, with, "--seeds", &new, "--user", user,
    ];
    let ran = home.oathctl(&[&args[..], &["--idp", "okta", "--yes"]].concat());
    ran.ends(3).says(&[
        "create a profile with sha256, 6 digits and 30 s",
        "Nothing was sent",
    ]);
    assert_eq!(sim.factors().len(), 1);
}

#[test]
fn records_go_from_one_ledger_to_another() {
    let all = mixed(3);
    let (sim, home, _) = enrolled(&all);
    let records = home.oathctl(&["okta", "export"]).ends(0).stdout;
    let list = home
        .oathctl(&["okta", "export", "--format", "csv"])
        .ends(0)
        .stdout;
    assert!(list.starts_with("serial,token,user,name,fingerprint,code_accepted\n"));

    for text in [records, list] {
        let elsewhere = Home::at(&sim);
        assert_eq!(
            okta(&elsewhere, 0, &["tokens", "list"])["tokens"],
            json!([])
        );
        let kept = elsewhere.file("records", &text);
        let taken = elsewhere.json(0, &["okta", "import", &kept]);
        assert_eq!(taken["taken"], 3);
        let file = elsewhere.file("tokens.csv", csv(&all));
        let before = sim.factors();
        let again = elsewhere.json(0, &["provision", &file, "--to", "okta", "--yes"]);
        assert_eq!(again["counts"]["unchanged"], 3);
        let after = sim.factors();
        assert_eq!(each_of(&after, "id"), each_of(&before, "id"));
        elsewhere.oathctl(&["audit", "verify"]).ends(0);
    }
    // What is gone is not taken over, and what is known otherwise stays.
    okta(&home, 0, &["tokens", "unassign", &all[0].serial, "--yes"]);
    let factor = okta(&home, 0, &["tokens", "list"])["tokens"][0].clone();
    let (id, holder) = (&factor["id"], &factor["holder"]["id"]);
    let wrong = format!(
        "serial,token,user\n{},chf0000000000000000x,{holder}\n77,{id},{holder}\n",
        all[2].serial
    );
    let kept = home.file("records", wrong.replace('"', ""));
    let taken = home.json(3, &["okta", "import", &kept]);
    assert_eq!(taken["differing"], json!([all[2].serial, "77"]));
    assert_eq!(taken["taken"], 0);
}

#[test]
fn factors_of_unknown_make_are_adopted() {
    let all = mixed(3);
    let (sim, _, _) = enrolled(&all);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&all));
    let before = sim.factors();
    let ran = home.oathctl(&["okta", "adopt", &file]);
    ran.ends(2).says(&["cannot sign in with", "--yes"]);
    let report = home.json(0, &["okta", "adopt", &file, "--yes"]);
    assert_eq!(report["wanted"], "adopted");
    assert_eq!(report["counts"]["unchanged"], 3);
    let after = sim.factors();
    assert_eq!(
        each_of(&after, "id"),
        each_of(&before, "id"),
        "nothing is enrolled or taken"
    );
    let list = okta(&home, 0, &["tokens", "list"]);
    assert_eq!(list["tokens"].as_array().unwrap().len(), 3);
}

#[test]
fn an_enrolment_is_proven_on_request() {
    let all = mixed(2);
    let sim = Sim::of(&all);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&all));
    let args = [
        "provision",
        &file,
        "--to",
        "okta",
        "--until",
        "prove",
        "--yes",
    ];
    let report = home.json(0, &args);
    assert_eq!(
        (&report["wanted"], &report["counts"]["done"]),
        (&json!("proven"), &json!(2))
    );
    let args = [
        "provision",
        &file,
        "--to",
        "entra",
        "--until",
        "prove",
        "--yes",
    ];
    let report = home.json(3, &args);
    assert_eq!(report["counts"]["rejected"], 2);
}

/// Killed while the user has neither token: what is still to be given is on record.
#[test]
fn a_replacement_that_is_killed_in_between_is_resumed() {
    let all = mixed(2);
    let sim = Sim::of(&all);
    let home = Home::at(&sim);
    let old = home.file("old.csv", csv(&all[..1]));
    let new = home.file("new.csv", csv(&all[1..]));
    home.json(0, &["provision", &old, "--to", "okta", "--yes"]);
    let late = json!({"kind": "delay", "ms": 60_000});
    sim.faults(json!([{"route": "factors.enroll", "fault": late}]));
    let (serial, with, user) = (&all[0].serial, &all[1].serial, &all[0].user);
    let args = [
        "tokens", "replace", serial, with, "--seeds", &new, "--user", user,
    ];
    let running = home.begin(&[&args[..], &["--idp", "okta", "--yes"]].concat());
    let open_runs = || {
        let runs = home.json(0, &["runs", "list"])["runs"].clone();
        let open = runs.as_array().unwrap().iter();
        let open = open.filter(|run| run["pending"] == 1);
        open.map(|run| run["run"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    // The first run is at its end, and the second one waits for its answer.
    wait_until("the old factor is gone", || {
        sim.factors().is_empty() && open_runs().len() == 1
    });
    running.kill();
    sim.faults(json!([]));
    let open = open_runs();
    let [run] = open.as_slice() else {
        panic!("{open:?}");
    };
    let report = home.json(0, &["runs", "resume", run, "--seeds", &new]);
    assert_eq!(report["rows"][0]["serial"], json!(all[1].serial));
    assert_eq!(sim.factors()[0]["user"], json!(user));
}
