//! Whether a sign-in can do its job, and how an application is registered.

use serde_json::{Value, json};

use crate::support::{Home, Sim, csv, plain, text};

/// The findings: check and health.
fn examined(exit: i32, options: &[&str], home: impl Fn(&Sim) -> Home) -> Value {
    let tokens = plain(2);
    let sim = Sim::with(&tokens, options);
    let report = home(&sim).json(exit, &["doctor", "--idp", "entra"]);
    assert_eq!(report["schema"], "oathkit.doctor/1");
    assert_eq!(sim.writes(), 0, "it only reads");
    report
}

fn find<'r>(report: &'r Value, check: &str, words: &str) -> &'r Value {
    let findings = report["findings"].as_array().unwrap();
    let mut fits = findings
        .iter()
        .filter(|finding| finding["check"] == check && text(&finding["message"]).contains(words));
    fits.next()
        .unwrap_or_else(|| panic!("no {check} with {words:?}: {report}"))
}

#[test]
fn a_good_sign_in_is_good() {
    let report = examined(
        0,
        &[
            "--set",
            "entra.granted_roles=Policy.ReadWrite.AuthenticationMethod,UserAuthenticationMethod.ReadWrite.All,User.Read.All,Organization.Read.All",
        ],
        Home::at,
    );
    assert_eq!(report["health"], "good", "{report}");
    assert_eq!(
        find(&report, "sign-in", "a client secret")["next"],
        Value::Null
    );
    find(&report, "policy", "all users");
    find(&report, "inventory", "no tokens");
    find(&report, "clock", "is the service's");
    for name in [
        "Policy.ReadWrite",
        "UserAuthenticationMethod",
        "User.Read.All",
    ] {
        assert_eq!(find(&report, "permission", name)["health"], "good");
    }
}

#[test]
fn each_missing_permission_is_named() {
    let all = [
        "Policy.ReadWrite.AuthenticationMethod",
        "UserAuthenticationMethod.ReadWrite.All",
        "User.Read.All",
    ];
    for missing in all {
        let rest: Vec<&str> = all.into_iter().filter(|name| *name != missing).collect();
        let set = format!("entra.granted_roles={}", rest.join(","));
        let tokens = plain(1);
        let sim = Sim::with(&tokens, &["--set", &set]);
        let ran = Home::at(&sim).oathctl(&["doctor", "--idp", "entra", "--output", "json"]);
        let report = ran.json();
        assert_ne!(report["health"], "good", "{missing}");
        let finding = find(&report, "permission", missing);
        assert_ne!(finding["health"], "good", "{missing}");
        assert!(text(&finding["next"]).contains(missing), "{finding}");
    }
}

#[test]
fn more_than_is_needed_is_named() {
    let set = "entra.granted_roles=Policy.ReadWrite.AuthenticationMethod,\
               UserAuthenticationMethod.ReadWrite.All,User.Read.All,Directory.ReadWrite.All";
    let report = examined(0, &["--set", set], Home::at);
    let finding = find(&report, "excess", "Directory.ReadWrite.All");
    assert_eq!(finding["health"], "warning");
}

#[test]
fn a_policy_that_is_off_is_bad() {
    let report = examined(4, &["--set", "entra.policy_enabled=false"], Home::at);
    assert_eq!(report["health"], "bad");
    assert_eq!(find(&report, "policy", "switched off")["health"], "bad");
}

#[test]
fn a_refused_sign_in_is_the_only_finding() {
    let report = examined(4, &["--set", "entra.secret_expired=true"], Home::at);
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    let finding = find(&report, "sign-in", "AADSTS7000222");
    assert_eq!(finding["health"], "bad");
}

#[test]
fn a_clock_that_is_off_is_told() {
    for (offset, word) in [("90", "90 s behind"), ("-10800", "ahead")] {
        let set = format!("entra.clock_offset_s={offset}");
        let report = examined(0, &["--set", &set], Home::at);
        let finding = find(&report, "clock", "this machine's clock");
        assert_eq!(finding["health"], "warning");
        let message = text(&finding["message"]);
        assert!(
            message.contains(word) || offset == "90" && message.contains("89 s"),
            "{message}"
        );
    }
}

#[test]
fn a_clock_that_is_off_hinders_no_sign_in_by_certificate() {
    let tokens = plain(1);
    let sim = Sim::with(&tokens, &["--set", "entra.clock_offset_s=7200"]);
    let home = with_certificate(&sim);
    let report = home.json(0, &["doctor", "--idp", "entra"]);
    find(&report, "sign-in", "a certificate");
    let finding = find(&report, "clock", "s behind");
    assert_eq!(finding["health"], "warning", "{finding}");
    let file = home.file("tokens.csv", csv(&tokens));
    home.json(0, &["provision", &file, "--to", "entra", "--yes"]);
}

