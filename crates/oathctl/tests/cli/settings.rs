//! Where settings come from, and where runs are kept.

use serde_json::json;

use crate::support::{Home, Sim, all_rows, csv, mixed, text};

/// A home whose settings stand in a configuration file, the secrets in files of their own.
fn configured(sim: &Sim) -> Home {
    let home = Home::new();
    let (entra, okta) = (&sim.ready["entra"], &sim.ready["okta"]);
    let secret = home.file("secret", format!("{}\n", text(&entra["client_secret"])));
    let token = home.file("token", format!("{}\n", text(&okta["token"])));
    let config = format!(
        "[profiles.test.entra]\ntenant_id = {}\nclient_id = {}\nclient_secret_file = {:?}\n\
         authority_host = {}\ngraph_url = {}\n\
         [profiles.test.okta]\norg_url = {}\ntoken_file = {:?}\n",
        entra["tenant_id"],
        entra["client_id"],
        secret,
        entra["login_url"],
        entra["graph_url"],
        okta["org_url"],
        token,
    );
    home.file("config.toml", config);
    home
}

#[test]
fn a_profile_of_the_configuration_file_will_do() {
    let tokens = mixed(4);
    let sim = Sim::of(&tokens);
    let home = configured(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    for idp in ["entra", "okta"] {
        let args = ["provision", &file, "--to", idp, "--yes"];
        let chosen = ["--config", "config.toml", "--profile", "test"];
        let report = home.json(0, &[&args[..], &chosen].concat());
        all_rows(&report, "done", &tokens);
        sim.has_all(idp, &tokens);
    }
    // A profile that was asked for goes before what is left in the environment.
    let home = home
        .with("OATHKIT_CONFIG", "config.toml")
        .with("AZURE_CLIENT_SECRET", "wrong")
        .with("OKTA_API_TOKEN", "wrong")
        .with("OKTA_CLIENT_TOKEN", "wrong");
    for idp in ["entra", "okta"] {
        let args = ["provision", &file, "--to", idp, "--profile", "test"];
        all_rows(&home.json(0, &args), "unchanged", &tokens);
    }
    // Where its secret cannot be read, no other one is sent to its organisation.
    for (idp, name) in [("entra", "secret"), ("okta", "token")] {
        std::fs::remove_file(home.path(name)).unwrap();
        let args = ["provision", &file, "--to", idp, "--profile", "test"];
        let says = format!("{name} cannot be read");
        home.oathctl(&args).ends(4).says(&[&says]);
    }
}

#[test]
fn the_environment_goes_before_the_default_profile() {
    let tokens = mixed(2);
    let sim = Sim::of(&tokens);
    let home = configured(&sim);
    let config = std::fs::read_to_string(home.path("config.toml")).unwrap();
    home.file("config.toml", config.replace(".test.", ".default."));
    let file = home.file("tokens.csv", csv(&tokens));
    let home = home.with("OATHKIT_CONFIG", "config.toml");
    let args = ["provision", &file, "--to", "entra", "--yes"];
    all_rows(&home.json(0, &args), "done", &tokens);
    let home = home.with("AZURE_CLIENT_SECRET", "wrong");
    home.oathctl(&args).ends(4).says(&["AADSTS7000215"]);
}

#[test]
fn a_configuration_that_cannot_be_used_is_named_and_not_quoted() {
    let home = Home::new();
    let tokens = home.file("tokens.csv", csv(&mixed(1)));
    let run = |config: &str, more: &[&str]| {
        let config = home.file("config.toml", config);
        let args = ["provision", &tokens, "--to", "entra", "--config", &config];
        home.oathctl(&[&args[..], more].concat()).ends(4)
    };
    run("[profiles.test.okta]\n", &["--profile", "prod"])
        .says(&["has no profile \"prod\"", "it has: test"]);
    let ran = run(
        "[profiles.default.entra]\nclient_secret = \"hush-hush\"\n",
        &[],
    );
    assert!(!ran.stderr.contains("hush-hush"), "{}", ran.stderr);
    ran.says(&["config.toml", "client_secret"]);
    let ran = run("[profiles.default.entra]\nclient_id = \"hush-hush\n", &[]);
    assert!(!ran.stderr.contains("hush-hush"), "{}", ran.stderr);
    ran.says(&["config.toml"]);
}

#[test]
fn secrets_come_from_files_and_other_tools_names_are_known() {
    let tokens = mixed(2);
    let sim = Sim::of(&tokens);
    let (entra, okta) = (&sim.ready["entra"], &sim.ready["okta"]);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let secret = home.file("secret", text(&entra["client_secret"]));
    let home = home
        .with("AZURE_CLIENT_SECRET", "")
        .with("AZURE_CLIENT_SECRET_FILE", &secret)
        .with("OKTA_CLIENT_TOKEN", "")
        .with("OKTA_API_TOKEN", text(&okta["token"]));
    for idp in ["entra", "okta"] {
        let report = home.json(0, &["provision", &file, "--to", idp, "--yes"]);
        all_rows(&report, "done", &tokens);
    }
    let home = home.with("AZURE_CLIENT_SECRET_FILE", "missing");
    home.oathctl(&["provision", &file, "--to", "entra", "--yes"])
        .ends(4)
        .says(&["missing cannot be read"]);
}

#[test]
fn a_state_directory_that_cannot_be_used_sends_nothing() {
    let tokens = mixed(2);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&tokens));
    let args = ["provision", &file, "--to", "entra", "--yes"];
    let not_one = [&args[..], &["--state-dir", &file]].concat();
    home.oathctl(&not_one)
        .ends(2)
        .says(&["tokens.csv cannot be created", "--state-dir"]);

    std::fs::create_dir(home.path("state")).unwrap();
    let garbage = "no database, but as long as one. ".repeat(50);
    home.file("state/ledger.sqlite", &garbage);
    home.oathctl(&args)
        .ends(1)
        .says(&["ledger.sqlite", "not a database", "begin a new run"]);
    sim.is_untouched();
}

#[test]
fn empty_variables_count_as_missing() {
    let tokens = mixed(2);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim)
        .with("OATHKIT_STATE_DIR", "")
        .with("OATHKIT_CONFIG", "")
        .with("OATHKIT_PROFILE", "");
    let file = home.file("tokens.csv", csv(&tokens));
    let args = ["provision", &file, "--to", "entra", "--yes"];
    all_rows(&home.json(0, &args), "done", &tokens);
    assert!(home.path(".local/state/oathkit/ledger.sqlite").exists());
}

#[cfg(unix)]
#[test]
fn what_is_kept_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::new();
    let file = home.file("tokens.csv", csv(&mixed(2)));
    let args = ["provision", &file, "--to", "entra", "--yes", "--sandbox"];
    home.json(0, &args);
    let mode = |name: &str| {
        let metadata = std::fs::metadata(home.path(name)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode("state"), 0o700);
    assert_eq!(mode("state/sandbox"), 0o700);
    assert_eq!(mode("state/sandbox/ledger.sqlite"), 0o600);
    let runs = home.json(0, &["runs", "list", "--sandbox"]);
    assert_eq!(runs["runs"].as_array().unwrap().len(), 1);
    let elsewhere = home.json(0, &["runs", "list", "--state-dir", "other"]);
    assert_eq!(elsewhere["runs"], json!([]));
}
