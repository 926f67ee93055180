//! What a run leaves in the audit, and whoever tampers with it.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Home, Sim, csv, mixed, text, wait_until};

/// A home with one run of three tokens.
fn home_with_a_run() -> (Home, Sim, String) {
    let tokens = mixed(3);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let ran = home
        .oathctl(&["provision", &file, "--to", "entra", "--yes"])
        .ends(0);
    let head = ran.stderr.lines().last().unwrap();
    let head = head
        .strip_prefix("audit head ")
        .unwrap_or_else(|| panic!("{}", ran.stderr));
    (home, sim, head.to_owned())
}

/// The file that another program wrote its records to.
fn lines(home: &Home, options: &[&str]) -> Vec<Value> {
    let args = [&["audit", "export"], options].concat();
    let ran = home.oathctl(&args).ends(0);
    let lines = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

#[test]
fn a_run_is_on_record_with_who_what_and_for_whom() {
    let (home, _sim, head) = home_with_a_run();
    let records = lines(&home, &[]);
    let (first, last) = (&records[0], &records[records.len() - 1]);
    assert_eq!(first["schema"], "oathkit.audit/1");
    assert_eq!(first["entry"]["event"], "run-begun");
    let actor = &first["entry"]["actor"];
    assert!(!text(&actor["user"]).is_empty() && !text(&actor["host"]).is_empty());
    let program = format!("oathctl {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(actor["program"], program);
    let run = home.last_run();
    assert!(records.iter().all(|record| record["run"] == run));
    assert_eq!(head, format!("{}:{}", last["seq"], text(&last["hash"])));
    let of = |event: &str| {
        records
            .iter()
            .filter(|r| r["entry"]["event"] == event)
            .count()
    };
    assert_eq!((of("row-ended"), of("run-paused")), (3, 1));
    assert_eq!(of("intent"), of("outcome"));

    let events = lines(&home, &["--format", "ecs", "--run", &run[..10]]);
    assert_eq!(events.len(), records.len());
    let activation = |event: &&Value| event["oathkit"]["step"] == json!(["activate"]);
    let activation = events.iter().find(activation).unwrap();
    assert!(text(&activation["user"]["target"]["name"]).ends_with("@example.com"));
    assert_eq!(activation["user"]["name"], actor["user"]);
    let from = last["seq"].to_string();
    let cef = home
        .oathctl(&["audit", "export", "--format", "cef", "--from", &from])
        .ends(0);
    let begins = format!(
        "CEF:0|Oathkit|oathctl|{}|run-paused|",
        env!("CARGO_PKG_VERSION")
    );
    assert!(cef.stdout.starts_with(&begins), "{}", cef.stdout);
    assert_eq!(cef.stdout.lines().count(), 1);
    home.oathctl(&["audit", "export", "--run", "zzz"])
        .ends(2)
        .says(&["there is no run zzz"]);
}

#[test]
fn an_export_goes_to_a_new_file_for_its_owner_alone() {
    let (home, _sim, _) = home_with_a_run();
    let out = home.path("audit.jsonl");
    let args = ["audit", "export", "--out", out.to_str().unwrap()];
    assert_eq!(home.oathctl(&args).ends(0).stdout, "");
    let written = fs::read_to_string(&out).unwrap();
    assert_eq!(written, home.oathctl(&["audit", "export"]).ends(0).stdout);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(&out).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    home.oathctl(&args)
        .ends(2)
        .says(&["audit.jsonl cannot be written"]);
}

#[test]
fn a_whole_audit_is_said_to_be_whole() {
    let home = Home::new();
    let ran = home.oathctl(&["audit", "verify"]).ends(0);
    assert_eq!(ran.stdout, "There are no records.\n");
    let (home, _sim, head) = home_with_a_run();
    let found = home.json(0, &["audit", "verify", "--anchor", &head]);
    assert_eq!(found["schema"], "oathkit.audit-verification/1");
    assert_eq!(found["whole"], true);
    assert_eq!(found["anchored"], found["records"]);
    assert_eq!(found["findings"], json!([]));
    let ran = home.oathctl(&["audit", "verify"]).ends(0);
    assert!(
        ran.stdout.contains(&format!("head {head}.")),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("confirms it up to its last record"),
        "{}",
        ran.stdout
    );
    home.oathctl(&["audit", "verify", "--anchor", "12:34"])
        .ends(2)
        .says(&["SEQ:HASH"]);
}

#[test]
fn an_older_state_in_place_of_the_present_one_is_found() {
    let (home, _sim, head) = home_with_a_run();
    let state = home.path("state");
    let older = fs::read(state.join("ledger.sqlite")).unwrap();
    let older_head = fs::read(state.join("audit-head.json")).unwrap();
    let file = home.file("again.csv", csv(&mixed(3)));
    let again = ["provision", &file, "--to", "entra", "--yes"];
    let ran = home.oathctl(&again).ends(0);
    let newer = ran
        .stderr
        .lines()
        .last()
        .unwrap()
        .strip_prefix("audit head ")
        .unwrap();
    fs::write(state.join("ledger.sqlite"), older).unwrap();

    let ran = home.oathctl(&["audit", "verify"]).ends(3);
    assert!(
        ran.stdout.contains("audit-head.json names record"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("The audit is NOT whole"),
        "{}",
        ran.stdout
    );
    // Nothing is sent on top of it.
    let ran = home
        .oathctl(&again)
        .ends(1)
        .says(&["audit-head.json", "oathctl audit verify"]);
    assert!(ran.stdout.is_empty());
    assert_eq!(home.json(3, &["audit", "verify"])["whole"], false);

    // With the anchor set back, too, only one that was kept elsewhere knows.
    fs::write(state.join("audit-head.json"), older_head).unwrap();
    home.oathctl(&["audit", "verify", "--anchor", &head])
        .ends(0);
    let ran = home
        .oathctl(&["audit", "verify", "--anchor", newer])
        .ends(3);
    assert!(
        ran.stdout.contains("the given anchor names record"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_run_that_was_killed_and_resumed_has_a_whole_audit() {
    let tokens = mixed(6);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let held = json!({"kind": "delay-after", "ms": 600_000});
    sim.faults(json!([{"route": "methods.activate", "fault": held}]));
    let running = home.begin(&["provision", &file, "--to", "entra", "--yes"]);
    wait_until("an activation", || sim.calls("methods.activate") > 0);
    running.kill();
    let found = home.json(0, &["audit", "verify"]);
    assert_eq!(found["anchored"], 1);
    assert!(found["after_anchor"].as_u64().unwrap() > 0, "{found}");

    sim.faults(json!([]));
    let run = home.last_run();
    home.oathctl(&["runs", "resume", &run, "--seeds", &file])
        .ends(0);
    let found = home.json(0, &["audit", "verify"]);
    assert_eq!(found["after_anchor"], 0);
    let records = lines(&home, &["--run", &run]);
    let resumed = records
        .iter()
        .filter(|r| r["entry"]["event"] == "run-resumed");
    assert_eq!(resumed.count(), 1);
}
