//! A file becomes working tokens, once and only once.

use serde_json::{Value, json};

use crate::support::{EXAMPLE, Home, Sim, Token, all_rows, csv, each, mixed, plain, text};

fn example_in_a_sandbox(idp: &str) {
    let home = Home::new();
    let args = ["provision", EXAMPLE, "--to", idp, "--sandbox", "--yes"];
    let ran = home.oathctl(&args).ends(0);
    for serial in 60_234_501..=60_234_512 {
        assert!(ran.stdout.contains(&format!(" {serial} ")), "{serial}");
    }
    assert!(ran.stdout.contains("12 of 12 rows are activated: 12 done."));
    assert!(ran.stderr.contains("Plan for"), "{}", ran.stderr);
    let report = home.json(0, &args);
    assert_eq!(report["counts"]["done"], 12);
}

#[test]
fn the_example_becomes_usable_in_entra() {
    example_in_a_sandbox("entra");
}

#[test]
fn the_example_becomes_usable_in_okta() {
    example_in_a_sandbox("okta");
}

#[test]
fn nobody_has_to_listen_to_the_messages() {
    let provision = ["provision", EXAMPLE, "--to", "entra", "--sandbox"];
    let home = Home::new();
    let yes = [&provision[..], &["--yes"]].concat();
    let ran = home.unheard(&yes).ends(0);
    assert!(ran.stdout.contains("12 of 12 rows"), "{}", ran.stdout);
    let ran = home.unheard(&["inspect", "missing.csv"]).ends(2);
    assert_eq!(ran.stdout, "");
    home.unheard(&["convert", EXAMPLE, "--to", "graph-json"])
        .ends(0);
    home.unheard(&provision).ends(2);
    home.with("RUST_LOG", "trace").unheard(&yes).ends(0);
}

#[test]
fn a_plan_says_what_it_will_do_to_whom() {
    let tokens = mixed(4);
    let sim = Sim::of(&tokens[..3]);
    let home = Home::at(&sim);
    let one = home.file("one.csv", csv(&tokens[..1]));
    home.json(0, &["provision", &one, "--to", "entra", "--yes"]);
    let bad = "user9@example.com,70299999,notbase32!,30,Token2,C302-i\r\n";
    let file = home.file("tokens.csv", csv(&tokens) + bad);
    let ran = home.oathctl(&["provision", &file, "--to", "entra"]).ends(2);
    let cells = |row: usize| -> Vec<&str> {
        let begins = format!(" {row} ");
        let line = ran.stderr.lines().find(|line| line.starts_with(&begins));
        let line = line.unwrap_or_else(|| panic!("{}", ran.stderr));
        let cells = line.split("  ").map(str::trim);
        cells.filter(|cell| !cell.is_empty()).collect()
    };
    let whom = |n: usize| [&*tokens[n].serial, &*tokens[n].user];
    let already = [&["2"], &whom(0)[..], &["nothing: activated already"]].concat();
    assert_eq!(cells(2), already);
    let new = [&["3"], &whom(1)[..], &["import + assign, then activate"]].concat();
    assert_eq!(cells(3), new);
    assert_eq!(cells(6), ["6", "nothing: refused, see below"]);
    let [serial, user] = whom(3);
    let message = format!("row 5, serial {serial}: there is no user {user}");
    ran.says(&[
        "2  refused; nothing is sent for them",
        &message,
        "  -> correct the user column",
        "row 6: secret key",
    ]);
    assert_eq!(sim.devices().len(), 1);
}

#[test]
fn a_long_plan_shows_its_first_rows_and_its_refusals() {
    let mut tokens = plain(150);
    for token in &mut tokens[80..] {
        token.user = String::new();
    }
    let home = Home::new();
    let file = home.file("tokens.csv", csv(&tokens));
    let args = ["provision", &file, "--to", "okta", "--sandbox"];
    let ran = home.oathctl(&args).ends(2).says(&[
        "80  import + assign + activate",
        "70  refused; nothing is sent for them",
        "The first 10 of each kind",
        "oathctl runs show",
        "row 141, serial 70200139: the row names no user",
        "… and 10 more.",
    ]);
    let shown = |n: usize| ran.stderr.contains(&tokens[n].serial);
    assert!(shown(0) && shown(9) && !shown(10) && !shown(79));
    assert!(shown(80) && shown(139) && !shown(140));

    let report = home.json(3, &[&args[..], &["--yes"]].concat());
    let run = text(&report["run"]);
    let ran = home.oathctl(&["runs", "show", run, "--sandbox"]).ends(0);
    assert!(
        tokens
            .iter()
            .all(|token| ran.stdout.contains(&token.serial))
    );
}

