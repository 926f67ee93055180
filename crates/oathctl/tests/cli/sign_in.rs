//! Ways to sign in to Entra ID besides the client secret.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Home, Sim, Token, all_rows, csv, mixed, text, wait_until};

/// Settings without any credential.
fn bare(sim: &Sim) -> Home {
    Home::at(sim).with("AZURE_CLIENT_SECRET", "")
}

fn provision(home: &Home, tokens: &[Token]) -> Value {
    let file = home.file("tokens.csv", csv(tokens));
    home.json(0, &["provision", &file, "--to", "entra", "--yes"])
}

/// It must end with 4, with nothing sent.
#[track_caller]
fn refused(home: &Home, sim: &Sim, says: &[&str]) {
    let file = home.file("tokens.csv", csv(&mixed(1)));
    let ran = home.oathctl(&["provision", &file, "--to", "entra", "--yes"]);
    ran.ends(4).says(says);
    sim.is_untouched();
}

#[test]
fn a_certificate_signs_in_and_nothing_of_it_is_logged() {
    let tokens = mixed(3);
    let sim = Sim::of(&tokens);
    let (certificate, key) = sim.new_certificate();
    let home = bare(&sim);
    let path = home.file("app.pem", format!("{certificate}{key}"));
    let home = home
        .with("AZURE_CLIENT_CERTIFICATE_PATH", &path)
        .with("RUST_LOG", "trace");
    let file = home.file("tokens.csv", csv(&tokens));
    let args = [
        "provision",
        &file,
        "--to",
        "entra",
        "--yes",
        "--output",
        "json",
    ];
    let ran = home.oathctl(&args).ends(0);
    all_rows(&ran.json(), "done", &tokens);
    sim.has_all("entra", &tokens);
    assert!(ran.stderr.contains("sign in"), "the log is on");
    for line in key.lines().filter(|line| !line.starts_with('-')) {
        assert!(!ran.stderr.contains(line));
    }
    // Every assertion begins so.
    assert!(!ran.stderr.contains("eyJhbGciOi"), "{}", ran.stderr);
    assert_eq!(sim.calls("token"), 1);
}

#[test]
fn a_clock_that_is_off_costs_a_certificate_one_sign_in() {
    let tokens = mixed(2);
    let sim = Sim::with(&tokens, &["--set", "entra.clock_offset_s=7200"]);
    let (certificate, key) = sim.new_certificate();
    let home = bare(&sim);
    let path = home.file("app.pem", format!("{certificate}{key}"));
    let home = home.with("AZURE_CLIENT_CERTIFICATE_PATH", &path);
    all_rows(&provision(&home, &tokens), "done", &tokens);
    assert_eq!(sim.calls("token"), 2);
}

#[test]
fn a_certificate_file_that_cannot_be_used_is_named() {
    let sim = Sim::of(&mixed(1));
    let (certificate, key) = sim.new_certificate();
    let with = |content: &[u8]| {
        let home = bare(&sim);
        let path = home.file("app.pem", content);
        home.with("AZURE_CLIENT_CERTIFICATE_PATH", &path)
    };
    refused(
        &with(certificate.as_bytes()),
        &sim,
        &["app.pem", "no private key"],
    );
    refused(&with(key.as_bytes()), &sim, &["app.pem", "no certificate"]);
    refused(&with(&[0x30, 0x80, 1]), &sim, &["app.pem", "PFX"]);
    let home = bare(&sim).with("AZURE_CLIENT_CERTIFICATE_PATH", "none.pem");
    refused(&home, &sim, &["none.pem cannot be read"]);
}

