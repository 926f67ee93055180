//! Tokens of an inventory: looked at, given, taken, replaced.

use serde_json::{Value, json};

use crate::support::{Home, Sim, Token, csv, each, mixed, text, unix};

/// A simulator that has these tokens, each activated for its user, and two spare ones.
fn filled(tokens: &[Token]) -> (Sim, Home, String) {
    let sim = Sim::of(tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(tokens));
    home.json(0, &["provision", &file, "--to", "entra", "--yes"]);
    (sim, home, file)
}

/// A simulator that has these tokens, held by nobody.
fn stocked(tokens: &[Token]) -> (Sim, Home, String) {
    let sim = Sim::of(tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(tokens));
    let args = [
        "provision",
        &file,
        "--to",
        "entra",
        "--until",
        "import",
        "--yes",
    ];
    home.json(0, &args);
    (sim, home, file)
}

/// A rule that refuses the sign-in on a route.
fn refusing(route: &str) -> Value {
    json!([{"route": route, "fault": {"kind": "status", "status": 401}}])
}

/// The devices with a token's serial number, of one store or the other.
fn devices_of(sim: &Sim, token: &Token, uploaded: bool) -> Vec<Value> {
    let mut devices = sim.devices();
    devices.retain(|device| {
        device["serial"] == token.serial && (device["legacy"] == true) == uploaded
    });
    devices
}

/// The device of a token as it is; none where it is gone.
fn device(sim: &Sim, token: &Token) -> Option<Value> {
    let mut devices = sim.devices().into_iter();
    devices.find(|device| device["serial"] == token.serial)
}

fn shown(home: &Home, file: &str, token: &Token) -> String {
    let at = unix().to_string();
    let args = [
        "code",
        "--file",
        file,
        "--serial",
        &token.serial,
        "--at",
        &at,
    ];
    home.oathctl(&args).ends(0).stdout.trim().to_owned()
}

fn tokens(home: &Home, exit: i32, args: &[&str]) -> Value {
    home.json(exit, &[&["tokens"], args, &["--idp", "entra"]].concat())
}

#[test]
fn a_list_is_filtered_and_has_three_forms() {
    let all = mixed(4);
    let (_sim, home, _) = filled(&all);
    let list = tokens(&home, 0, &["list"]);
    assert_eq!(list["schema"], "oathkit.tokens/1");
    assert_eq!(list["idp"], "entra");
    let mut serials: Vec<&str> = each(&list["tokens"], "serial")
        .into_iter()
        .map(text)
        .collect();
    serials.sort_unstable();
    let wanted: Vec<&str> = all.iter().map(|token| token.serial.as_str()).collect();
    assert_eq!(serials, wanted);

    tokens(&home, 0, &["unassign", &all[0].serial, "--yes"]);
    for (filter, count) in [
        (&["--state", "available"][..], 1),
        (&["--state", "activated"], 3),
        (&["--state", "assigned"], 0),
        (&["--model", "c302-I"], 4),
        (&["--manufacturer", "token2"], 4),
        (&["--model", "C202"], 0),
        (&["--serial", &all[2].serial], 1),
        (&["--holder", &all[1].user], 1),
        (&["--holder", &all[1].user, "--state", "available"], 0),
    ] {
        let list = tokens(&home, 0, &[&["list"], filter].concat());
        assert_eq!(
            list["tokens"].as_array().unwrap().len(),
            count,
            "{filter:?}"
        );
    }
    let table = home
        .oathctl(&["tokens", "list", "--idp", "entra"])
        .ends(0)
        .stdout;
    assert!(
        all.iter().all(|token| table.contains(&token.serial)),
        "{table}"
    );
    let sheet = home.oathctl(&["tokens", "list", "--idp", "entra", "--format", "csv"]);
    let sheet = sheet.ends(0).stdout;
    assert!(
        sheet.starts_with("serial,state,status,holder,holder_id,"),
        "{sheet}"
    );
    assert_eq!(sheet.lines().count(), 5);
}

#[test]
fn a_token_is_shown_with_the_others_of_its_holder() {
    let mut all = mixed(3);
    all[1].user = all[0].user.clone();
    let (_sim, home, _) = filled(&all);
    let shown = tokens(&home, 0, &["show", &all[0].serial]);
    let serials = each(&shown["tokens"], "serial");
    assert_eq!(serials, [&json!(all[0].serial), &json!(all[1].serial)]);
    let none = ["tokens", "show", "1", "--idp", "entra"];
    home.oathctl(&none).ends(2).says(&["no such token: 1"]);
}

