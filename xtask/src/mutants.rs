//! `cargo xtask mutants`: would the tests notice if the code were wrong? cargo-mutants changes one place after another
//! and runs the crate's tests each time. `.cargo/mutants.toml` names the changes that change nothing.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::sh;
use crate::workspace::Workspace;

/// The crates whose results nobody sees go wrong: codes and seeds.
const PACKAGES: &[&str] = &["oath-core", "seedfile"];

/// How cargo-mutants ends when it tested all mutants: all were caught, some were missed, some did not come to an end.
/// The last is as good as caught, and hides whether there were missed ones, too.
const TESTED: &[i32] = &[0, 2, 3];

pub(crate) fn run(workspace: &Workspace, only: Option<&str>) -> Result<()> {
    let packages = chosen(only)?;
    let version = sh::cargo("mutants --version").output();
    ensure!(
        version.is_ok_and(|output| output.status.success()),
        "cargo-mutants is not installed: `cargo install --locked cargo-mutants`"
    );
    packages.into_iter().try_for_each(|package| {
        let reports = workspace.target_directory.join("mutants").join(package);
        mutate(package, &reports).with_context(|| format!("mutants of {package}"))
    })
}

fn mutate(package: &str, reports: &Path) -> Result<()> {
    std::fs::create_dir_all(reports)
        .with_context(|| format!("cannot make {}", reports.display()))?;
    let status = command(package).arg("--output").arg(reports).status()?;
    ensure!(
        status.code().is_some_and(|code| TESTED.contains(&code)),
        "cargo-mutants failed with {status}"
    );
    let missed = std::fs::read_to_string(reports.join("mutants.out/missed.txt"))?;
    ensure!(missed.is_empty(), "the tests did not notice:\n{missed}");
    println!("mutants of {package}: the tests noticed all of them");
    Ok(())
}

fn chosen(only: Option<&str>) -> Result<Vec<&'static str>> {
    let all = PACKAGES.iter().copied();
    let packages: Vec<_> = all
        .filter(|name| only.is_none_or(|only| only == *name))
        .collect();
    ensure!(
        !packages.is_empty(),
        "mutants are made of {}",
        PACKAGES.join(" and ")
    );
    Ok(packages)
}

/// One at a time, for the tests use the whole machine.
fn command(package: &str) -> Command {
    let mut command = sh::cargo("mutants --jobs 1 --no-shuffle --package");
    // Mutants are built in a copy, and must stay apart from what is not mutated.
    command.arg(package).env_remove("CARGO_TARGET_DIR");
    // Each mutant meets the same cases. A failure that is remembered would count for all that come after.
    command
        .env("PROPTEST_RNG_SEED", "1")
        .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true");
    command
}

#[cfg(test)]
mod tests {
    use super::{PACKAGES, chosen, command};

    #[test]
    fn one_crate_or_all_of_them() {
        assert_eq!(chosen(None).unwrap(), PACKAGES);
        assert_eq!(chosen(Some("seedfile")).unwrap(), ["seedfile"]);
        let error = chosen(Some("xtask")).unwrap_err().to_string();
        assert_eq!(error, "mutants are made of oath-core and seedfile");
    }

    #[test]
    fn mutants_are_built_apart() {
        let command = command("oath-core");
        let target = ("CARGO_TARGET_DIR".as_ref(), None);
        assert!(command.get_envs().any(|env| env == target));
        assert!(command.get_args().any(|arg| arg == "oath-core"));
    }
}
