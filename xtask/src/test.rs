//! `cargo xtask test`: everything a change must pass, in the order CI runs it.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::workspace::{Package, Workspace};
use crate::{browser, edges, sh};

type Step = fn(&Workspace) -> Result<()>;

const STEPS: &[(&str, Step)] = &[
    ("format", |_| sh::run(&mut sh::cargo("fmt --all --check"))),
    ("edges", edges::run),
    ("browser", browser::run),
    ("clippy", |all| {
        sh::run(
            featured("clippy --workspace --all-targets --locked", all)
                .args(["--", "-D", "warnings"]),
        )
    }),
    ("tests", |all| {
        let mut tests = featured("test --workspace --locked", all);
        // Many wait for a browser or for another program.
        sh::run(tests.env("RUST_TEST_THREADS", "4"))
    }),
    ("docs", |all| {
        sh::run(
            featured("doc --workspace --no-deps --locked", all).env("RUSTDOCFLAGS", "-D warnings"),
        )
    }),
    ("features", each_feature),
];

/// Never switched on here, which is why `--all-features` is not used: `leak-on-purpose` is there to prove that the
/// search for secrets finds something, `crash-on-purpose` to kill the program at any point. `libfuzzer` links only with
/// the instrumentation of `cargo xtask fuzz`.
const LEFT_OUT: &[&str] = &[
    "default",
    "crash-on-purpose",
    "leak-on-purpose",
    "libfuzzer",
];

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut summary = String::from("\n== summary\n");
    for (name, step) in STEPS {
        println!("\n== {name}");
        let (result, took) = timed(|| step(workspace));
        let verdict = if result.is_ok() { "ok" } else { "FAILED" };
        let line = format!("{name:<10} {verdict:<6} {:>7.1} s", took.as_secs_f64());
        println!("== {line}");
        summary += &line;
        summary.push('\n');
        if let Err(error) = result {
            print!("{summary}");
            bail!("{name}: {error:#}");
        }
    }
    print!("{summary}");
    Ok(())
}

/// The command with every feature of every crate, so that what lies behind one is linted and tested too.
fn featured(line: &str, workspace: &Workspace) -> Command {
    let packages = workspace.packages.iter();
    let all: Vec<String> = packages
        .flat_map(|of| features(of).map(|name| format!("{}/{name}", of.name)))
        .collect();
    let mut command = sh::cargo(line);
    if !all.is_empty() {
        command.args(["--features", &all.join(",")]);
    }
    command
}

/// Every library builds alone, bare and with each of its features: in a workspace build one crate's features hide
/// what another forgot to ask for.
fn each_feature(workspace: &Workspace) -> Result<()> {
    let libraries = workspace
        .packages
        .iter()
        .filter(|package| package.targets.iter().any(|target| target.is("lib")));
    libraries
        .flat_map(checks)
        .try_for_each(|line| sh::run(&mut sh::cargo(&line)))
}

fn checks(package: &Package) -> Vec<String> {
    let bare = format!(
        "check --quiet --locked --package {} --no-default-features",
        package.name
    );
    let each: Vec<String> = features(package)
        .map(|name| format!("{bare} --features {name}"))
        .collect();
    std::iter::once(bare).chain(each).collect()
}

fn features(package: &Package) -> impl Iterator<Item = &str> {
    package
        .features
        .keys()
        .map(String::as_str)
        .filter(|name| !LEFT_OUT.contains(name))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a chore measures real time; nothing depends on it"
)]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

#[cfg(test)]
mod tests {
    use super::{checks, featured};
    use crate::workspace::Workspace;

    #[test]
    fn each_feature_is_checked_but_never_the_ones_that_do_harm() {
        let json = r#"{ "target_directory": "", "workspace_root": "", "packages": [
            { "name": "idp-http", "dependencies": [], "targets": [],
              "features": { "crash-on-purpose": [], "default": ["reqwest"], "leak-on-purpose": [], "reqwest": [], "tokio-clock": [] } }] }"#;
        let workspace: Workspace = serde_json::from_str(json).unwrap();
        let bare = "check --quiet --locked --package idp-http --no-default-features";
        assert_eq!(
            checks(&workspace.packages[0]),
            [
                bare.to_owned(),
                format!("{bare} --features reqwest"),
                format!("{bare} --features tokio-clock")
            ]
        );
        let all = featured("test", &workspace);
        assert!(
            all.get_args().eq([
                "test",
                "--features",
                "idp-http/reqwest,idp-http/tokio-clock"
            ]),
            "{all:?}"
        );
    }
}
