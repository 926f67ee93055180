//! A run that ends early, by whatever force, goes on and does nothing twice.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Home, Sim, Token, all_rows, csv, each, mixed, plain, text, wait_until};

/// Answers that are held back until long after the test, so that the program is caught waiting.
const HELD_MS: u64 = 600_000;

/// After `skip` requests on a route, the work of each is done at once and its answer is held back.
fn held(route: &str, skip: u64) -> Value {
    json!([{"route": route, "skip": skip, "fault": {"kind": "delay-after", "ms": HELD_MS}}])
}

/// The route that makes a token usable.
fn last_route(idp: &str) -> &'static str {
    match idp {
        "entra" => "methods.activate",
        _ => "factors.enroll",
    }
}

/// A run under way whose calls hang: done at the service, unknown here.
struct Hanging {
    sim: Sim,
    home: Home,
    file: String,
    tokens: Vec<Token>,
    running: crate::support::Running,
}

impl Hanging {
    /// `passed` requests on `route` come back; `flying` ones after them are waited for.
    fn at(idp: &str, tokens: Vec<Token>, route: &str, (passed, flying): (u64, u64)) -> Self {
        let sim = Sim::of(&tokens);
        let home = Home::at(&sim);
        let file = home.file("tokens.csv", csv(&tokens));
        sim.faults(held(route, passed));
        let running = home.begin(&["provision", &file, "--to", idp, "--yes"]);
        wait_until("calls under way", || sim.calls(route) == passed + flying);
        Self {
            sim,
            home,
            file,
            tokens,
            running,
        }
    }
}

/// Kills a run, lets `go_on` finish its work, and looks at what is there.
fn killed(idp: &str, route: &str, calls: (u64, u64), go_on: fn(&Home, &str, &str) -> Value) {
    let hanging = Hanging::at(idp, mixed(24), route, calls);
    let Hanging {
        sim,
        home,
        file,
        tokens,
        running,
    } = hanging;
    running.kill();
    sim.faults(json!([]));
    let report = go_on(&home, idp, &file);
    assert_eq!(report["counts"]["rows"], tokens.len());
    assert_eq!(report["counts"]["pending"], 0, "{report}");
    let states = each(&report["rows"], "state");
    assert!(states.iter().all(|state| *state == "activated"), "{report}");
    sim.has_all(idp, &tokens);
    sim.signs_all_in(idp, &home, &file, &tokens);
    // It is over: there is nothing left to do.
    let written = sim.writes();
    let report = home.json(0, &["provision", &file, "--to", idp, "--yes"]);
    all_rows(&report, "unchanged", &tokens);
    assert_eq!(sim.writes(), written);
}

fn resume(home: &Home, _: &str, file: &str) -> Value {
    let run = home.last_run();
    let report = home.json(0, &["runs", "resume", &run, "--seeds", file]);
    assert_eq!(report["run"], run);
    let again = home.json(0, &["runs", "report", &run]);
    assert_eq!(again["rows"], report["rows"]);
    report
}

fn begin_anew_without_a_ledger(home: &Home, idp: &str, file: &str) -> Value {
    home.forget();
    home.json(0, &["provision", file, "--to", idp, "--yes"])
}

#[test]
fn killed_while_entra_creates_and_resumed() {
    killed("entra", "devices.bulk-create", (0, 1), resume);
}

#[test]
fn killed_while_entra_activates_and_resumed() {
    killed("entra", "methods.activate", (5, 19), resume);
}

#[test]
fn killed_while_okta_enrols_and_resumed() {
    killed("okta", "factors.enroll", (5, 15), resume);
}

#[test]
fn killed_while_entra_creates_and_begun_anew() {
    killed(
        "entra",
        "devices.bulk-create",
        (0, 1),
        begin_anew_without_a_ledger,
    );
}

#[test]
fn killed_while_entra_activates_and_begun_anew() {
    killed(
        "entra",
        "methods.activate",
        (5, 19),
        begin_anew_without_a_ledger,
    );
}

#[test]
fn killed_while_okta_enrols_and_begun_anew() {
    killed(
        "okta",
        "factors.enroll",
        (5, 15),
        begin_anew_without_a_ledger,
    );
}

