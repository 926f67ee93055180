//! Whether a sign-in to Okta can do its job.

use serde_json::{Value, json};

use crate::support::{Home, Sim, plain, text};

fn examined(exit: i32, options: &[&str]) -> Value {
    let sim = Sim::with(&plain(2), options);
    let report = Home::at(&sim).json(exit, &["doctor", "--idp", "okta"]);
    assert_eq!(report["schema"], "oathkit.doctor/1");
    assert_eq!(sim.writes(), 0, "it only reads");
    report
}

#[track_caller]
fn find<'r>(report: &'r Value, check: &str, words: &str) -> &'r Value {
    let findings = report["findings"].as_array().unwrap();
    let mut fits = findings
        .iter()
        .filter(|finding| finding["check"] == check && text(&finding["message"]).contains(words));
    fits.next()
        .unwrap_or_else(|| panic!("no {check} with {words:?}: {report}"))
}

#[test]
fn both_engines_are_examined() {
    for (engine, name) in [("idx", "Identity Engine"), ("v1", "Classic Engine")] {
        let report = examined(0, &["--set", &format!("okta.engine={engine}")]);
        find(&report, "org", name);
        find(&report, "sign-in", "an API token of ");
        assert_eq!(find(&report, "excess", "API token")["health"], "warning");
        find(&report, "permission", "users can be read");
        find(&report, "permission", "factors of a user can be read");
        find(
            &report,
            "profiles",
            "Token2 SHA-1 30 s: sha1, 6 digits, 30 s, ±90 s",
        );
        find(
            &report,
            "policy",
            if engine == "v1" {
                "switched on"
            } else {
                "allows custom OTP"
            },
        );
        find(&report, "clock", "is the service's");
        find(&report, "rate", "tokens an hour");
    }
}

/// Okta's own form offers SHA-512 and 15 s.
#[test]
fn profiles_that_no_token_fits_are_bad() {
    let report = examined(4, &["--set", "okta.profiles=Form:sha512:6:15:base32:3"]);
    assert_eq!(report["health"], "bad");
    assert_eq!(
        find(&report, "profiles", "no token has HMacSHA512")["health"],
        "warning"
    );
    assert_eq!(
        find(&report, "profiles", "no factor profile fits")["health"],
        "bad"
    );
    let report = examined(4, &["--set", "okta.profiles_readable=false"]);
    assert_eq!(find(&report, "profiles", "")["health"], "bad");
}

#[test]
fn what_stands_in_the_way_is_named() {
    let report = examined(0, &["--set", "okta.policy_forbids=user000@example.com"]);
    find(&report, "policy", "does not allow custom OTP");
    let sim = Sim::of(&plain(1));
    let home = Home::at(&sim).with("OKTA_CLIENT_TOKEN", "wrong");
    let report = home.json(4, &["doctor", "--idp", "okta"]);
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    assert_eq!(report["findings"][0]["check"], "sign-in");
    assert_eq!(report["findings"][0]["health"], json!("bad"));
}