#[test]
fn a_token_is_given_activated_and_taken_back() {
    let all = mixed(2);
    let (sim, home, file) = stocked(&all);
    let (one, whom) = (&all[0], &all[1].user);
    let report = tokens(&home, 0, &["assign", &one.serial, whom, "--yes"]);
    assert_eq!(report["wanted"], "assigned");
    assert_eq!(report["rows"][0]["state"], "assigned");
    assert_eq!(device(&sim, one).unwrap()["assigned_to"], json!(whom));

    let code = shown(&home, &file, one);
    let report = tokens(&home, 0, &["activate", &one.serial, &code, "--yes"]);
    assert_eq!(report["rows"][0]["activated_by"], "user");
    assert_eq!(device(&sim, one).unwrap()["status"], "activated");

    let report = tokens(&home, 0, &["deactivate", &one.serial, "--yes"]);
    assert_eq!(report["rows"][0]["state"], "assigned");
    let args = ["activate", &one.serial, "--seeds", &file, "--yes"];
    let report = tokens(&home, 0, &args);
    assert_eq!(report["rows"][0]["activated_by"], "operator");

    let report = tokens(&home, 0, &["unassign", &one.serial, "--yes"]);
    assert_eq!(report["rows"][0]["state"], "imported");
    assert!(device(&sim, one).unwrap()["assigned_to"].is_null());
    tokens(&home, 0, &["delete", &one.serial, "--yes"]);
    assert_eq!(device(&sim, one), None);
    home.oathctl(&["audit", "verify"]).ends(0);
}

#[test]
fn a_token_is_given_and_activated_in_one_command() {
    let all = mixed(2);
    let (sim, home, file) = stocked(&all);
    let nobody = [
        "tokens",
        "activate",
        &all[0].serial,
        "000000",
        "--idp",
        "entra",
        "--yes",
    ];
    home.oathctl(&nobody)
        .ends(2)
        .says(&["nobody holds", "--user"]);
    let code = shown(&home, &file, &all[0]);
    let whom = &all[1].user;
    tokens(
        &home,
        0,
        &["activate", &all[0].serial, &code, "--user", whom, "--yes"],
    );
    let device = device(&sim, &all[0]).unwrap();
    assert_eq!(device["assigned_to"], json!(whom));
    assert_eq!(device["status"], "activated");
}

#[test]
fn a_wrong_code_activates_nothing() {
    let all = mixed(2);
    let (sim, home, file) = stocked(&all);
    let code = shown(&home, &file, &all[1]);
    let user = ["--user", &all[0].user, "--yes"];
    let report = tokens(
        &home,
        3,
        &[&["activate", &all[0].serial, &code], &user[..]].concat(),
    );
    let error = &report["rows"][0]["error"];
    assert_eq!(error["code"], "code-refused");
    assert!(text(&error["next"]).contains("shows now"), "{error}");
    assert_ne!(device(&sim, &all[0]).unwrap()["status"], "activated");
}

#[test]
fn many_tokens_are_taken_by_list_and_by_filter() {
    let all = mixed(6);
    let (sim, home, _) = filled(&all);
    let serials = format!("{}\n\n# spare\n{}\n", all[0].serial, all[1].serial);
    let list = home.file("serials.txt", serials);
    let report = tokens(&home, 0, &["deactivate", "--list", &list, "--yes"]);
    assert_eq!(report["counts"]["done"], 2);
    let report = tokens(&home, 0, &["unassign", "--state", "assigned", "--yes"]);
    assert_eq!(report["counts"]["done"], 2);
    let report = tokens(&home, 0, &["delete", "--state", "available", "--yes"]);
    assert_eq!(report["counts"]["done"], 2);
    assert_eq!(sim.devices().len(), 4);
    let report = tokens(&home, 0, &["delete", "--holder", &all[5].user, "--yes"]);
    assert_eq!(report["counts"]["rows"], 1);
    assert_eq!(sim.devices().len(), 3);
}

#[test]
fn nothing_is_sent_where_a_serial_is_not_there() {
    let all = mixed(2);
    let (sim, home, _) = filled(&all);
    let before = sim.writes();
    for command in ["deactivate", "unassign", "delete"] {
        let args = [
            "tokens",
            command,
            &all[0].serial,
            "99",
            "--idp",
            "entra",
            "--yes",
        ];
        home.oathctl(&args).ends(2).says(&["no such token: 99"]);
        let all = ["tokens", command, "--idp", "entra", "--yes"];
        home.oathctl(&all).ends(2);
    }
    assert_eq!(sim.writes(), before);
}