/// Calls that were begun and never arrived.
fn never_arrived(idp: &str) {
    let tokens = plain(6);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let route = last_route(idp);
    let fault = json!({"kind": "delay", "ms": HELD_MS});
    sim.faults(json!([{"route": route, "skip": 2, "fault": fault}]));
    let running = home.begin(&["provision", &file, "--to", idp, "--yes"]);
    wait_until("some calls", || sim.calls(route) == 2);
    // The others are not counted before they are carried out.
    thread::sleep(Duration::from_millis(500));
    running.kill();
    sim.faults(json!([]));
    all_rows(&resume(&home, idp, &file), "done", &tokens);
    sim.has_all(idp, &tokens);
    sim.signs_all_in(idp, &home, &file, &tokens);
}

/// Some calls were not begun, some were on their way, some were done.
fn killed_after(idp: &str, calls: u64) {
    let tokens = plain(40);
    let sim = Sim::with(&tokens, &["--latency-ms", "100"]);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let running = home.begin(&["provision", &file, "--to", idp, "--yes"]);
    wait_until("some calls", || sim.calls(last_route(idp)) >= calls);
    running.kill();
    let report = resume(&home, idp, &file);
    assert_eq!(report["counts"]["done"], 40, "{report}");
    sim.has_all(idp, &tokens);
    sim.signs_all_in(idp, &home, &file, &tokens);
}

/// A code that was on its way to Entra is not sent twice: resuming waits for the tokens' next codes,
/// which is why these run side by side.
#[test]
fn a_run_killed_at_any_moment_is_finished_by_resuming() {
    thread::scope(|scope| {
        for idp in ["entra", "okta"] {
            scope.spawn(move || never_arrived(idp));
            scope.spawn(move || killed_after(idp, 3));
            scope.spawn(move || killed_after(idp, 20));
        }
    });
}

fn interrupted(signal: &str, exit: i32) {
    for idp in ["entra", "okta"] {
        let tokens = plain(40);
        let sim = Sim::with(&tokens, &["--latency-ms", "100"]);
        let home = Home::at(&sim);
        let file = home.file("tokens.csv", csv(&tokens));
        let args = ["provision", &file, "--to", idp, "--yes", "--output", "json"];
        let running = home.begin(&args);
        wait_until("some calls", || sim.calls(last_route(idp)) >= 4);
        running.signal(signal);
        let ran = running.end().ends(exit);
        let report = ran.json();
        let pending = report["counts"]["pending"].as_u64().unwrap();
        assert!(pending > 0, "{report}");
        let run = text(&report["run"]).to_owned();
        let advice = format!("{pending} rows are open: oathctl runs resume {run} --seeds");
        let ran = ran.says(&[&advice, "Finishing the calls in flight"]);
        assert!(!ran.stderr.contains("panicked"));
        // What is reported as done is done; calls in flight were finished.
        let usable = match idp {
            "entra" => sim
                .devices()
                .iter()
                .filter(|d| d["status"] == "activated")
                .count(),
            _ => sim.factors().len(),
        };
        assert!(usable >= 4);
        assert!(report["counts"]["done"].as_u64().unwrap() <= usable as u64);
        let report = resume(&home, idp, &file);
        all_rows(&report, "done", &tokens);
        sim.has_all(idp, &tokens);
    }
}

#[test]
fn ctrl_c_stops_and_the_run_is_resumed() {
    interrupted("INT", 130);
}

#[test]
fn sigterm_stops_and_the_run_is_resumed() {
    interrupted("TERM", 143);
}

#[test]
fn a_second_ctrl_c_leaves_at_once() {
    let hanging = Hanging::at("okta", mixed(4), "factors.enroll", (1, 3));
    let Hanging {
        sim,
        home,
        file,
        tokens,
        running,
    } = hanging;
    running.signal("INT");
    // The first is seen before the second is sent.
    thread::sleep(Duration::from_millis(500));
    running.signal("INT");
    running.end().ends(130);
    sim.faults(json!([]));
    all_rows(&resume(&home, "okta", &file), "done", &tokens);
    sim.has_all("okta", &tokens);
}

#[test]
fn ctrl_c_while_reading_ends_before_anything_is_sent() {
    let tokens = mixed(2);
    let sim = Sim::of(&tokens);
    sim.faults(held("users.list", 0));
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let running = home.begin(&["provision", &file, "--to", "entra", "--yes"]);
    wait_until("the look-up of users", || sim.calls("users.list") > 0);
    running.signal("INT");
    let ran = running.end().ends(130).says(&["nothing was sent"]);
    assert!(!ran.stderr.contains("resume"), "{}", ran.stderr);
    sim.is_untouched();
}