#[test]
fn a_federated_token_comes_from_its_file() {
    let tokens = mixed(2);
    let sim = Sim::of(&tokens);
    let act = json!({"act": "trust-assertion", "assertion": "e30.e30.federated"});
    sim.post("/interfere", &act);
    let home = bare(&sim);
    let path = home.file("token", "e30.e30.federated\n");
    let home = home.with("AZURE_FEDERATED_TOKEN_FILE", &path);
    all_rows(&provision(&home, &tokens), "done", &tokens);
    fs::write(&path, "e30.e30.b3RoZXI").unwrap();
    let file = home.path("tokens.csv");
    let ran = home.oathctl(&[
        "provision",
        file.to_str().unwrap(),
        "--to",
        "entra",
        "--yes",
    ]);
    let ran = ran.ends(4);
    assert!(!ran.stderr.contains("e30.e30"), "{}", ran.stderr);
    ran.says(&["AADSTS70021", "federated credential"]);
}

#[test]
fn app_service_gives_its_program_a_token() {
    let tokens = mixed(2);
    let sim = Sim::of(&tokens);
    let entra = &sim.ready["entra"];
    let endpoint = format!("{}/msi/token", text(&entra["login_url"]));
    let home = bare(&sim)
        .with("AZURE_CLIENT_ID", "")
        .with("IDENTITY_ENDPOINT", &endpoint)
        .with("IDENTITY_HEADER", text(&entra["identity_header"]));
    all_rows(&provision(&home, &tokens), "done", &tokens);
    assert_eq!((sim.calls("token"), sim.calls("identity")), (0, 1));
    let sim = Sim::of(&mixed(1));
    let home = bare(&sim)
        .with("IDENTITY_ENDPOINT", "http://10.0.0.1/msi/token")
        .with("IDENTITY_HEADER", "h");
    refused(&home, &sim, &["not an identity endpoint"]);
}

#[test]
fn the_order_is_secret_certificate_token_machine() {
    let tokens = mixed(1);
    let sim = Sim::of(&tokens);
    // What is first is used, and what comes after is not even read.
    let home = Home::at(&sim)
        .with("AZURE_CLIENT_CERTIFICATE_PATH", "none.pem")
        .with("AZURE_FEDERATED_TOKEN_FILE", "none")
        .with("IDENTITY_ENDPOINT", "http://127.0.0.1:9/");
    all_rows(&provision(&home, &tokens), "done", &tokens);
    let sim = Sim::of(&tokens);
    let home = bare(&sim)
        .with("AZURE_CLIENT_CERTIFICATE_PATH", "none.pem")
        .with("AZURE_FEDERATED_TOKEN_FILE", "none");
    refused(&home, &sim, &["none.pem cannot be read"]);
    let home = bare(&sim)
        .with("AZURE_FEDERATED_TOKEN_FILE", "no-token")
        .with("IDENTITY_ENDPOINT", "http://127.0.0.1:9/");
    refused(&home, &sim, &["no-token cannot be read"]);
    // What was asked for by name goes before all.
    let home = Home::at(&sim).with("OATHKIT_ENTRA_SIGN_IN", "device-code");
    refused(&home, &sim, &["nobody can be asked", "terminal"]);
    let home = Home::at(&sim).with("OATHKIT_ENTRA_SIGN_IN", "browser");
    refused(&home, &sim, &["nobody can be asked", "terminal"]);
    let home = Home::at(&sim).with("OATHKIT_ENTRA_SIGN_IN", "magic");
    refused(
        &home,
        &sim,
        &["OATHKIT_ENTRA_SIGN_IN", "device-code, browser"],
    );
}

#[test]
fn a_profile_that_was_asked_for_brings_its_own_credential() {
    let tokens = mixed(2);
    let sim = Sim::of(&tokens);
    let (certificate, key) = sim.new_certificate();
    let home = Home::at(&sim).with("AZURE_CLIENT_SECRET", "wrong");
    let path = home.file("app.pem", format!("{key}{certificate}"));
    let config = format!("[profiles.test.entra]\nclient_certificate_file = {path:?}\n");
    let config = home.file("config.toml", config);
    let file = home.file("tokens.csv", csv(&tokens));
    let args = ["provision", &file, "--to", "entra", "--yes"];
    let chosen = ["--config", &config, "--profile", "test"];
    let report = home.json(0, &[&args[..], &chosen].concat());
    all_rows(&report, "done", &tokens);
}

