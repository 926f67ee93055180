//! Ways to sign in to Okta: an API token, a service app, and settings that contradict each other.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Home, Sim, Token, all_rows, csv, mixed, text};

/// The org's address, and no credential.
fn bare(sim: &Sim) -> Home {
    Home::at(sim).with("OKTA_CLIENT_TOKEN", "")
}

fn app(sim: &Sim) -> Home {
    let okta = &sim.ready["okta"];
    bare(sim)
        .with("OKTA_CLIENT_CLIENTID", text(&okta["client_id"]))
        .with("OKTA_CLIENT_PRIVATEKEY", text(&okta["private_key"]))
}

fn provision(home: &Home, tokens: &[Token]) -> Value {
    let file = home.file("tokens.csv", csv(tokens));
    home.json(0, &["provision", &file, "--to", "okta", "--yes"])
}

/// It must end with 4, with nothing sent and nothing secret said.
#[track_caller]
fn refused(home: &Home, sim: &Sim, says: &[&str]) {
    let file = home.file("tokens.csv", csv(&mixed(1)));
    let ran = home.oathctl(&["provision", &file, "--to", "okta", "--yes"]);
    let ran = ran.ends(4).says(says);
    let key: Value = serde_json::from_str(text(&sim.ready["okta"]["private_key"])).unwrap();
    for secret in [&key["d"], &sim.ready["okta"]["token"]] {
        assert!(!ran.stderr.contains(text(secret)), "{}", ran.stderr);
    }
    sim.is_untouched();
    assert_eq!(sim.get("/calls")["total"], 0);
}

#[test]
fn a_service_app_signs_in_and_nothing_of_it_is_logged() {
    let tokens = mixed(3);
    let sim = Sim::of(&tokens);
    let home = app(&sim).with("RUST_LOG", "trace");
    let file = home.file("tokens.csv", csv(&tokens));
    let args = [
        "provision",
        &file,
        "--to",
        "okta",
        "--yes",
        "--output",
        "json",
    ];
    let ran = home.oathctl(&args).ends(0);
    all_rows(&ran.json(), "done", &tokens);
    sim.has_all("okta", &tokens);
    assert!(ran.stderr.contains("sign in"), "the log is on");
    let key: Value = serde_json::from_str(text(&sim.ready["okta"]["private_key"])).unwrap();
    // Every assertion, proof and access token begins so.
    for secret in [text(&key["d"]), "eyJ"] {
        assert!(!ran.stderr.contains(secret), "{}", ran.stderr);
        assert!(!ran.stdout.contains(secret), "{}", ran.stdout);
        for (path, bytes) in files(&home.path("state")) {
            let found = (bytes.windows(secret.len())).any(|part| part == secret.as_bytes());
            assert!(!found, "{secret} in {path:?}");
        }
    }
    // The nonce that the org asks for, and the token.
    assert_eq!(sim.calls("token"), 2);
}

/// All files of a directory, which has some.
fn files(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> = entries.filter(|path| path.is_file()).collect();
    assert!(!files.is_empty());
    let read = |path: PathBuf| (path.clone(), fs::read(path).unwrap());
    files.into_iter().map(read).collect()
}

#[test]
fn the_key_is_taken_in_every_way_that_people_have_it() {
    let tokens = mixed(1);
    let sim = Sim::of(&tokens);
    let okta = &sim.ready["okta"];
    let (id, jwk) = (text(&okta["client_id"]), text(&okta["private_key"]));
    let home = bare(&sim);
    let path = home.file("app.json", jwk);
    let pem = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    register(&sim, &pem, "mine");
    let pem_path = home.file("app.pem", pem.serialize_pem());
    let in_one_line = pem.serialize_pem().trim().replace('\n', "\\n");
    for settings in [
        [
            ("OKTA_CLIENT_CLIENTID", id),
            ("OKTA_CLIENT_PRIVATEKEY", &path),
            ("OKTA_CLIENT_KID", "sim-key-1"),
        ],
        [
            ("OKTA_CLIENT_CLIENTID", id),
            ("OKTA_CLIENT_PRIVATEKEY_FILE", &path),
            ("OKTA_CLIENT_AUTHORIZATIONMODE", "PrivateKey"),
        ],
        [
            ("OKTA_CLIENT_CLIENTID", id),
            ("OKTA_CLIENT_PRIVATEKEY", &pem_path),
            ("OKTA_CLIENT_PRIVATEKEYID", "mine"),
        ],
        [
            ("OKTA_API_CLIENT_ID", id),
            ("OKTA_API_PRIVATE_KEY", &in_one_line),
            ("OKTA_API_PRIVATE_KEY_ID", "mine"),
        ],
        [
            ("OKTA_API_CLIENT_ID", id),
            ("OKTA_API_PRIVATE_KEY", jwk),
            (
                "OKTA_API_SCOPES",
                "okta.users.manage,okta.authenticators.read",
            ),
        ],
    ] {
        let home = bare(&sim);
        let home = (settings.iter()).fold(home, |home, (name, value)| home.with(name, value));
        let file = home.file("tokens.csv", csv(&tokens));
        let plan = home.json(0, &["plan", &file, "--to", "okta"]);
        assert_eq!(plan["rows"].as_array().unwrap().len(), 1, "{settings:?}");
    }
}