/// The report's fields, all of them, by name.
#[track_caller]
fn is_as_the_contract_says(report: &Value, idp: &str) {
    let names = |value: &Value| {
        let object = value.as_object().unwrap();
        object.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(
        names(report),
        [
            "calls",
            "counts",
            "elapsed_ms",
            "idp",
            "rows",
            "run",
            "schema",
            "wanted"
        ]
    );
    assert_eq!(report["schema"], "oathkit.report/1");
    assert_eq!(report["idp"], idp);
    assert_eq!(report["wanted"], "activated");
    assert!(!text(&report["run"]).is_empty());
    assert!(report["elapsed_ms"].is_u64());
    assert_eq!(names(&report["calls"]), ["throttled", "total", "writes"]);
    let counts = [
        "conflict",
        "done",
        "failed",
        "pending",
        "rejected",
        "rows",
        "unchanged",
    ];
    assert_eq!(names(&report["counts"]), counts);
    for row in report["rows"].as_array().unwrap() {
        let fields = [
            "activated_by",
            "error",
            "outcome",
            "row",
            "serial",
            "state",
            "user",
        ];
        assert_eq!(names(row), fields);
    }
}

/// Three runs: the second finds everything done, the third too, although the ledger is lost.
fn three_runs(idp: &str) {
    let tokens = mixed(12);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let args = ["provision", &file, "--to", idp, "--yes"];

    let report = home.json(0, &args);
    is_as_the_contract_says(&report, idp);
    all_rows(&report, "done", &tokens);
    assert!(
        each(&report["rows"], "activated_by")
            .iter()
            .all(|by| *by == "operator")
    );
    assert_eq!(report["calls"]["writes"], sim.writes());
    sim.has_all(idp, &tokens);

    let written = sim.writes();
    let report = home.json(0, &args);
    all_rows(&report, "unchanged", &tokens);
    assert!(
        each(&report["rows"], "activated_by")
            .iter()
            .all(|by| by.is_null())
    );
    assert_eq!(report["calls"]["writes"], 0);
    assert_eq!(sim.writes(), written);

    home.forget();
    let report = home.json(0, &args);
    all_rows(&report, "unchanged", &tokens);
    if idp == "entra" {
        assert_eq!(sim.writes(), written);
    } else {
        // Okta keeps no serials: a refused enrolment and a code prove each factor.
        assert_eq!(sim.calls("factors.verify"), 12);
    }
    sim.has_all(idp, &tokens);
    sim.signs_all_in(idp, &home, &file, &tokens);
}

#[test]
fn entra_is_written_to_once_and_every_token_signs_in() {
    three_runs("entra");
}

#[test]
fn okta_is_written_to_once_and_every_token_signs_in() {
    three_runs("okta");
}

#[test]
fn a_token_can_stop_at_each_stage_and_go_on() {
    let tokens = mixed(4);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let provision = |until: &str, wanted: &str, status: &str| {
        let args = [
            "provision",
            &file,
            "--to",
            "entra",
            "--yes",
            "--until",
            until,
        ];
        let report = home.json(0, &args);
        assert_eq!(report["wanted"], wanted);
        assert_eq!(report["counts"]["done"], 4, "{report}");
        assert!(each(&report["rows"], "state").iter().all(|s| *s == wanted));
        let devices = sim.devices();
        assert_eq!(devices.len(), 4);
        assert!(
            devices
                .iter()
                .all(|d| d["status"] == status && d["creations"] == 1)
        );
        devices
    };
    let devices = provision("import", "imported", "available");
    assert!(devices.iter().all(|d| d["assigned_to"].is_null()));
    provision("assign", "assigned", "assigned");
    provision("activate", "activated", "activated");
    sim.has_all("entra", &tokens);
    sim.signs_all_in("entra", &home, &file, &tokens);

    // Less than what is there is nothing to do, and nothing is taken back.
    let args = [
        "provision",
        &file,
        "--to",
        "entra",
        "--yes",
        "--until",
        "import",
    ];
    assert_eq!(home.json(0, &args)["counts"]["unchanged"], 4);
    sim.has_all("entra", &tokens);
}

#[test]
fn okta_knows_no_stage_before_activation() {
    let tokens = mixed(2);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    for until in ["import", "assign"] {
        let args = [
            "provision",
            &file,
            "--to",
            "okta",
            "--yes",
            "--until",
            until,
        ];
        let report = home.json(3, &args);
        assert_eq!(report["counts"]["rejected"], 2);
        let error = &report["rows"][0]["error"];
        assert_eq!(error["code"], "not-offered");
        assert_eq!(error["next"], "have it activated instead");
    }
    sim.is_untouched();
}

#[test]
fn one_bad_row_hides_no_other() {
    let tokens = mixed(4);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let bad = "user9@example.com,70299999,notbase32!,30,Token2,C302-i\r\n";
    let file = home.file("tokens.csv", csv(&tokens) + bad);
    let args = ["provision", &file, "--to", "entra", "--yes"];
    let report = home.json(3, &args);
    assert_eq!(report["counts"]["rows"], 5);
    assert_eq!(report["counts"]["done"], 4);
    let row = &report["rows"][4];
    assert_eq!(
        (&row["row"], &row["outcome"]),
        (&json!(6), &json!("rejected"))
    );
    let message = text(&row["error"]["message"]);
    assert!(
        message.starts_with("secret key: ") && !message.contains("notbase32"),
        "{message}"
    );
    // Named once, in its own column, not in the message again.
    assert!(!message.contains("row 6"), "{message}");
    sim.has_all("entra", &tokens);
}

#[test]
fn a_profile_that_does_not_fit_refuses_its_rows_only() {
    let tokens = mixed(8);
    let only = ["--set", "okta.profiles=Only:sha1:6:30:base32:3"];
    let sim = Sim::with(&tokens, &only);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let ran = home.oathctl(&[
        "provision",
        &file,
        "--to",
        "okta",
        "--yes",
        "--output",
        "json",
    ]);
    let ran = ran.ends(3).says(&["6  refused; nothing is sent for them"]);
    let report = ran.json();
    let fits = |n: usize| n.is_multiple_of(4);
    for (n, row) in report["rows"].as_array().unwrap().iter().enumerate() {
        let outcome = if fits(n) { "done" } else { "rejected" };
        assert_eq!(row["outcome"], outcome, "{row}");
    }
    let message = |n: usize| text(&report["rows"][n]["error"]["message"]).to_owned();
    assert_eq!(
        message(1),
        "profile \"Only\" does not take algorithm sha256"
    );
    assert_eq!(message(2), "profile \"Only\" does not take 60 s");
    assert_eq!(
        message(3),
        "profile \"Only\" does not take algorithm sha256, 60 s"
    );
    assert_eq!(report["rows"][1]["error"]["code"], "profile-mismatch");
    assert_eq!(sim.writes(), 2);
    let fitting: Vec<Token> = tokens.into_iter().step_by(4).collect();
    sim.has_all("okta", &fitting);
    sim.signs_all_in("okta", &home, &file, &fitting);
}

#[test]
fn two_profiles_that_fit_are_a_question_and_a_name_answers_it() {
    let tokens = mixed(1);
    let two = [
        "--set",
        "okta.profiles=A:sha1:6:30:base32:3,B:sha1:6:30:base64:3",
    ];
    let sim = Sim::with(&tokens, &two);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let args = ["provision", &file, "--to", "okta", "--yes"];
    let report = home.json(3, &args);
    let error = &report["rows"][0]["error"];
    assert_eq!(error["code"], "profile-ambiguous");
    assert!(text(&error["next"]).contains("OATHKIT_OKTA_PROFILE"));
    sim.is_untouched();

    let home = home.with("OATHKIT_OKTA_PROFILE", "B");
    all_rows(&home.json(0, &args), "done", &tokens);
    assert_eq!(sim.factors()[0]["profile_name"], "B");

    let home = home.with("OATHKIT_OKTA_PROFILE", "C");
    home.oathctl(&args)
        .ends(4)
        .says(&["no active factor profile \"C\"", "OATHKIT_OKTA_PROFILE"]);
}

#[test]
fn secrets_are_spelt_as_the_profile_wants_them() {
    for encoding in ["base32", "hexadecimal", "base64"] {
        let tokens = mixed(1);
        let profile = format!("okta.profiles=P:sha1:6:30:{encoding}:3");
        let sim = Sim::with(&tokens, &["--set", &profile]);
        let home = Home::at(&sim);
        let file = home.file("tokens.csv", csv(&tokens));
        let args = ["provision", &file, "--to", "okta", "--yes"];
        all_rows(&home.json(0, &args), "done", &tokens);
        sim.signs_all_in("okta", &home, &file, &tokens);
    }
}

#[test]
fn faults_of_the_service_lose_and_double_nothing() {
    for idp in ["entra", "okta"] {
        let tokens = mixed(12);
        let sim = Sim::of(&tokens);
        let home = Home::at(&sim);
        let file = home.file("tokens.csv", csv(&tokens));
        sim.faults(json!([
            {"writes_only": true, "nth": 1, "fault": {"kind": "status", "status": 429, "retry_after": "1"}},
            {"writes_only": true, "nth": 2, "fault": {"kind": "reset-after"}},
            {"writes_only": true, "nth": 4, "fault": {"kind": "cut", "bytes": 20}},
            {"writes_only": true, "nth": 6, "fault": {"kind": "status", "status": 503, "after_work": true}},
        ]));
        let report = home.json(0, &["provision", &file, "--to", idp, "--yes"]);
        all_rows(&report, "done", &tokens);
        sim.has_all(idp, &tokens);
        sim.signs_all_in(idp, &home, &file, &tokens);
    }
}

#[test]
fn a_row_that_the_service_refuses_fails_alone_and_can_be_run_again() {
    let tokens = mixed(4);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let args = ["provision", &file, "--to", "entra", "--yes"];
    // The four are refused together, then one of them alone.
    let refusal = json!({"kind": "status", "status": 400});
    sim.faults(json!([
        {"route": "devices.bulk-create", "fault": refusal},
        {"route": "devices.create", "nth": 1, "fault": refusal},
    ]));
    let report = home.json(3, &args);
    let outcomes = each(&report["rows"], "outcome");
    let at = outcomes.iter().position(|outcome| *outcome == "failed");
    let at = at.unwrap_or_else(|| panic!("{report}"));
    let failed = &report["rows"][at];
    assert!(failed["state"].is_null());
    assert_eq!(failed["error"]["code"], "service-refused");
    assert!(
        text(&failed["error"]["message"]).contains("400"),
        "{failed}"
    );
    assert_eq!(report["counts"]["done"], 3);
    let mut others = tokens.clone();
    others.remove(at);
    sim.has_all("entra", &others);

    sim.faults(json!([]));
    let report = home.json(0, &args);
    let counts = [&report["counts"]["done"], &report["counts"]["unchanged"]];
    assert_eq!(counts, [1, 3]);
    sim.has_all("entra", &tokens);
}

#[test]
fn a_user_whose_policy_forbids_the_factor_fails_alone() {
    let tokens = mixed(4);
    let forbids = format!("okta.policy_forbids={}", tokens[2].user);
    let sim = Sim::with(&tokens, &["--set", &forbids]);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let report = home.json(3, &["provision", &file, "--to", "okta", "--yes"]);
    let failed = &report["rows"][2];
    assert_eq!(failed["outcome"], "failed", "{report}");
    assert!(
        text(&failed["error"]["next"]).contains("enrollment policy"),
        "{failed}"
    );
    assert_eq!(report["counts"]["done"], 3);
    let mut others = tokens;
    others.remove(2);
    sim.has_all("okta", &others);
}
