//! `cargo xtask publish-check`: what would be published, packed and built as on crates.io.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};

use crate::sh;
use crate::workspace::Workspace;

/// Every package has these.
const NEEDED: &[&str] = &[
    "CHANGELOG.md",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "src/lib.rs",
];

/// And beside them only what cargo adds and what lies in these folders.
const ADDED: &[&str] = &[".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml.orig"];
const FOLDERS: &[&str] = &["benches/", "examples/", "src/", "tests/"];

/// Nobody waits for a library's test files.
const MOST_BYTES: u64 = 512 * 1024;

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let all = workspace.packages.iter();
    let names: Vec<&str> = all
        .filter(|package| package.is_published())
        .map(|package| package.name.as_str())
        .collect();
    let mut problems = BTreeSet::new();
    for name in &names {
        let mut list = sh::cargo("package --list --allow-dirty --locked --package");
        problems.append(&mut faults(name, &sh::read(list.arg(name))?));
    }
    if !problems.is_empty() {
        bail!("{}", Vec::from_iter(problems).join("\n"));
    }
    sh::run(&mut sh::cargo("publish --workspace --dry-run --locked"))?;
    println!();
    names.iter().try_for_each(|name| weigh(workspace, name))
}

/// What is missing from a package's list of files, and what strayed into it.
fn faults(name: &str, list: &str) -> BTreeSet<String> {
    let files: BTreeSet<&str> = list.lines().collect();
    let missing = NEEDED.iter().filter(|file| !files.contains(*file));
    let missing = missing.map(|file| format!("{name} is packed without {file}"));
    let belongs = |file: &str| {
        NEEDED.contains(&file)
            || ADDED.contains(&file)
            || FOLDERS.iter().any(|folder| file.starts_with(folder))
    };
    let strays = files.iter().filter(|file| !belongs(file));
    let strays = strays.map(|file| format!("{name} is packed with {file}"));
    missing.chain(strays).collect()
}

fn weigh(workspace: &Workspace, name: &str) -> Result<()> {
    // Where `cargo publish` leaves what it packed.
    let folder = workspace.target_directory.join("package/tmp-crate");
    let newest = std::fs::read_dir(&folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .filter_map(Result::ok)
        .filter(|entry| is_package(&entry.file_name().to_string_lossy(), name))
        .filter_map(|entry| entry.metadata().ok())
        .max_by_key(|data| data.modified().ok());
    let bytes = newest.map(|data| data.len()).unwrap_or_default();
    println!("{name:<16}{:>6} KiB", bytes / 1024);
    ensure!(bytes > 0, "{name} was not packed");
    ensure!(
        bytes <= MOST_BYTES,
        "{name} has {bytes} bytes, which is more than {MOST_BYTES}"
    );
    Ok(())
}

/// `name-1.2.3.crate`
fn is_package(file: &str, name: &str) -> bool {
    let version = file
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix('-'));
    version.is_some_and(|rest| {
        rest.ends_with(".crate") && rest.starts_with(|c: char| c.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::{faults, is_package};

    #[test]
    fn strays_and_missing_files_are_named() {
        let list = "CHANGELOG.md\nCargo.lock\nCargo.toml\nLICENSE-APACHE\nLICENSE-MIT\nnotes.txt\nsrc/lib.rs\ntests/a.rs\n";
        let found = Vec::from_iter(faults("seedfile", list));
        assert_eq!(
            found,
            [
                "seedfile is packed with notes.txt",
                "seedfile is packed without README.md"
            ]
        );
    }

    #[test]
    fn a_package_is_told_by_its_whole_name() {
        assert!(is_package("idp-http-0.1.0.crate", "idp-http"));
        assert!(!is_package("idp-http-0.1.0", "idp-http"));
        assert!(!is_package("idp-http-0.1.0.crate", "idp"));
    }
}