#[test]
fn nothing_is_sent_that_nobody_confirms() {
    let all = mixed(1);
    let (sim, home, _) = filled(&all);
    let before = sim.writes();
    let args = ["tokens", "delete", &all[0].serial, "--idp", "entra"];
    home.oathctl(&args)
        .ends(2)
        .says(&["unassign", "delete", "--yes"]);
    assert_eq!(sim.writes(), before);
}

#[test]
fn a_lost_token_is_replaced() {
    for (extra, left) in [(&[][..], Some("available")), (&["--delete"], None)] {
        let mut all = mixed(2);
        let (sim, home, file) = {
            let sim = Sim::of(&all);
            let home = Home::at(&sim);
            let file = home.file("tokens.csv", csv(&all));
            let old = home.file("old.csv", csv(&all[..1]));
            let new = home.file("new.csv", csv(&all[1..]));
            home.json(0, &["provision", &old, "--to", "entra", "--yes"]);
            home.json(
                0,
                &[
                    "provision",
                    &new,
                    "--to",
                    "entra",
                    "--until",
                    "import",
                    "--yes",
                ],
            );
            (sim, home, file)
        };
        let whom = all[0].user.clone();
        let (old, new) = (all[0].serial.clone(), all[1].serial.clone());
        let code = shown(&home, &file, &all[1]);
        let args = ["replace", &old, &new, &code, "--user", &whom, "--yes"];
        let args = [&["tokens"], &args[..], extra, &["--idp", "entra"]].concat();
        home.oathctl(&args).ends(0);
        let status = device(&sim, &all[0]).map(|device| text(&device["status"]).to_owned());
        assert_eq!(status.as_deref(), left);
        all[1].user.clone_from(&whom);
        let new = device(&sim, &all[1]).unwrap();
        assert_eq!(new["assigned_to"], json!(whom));
        assert_eq!(new["status"], "activated");
    }
}

/// Whoever lost a token keeps the old one where the new one does not work.
#[test]
fn the_old_token_stays_where_the_new_one_does_not_work() {
    let all = mixed(3);
    let (sim, home, file) = filled(&all);
    tokens(&home, 0, &["unassign", &all[1].serial, "--yes"]);
    let wrong = shown(&home, &file, &all[2]);
    let (old, new) = (&all[0].serial, &all[1].serial);
    let args = [
        "tokens",
        "replace",
        old,
        new,
        &wrong,
        "--user",
        &all[0].user,
    ];
    let ran = home.oathctl(&[&args[..], &["--idp", "entra", "--yes"]].concat());
    ran.ends(3).says(&["stays with"]);
    assert_eq!(device(&sim, &all[0]).unwrap()["status"], "activated");

    // Nobody's token is taken by a slip of the pen.
    let code = shown(&home, &file, &all[1]);
    let args = ["tokens", "replace", old, new, &code, "--user", &all[2].user];
    let ran = home.oathctl(&[&args[..], &["--idp", "entra", "--yes"]].concat());
    ran.ends(2).says(&["does not hold the token"]);
}

#[test]
fn a_run_that_takes_back_is_resumed_without_a_file() {
    let all = mixed(3);
    let (sim, home, file) = filled(&all);
    sim.faults(refusing("devices.delete"));
    let args = [
        "tokens",
        "delete",
        "--state",
        "activated",
        "--idp",
        "entra",
        "--yes",
    ];
    let ran = home.oathctl(&args);
    assert_ne!(ran.code, Some(0));
    sim.faults(json!([]));
    let run = home.last_run();
    let report = home.json(0, &["runs", "resume", &run]);
    assert_eq!(report["counts"]["done"], 3);
    assert!(sim.devices().is_empty());
    // One that needs its seeds says so.
    sim.faults(refusing("devices.bulk-create"));
    home.oathctl(&["provision", &file, "--to", "entra", "--yes"]);
    let run = home.last_run();
    home.oathctl(&["runs", "resume", &run])
        .ends(2)
        .says(&["--seeds FILE"]);
}

