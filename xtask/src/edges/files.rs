//! The tracked files: what may lie at the top, what may not come in.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::sh;

/// What may lie at the top beside dot files and licences.
const TOP: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "CHANGELOG.md",
    "README.md",
    "clippy.toml",
    "crates",
    "docs",
    "fuzz",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "xtask",
];

/// TLS is rustls, everywhere and always verified. (Put together here, so that this file passes its own check.)
const BANNED_CRATES: &[&str] = &["native-tls", "openssl", "openssl-sys"];
pub(super) const BANNED_TEXT: &str = concat!("danger_", "accept_invalid");

/// Everything wrong with the tracked files.
pub(super) fn problems() -> Result<BTreeSet<String>> {
    if !Path::new(".git").exists() {
        println!("edges: not a git checkout, so only imports are checked");
        return Ok(BTreeSet::new());
    }
    // In a container the checkout often has another owner; its code is being run anyway.
    let listed = sh::read(Command::new("git").args(["-c", "safe.directory=*", "ls-files", "-z"]))?;
    let files: Vec<&str> = listed.split_terminator('\0').collect();
    let mut problems = strays(&files);
    for file in files
        .into_iter()
        .filter(|file| file.ends_with(".rs") || file.ends_with("Cargo.lock"))
    {
        // A tracked file may have been deleted and not yet committed.
        if Path::new(file).exists() {
            let text =
                std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
            problems.append(&mut banned(file, &text));
        }
    }
    Ok(problems)
}

/// Whatever lies at the top and has no room there.
pub(super) fn strays(files: &[&str]) -> BTreeSet<String> {
    let tops = files.iter().filter_map(|file| file.split('/').next());
    tops.filter(|top| !top.starts_with(['.']) && !top.starts_with("LICENSE-") && !TOP.contains(top))
        .map(|top| format!("{top} is not allowed at the top level"))
        .collect()
}

/// Banned crates in a lock file, banned text in a source file.
pub(super) fn banned(file: &str, text: &str) -> BTreeSet<String> {
    if file.ends_with(".rs") {
        let found = text
            .lines()
            .zip(1..)
            .filter(|(line, _)| line.contains(BANNED_TEXT));
        return found
            .map(|(_, row)| {
                format!("{file}:{row}: {BANNED_TEXT}… is not allowed: TLS is always verified")
            })
            .collect();
    }
    let names = text
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    names
        .filter(|name| BANNED_CRATES.contains(name))
        .map(|name| format!("{file}: {name} is not allowed: TLS is rustls"))
        .collect()
}
