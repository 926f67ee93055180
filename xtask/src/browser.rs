//! `cargo xtask browser`: what the tests of oathd's pages drive is made ready: a Chromium, its driver, and axe-core.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::sh;
use crate::workspace::Workspace;

/// Which accessibility checks there are, and so which the pages pass, is decided by the version.
const AXE: &str = "4.14.1";
const AXE_SHA256: &str = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c";

const BROWSERS: &[&str] = &["chromium", "google-chrome"];

/// What the tests read.
#[derive(Debug, Serialize)]
struct Ready {
    browser: String,
    driver: String,
    axe: PathBuf,
}

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    if !cfg!(target_os = "linux") {
        println!("browser: the tests of the pages run on Linux only");
        return Ok(());
    }
    let folder = workspace.target_directory.join("browser");
    let (browser, driver) = programs()?;
    let ready = Ready {
        browser,
        driver,
        axe: axe(&folder)?,
    };
    let file = folder.join("ready.json");
    fs::write(&file, serde_json::to_vec_pretty(&ready)?)
        .with_context(|| format!("cannot write {}", file.display()))
}

/// The browser and its driver, which must fit each other.
fn programs() -> Result<(String, String)> {
    let (browser, driver) = (
        BROWSERS.iter().find_map(|name| place(name)),
        place("chromedriver"),
    );
    let (Some(browser), Some(driver)) = (browser, driver) else {
        bail!(
            "the tests of the pages drive a Chromium, and it or its driver is missing: `apt-get install chromium chromium-driver`"
        )
    };
    let versions = [&browser, &driver].map(|program| {
        let said = sh::read(Command::new(program).arg("--version"))?;
        println!("browser: {program} is {}", said.trim());
        major(&said).with_context(|| format!("`{program} --version` names no version"))
    });
    let [of_browser, of_driver] = versions;
    let (of_browser, of_driver) = (of_browser?, of_driver?);
    ensure!(
        of_browser == of_driver,
        "the driver is of version {of_driver} and cannot drive a browser of version {of_browser}: `apt-get install chromium chromium-driver`"
    );
    Ok((browser, driver))
}

/// Where a program is, by the shell's own search.
fn place(program: &str) -> Option<String> {
    let mut search = Command::new("sh");
    let found = search
        .args(["-c", &format!("command -v {program}")])
        .output();
    let path = String::from_utf8(found.ok()?.stdout).ok()?;
    let path = path.trim();
    (!path.is_empty()).then(|| path.to_owned())
}

/// The first number of the first version in the text.
fn major(said: &str) -> Option<u32> {
    let mut words = said.split_whitespace();
    words.find_map(|word| word.split_once('.')?.0.parse().ok())
}

/// axe-core's one file, which is installed if it is not there. It is not ours, and so it is not kept among our files.
fn axe(folder: &Path) -> Result<PathBuf> {
    let file = folder.join("node_modules/axe-core/axe.min.js");
    if is_axe(&file) {
        return Ok(file);
    }
    ensure!(
        place("npm").is_some(),
        "axe-core is installed by npm, which is missing: `apt-get install npm`"
    );
    // npm leaves a file as it is that was changed since.
    let _ = fs::remove_dir_all(folder.join("node_modules"));
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    sh::run(&mut install(folder))?;
    ensure!(
        is_axe(&file),
        "{} is not the file that axe-core {AXE} was known by: its SHA-256 is not {AXE_SHA256}",
        file.display()
    );
    Ok(file)
}

fn install(folder: &Path) -> Command {
    let mut npm = Command::new("npm");
    npm.arg("install").arg("--prefix").arg(folder).args([
        "--no-save",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        &format!("axe-core@{AXE}"),
    ]);
    npm
}

fn is_axe(file: &Path) -> bool {
    fs::read(file).is_ok_and(|bytes| HEXLOWER.encode(&Sha256::digest(bytes)) == AXE_SHA256)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{install, is_axe, major, place};

    #[test]
    fn versions_are_compared_by_their_first_number() {
        assert_eq!(major("Chromium 156.0.8078.79 built on Debian"), Some(156));
        assert_eq!(major("ChromeDriver 9.0.1 (refs/heads)\n"), Some(9));
        assert_eq!(major("no version."), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_program_is_found_where_the_shell_finds_it() {
        assert!(place("cargo").is_some_and(|path| path.ends_with("/cargo")));
        assert_eq!(place("no-such-program"), None);
    }

    #[test]
    fn another_file_is_not_taken_for_axe() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("axe.min.js");
        std::fs::write(&file, "/*! axe v4.14.1 */").unwrap();
        assert!(!is_axe(&file));
        assert!(!is_axe(Path::new("/nowhere")));
    }

    #[test]
    fn one_version_is_installed_and_no_script_of_it_is_run() {
        let command = install(Path::new("target/browser"));
        let args: Vec<_> = command.get_args().filter_map(|arg| arg.to_str()).collect();
        assert_eq!(args.last(), Some(&"axe-core@4.14.1"));
        assert!(args.contains(&"--ignore-scripts"), "{args:?}");
    }
}