/// "Try again in 15 minutes": the row waits, the report says until when, and nothing more is sent.
#[test]
fn what_was_deleted_a_moment_ago_waits() {
    let all = mixed(2);
    let (sim, home, file) = filled(&all);
    tokens(&home, 0, &["delete", &all[0].serial, "--yes"]);
    let args = [
        "provision",
        &file,
        "--to",
        "entra",
        "--yes",
        "--output",
        "json",
    ];
    let ran = home
        .oathctl(&args)
        .ends(5)
        .says(&["1 row is open, to be resumed after 20"]);
    let row = &ran.json()["rows"][0];
    assert_eq!(row["outcome"], "pending");
    assert_eq!(row["error"]["code"], "try-later");
    let left = row["not_before"].as_u64().unwrap() - unix();
    assert!((900..1000).contains(&left), "{left}");
    let before = sim.writes();
    let run = home.last_run();
    let report = home.json(5, &["runs", "resume", &run, "--seeds", &file]);
    assert_eq!(report["rows"][0]["outcome"], "pending");
    assert_eq!(sim.writes(), before);

    let report = |format: &[&str]| {
        let ran = home.oathctl(&[&["runs", "report", &run], format].concat());
        ran.ends(3).stdout
    };
    let text = report(&[]);
    let until = text.split_once("wait until ").expect("a time").1;
    let until = until.split_once(".\n").expect("its end").0;
    assert!(report(&["--format", "csv"]).contains(&format!(",{until}\n")));
    assert!(report(&["--format", "html"]).contains(&format!("Not before {until}")));
}

#[test]
fn people_are_found() {
    let sim = Sim::of_people("ann.o'hara@example.com\nbob@example.com", &[]);
    let home = Home::at(&sim);
    let find = |text: &str| home.json(0, &["users", "search", text, "--idp", "entra"]);
    let found = find("ann.o'h");
    assert_eq!(found["schema"], "oathkit.users/1");
    assert_eq!(
        each(&found["users"], "login"),
        [&json!("ann.o'hara@example.com")]
    );
    assert_eq!(find("zoe")["users"], json!([]));
    let table = home
        .oathctl(&["users", "search", "bob", "--idp", "entra"])
        .ends(0)
        .stdout;
    assert!(table.contains("bob@example.com"), "{table}");
}

/// Three imported tokens; the first two were uploaded as well, and a fourth one was only uploaded.
fn in_both_stores(all: &[Token]) -> (Sim, Home) {
    let uploaded = [
        format!("{}:{}", all[0].user, all[0].serial),
        format!("{}:{}", all[1].user, all[1].serial),
        format!("{}:12345", all[2].user),
    ];
    let set = format!("entra.legacy_tokens={}", uploaded.join(","));
    let sim = Sim::with(all, &["--set", &set]);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(all));
    home.json(0, &["provision", &file, "--to", "entra", "--yes"]);
    assert_eq!(sim.devices().len(), 6);
    (sim, home)
}

#[test]
fn what_is_in_both_stores_is_found() {
    let all = mixed(3);
    let (sim, home) = in_both_stores(&all);
    let held = tokens(&home, 0, &["list", "--holder", &all[0].user]);
    let mut uploaded = each(&held["tokens"], "uploaded");
    uploaded.sort_by_key(|value| value.as_bool());
    assert_eq!(uploaded, [&json!(false), &json!(true)]);
    let twice = tokens(&home, 0, &["duplicates"]);
    let serials = each(&twice["tokens"], "serial");
    assert_eq!(serials, [&json!(all[0].serial), &json!(all[1].serial)]);
    let uploaded = each(&twice["tokens"], "uploaded");
    assert_eq!(uploaded, [&json!(true), &json!(true)]);
    let of_one = tokens(&home, 0, &["duplicates", "--holder", &all[1].user]);
    assert_eq!(each(&of_one["tokens"], "serial"), [&json!(all[1].serial)]);

    // Which one is meant, the serial number alone does not say.
    let args = ["tokens", "delete", "--holder", &all[0].user, "--idp"];
    let ran = home.oathctl(&[&args[..], &["entra", "--yes"]].concat());
    ran.ends(2).says(&["is there twice", "duplicates"]);
    assert_eq!(sim.devices().len(), 6);
}