/// An access token, as somebody else would get it.
#[cfg(unix)]
fn access_token(sim: &Sim) -> String {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    let entra = &sim.ready["entra"];
    let host = text(&entra["login_url"]).trim_start_matches("http://");
    let resource = format!("http%3A%2F%2F{}", host.replace(':', "%3A"));
    let mut stream = TcpStream::connect(host).unwrap();
    let header = text(&entra["identity_header"]);
    write!(
        stream,
        "GET /msi/token?resource={resource} HTTP/1.1\r\nHost: {host}\r\nX-Identity-Header: {header}\r\n\
         Connection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    text(&body["access_token"]).to_owned()
}

/// A program `az` in a place of its own: what it does.
#[cfg(unix)]
fn with_az(home: Home, script: &str) -> Home {
    use std::os::unix::fs::PermissionsExt;

    let path = home.file("az", format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    let place = home.path("");
    home.with("PATH", place.to_str().unwrap())
}

#[cfg(unix)]
#[test]
fn az_is_the_last_resort_and_what_it_says_stays_with_it() {
    let tokens = mixed(2);
    let sim = Sim::of(&tokens);
    let bare = || bare(&sim).with("AZURE_CLIENT_ID", "");
    let home = with_az(bare(), "echo hush-hush; echo hush-hush >&2; exit 1");
    let file = home.file("tokens.csv", csv(&tokens));
    let args = ["provision", &file, "--to", "entra", "--yes"];
    let ran = home.oathctl(&args).ends(4);
    assert!(!ran.stderr.contains("hush"), "{}", ran.stderr);
    ran.says(&["AZURE_CLIENT_SECRET is not set", "az gave no token"]);
    let home = home.with("OATHKIT_ENTRA_SIGN_IN", "az");
    home.oathctl(&args).ends(4).says(&["az login --tenant"]);
    sim.is_untouched();

    let home = with_az(bare(), &answering(&sim));
    all_rows(&home.json(0, &args), "done", &tokens);
}

/// An `az` that gives a token where it is asked for one in the right way.
#[cfg(unix)]
fn answering(sim: &Sim) -> String {
    let answer = json!({"accessToken": access_token(sim), "expires_on": 4_000_000_000_u64});
    let asked = format!(
        "[ \"$*\" = \"account get-access-token --output json --resource {} --tenant {}\" ] || exit 2",
        text(&sim.ready["entra"]["graph_url"]),
        text(&sim.ready["entra"]["tenant_id"])
    );
    format!("{asked}\necho '{answer}'")
}

#[cfg(unix)]
#[test]
fn azures_names_choose_the_way() {
    let tokens = mixed(1);
    let sim = Sim::of(&tokens);
    let entra = &sim.ready["entra"];
    let list = ["tokens", "list", "--idp", "entra"];
    // Whatever is asked for by name, nothing else is tried.
    let all = || {
        let home = with_az(Home::at(&sim), &answering(&sim));
        let assertion = home.file("token", "e30.e30.federated");
        home.with("AZURE_FEDERATED_TOKEN_FILE", &assertion).with(
            "AZURE_POD_IDENTITY_AUTHORITY_HOST",
            text(&entra["login_url"]),
        )
    };
    let act = json!({"act": "trust-assertion", "assertion": "e30.e30.federated"});
    sim.post("/interfere", &act);
    let calls = |name: &str| {
        let home = all().with("AZURE_TOKEN_CREDENTIALS", name);
        let before = (sim.calls("token"), sim.calls("identity"));
        home.oathctl(&list).ends(0);
        (
            sim.calls("token") - before.0,
            sim.calls("identity") - before.1,
        )
    };
    assert_eq!(calls("EnvironmentCredential"), (1, 0));
    assert_eq!(calls("workloadidentitycredential"), (1, 0));
    assert_eq!(
        calls("ManagedIdentityCredential"),
        (0, 1),
        "nothing is probed"
    );
    assert_eq!(calls("AzureCliCredential"), (0, 0));
    assert_eq!(calls("dev"), (0, 0));
    let refused = |home: Home, name: &str, says: &[&str]| {
        let home = home.with("AZURE_TOKEN_CREDENTIALS", name);
        home.oathctl(&list).ends(4).says(says);
    };
    for other in ["AzurePowerShellCredential", "BrokerCredential", "magic"] {
        refused(
            all(),
            other,
            &["AZURE_TOKEN_CREDENTIALS", other, "take prod"],
        );
    }
    let none = || with_az(bare(&sim), &answering(&sim));
    refused(none(), "EnvironmentCredential", &["AZURE_CLIENT_SECRET"]);
    refused(
        none(),
        "WorkloadIdentityCredential",
        &["AZURE_FEDERATED_TOKEN_FILE"],
    );
    refused(none(), "InteractiveBrowserCredential", &["terminal"]);
}

#[cfg(unix)]
#[test]
fn on_servers_the_machine_is_the_last_resort() {
    let tokens = mixed(2);
    let sim = Sim::of(&tokens);
    let at = |place: &str| {
        with_az(bare(&sim), "echo called > called; exit 1")
            .with("AZURE_TOKEN_CREDENTIALS", "prod")
            .with("AZURE_POD_IDENTITY_AUTHORITY_HOST", place)
    };
    let home = at(text(&sim.ready["entra"]["login_url"]));
    all_rows(&provision(&home, &tokens), "done", &tokens);
    // The first asks whether anybody is there.
    assert_eq!((sim.calls("token"), sim.calls("identity")), (0, 2));
    let home = at("http://127.0.0.1:9");
    let ran = home.oathctl(&["tokens", "list", "--idp", "entra"]).ends(4);
    ran.says(&[
        "no managed identity answers",
        "AZURE_CLIENT_CERTIFICATE_PATH",
    ]);
    assert!(!home.path("called").exists(), "az is kept out");
}

#[cfg(unix)]
#[test]
fn a_sign_in_service_needs_no_scheme_and_tells_its_cloud() {
    let tokens = mixed(1);
    let sim = Sim::of(&tokens);
    let home = with_az(bare(&sim), &answering(&sim));
    let file = home.file("tokens.csv", csv(&tokens));
    let list = ["tokens", "list", "--idp", "entra"];
    let home = home.with("AZURE_AUTHORITY_HOST", "login.microsoftonline.com");
    let ran = home.oathctl(&list).ends(0);
    assert!(!ran.stderr.contains("documents"), "{}", ran.stderr);
    let home = home.with("AZURE_AUTHORITY_HOST", "login.sovcloud-identity.fr");
    let ran = home.oathctl(&["provision", &file, "--to", "entra", "--yes"]);
    ran.ends(0).says(&["Bleu (France)", "may be refused"]);
}

#[test]
fn a_tenant_is_the_same_by_its_id_and_by_its_domain() {
    let tokens = mixed(3);
    let sim = Sim::of(&tokens);
    let id = text(&sim.ready["entra"]["tenant_id"]).to_owned();
    let home = Home::at(&sim).with("AZURE_TENANT_ID", &id.to_uppercase());
    let file = home.file("tokens.csv", csv(&tokens));
    let args = ["provision", &file, "--to", "entra", "--yes"];
    let held = json!({"kind": "delay-after", "ms": 600_000});
    sim.faults(json!([{"route": "methods.activate", "skip": 1, "fault": held}]));
    let begun = home.begin(&args);
    wait_until("calls under way", || sim.calls("methods.activate") == 3);
    begun.kill();
    sim.faults(json!([]));
    let home = home.with("AZURE_TENANT_ID", "sim.example");
    let run = home.last_run();
    home.json(0, &["runs", "resume", &run, "--seeds", &file]);
    sim.has_all("entra", &tokens);
    all_rows(&home.json(0, &args), "unchanged", &tokens);
}
