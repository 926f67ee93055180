//! Plans that are kept: made, looked at, applied to what is there by then.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Home, Sim, Token, all_rows, csv, each, mixed, plain, text};

const PLAN: &str = "batch.plan";

/// Makes a plan of a file and keeps it.
fn keep(home: &Home, file: &str, idp: &str) -> String {
    let args = ["plan", file, "--to", idp, "--out", PLAN];
    home.oathctl(&args).ends(0).stdout
}

fn apply(home: &Home, exit: i32, file: &str) -> Value {
    home.json(exit, &["apply", PLAN, "--seeds", file, "--yes"])
}

#[test]
fn a_kept_plan_is_carried_out_and_a_second_time_changes_nothing() {
    let tokens = mixed(5);
    for idp in ["entra", "okta"] {
        let sim = Sim::of(&tokens);
        let home = Home::at(&sim);
        let file = home.file("tokens.csv", csv(&tokens));
        let shown = keep(&home, &file, idp);
        for token in &tokens {
            assert!(shown.contains(&token.serial) && shown.contains(&token.user));
        }
        sim.is_untouched();
        all_rows(&apply(&home, 0, &file), "done", &tokens);
        sim.has_all(idp, &tokens);
        sim.signs_all_in(idp, &home, &file, &tokens);
        let writes = sim.writes();
        all_rows(&apply(&home, 0, &file), "unchanged", &tokens);
        assert_eq!(sim.writes(), writes);
    }
}

#[test]
fn a_plan_says_where_it_comes_from_and_holds_no_seed() {
    let tokens = mixed(3);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let shown = keep(&home, &file, "entra");
    let kept = fs::read_to_string(home.path(PLAN)).unwrap();
    let plan: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(plan["schema"], "oathkit.plan/1");
    assert_eq!(plan["rows"].as_array().unwrap().len(), 3);
    let with = concat!("oathctl ", env!("CARGO_PKG_VERSION"));
    assert_eq!(plan["made"]["with"], with);
    for word in [text(&plan["digest"]), text(&plan["made"]["by"])] {
        assert!(shown.contains(word), "{word}\n{shown}");
    }
    for token in &tokens {
        assert!(!kept.contains(&token.base32()));
    }
    // Whoever has to approve it sees the same, without the seeds and without a sign-in.
    let review = Home::new();
    review.file(PLAN, &kept);
    let reviewed = review.oathctl(&["review", PLAN]).ends(0);
    assert_eq!(reviewed.stdout, shown);
    reviewed.says(&["ssh-keygen -Y sign -n oathkit-plan -f KEY batch.plan"]);
}

#[cfg(unix)]
#[test]
fn a_kept_plan_is_for_its_owner_alone_and_is_not_overwritten() {
    use std::os::unix::fs::PermissionsExt;

    let tokens = plain(2);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    keep(&home, &file, "entra");
    let metadata = fs::metadata(home.path(PLAN)).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    let kept = fs::read(home.path(PLAN)).unwrap();
    home.oathctl(&["plan", &file, "--to", "entra", "--out", PLAN])
        .ends(2)
        .says(&["batch.plan cannot be written", "exists"]);
    assert_eq!(fs::read(home.path(PLAN)).unwrap(), kept);
}

#[test]
fn without_a_file_the_plan_is_shown_and_as_json_it_is_the_document() {
    let mut tokens = plain(3);
    tokens[2].user = "nobody@example.com".to_owned();
    let sim = Sim::of(&tokens[..2]);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let args = ["plan", &file, "--to", "entra"];
    let shown = home.oathctl(&args).ends(3).stdout;
    assert!(shown.contains("import + assign, then activate"), "{shown}");
    assert!(
        shown.contains("there is no user nobody@example.com"),
        "{shown}"
    );
    let document = home.json(3, &args);
    assert_eq!(document["schema"], "oathkit.plan/1");
    let piped = home.oathctl(&[&args[..], &["--out", "-"]].concat()).ends(3);
    let plan = home.feed(&["apply", "-", "--seeds", &file, "--yes"], &piped.stdout);
    plan.ends(3);
    sim.has_all("entra", &tokens[..2]);
}

/// Another operator provisions a file of their own.
fn another(sim: &Sim, tokens: &[Token], until: &str) {
    let home = Home::at(sim);
    let file = home.file("other.csv", csv(tokens));
    let args = [
        "provision",
        &file,
        "--to",
        "entra",
        "--yes",
        "--until",
        until,
    ];
    home.oathctl(&args).ends(0);
}