/// Somebody who holds uploaded tokens alone is found where everybody is asked about.
#[test]
fn uploaded_tokens_of_whoever_holds_no_other_are_found() {
    let all = mixed(2);
    let uploaded = format!("{}:{}", all[0].user, all[0].serial);
    let set = format!("entra.legacy_tokens={uploaded}");
    let sim = Sim::with(&all, &["--set", &set]);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&all));
    home.json(
        0,
        &[
            "provision",
            &file,
            "--to",
            "entra",
            "--until",
            "import",
            "--yes",
        ],
    );
    let quick = tokens(&home, 0, &["duplicates"]);
    assert_eq!(quick["tokens"], json!([]));
    let whole = tokens(&home, 0, &["duplicates", "--everybody"]);
    assert_eq!(each(&whole["tokens"], "serial"), [&json!(all[0].serial)]);
    // Its holder needs it: the imported one is nobody's.
    let args = ["tokens", "duplicates", "--everybody", "--delete-uploaded"];
    let ran = home.oathctl(&[&args[..], &["--idp", "entra", "--yes"]].concat());
    ran.ends(3).says(&[&all[0].serial, "stays"]);
    assert_eq!(devices_of(&sim, &all[0], true).len(), 1);
}

/// Whoever cannot sign in with the imported one keeps the uploaded one.
#[test]
fn only_uploaded_tokens_that_nobody_needs_are_cleaned_up() {
    let all = mixed(3);
    let (sim, home) = in_both_stores(&all);
    tokens(&home, 0, &["deactivate", &all[1].serial, "--yes"]);
    assert_eq!(devices_of(&sim, &all[1], false)[0]["status"], "assigned");
    let args = ["tokens", "duplicates", "--delete-uploaded", "--idp"];
    let ran = home.oathctl(&[&args[..], &["entra", "--yes"]].concat());
    ran.ends(3).says(&[&all[1].serial, "stays"]);
    assert!(devices_of(&sim, &all[0], true).is_empty());
    assert_eq!(devices_of(&sim, &all[0], false)[0]["status"], "activated");
    assert_eq!(devices_of(&sim, &all[1], true)[0]["status"], "activated");
    assert_eq!(sim.devices().len(), 5);
}

/// With the seed at hand a typed code tells the device's drift, and a code of another device is found
/// out before anything is sent.
#[test]
fn a_typed_code_is_compared_with_the_seed() {
    let all = mixed(2);
    let (sim, home, file) = stocked(&all);
    let (one, user) = (&all[0], &all[0].user);
    let activate = |code: &str, exit: i32| {
        let args = ["tokens", "activate", &one.serial, code, "--seeds", &file];
        let args = [&args[..], &["--user", user, "--idp", "entra", "--yes"]].concat();
        home.oathctl(&args).ends(exit)
    };
    let before = sim.writes();
    let other = shown(&home, &file, &all[1]);
    activate(&other, 2).says(&["not a code of the token's seed", "find whose code it is"]);
    assert_eq!(sim.writes(), before);

    // The device is seven steps ahead.
    let ahead = |steps: u64| {
        let at = (unix() + steps * u64::from(one.period)).to_string();
        let args = [
            "code",
            "--file",
            &file,
            "--serial",
            &one.serial,
            "--at",
            &at,
        ];
        home.oathctl(&args).ends(0).stdout.trim().to_owned()
    };
    activate(&ahead(7), 0);
    let drift = device(&sim, one).unwrap()["drift"].as_i64().unwrap();
    assert!((6..=8).contains(&drift), "{drift}");
    let at = unix() + u64::from(one.period);
    let attempt = json!({"idp": "entra", "user": user, "serial": one.serial,
                         "code": ahead(8), "at": at});
    let answer = sim.post("/sign-in", &attempt);
    assert_eq!(answer["accepted"], true, "{answer}");
}

/// Whoever has left is disabled, and gives tokens back all the same.
#[test]
fn a_disabled_user_is_looked_up_and_given_nothing() {
    let all = mixed(2);
    let (sim, home, _) = filled(&all);
    sim.post(
        "/interfere",
        &json!({"act": "disable-user", "user": all[0].user}),
    );
    let list = tokens(&home, 0, &["list", "--holder", &all[0].user]);
    assert_eq!(each(&list["tokens"], "serial"), [&json!(all[0].serial)]);
    let report = tokens(&home, 0, &["unassign", "--holder", &all[0].user, "--yes"]);
    assert_eq!(report["counts"]["done"], 1);
    let report = tokens(&home, 3, &["assign", &all[0].serial, &all[0].user, "--yes"]);
    assert_eq!(report["rows"][0]["error"]["code"], "user-disabled");
}

