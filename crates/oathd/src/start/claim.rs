//! One program a state directory.
//!
//! The ledger is shared with `oathctl`, and has a lock of its own. What `oathd` keeps besides is in its
//! memory while it runs, and a second one would overwrite it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use super::unreadable;

const FILE: &str = "oathd.lock";

/// Held as long as the program has the state directory. It dies with its process.
pub(crate) struct Claim {
    _locked: File,
}

impl Claim {
    /// Claims a state directory; a sentence says what to do where another program has it.
    pub(crate) fn take(directory: &Path) -> Result<Self, String> {
        let file = open(&directory.join(FILE)).map_err(|error| unreadable(directory, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _locked: file }),
            Err(TryLockError::WouldBlock) => Err(format!(
                "another oathd has {}: end it first. While it runs, accounts are changed in the \
                 browser, under Settings > Accounts",
                directory.display()
            )),
            Err(TryLockError::Error(error)) => Err(unreadable(directory, &error)),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::Parser;
    use secrecy::SecretString;
    use tempfile::TempDir;

    use super::*;
    use crate::args::{Args, Command};
    use crate::door::Role;
    use crate::{accounts, start};

    fn args(directory: &TempDir, words: &[&str]) -> Args {
        let path = |name: &str| directory.path().join(name).display().to_string();
        let (state, key) = (path("state"), path("key"));
        let place = ["--state-dir", &state, "--key-file", &key];
        Args::parse_from(["oathd"].iter().chain(words).chain(&place))
    }

    fn run(directory: &TempDir, words: &[&str]) -> Result<(), String> {
        let args = args(directory, words);
        match &args.command {
            Some(Command::Account { command }) => accounts::run(&args.place, command),
            None => start::run(&args),
        }
    }

    #[test]
    fn accounts_of_a_sandbox_are_its_own() {
        let listed = |words: &[&str]| {
            let args = Args::parse_from(["oathd", "account", "list"].iter().chain(words));
            let Command::Account { command } = args.command.as_ref().unwrap();
            accounts::run(&args.place, command)
        };
        let refused = listed(&["--sandbox"]).unwrap_err();
        assert!(refused.contains("--state-dir"), "{refused}");
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().display().to_string();
        listed(&["--sandbox", "--state-dir", &path]).unwrap();
        assert!(directory.path().join("sandbox.key").exists());
        assert!(!directory.path().join("sealed").exists());
    }

    #[test]
    fn while_a_program_runs_no_other_one_touches_what_it_keeps() {
        let directory = tempfile::tempdir().unwrap();
        let kept = start::open(&args(&directory, &[]).place).unwrap();
        let claim = Claim::take(kept.state.path()).unwrap();
        let there = start::accounts(&kept).unwrap();
        let password = SecretString::from("correct horse battery");
        there.add("ada", Role::Admin, &password).unwrap();
        there.add("eve", Role::Viewer, &password).unwrap();
        let unfinished = kept.state.sealed().join(".save.part");
        fs::write(&unfinished, "").unwrap();
        for words in [
            ["account", "remove", "eve"].as_slice(),
            &["account", "list"],
            // Were it not refused, it could not listen there.
            &["--listen", "192.0.2.1:1"],
        ] {
            let refused = run(&directory, words).unwrap_err();
            assert!(refused.contains("Settings > Accounts"), "{refused}");
        }
        assert!(unfinished.exists());
        assert_eq!(start::accounts(&kept).unwrap().list().len(), 2);
        drop(claim);
        run(&directory, &["account", "remove", "eve"]).unwrap();
        assert_eq!(start::accounts(&kept).unwrap().list().len(), 1);
    }
}