fn register(sim: &Sim, key: &rcgen::KeyPair, name: &str) {
    use rcgen::PublicKeyData;
    let base64 = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
    let (x, y) = key.der_bytes()[1..].split_at(32);
    let jwk = json!({"kty": "EC", "crv": "P-256", "kid": name, "x": base64(x), "y": base64(y)});
    sim.post(
        "/interfere",
        &json!({"act": "register-key", "key": jwk.to_string()}),
    );
}

#[test]
fn a_plan_asks_to_read_and_a_run_to_manage() {
    let tokens = mixed(1);
    let read_only = "okta.app_scopes=okta.users.read,okta.authenticators.read";
    let sim = Sim::with(&tokens, &["--set", read_only]);
    let home = app(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    home.json(0, &["plan", &file, "--to", "okta"]);
    let args = ["provision", &file, "--to", "okta", "--yes"];
    home.oathctl(&args)
        .ends(4)
        .says(&["invalid_scope", "okta.users.manage", "OKTA_CLIENT_SCOPES"]);
    sim.is_untouched();
}

#[test]
fn what_contradicts_itself_is_no_setting() {
    let sim = Sim::of(&mixed(1));
    let token = text(&sim.ready["okta"]["token"]);
    for (more, says) in [
        (
            &[("OKTA_API_TOKEN", token)][..],
            &["both set", "OKTA_CLIENT_AUTHORIZATIONMODE=SSWS"][..],
        ),
        (
            &[("OKTA_API_CLIENT_ID", "0oaOther")],
            &["OKTA_CLIENT_CLIENTID", "OKTA_API_CLIENT_ID"],
        ),
        (
            &[("OKTA_API_PRIVATE_KEY", "other.pem")],
            &["OKTA_CLIENT_PRIVATEKEY", "OKTA_API_PRIVATE_KEY"],
        ),
        (
            &[("OKTA_CLIENT_PRIVATEKEY_FILE", "other.pem")],
            &["OKTA_CLIENT_PRIVATEKEY_FILE"],
        ),
        (
            &[("OKTA_CLIENT_KID", "a"), ("OKTA_API_PRIVATE_KEY_ID", "b")],
            &["OKTA_CLIENT_KID"],
        ),
        (
            &[("OKTA_CLIENT_KID", "other")],
            &["OKTA_CLIENT_PRIVATEKEYID", "another kid"],
        ),
        (
            &[("OKTA_CLIENT_SCOPES", "a"), ("OKTA_API_SCOPES", "b")],
            &["OKTA_API_SCOPES"],
        ),
        (
            &[("OKTA_ORG_NAME", "other")],
            &["OKTA_CLIENT_ORGURL", "OKTA_ORG_NAME"],
        ),
    ] {
        refused(&with(&sim, more), &sim, says);
    }
}

/// The service app's settings, and some more.
fn with(sim: &Sim, more: &[(&str, &str)]) -> Home {
    let more = more.iter();
    more.fold(app(sim), |home, (name, value)| home.with(name, value))
}

#[test]
fn what_cannot_be_used_is_named_and_not_quoted() {
    let sim = Sim::of(&mixed(1));
    let no_key = data_encoding::BASE64.encode(&[7; 90]);
    for (more, says) in [
        (
            &[("OKTA_CLIENT_SCOPES", "a\"b")],
            &["OKTA_CLIENT_SCOPES", "no list of scopes"][..],
        ),
        (
            &[("OKTA_CLIENT_AUTHORIZATIONMODE", "Bearer")],
            &["neither SSWS nor PrivateKey"],
        ),
        (
            &[("OKTA_CLIENT_AUTHORIZATIONMODE", "SSWS")],
            &["OKTA_CLIENT_TOKEN is not set"],
        ),
        (
            &[("OKTA_CLIENT_CLIENTID", "")],
            &["OKTA_CLIENT_CLIENTID is not set"],
        ),
        (
            &[("OKTA_CLIENT_PRIVATEKEY", "{}")],
            &["OKTA_CLIENT_PRIVATEKEY", "no JSON Web Key"],
        ),
        (
            &[("OKTA_CLIENT_PRIVATEKEY", &no_key)],
            &["neither a key (PEM or JWK) nor the path"],
        ),
        (
            &[("OKTA_CLIENT_ORGURL", "http://acme.okta.com")],
            &["only https"],
        ),
        (
            &[("OKTA_CLIENT_ORGURL", "")],
            &["OKTA_CLIENT_ORGURL is not set"],
        ),
    ] {
        refused(&with(&sim, more), &sim, says);
    }
    let unset = bare(&sim);
    refused(&unset, &sim, &["OKTA_CLIENT_TOKEN is not set"]);
}

#[test]
fn the_mode_decides_where_both_are_set() {
    let tokens = mixed(2);
    let sim = Sim::of(&tokens);
    let both = || app(&sim).with("OKTA_CLIENT_TOKEN", text(&sim.ready["okta"]["token"]));
    let home = both().with("OKTA_CLIENT_AUTHORIZATIONMODE", "SSWS");
    all_rows(&provision(&home, &tokens), "done", &tokens);
    assert_eq!(sim.calls("token"), 0);
    let home = both().with("OKTA_CLIENT_AUTHORIZATIONMODE", "PrivateKey");
    let file = home.file("tokens.csv", csv(&tokens));
    home.json(0, &["plan", &file, "--to", "okta"]);
    assert_eq!(sim.calls("token"), 2);
}

#[test]
fn a_profile_holds_a_service_app_as_a_whole() {
    let tokens = mixed(2);
    let sim = Sim::of(&tokens);
    let okta = &sim.ready["okta"];
    let home = bare(&sim)
        .with("OKTA_API_TOKEN", "wrong")
        .with("OATHKIT_PROFILE", "test");
    let key = home.file("key.json", text(&okta["private_key"]));
    let config = format!(
        "[profiles.test.okta]\norg_url = {}\nclient_id = {}\nprivate_key_file = {key:?}\n\
         private_key_id = \"sim-key-1\"\nscopes = \"okta.users.manage okta.authenticators.read\"\n\
         authorization_mode = \"PrivateKey\"\n",
        okta["org_url"], okta["client_id"]
    );
    let config = home.file("config.toml", config);
    let home = home.with("OATHKIT_CONFIG", &config);
    all_rows(&provision(&home, &tokens), "done", &tokens);
}

#[test]
fn a_sandbox_has_a_service_app_too() {
    let tokens = mixed(2);
    let home = Home::new().with("OKTA_CLIENT_AUTHORIZATIONMODE", "PrivateKey");
    let file = home.file("tokens.csv", csv(&tokens));
    let args = ["provision", &file, "--to", "okta", "--yes", "--sandbox"];
    let ran = home.with("RUST_LOG", "debug").oathctl(&args).ends(0);
    assert!(ran.stderr.contains("sign in"), "{}", ran.stderr);
}

#[test]
fn an_app_that_is_deactivated_in_the_middle_stops_the_run() {
    let tokens = mixed(6);
    let sim = Sim::of(&tokens);
    let home = app(&sim);
    sim.faults(json!([
        {"route": "factors.enroll", "nth": 3, "fault": {"kind": "interfere", "act": {"act": "deactivate-app"}}}
    ]));
    let file = home.file("tokens.csv", csv(&tokens));
    let args = ["provision", &file, "--to", "okta", "--yes"];
    home.oathctl(&args).ends(4).says(&["invalid_client"]);
    // With another credential it goes on.
    sim.faults(json!([]));
    let run = home.last_run();
    let home = home
        .with("OKTA_CLIENT_AUTHORIZATIONMODE", "SSWS")
        .with("OKTA_CLIENT_TOKEN", text(&sim.ready["okta"]["token"]));
    home.json(0, &["runs", "resume", &run, "--seeds", &file]);
    sim.has_all("okta", &tokens);
}