#[test]
fn the_hint_leads_to_the_same_run() {
    let tokens = mixed(2);
    let sim = Sim::with(&tokens, &["--set", "okta.token_right=read"]);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let config = home.file("config.toml", "[profiles.lab.okta]\n");
    let args = [
        "provision",
        &file,
        "--to",
        "okta",
        "--yes",
        "--state-dir",
        "ann's runs",
        "--config",
        &config,
        "--profile",
        "lab",
    ];
    let ran = home.oathctl(&args).ends(4);
    let hint = ran.stderr.lines().find(|line| line.contains("resume"));
    let (_, command) = hint.unwrap().split_once(": oathctl ").unwrap();
    let options =
        format!("--seeds FILE --state-dir 'ann'\\''s runs' --config {config} --profile lab");
    assert!(command.ends_with(&options), "{command}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_finds_no_room_names_its_run() {
    let tokens = mixed(2);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let full = std::fs::File::create("/dev/full").unwrap();
    let args = ["provision", &file, "--to", "entra", "--yes"];
    let ran = home.begin_into(&args, full).end().ends(1);
    let run = home.last_run();
    let advice = format!("oathctl runs report {run}");
    ran.says(&["standard output", &advice]);
    home.json(0, &["runs", "report", &run]);
}

#[test]
fn one_state_directory_has_one_run_at_a_time() {
    let hanging = Hanging::at("entra", mixed(4), "methods.activate", (1, 3));
    let (home, sim) = (&hanging.home, &hanging.sim);
    let other = home.file("other.csv", csv(&[Token::plain(99)]));
    let written = sim.writes();
    home.oathctl(&["provision", &other, "--to", "entra", "--yes"])
        .ends(5)
        .says(&["another run is going on", "process ", "--state-dir"]);
    let run = home.last_run();
    home.oathctl(&["runs", "resume", &run, "--seeds", &hanging.file])
        .ends(5)
        .says(&["another run is going on"]);
    assert_eq!(sim.writes(), written);
    // Looking is allowed.
    let report = home.json(3, &["runs", "report", &run]);
    assert_eq!(report["counts"]["rows"], 4);
    sim.faults(json!([]));
    let Hanging {
        sim,
        home,
        file,
        tokens,
        running,
    } = hanging;
    running.kill();
    resume(&home, "entra", &file);
    let whole = sim.devices().len();
    assert_eq!(whole, tokens.len());
}

#[test]
fn a_run_goes_on_with_its_own_file_and_tenant_only() {
    let hanging = Hanging::at("entra", mixed(4), "methods.activate", (2, 2));
    let Hanging {
        sim,
        home,
        file,
        tokens,
        running,
    } = hanging;
    running.kill();
    sim.faults(json!([]));
    let run = home.last_run();
    let written = sim.writes();

    let other = home.file("other.csv", csv(&mixed(3)));
    home.oathctl(&["runs", "resume", &run, "--seeds", &other])
        .ends(2)
        .says(&["is not the file that run", &run, "give the same file"]);
    home.oathctl(&["runs", "resume", "0000", "--seeds", &file])
        .ends(2)
        .says(&["there is no run 0000", "oathctl runs list"]);

    let elsewhere = Sim::with(&tokens, &["--seed", "2"]);
    let settings = &elsewhere.ready["entra"];
    let home = home
        .with("AZURE_TENANT_ID", text(&settings["tenant_id"]))
        .with("AZURE_CLIENT_ID", text(&settings["client_id"]))
        .with("AZURE_CLIENT_SECRET", text(&settings["client_secret"]))
        .with("AZURE_AUTHORITY_HOST", text(&settings["login_url"]))
        .with("OATHKIT_GRAPH_URL", text(&settings["graph_url"]));
    let tenants = [&elsewhere, &sim].map(|sim| text(&sim.ready["entra"]["tenant_id"]).to_owned());
    home.oathctl(&["runs", "resume", &run, "--seeds", &file])
        .ends(4)
        .says(&["this sign-in is for", &tenants[0], &tenants[1]]);
    assert_eq!(sim.writes(), written);
    elsewhere.is_untouched();
}

#[test]
fn a_finished_run_is_resumed_without_a_call_that_writes() {
    let tokens = mixed(4);
    for idp in ["entra", "okta"] {
        let sim = Sim::of(&tokens);
        let home = Home::at(&sim);
        let file = home.file("tokens.csv", csv(&tokens));
        let report = home.json(0, &["provision", &file, "--to", idp, "--yes"]);
        let written = sim.writes();
        let again = resume(&home, idp, &file);
        assert_eq!(again["rows"], report["rows"]);
        assert_eq!(sim.writes(), written);
    }
}
