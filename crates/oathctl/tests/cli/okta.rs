//! What is Okta's alone: its factor profiles.

use serde_json::{Value, json};

use crate::support::{Home, Sim, plain, text};

const PROFILES: &[&str] = &["okta", "profiles"];

/// An organisation whose profiles are these.
fn org(options: &[&str]) -> Sim {
    Sim::with(&plain(1), options)
}

fn listed(sim: &Sim) -> Value {
    let document = Home::at(sim).json(0, PROFILES);
    assert_eq!(document["schema"], "oathkit.okta-profiles/1");
    assert_eq!(sim.writes(), 0, "it only reads");
    document["profiles"].clone()
}

#[test]
fn a_profile_says_what_it_asks_of_a_token() {
    for engine in ["okta.engine=idx", "okta.engine=v1"] {
        let sim = org(&["--set", engine, "--set", "okta.settings_case=mixed"]);
        let profiles = listed(&sim);
        assert_eq!(profiles.as_array().unwrap().len(), 4);
        let known = &sim.ready["okta"]["profiles"][1];
        assert_eq!(
            profiles[1],
            json!({
                "id": known["id"], "name": "Token2 SHA-1 60 s", "status": "ACTIVE",
                "algorithm": "sha1", "digits": 6, "period": 60, "drift": 3, "drift_seconds": 180,
                "encoding": "hexadecimal", "fits": ["classic", "programmable", "molto-2"],
                "misfit": null,
            })
        );
    }
}

#[test]
fn a_profile_that_no_token_fits_says_why() {
    let profiles = "okta.profiles=Off:sha1:6:30:base32:3:inactive,Form:sha512:6:15:base32:3,\
                    Quick:sha1:6:15:base32:3,Long:sha256:8:30:base64:10";
    let sim = org(&["--set", profiles]);
    let found = listed(&sim);
    let misfits: Vec<&Value> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|profile| &profile["misfit"])
        .collect();
    assert_eq!(misfits[0], "it is not active");
    assert_eq!(found[0]["status"], "INACTIVE");
    assert_eq!(misfits[1], "no token has HMacSHA512");
    assert_eq!(misfits[2], "no token has a time step of 15 s");
    assert_eq!(found[2]["fits"], json!([]));
    assert_eq!(misfits[3], &Value::Null);
    assert_eq!(found[3]["fits"], json!(["molto-2"]));
    let ran = Home::at(&sim).oathctl(PROFILES).ends(0);
    for words in [
        "Long",
        text(&found[3]["id"]),
        "10 steps, 300 s",
        "molto-2",
        "none: it is not active",
        "4 factor profiles; Token2's tokens fit 1.",
    ] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
    assert!(
        !ran.stdout.contains('\u{1b}'),
        "no colours without a terminal"
    );
}

#[test]
fn the_profile_that_is_set_for_runs_hides_no_other() {
    let sim = org(&[]);
    let home = Home::at(&sim).with("OATHKIT_OKTA_PROFILE", "no such");
    let document = home.json(0, PROFILES);
    assert_eq!(document["profiles"].as_array().unwrap().len(), 4);
}

#[test]
fn profiles_that_cannot_be_read_are_a_matter_of_rights() {
    for (switch, says) in [
        (
            "okta.profiles_readable=false",
            ["E0000006", "okta.authenticators.read"],
        ),
        ("okta.token_life_s=0", ["401", "OKTA_CLIENT_TOKEN"]),
    ] {
        let sim = org(&["--set", switch]);
        let ran = Home::at(&sim).oathctl(PROFILES);
        assert_eq!(ran.ends(4).says(&says).stdout, "", "{switch}");
    }
    let classic = ["--set", "okta.engine=v1", "--set", "okta.hotp_profiles=off"];
    let ran = Home::at(&org(&classic)).oathctl(PROFILES);
    ran.ends(4).says(&["E0000008", "list factor profiles"]);
}

#[test]
fn the_sandbox_has_profiles() {
    let ran = Home::new().oathctl(&["okta", "profiles", "--sandbox"]);
    let stdout = ran.ends(0).stdout.clone();
    assert!(stdout.contains("Token2 SHA-256 60 s"), "{stdout}");
}
