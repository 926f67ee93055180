//! What is left to look at after a run, and the simulator's own line.

use serde_json::{Value, json};

use crate::support::{Home, Sim, csv, each, mixed, text};

/// A run with a row that is done and one whose user name a spreadsheet would compute.
fn home_with_a_run() -> (Home, Sim, String) {
    let mut tokens = mixed(2);
    tokens[1].user = "=1+1,'&@example.com".to_owned();
    let sim = Sim::of(&tokens[..1]);
    let home = Home::at(&sim);
    let (first, second) = (tokens[0].line(), tokens[1].line());
    let second = second.replacen(&tokens[1].user, &format!("\"{}\"", tokens[1].user), 1);
    let file = home.file("tokens.csv", csv(&[]) + &first + &second);
    let report = home.json(3, &["provision", &file, "--to", "entra", "--yes"]);
    let run = text(&report["run"]).to_owned();
    (home, sim, run)
}

#[test]
fn runs_are_listed_newest_first() {
    let home = Home::new();
    let none = home.json(0, &["runs", "list"]);
    assert_eq!(none, json!({"schema": "oathkit.runs/1", "runs": []}));
    let ran = home.oathctl(&["runs", "list"]).ends(0);
    assert_eq!(ran.stdout, "There are no runs.\n");

    let tokens = mixed(3);
    let file = home.file("tokens.csv", csv(&tokens));
    let begin = |idp: &str| {
        let args = ["provision", &file, "--to", idp, "--sandbox", "--yes"];
        text(&home.json(0, &args)["run"]).to_owned()
    };
    let (first, second) = (begin("entra"), begin("okta"));
    // Rehearsals do not stand among the runs that went to a real service.
    assert_eq!(home.json(0, &["runs", "list"]), none);
    let list = home.json(0, &["runs", "list", "--sandbox"]);
    assert_eq!(each(&list["runs"], "run"), [&json!(second), &json!(first)]);
    let newest = &list["runs"][0];
    assert_eq!(newest["tenant"]["idp"], "okta");
    let numbers = [
        &newest["rows"],
        &newest["pending"],
        &newest["not_as_wanted"],
    ];
    assert_eq!(numbers, [3, 0, 0]);
    assert!(newest["begun_at"].is_i64());
    let ran = home.oathctl(&["runs", "list", "--sandbox"]).ends(0);
    assert!(ran.stdout.contains(&first) && ran.stdout.contains(&second));
}

#[test]
fn a_run_is_shown_by_the_beginning_of_its_name() {
    let (home, _sim, run) = home_with_a_run();
    let shown = home.json(0, &["runs", "show", &run[..12]]);
    assert_eq!(shown["schema"], "oathkit.run/1");
    assert_eq!(shown["run"], run);
    assert_eq!(shown["plan"]["schema"], "oathkit.plan/1");
    assert_eq!(
        each(&shown["plan"]["rows"], "decision")[1]["do"],
        "rejected"
    );
    let report = home.json(3, &["runs", "report", &run]);
    assert_eq!(shown["report"], report);
    let ran = home.oathctl(&["runs", "show", &run]).ends(0);
    assert!(
        ran.stdout.contains("import + assign, then activate"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("1 of 2 rows are activated"),
        "{}",
        ran.stdout
    );

    for command in ["show", "report"] {
        home.oathctl(&["runs", command, "zzz"])
            .ends(2)
            .says(&["there is no run zzz"]);
    }
}

#[test]
fn a_report_comes_in_three_formats() {
    let (home, _sim, run) = home_with_a_run();
    let report = |options: &[&str]| home.oathctl(&[&["runs", "report", &run], options].concat());

    let by_format = report(&["--format", "json"]).ends(3).json();
    assert_eq!(by_format["schema"], "oathkit.report/1");
    assert_eq!(by_format["rows"][1]["user"], "=1+1,'&@example.com");
    assert_eq!(by_format, report(&["--output", "json"]).ends(3).json());

    let table = report(&["--format", "csv"]).ends(3).stdout;
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(
        lines[0],
        "row,serial,user,outcome,state,activated_by,error,message,next,not_before"
    );
    assert_eq!(
        lines[1],
        "2,70200000,user000@example.com,done,activated,operator,,,,"
    );
    let second = "3,70200001,\"'=1+1,'&@example.com\",rejected,,,user-unknown,";
    assert!(lines[2].starts_with(second), "{}", lines[2]);
    assert_eq!(lines.len(), 3);

    let page = report(&["--format", "html"]).ends(3).stdout;
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    assert!(page.contains("=1+1,'&amp;@example.com"), "{page}");
    let tenant = text(&home.json(0, &["runs", "show", &run])["plan"]["tenant"]["id"]).to_owned();
    for part in [
        &*format!("To entra {tenant}, wanted: activated."),
        "<b>1 of 2</b> rows are activated",
        "<b>1</b> rejected",
        "Why, and what to do",
        r#"data-label="User">=1+1"#,
        r#"tabindex="0""#,
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(
        !page.contains("<script") && !page.contains("http"),
        "{page}"
    );

    let text = report(&[]).ends(3).stdout;
    assert!(text.contains("1 of 2 rows are activated: 1 done, 1 rejected."));
}

#[test]
fn the_simulator_says_where_it_is() {
    let sim = Sim::of(&mixed(1));
    assert_eq!(sim.ready["schema"], "oathkit.sim/1");
    assert!(
        sim.line
            .starts_with(r#"{"schema":"oathkit.sim/1","entra":{"#)
    );
    let names = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(&sim.ready),
        ["control_url", "entra", "okta", "schema"]
    );
    let entra = [
        "client_id",
        "client_secret",
        "graph_url",
        "identity_header",
        "login_url",
        "tenant_id",
    ];
    assert_eq!(names(&sim.ready["entra"]), entra);
    assert_eq!(
        names(&sim.ready["okta"]),
        ["client_id", "org_url", "private_key", "profiles", "token"]
    );
    let urls = [
        &sim.ready["control_url"],
        &sim.ready["entra"]["graph_url"],
        &sim.ready["okta"]["org_url"],
    ];
    for url in urls {
        assert!(text(url).starts_with("http://127.0.0.1:"), "{url}");
    }
    assert_eq!(sim.get("/calls")["total"], 0);
}

#[test]
fn the_simulator_refuses_what_it_does_not_know() {
    let home = Home::new();
    home.oathctl(&["sim", "--set", "entra.no_such=1"])
        .ends(2)
        .says(&["no_such"]);
    home.oathctl(&["sim", "--set", "novalue"])
        .ends(2)
        .says(&["not SWITCH=VALUE"]);
    home.oathctl(&["sim", "--users", "missing"])
        .ends(2)
        .says(&["missing cannot be read"]);
    let faults = home.file("faults.json", r#"{"rules":[{"nht":1}]}"#);
    home.oathctl(&["sim", "--faults", &faults])
        .ends(2)
        .says(&["faults.json"]);
    home.oathctl(&["sim", "--entra", "0.0.0.0:0"])
        .ends(2)
        .says(&["not a loopback address"]);
}

#[test]
fn the_simulator_begins_with_the_faults_it_is_given() {
    let tokens = mixed(1);
    let rules = json!({"rules": [{"route": "token", "fault": {"kind": "status", "status": 503}}]});
    let files = Home::new();
    let faults = files.file("faults.json", rules.to_string());
    let sim = Sim::with(&tokens, &["--faults", &faults]);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    home.oathctl(&["provision", &file, "--to", "entra", "--yes"])
        .ends(4)
        .says(&["503"]);
    sim.is_untouched();
}
