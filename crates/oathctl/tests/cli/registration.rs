//! An application is registered by an administrator who has signed in to `az`, and then does its work.
#![cfg(unix)]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::{Home, Ran, Sim, is_private, plain, text};

const MICROSOFTS: &str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";
const APPLY: [&str; 5] = ["entra", "app-registration", "--apply", "--sign-in", "az"];

/// What the sign-in service answers to a form.
fn post(sim: &Sim, endpoint: &str, form: &str) -> Value {
    let entra = &sim.ready["entra"];
    let host = text(&entra["login_url"]).trim_start_matches("http://");
    let tenant = text(&entra["tenant_id"]);
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "POST /{tenant}/oauth2/v2.0/{endpoint} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

/// The access token of an administrator, as `az` would have it.
fn access_token(sim: &Sim) -> String {
    let graph = text(&sim.ready["entra"]["graph_url"]);
    let root = graph.replace(':', "%3A").replace('/', "%2F");
    let scope =
        format!("{root}%2FApplication.ReadWrite.All+{root}%2FAppRoleAssignment.ReadWrite.All");
    let code = post(
        sim,
        "devicecode",
        &format!("client_id={MICROSOFTS}&scope={scope}"),
    );
    let act = json!({"act": "confirm-device-code", "user_code": code["user_code"]});
    sim.post("/interfere", &act);
    let grant = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code";
    let code = text(&code["device_code"]);
    let form = format!("client_id={MICROSOFTS}&grant_type={grant}&device_code={code}");
    text(&post(sim, "token", &form)["access_token"]).to_owned()
}

/// A home where `az` has an administrator, and nothing else signs in.
struct Desk {
    home: Home,
    token: String,
}

impl Desk {
    fn at(sim: &Sim) -> Self {
        let token = access_token(sim);
        let answer = json!({"accessToken": token, "expires_on": 4_000_000_000_u64});
        let home = Home::at(sim)
            .with("AZURE_CLIENT_SECRET", "")
            .with("AZURE_CLIENT_ID", "");
        let az = home.file("az", format!("#!/bin/sh\necho '{answer}'\n"));
        fs::set_permissions(az, fs::Permissions::from_mode(0o700)).unwrap();
        let place = home.path("");
        let home = home.with("PATH", place.to_str().unwrap());
        Self { home, token }
    }

    fn apply(&self, more: &[&str]) -> Ran {
        let all = [&APPLY[..], &["--yes"], more].concat();
        let ran = self.home.oathctl(&all);
        self.has_no_secret(&ran);
        ran
    }

    /// Neither the administrator's token nor the key is said.
    fn has_no_secret(&self, ran: &Ran) {
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!said.contains(&self.token) && !said.contains("PRIVATE KEY"));
        let pem = fs::read_to_string(self.pem()).unwrap_or_default();
        let key = pem.split("-----END PRIVATE KEY").next().unwrap_or_default();
        for line in key.lines().filter(|line| !line.starts_with('-')) {
            assert!(!said.contains(line), "a line of the key");
        }
    }

    fn pem(&self) -> std::path::PathBuf {
        self.home.path("oathkit.pem")
    }
}

fn applications(sim: &Sim) -> Vec<Value> {
    let state = sim.get("/state");
    state["entra"]["applications"].as_array().unwrap().clone()
}

/// The home of the application, by the lines that were printed.
fn application(sim: &Sim, printed: &str) -> Home {
    let mut home = Home::at(sim).with("AZURE_CLIENT_SECRET", "");
    for line in printed.lines() {
        let (name, value) = line
            .strip_prefix("export ")
            .unwrap()
            .split_once('=')
            .unwrap();
        home = home.with(name, value.trim_matches('\''));
    }
    home
}

/// One application with everything.
#[track_caller]
fn is_whole(sim: &Sim, permissions: usize) {
    let all = applications(sim);
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(all[0]["has_service_principal"], true);
    assert_eq!(all[0]["certificates"], 1);
    assert_eq!(all[0]["granted"].as_array().unwrap().len(), permissions);
}

#[test]
fn what_is_registered_passes_the_doctor() {
    let sim = Sim::of(&plain(2));
    let desk = Desk::at(&sim);
    let ran = desk.apply(&[]).ends(0).says(&[
        "make  the application \"Oathkit\", for this tenant alone",
        "make  the permission User.Read.All: may find the users of a file",
        "Key and certificate written to",
        "made its service principal",
        "Next, with these variables set: oathctl doctor --idp entra",
    ]);
    is_private(&desk.pem());
    is_whole(&sim, 3);
    let home = application(&sim, &ran.stdout);
    let report = home.json(0, &["doctor", "--idp", "entra"]);
    assert_eq!(report["health"], "good", "{report}");
    let findings = report["findings"].to_string();
    assert!(
        findings.contains("a certificate as the application"),
        "{findings}"
    );
    assert!(
        findings.contains("364 days") || findings.contains("365 days"),
        "{findings}"
    );
}

