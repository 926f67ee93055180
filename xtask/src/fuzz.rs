//! `cargo xtask fuzz`: the bodies of `fuzz`, under libFuzzer.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::sh;
use crate::workspace::Workspace;

const PACKAGE: &str = "oathkit-fuzz";

/// Files to begin with, for every target: libFuzzer leaves out what teaches it nothing.
const SEEDS: &[&str] = &[
    "crates/seedfile/tests/data",
    "crates/seedfile/tests/data/cases",
    "crates/seedfile/tests/data/pskc/python-pskc",
    "crates/seedfile/tests/data/pskc/rfc6030",
    "crates/provisioner/tests/data/approval",
];

/// What a run is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Asked<'a> {
    target: Option<&'a str>,
    minutes: u32,
}

/// What came of one target.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    executions: u64,
    peak_mib: u64,
    findings: Vec<PathBuf>,
}

pub(crate) fn run(workspace: &Workspace, words: &[&str]) -> Result<()> {
    let asked = asked(words)?;
    let targets = targets(workspace, asked.target)?;
    ensure!(
        sh::is_there(&mut sh::cargo("fuzz --version")),
        "cargo-fuzz is missing: install it with `cargo install cargo-fuzz --locked` (it needs a C++ compiler, too)"
    );
    let mut summary = String::from("\n== summary\n");
    let mut findings = 0;
    for target in targets {
        let outcome = fuzz(workspace, target, asked.minutes)?;
        findings += outcome.findings.len();
        let _ = write!(summary, "{}", line(target, &outcome));
    }
    print!("{summary}");
    ensure!(findings == 0, "{findings} findings");
    Ok(())
}

fn asked<'a>(words: &[&'a str]) -> Result<Asked<'a>> {
    let (target, rest) = match words {
        [target, rest @ ..] if !target.starts_with('-') => (Some(*target), rest),
        rest => (None, rest),
    };
    let minutes = match rest {
        [] => 10,
        ["--minutes", count] => count.parse().context("--minutes takes a whole number")?,
        other => bail!(
            "`{}` is not understood: [TARGET] [--minutes N]",
            other.join(" ")
        ),
    };
    Ok(Asked { target, minutes })
}

/// The targets by name: the programs of the package.
fn targets<'w>(workspace: &'w Workspace, asked: Option<&str>) -> Result<Vec<&'w str>> {
    let packages = workspace.packages.iter();
    let all: Vec<&str> = packages
        .filter(|package| package.name == PACKAGE)
        .flat_map(|package| &package.targets)
        .filter(|target| target.is("bin"))
        .map(|target| target.name.as_str())
        .collect();
    let Some(name) = asked else { return Ok(all) };
    ensure!(
        all.contains(&name),
        "`{name}` is no fuzz target; there are {}",
        all.join(", ")
    );
    Ok(all.into_iter().filter(|of| *of == name).collect())
}

fn fuzz(workspace: &Workspace, target: &str, minutes: u32) -> Result<Outcome> {
    let log = workspace
        .target_directory
        .join(format!("fuzz-{target}.log"));
    fs::create_dir_all(Path::new("fuzz/corpus").join(target))?;
    let mut command = command(target, minutes);
    println!(
        "\n== {target}: {minutes} min; what libFuzzer says is in {}",
        log.display()
    );
    let into = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let before = findings(target)?;
    // It ends with a failure at a finding; without one, it did not run.
    let ended = sh::run(command.stderr(into));
    let (executions, peak_mib) = stats(&fs::read_to_string(&log).context("cannot read the log")?);
    let mut found = findings(target)?;
    found.retain(|path| !before.contains(path));
    if found.is_empty() {
        ended.with_context(|| format!("see {}", log.display()))?;
    }
    Ok(Outcome {
        executions,
        peak_mib,
        findings: found,
    })
}

/// `--sanitizer none`, because the project has no unsafe code: overflow checks and debug assertions are on all the same.
/// The instrumentation is not stable, and needs no other compiler than this one.
fn command(target: &str, minutes: u32) -> Command {
    let mut command = sh::cargo("fuzz run --fuzz-dir fuzz --sanitizer none --features libfuzzer");
    command
        .env("RUSTC_BOOTSTRAP", "1")
        .arg(target)
        .arg(format!("fuzz/corpus/{target}"))
        .args(SEEDS)
        .arg("--")
        .arg(format!("-max_total_time={}", u64::from(minutes) * 60))
        .args(["-max_len=8192", "-timeout=10", "-rss_limit_mb=1024"])
        .arg("-print_final_stats=1");
    command
}

/// Inputs under which a property did not hold.
fn findings(target: &str) -> Result<Vec<PathBuf>> {
    let folder = Path::new("fuzz/artifacts").join(target);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(&folder)?.map(|entry| Ok(entry?.path()));
    entries.collect()
}

/// Executions and peak memory (MiB) by libFuzzer's last words, 0 where it did not come to them.
fn stats(log: &str) -> (u64, u64) {
    let of = |name: &str| {
        let mut values = log.lines().filter_map(|line| line.strip_prefix(name));
        let value = values.next().and_then(|value| value.trim().parse().ok());
        value.unwrap_or_default()
    };
    (
        of("stat::number_of_executed_units:"),
        of("stat::peak_rss_mb:"),
    )
}

fn line(target: &str, outcome: &Outcome) -> String {
    let Outcome {
        executions,
        peak_mib,
        findings,
    } = outcome;
    let count = findings.len();
    let mut line =
        format!("{target:<12}{executions:>12} executions, {count} findings, peak {peak_mib} MiB\n");
    for path in findings {
        let path = path.display();
        let _ = writeln!(
            line,
            "  {path}: cargo fuzz run --sanitizer none --features libfuzzer {target} {path}"
        );
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{Asked, Outcome, asked, command, line, stats};

    #[test]
    fn words_are_understood() {
        let of = |target, minutes| Asked { target, minutes };
        assert_eq!(asked(&[]).unwrap(), of(None, 10));
        assert_eq!(asked(&["csv"]).unwrap(), of(Some("csv"), 10));
        assert_eq!(
            asked(&["csv", "--minutes", "1"]).unwrap(),
            of(Some("csv"), 1)
        );
        assert_eq!(asked(&["--minutes", "3"]).unwrap(), of(None, 3));
        assert!(asked(&["--minutes"]).is_err());
        assert!(asked(&["csv", "--minutes", "long"]).is_err());
    }

    #[test]
    fn time_and_memory_are_bounded() {
        let command = command("csv", 2);
        let args: Vec<_> = command.get_args().filter_map(|arg| arg.to_str()).collect();
        let bounds = ["-max_total_time=120", "-timeout=10", "-rss_limit_mb=1024"];
        assert!(bounds.iter().all(|bound| args.contains(bound)), "{args:?}");
        assert!(args.contains(&"crates/seedfile/tests/data/cases"));
    }

    #[test]
    fn the_summary_names_each_finding() {
        let log = "#2 NEW\nstat::number_of_executed_units: 135917\nstat::average_exec_per_sec:     2228\nstat::peak_rss_mb:              70\n";
        assert_eq!(stats(log), (135_917, 70));
        assert_eq!(stats("panicked"), (0, 0));
        let outcome = Outcome {
            executions: 7,
            peak_mib: 70,
            findings: vec!["fuzz/artifacts/csv/crash-1".into()],
        };
        let line = line("csv", &outcome);
        assert!(
            line.contains("7 executions, 1 findings, peak 70 MiB"),
            "{line}"
        );
        assert!(line.contains("csv fuzz/artifacts/csv/crash-1"), "{line}");
    }
}