/// A seed that is pasted in place of a code is not shown again.
#[test]
fn what_is_typed_in_place_of_a_code_is_not_repeated() {
    let all = mixed(1);
    let (_sim, home, _) = filled(&all);
    let seed = all[0].base32();
    let (serial, user) = (&all[0].serial, &all[0].user);
    for args in [
        ["tokens", "activate", serial, &seed].to_vec(),
        ["tokens", "replace", serial, "9", &seed, "--user", user].to_vec(),
    ] {
        let ran = home.oathctl(&[&args[..], &["--idp", "entra", "--yes"]].concat());
        let ran = ran.ends(2);
        assert!(!ran.stderr.contains(&seed) && !ran.stdout.contains(&seed));
    }
}

/// The token that is lost has to be somebody's: a mistyped serial number deletes no spare.
#[test]
fn what_nobody_holds_is_not_replaced() {
    let all = mixed(3);
    let (sim, home, file) = filled(&all);
    tokens(
        &home,
        0,
        &["unassign", &all[0].serial, &all[1].serial, "--yes"],
    );
    let before = sim.writes();
    let (old, new, user) = (&all[0].serial, &all[1].serial, &all[2].user);
    let code = shown(&home, &file, &all[1]);
    let args = [
        "tokens", "replace", old, new, &code, "--user", user, "--delete",
    ];
    let ran = home.oathctl(&[&args[..], &["--idp", "entra", "--yes"]].concat());
    ran.ends(2).says(&["does not hold the token"]);
    assert_eq!(sim.writes(), before);
}

/// Where the old token has to go first, a code that nobody can check beforehand is not enough.
#[test]
fn a_full_holder_loses_nothing_for_a_bare_code() {
    let mut all = mixed(6);
    let user = all[0].user.clone();
    for token in all.iter_mut().take(5) {
        token.user.clone_from(&user);
    }
    let (sim, home, _) = filled(&all[..5]);
    let spare = home.file("spare.csv", csv(&all[5..]));
    let import = [
        "provision",
        &spare,
        "--to",
        "entra",
        "--until",
        "import",
        "--yes",
    ];
    home.json(0, &import);
    let before = sim.writes();
    let (old, new) = (&all[0].serial, &all[5].serial);
    let code = shown(&home, &spare, &all[5]);
    let replace = |proof: &[&str]| {
        let args = [&["tokens", "replace", old, new][..], proof].concat();
        home.oathctl(&[&args[..], &["--user", &user, "--idp", "entra", "--yes"]].concat())
    };
    replace(&[&code])
        .ends(2)
        .says(&["cannot be checked", "--seeds"]);
    assert_eq!(sim.writes(), before);
    replace(&["--seeds", &spare]).ends(0).says(&["In between"]);
    assert_eq!(device(&sim, &all[0]).unwrap()["status"], "available");
    all[5].user.clone_from(&user);
    assert_eq!(device(&sim, &all[5]).unwrap()["status"], "activated");
}

/// Tokens whose seeds are at the provider already are given out by a list.
#[test]
fn many_tokens_are_given_by_list() {
    let all = mixed(4);
    let sim = Sim::of(&all);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&all));
    let import = [
        "provision",
        &file,
        "--to",
        "entra",
        "--until",
        "import",
        "--yes",
    ];
    home.json(0, &import);
    let line = |token: &Token| format!("{}, {}\r\n", token.serial, token.user);
    let lines: String = all.iter().map(line).collect();
    let list = home.file("list", format!("serial,user\n# the first floor\n\n{lines}"));
    let report = tokens(&home, 0, &["assign", "--list", &list, "--yes"]);
    assert_eq!(report["counts"]["done"], 4);
    for token in &all {
        let device = device(&sim, token).unwrap();
        assert_eq!(device["assigned_to"], json!(token.user));
    }
    let before = sim.writes();
    for (text, says) in [
        (
            format!("{}99,ann@example.com\n", all[0].serial),
            "no such token",
        ),
        (format!("{0}{0}", line(&all[0])), "twice"),
        ("60234501\n".to_owned(), "line 1"),
        ("60234501, \n".to_owned(), "no user"),
        (String::new(), "names no token"),
    ] {
        let list = home.file("list", text);
        let args = [
            "tokens", "assign", "--list", &list, "--idp", "entra", "--yes",
        ];
        home.oathctl(&args).ends(2).says(&[says]);
    }
    home.oathctl(&["tokens", "assign", "--idp", "entra"])
        .ends(2);
    home.oathctl(&["tokens", "assign", "1", "--idp", "entra"])
        .ends(2);
    assert_eq!(sim.writes(), before);
}