#[test]
fn twice_changes_nothing() {
    let sim = Sim::of(&plain(1));
    let desk = Desk::at(&sim);
    let first = desk.apply(&["--tenant-name", "--name", "Ann's"]).ends(0);
    let (key, writes) = (fs::read(desk.pem()).unwrap(), sim.writes());
    // It needs no confirmation: there is nothing to confirm.
    let args = [&APPLY[..], &["--tenant-name", "--name", "Ann's"]].concat();
    let second = desk.home.oathctl(&args).ends(0);
    assert_eq!(first.stdout, second.stdout);
    second.says(&["registered already"]);
    assert_eq!((fs::read(desk.pem()).unwrap(), sim.writes()), (key, writes));
    is_whole(&sim, 4);
    let report = desk.home.json(0, &args);
    assert_eq!(report["schema"], "oathkit.registered/1");
    assert_eq!(report["client_id"], applications(&sim)[0]["app_id"]);
    assert_eq!(
        report["environment"]["AZURE_CLIENT_ID"],
        report["client_id"]
    );
    let parts = report["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 7);
    assert!(parts.iter().all(|part| part["outcome"] == "unchanged"));
    // Without its certificate nobody can tell that it is ours.
    fs::remove_file(desk.pem()).unwrap();
    let refused = desk.apply(&["--name", "Ann's"]).ends(4);
    refused.says(&["an application called \"Ann's\" exists", "--app-id"]);
    assert!(!desk.pem().exists());
    let id = text(&report["client_id"]);
    let named = desk.apply(&["--app-id", id, "--output", "json"]).ends(0);
    let outcome = |part: &str| {
        let parts = named.json()["parts"].as_array().unwrap().clone();
        let found = parts.into_iter().find(|one| one["part"] == part).unwrap();
        text(&found["outcome"]).to_owned()
    };
    assert_eq!(outcome("application"), "unchanged");
    assert_eq!(outcome("certificate"), "done");
    assert_eq!(applications(&sim)[0]["certificates"], 2);
}

#[test]
fn what_was_interrupted_is_completed() {
    for (route, nth) in [
        ("applications.create", 1),
        ("service-principals.create", 1),
        ("grants.create", 1),
        ("grants.create", 2),
        ("grants.create", 3),
    ] {
        let sim = Sim::of(&plain(1));
        let desk = Desk::at(&sim);
        let fault = json!({"kind": "hang-after", "ms": 600_000});
        sim.faults(json!([{"route": route, "nth": nth, "fault": fault}]));
        let all = [&APPLY[..], &["--yes"]].concat();
        let running = desk.home.begin(&all);
        crate::support::wait_until(route, || sim.calls(route) == nth);
        running.kill();
        sim.faults(json!([]));
        let key = fs::read(desk.pem()).unwrap();
        let ran = desk.apply(&[]).ends(0);
        is_whole(&sim, 3);
        assert_eq!(fs::read(desk.pem()).unwrap(), key);
        let home = application(&sim, &ran.stdout);
        assert_eq!(
            home.json(0, &["doctor", "--idp", "entra"])["health"],
            "good"
        );
    }
}

#[test]
fn who_lacks_a_role_is_told_which() {
    let set = "entra.signed_in_roles=Application Administrator";
    let sim = Sim::with(&plain(1), &["--set", set]);
    let desk = Desk::at(&sim);
    let ran = desk.apply(&[]).ends(4);
    let ran = ran.says(&[
        "the application's client id is",
        "Privileged Role Administrator",
    ]);
    assert!(ran.stdout.is_empty());
    assert_eq!(applications(&sim)[0]["granted"], json!([]));
    let sim = Sim::with(
        &plain(1),
        &["--set", "entra.signed_in_roles=User Administrator"],
    );
    let desk = Desk::at(&sim);
    desk.apply(&[])
        .ends(4)
        .says(&["role Application Administrator"]);
    assert!(applications(&sim).is_empty());
}

#[test]
fn nobody_is_surprised() {
    let sim = Sim::of(&plain(1));
    let desk = Desk::at(&sim);
    let unasked = desk.home.oathctl(&APPLY).ends(2);
    unasked.says(&[
        "make  the application",
        "nobody can be asked to confirm",
        "--yes",
    ]);
    assert!(!desk.pem().exists() && applications(&sim).is_empty());
    // A browser and a device code need somebody at a terminal.
    for way in ["browser", "device-code"] {
        let args = [
            "entra",
            "app-registration",
            "--apply",
            "--yes",
            "--sign-in",
            way,
        ];
        let nobody = desk.home.oathctl(&args).ends(4);
        nobody.says(&["nobody can be asked to sign in", "--sign-in az"]);
    }
    let file = desk.home.file("oathkit.pem", "mine");
    desk.apply(&[])
        .ends(2)
        .says(&["oathkit.pem cannot be used", "nothing is overwritten"]);
    assert_eq!(fs::read(file).unwrap(), b"mine");
    desk.home
        .oathctl(&["entra", "app-registration", "--yes"])
        .ends(2);
    assert_eq!(sim.writes(), 0);
}

#[test]
fn a_log_of_everything_holds_no_key_and_no_token() {
    let sim = Sim::of(&plain(1));
    let mut desk = Desk::at(&sim);
    desk.home = desk.home.with("RUST_LOG", "trace");
    let ran = desk.apply(&[]).ends(0);
    assert!(
        ran.stderr.contains("register the application"),
        "the log is on"
    );
}

#[test]
fn a_sandbox_rehearses_it_and_keeps_nothing() {
    let home = Home::new();
    let args = ["entra", "app-registration", "--apply", "--yes", "--sandbox"];
    let ran = home.oathctl(&args).ends(0);
    let ran = ran.says(&[
        "made the application",
        "neither application nor key is kept",
    ]);
    assert!(ran.stdout.contains("export AZURE_CLIENT_ID="));
    assert!(!home.path("oathkit.pem").exists());
}
