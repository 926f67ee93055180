use super::files::{BANNED_TEXT, banned, strays};
use super::forbidden_edges;
use crate::workspace::Package;

/// A package with its dependencies, each `kind name` or `name`, with a `?` behind an optional one.
fn package(name: &str, dependencies: &[&str]) -> Package {
    let dependencies: Vec<_> = dependencies
        .iter()
        .map(|line| {
            let (kind, name) = line.split_once(' ').map_or((None, *line), |(kind, name)| (Some(kind), name));
            serde_json::json!({ "name": name.trim_end_matches('?'), "kind": kind, "optional": name.ends_with('?') })
        })
        .collect();
    let json = serde_json::json!({ "name": name, "dependencies": dependencies, "features": {}, "targets": [] });
    serde_json::from_value(json).unwrap()
}

fn problems(packages: &[Package]) -> Vec<String> {
    forbidden_edges(packages).into_iter().collect()
}

#[test]
fn an_edge_of_the_table_passes() {
    let packages = [
        package("seedfile", &["oath-core", "secrecy"]),
        package("provisioner", &["seedfile", "entra-graph?", "dev idp-sim"]),
        package("oathctl", &["idp-sim", "ledger", "build seedfile"]),
    ];
    assert_eq!(problems(&packages), [""; 0]);
}

#[test]
fn an_edge_outside_the_table_fails_and_says_what_may_be_used() {
    assert_eq!(
        problems(&[package("provisioner", &["idp-sim"])]),
        [
            "provisioner -> idp-sim is not allowed (provisioner may use: oath-core, seedfile, idp-http, entra-graph, okta-factors)"
        ]
    );
    assert_eq!(
        problems(&[package("xtask", &["oath-core"])]),
        ["xtask -> oath-core is not allowed (xtask may use: nothing of ours)"]
    );
}

#[test]
fn what_another_crate_may_use_is_not_inherited() {
    assert_eq!(
        problems(&[package("ledger", &["provisioner", "seedfile"])]),
        ["ledger -> seedfile is not allowed (ledger may use: provisioner)"]
    );
}

#[test]
fn a_build_script_keeps_to_the_table_too() {
    assert_eq!(
        problems(&[package("okta-factors", &["build entra-graph"])]).len(),
        1
    );
}

#[test]
fn a_crate_unknown_to_the_table_fails_and_so_does_its_user() {
    let found = problems(&[package("helpers", &[]), package("seedfile", &["helpers"])]);
    assert_eq!(
        found,
        [
            "helpers is not in the table of xtask/src/edges.rs: say there what it may use",
            "seedfile -> helpers is not allowed (seedfile may use: oath-core)"
        ]
    );
}

#[test]
fn the_engine_has_its_clients_only_as_an_option() {
    let found = problems(&[package("provisioner", &["okta-factors"])]);
    assert_eq!(
        found,
        ["provisioner -> okta-factors is not allowed unless optional"]
    );
}

#[test]
fn the_simulator_is_not_even_tested_with_the_clients() {
    assert_eq!(
        problems(&[package("entra-graph", &["dev idp-sim"])]),
        [""; 0]
    );
    assert_eq!(
        problems(&[package("idp-sim", &["dev entra-graph"])]).len(),
        1
    );
}

#[test]
fn only_the_known_lies_at_the_top() {
    let files = [
        ".ci/run",
        "LICENSE-MIT",
        "Cargo.toml",
        "crates/ledger/notes/a.md",
        "notes/a.md",
        "notes/b.md",
    ];
    assert_eq!(
        Vec::from_iter(strays(&files)),
        ["notes is not allowed at the top level"]
    );
}

#[test]
fn a_banned_crate_is_found_by_its_whole_name() {
    let lock = "[[package]]\nname = \"openssl-probe\"\n\n[[package]]\nname = \"openssl-sys\"\ndependencies = [\n \"openssl\",\n]\n";
    assert_eq!(
        Vec::from_iter(banned("Cargo.lock", lock)),
        ["Cargo.lock: openssl-sys is not allowed: TLS is rustls"]
    );
}

#[test]
fn unverified_tls_is_found_with_its_line() {
    let found = banned(
        "a.rs",
        &format!("fn a() {{\n    builder.{BANNED_TEXT}_certs(true)\n}}\n"),
    );
    assert!(found.first().unwrap().starts_with("a.rs:2: "), "{found:?}");
}