#[test]
fn a_clock_that_cannot_be_compared_is_not_called_right() {
    let options = [
        "--set",
        "entra.date_header=false",
        "--set",
        "entra.clock_offset_s=10800",
    ];
    let report = examined(0, &options, Home::at);
    let finding = find(&report, "clock", "could not be measured");
    assert_eq!(finding["health"], "warning");
}

#[test]
fn rights_that_an_opaque_token_does_not_show_are_a_warning() {
    let options = [
        "--set",
        "entra.access_token_form=opaque",
        "--set",
        "entra.granted_roles=Policy.Read.All,UserAuthenticationMethod.Read.All,User.Read.All",
    ];
    let report = examined(0, &options, Home::at);
    assert_eq!(report["health"], "warning", "{report}");
    for name in [
        "Policy.ReadWrite.AuthenticationMethod",
        "UserAuthenticationMethod.ReadWrite.All",
    ] {
        let finding = find(&report, "permission", name);
        assert_eq!(finding["health"], "warning", "{finding}");
        assert!(text(&finding["message"]).contains("could not be seen"));
        assert!(text(&finding["next"]).contains(name));
    }
    // Here reading is all there is to do.
    let users = find(&report, "permission", "find the users");
    assert_eq!(users["health"], "good");
}

#[test]
fn a_cloud_without_the_api_is_no_refused_sign_in() {
    let sim = Sim::of(&plain(1));
    sim.faults(json!([{"route": "devices.list", "fault": {"kind": "status", "status": 404}}]));
    let report = Home::at(&sim).json(4, &["doctor", "--idp", "entra"]);
    assert_eq!(
        find(&report, "sign-in", "a client secret")["health"],
        "good"
    );
    let finding = find(&report, "inventory", "404");
    assert_eq!(finding["health"], "bad");
    assert!(
        text(&finding["next"]).contains("does not exist at this Graph address"),
        "{finding}"
    );
}

/// The example of the page: what the program printed, with the simulator's ids in place of others.
#[test]
fn the_page_shows_what_is_printed() {
    let page = include_str!("../../../../docs/doctor.md");
    let example = page.split("```").nth(1).unwrap();
    let example = example.split_once("--idp entra\n").unwrap().1;
    let roles = "entra.granted_roles=Policy.ReadWrite.AuthenticationMethod,User.Read.All";
    let sim = Sim::with(&plain(1), &["--set", roles]);
    let home = with_certificate(&sim);
    let printed = home.oathctl(&["doctor", "--idp", "entra"]).ends(4).stdout;
    assert_eq!(without_ids(&printed), without_ids(example));
}

/// The words of each line, ids and numbers all the same.
fn without_ids(text: &str) -> Vec<String> {
    let word = |word: &str| match word {
        _ if word.len() == 36 && word.matches('-').count() == 4 => "ID ".to_owned(),
        _ if word.bytes().all(|byte| byte.is_ascii_digit()) => "N ".to_owned(),
        _ => format!("{word} "),
    };
    let line = |line: &str| line.split_whitespace().map(word).collect();
    text.lines().map(line).collect()
}

/// Settings with a certificate in place of the secret.
fn with_certificate(sim: &Sim) -> Home {
    let home = Home::at(sim).with("AZURE_CLIENT_SECRET", "");
    let (certificate, key) = sim.new_certificate();
    let path = home.file("app.pem", certificate + &key);
    home.with("AZURE_CLIENT_CERTIFICATE_PATH", &path)
}

#[test]
fn for_people_it_is_a_list() {
    let sim = Sim::with(&plain(1), &["--set", "entra.policy_enabled=false"]);
    let ran = Home::at(&sim)
        .oathctl(&["doctor", "--idp", "entra"])
        .ends(4);
    for words in ["good     sign-in", "bad      policy", "-> switch on"] {
        assert!(
            ran.stdout.contains(words),
            "no {words:?} in\n{}",
            ran.stdout
        );
    }
}

#[test]
fn an_application_is_registered_by_a_script() {
    let home = Home::new();
    let args = ["entra", "app-registration", "--name", "Ann's tokens"];
    let script = home.oathctl(&args).ends(0).stdout;
    for words in [
        r"--display-name 'Ann'\''s tokens'",
        "--api 00000003-0000-0000-c000-000000000000",
        "50483e42-d915-4231-9639-7fdb7fd190e5=Role",
        "umask 077",
    ] {
        assert!(script.contains(words), "no {words:?} in\n{script}");
    }
    let path = home.file("register.sh", &script);
    let checked = std::process::Command::new("sh")
        .args(["-n", &path])
        .status();
    assert!(checked.unwrap().success(), "a shell reads it");
    let steps = home.json(0, &["entra", "app-registration"]);
    assert_eq!(steps["schema"], json!("oathkit.registration/1"));
}
