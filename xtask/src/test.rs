//! `cargo xtask test`: everything a change must pass, in the order CI runs it.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::workspace::{Package, Workspace};
use crate::{edges, sh};

type Step = fn(&Workspace) -> Result<()>;

// Features are left as the crates have them, not `--all-features`: one of them leaks on purpose, to prove that the
// search for secrets finds something.
const STEPS: &[(&str, Step)] = &[
    ("format", |_| sh::run(&mut sh::cargo("fmt --all --check"))),
    ("edges", edges::run),
    ("clippy", |_| {
        sh::run(&mut sh::cargo(
            "clippy --workspace --all-targets --locked -- -D warnings",
        ))
    }),
    ("tests", |_| {
        sh::run(&mut sh::cargo("test --workspace --locked"))
    }),
    ("docs", |_| {
        sh::run(sh::cargo("doc --workspace --no-deps --locked").env("RUSTDOCFLAGS", "-D warnings"))
    }),
    ("features", features),
];

/// Features that no build but their own test switches on.
const LEFT_OUT: &[&str] = &["default", "leak-on-purpose"];

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

/// Every library builds alone, bare and with each of its features: in a workspace build one crate's features hide
/// what another forgot to ask for.
fn features(workspace: &Workspace) -> Result<()> {
    let libraries = workspace
        .packages
        .iter()
        .filter(|package| package.targets.iter().any(|target| target.is("lib")));
    libraries
        .flat_map(feature_checks)
        .try_for_each(|line| sh::run(&mut sh::cargo(&line)))
}

fn feature_checks(package: &Package) -> Vec<String> {
    let bare = format!(
        "check --quiet --locked --package {} --no-default-features",
        package.name
    );
    let names = package
        .features
        .keys()
        .filter(|name| !LEFT_OUT.contains(&name.as_str()));
    let each: Vec<String> = names
        .map(|name| format!("{bare} --features {name}"))
        .collect();
    std::iter::once(bare).chain(each).collect()
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
    use super::feature_checks;

    #[test]
    fn each_feature_is_checked_alone_but_never_the_leaking_one() {
        let json = r#"{ "name": "idp-http", "dependencies": [], "targets": [],
            "features": { "default": ["reqwest"], "leak-on-purpose": [], "reqwest": ["dep:reqwest"] } }"#;
        let bare = "check --quiet --locked --package idp-http --no-default-features";
        assert_eq!(
            feature_checks(&serde_json::from_str(json).unwrap()),
            [bare, &format!("{bare} --features reqwest")]
        );
    }
}