#[test]
fn what_changed_since_is_a_conflict_that_is_shown_first_and_the_rest_is_done() {
    let tokens = plain(4);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    keep(&home, &file, "entra");
    another(&sim, &tokens[..1], "import");
    let mut stolen = tokens[1].clone();
    stolen.user.clone_from(&tokens[3].user);
    another(&sim, &[stolen], "assign");
    another(&sim, &tokens[2..3], "activate");

    let args = ["apply", PLAN, "--seeds", &file, "--yes", "--output", "json"];
    let ran = home.oathctl(&args).ends(3);
    let reason = ran.stderr.find("row 2, serial").unwrap();
    let table = ran.stderr.find("what will be done").unwrap();
    assert!(reason < table, "{}", ran.stderr);
    let report = ran.json();
    let expected = ["conflict", "conflict", "unchanged", "done"];
    assert_eq!(each(&report["rows"], "outcome"), expected);
    for row in &report["rows"].as_array().unwrap()[..2] {
        assert_eq!(row["error"]["code"], "changed-since-plan");
    }
    let devices = sim.devices();
    assert_eq!(devices[0]["assigned_to"], json!(null));
    assert_eq!(devices[1]["assigned_to"], tokens[3].user);
    assert_eq!(devices[1]["status"], "assigned");
    assert_eq!(devices[3]["status"], "activated");
}

#[test]
fn another_seed_file_is_refused_and_its_rows_are_named() {
    let tokens = plain(4);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    keep(&home, &file, "entra");
    let mut other = tokens.clone();
    other[0].user = "user003@example.com".to_owned();
    other[1].seed[0] ^= 1;
    other.remove(2);
    let calls = sim.get("/calls")["total"].clone();
    let changed = home.file("changed.csv", csv(&other));
    let ran = home.oathctl(&["apply", PLAN, "--seeds", &changed, "--yes"]);
    let (first, second, third) = (&tokens[0].serial, &tokens[1].serial, &tokens[2].serial);
    ran.ends(2).says(&[
        "is not the file that the plan was made from; nothing was sent",
        &format!("row 2, serial {first}: another user"),
        &format!("row 3, serial {second}: another seed"),
        &format!("serial {third} (row 4 then): missing"),
    ]);
    let spaced = home.file("spaced.csv", csv(&tokens) + "\r\n");
    home.oathctl(&["apply", PLAN, "--seeds", &spaced, "--yes"])
        .ends(2)
        .says(&["its tokens are the same"]);
    assert_eq!(sim.get("/calls")["total"], calls);
}

#[test]
fn a_plan_for_another_tenant_or_one_that_was_edited_sends_nothing() {
    let tokens = plain(2);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    keep(&home, &file, "entra");
    let kept = fs::read_to_string(home.path(PLAN)).unwrap();

    let elsewhere = Sim::with(&tokens, &["--seed", "77"]);
    let there = Home::at(&elsewhere);
    there.file(PLAN, &kept);
    let args = ["apply", PLAN, "--seeds", &file, "--yes"];
    there
        .oathctl(&args)
        .ends(4)
        .says(&["the plan is for entra", "this sign-in is for entra"]);
    elsewhere.is_untouched();

    for (edited, says) in [
        (
            kept.replacen(&tokens[0].user, &tokens[1].user, 1),
            "was changed",
        ),
        (
            kept.replacen("plan/1", "plan/2", 1),
            "this is oathkit.plan/2",
        ),
        (csv(&tokens), "this is not a plan"),
    ] {
        home.file(PLAN, edited);
        home.oathctl(&args).ends(2).says(&[PLAN, says]);
        home.oathctl(&["review", PLAN]).ends(2).says(&[says]);
    }
    home.oathctl(&["apply", "-", "--seeds", "-", "--yes"])
        .ends(2)
        .says(&["cannot be the plan and the seed file"]);
    sim.is_untouched();
}

#[test]
fn nobody_to_ask_is_said_and_nothing_is_sent() {
    let tokens = plain(2);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    keep(&home, &file, "entra");
    home.oathctl(&["apply", PLAN, "--seeds", &file])
        .ends(2)
        .says(&["nobody can be asked to confirm this plan"]);
    sim.is_untouched();
}
