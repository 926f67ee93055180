//! Whether a sign-in can do its job, and how an application is registered.

use serde_json::{Value, json};

use crate::support::{Home, Sim, plain, text};

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
