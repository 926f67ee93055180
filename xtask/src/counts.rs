//! `cargo xtask counts`: instructions an operation takes, beside those on record.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::sh;
use crate::workspace::Workspace;

/// The crates that have a measuring program among their examples, and its name. Without arguments such a program
/// lists its operations and how often to repeat each; `PROGRAM NAME N` repeats one of them.
const PROGRAMS: &[(&str, &str)] = &[("oath-core", "count_codes"), ("seedfile", "count_files")];

/// What an operation may take, in percent of what is on record.
const LIMIT: u64 = 105;

/// Instructions by operation.
type Counts = BTreeMap<String, u64>;

pub(crate) fn run(workspace: &Workspace, bless: bool) -> Result<()> {
    let tools = [
        sh::read(Command::new("rustc").arg("--version"))?,
        valgrind_version()?,
    ];
    let tools = tools.each_ref().map(|tool| tool.trim()).join(", ");
    let mut problems = String::new();
    for (package, program) in PROGRAMS {
        let counts = count(&build(workspace, package, program)?)?;
        let file = Path::new("crates")
            .join(package)
            .join("benches/instructions.tsv");
        if bless {
            std::fs::write(&file, record(&counts, &tools))
                .with_context(|| format!("cannot write {}", file.display()))?;
            println!("{}: written", file.display());
            continue;
        }
        let known = std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        if !known.contains(&tools) {
            println!(
                "{} was taken with other tools than these: {tools}",
                file.display()
            );
        }
        problems += &compare(&parse(&known)?, &counts);
    }
    ensure!(
        problems.is_empty(),
        "{problems}`cargo xtask counts --bless` puts the new counts on record"
    );
    Ok(())
}

fn valgrind_version() -> Result<String> {
    let version = Command::new("valgrind").arg("--version").output();
    match version {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("valgrind is not installed: it is the Debian package valgrind")
        }
        version => Ok(String::from_utf8(version?.stdout)?),
    }
}

fn build(workspace: &Workspace, package: &str, program: &str) -> Result<PathBuf> {
    let mut cargo = sh::cargo("build --release --locked");
    sh::run(cargo.args(["--package", package, "--example", program]))?;
    Ok(workspace
        .target_directory
        .join("release/examples")
        .join(program))
}

/// Counts each operation of a program.
fn count(program: &Path) -> Result<Counts> {
    let list = sh::read(&mut Command::new(program))?;
    let operations = list.lines().map(|line| {
        let (name, times) = line
            .split_once('\t')
            .context("an operation without a number")?;
        let times: u64 = times.parse()?;
        // Twice the work less once the work: what starting up costs cancels out.
        let more = instructions(program, name, 2 * times)? - instructions(program, name, times)?;
        Ok((name.to_owned(), more / times))
    });
    operations.collect()
}

/// The instructions of a whole run.
fn instructions(program: &Path, name: &str, times: u64) -> Result<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([name, &times.to_string()]);
    let output = valgrind.stdout(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{name} failed under valgrind:\n{said}"
    );
    let total = said
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let (_, total) = total.with_context(|| format!("valgrind did not say the total:\n{said}"))?;
    Ok(total.trim().parse()?)
}

fn record(counts: &Counts, tools: &str) -> String {
    let mut text = format!(
        "# Instructions an operation takes in the release profile, by valgrind's callgrind, which has no SHA extensions.\n\
         # Taken with {tools}, {}.\n\
         # `cargo xtask counts` fails where one grew by more than 5 %; with --bless it writes this file.\n\
         operation\tinstructions\n",
        std::env::consts::ARCH
    );
    for (name, count) in counts {
        let _ = writeln!(text, "{name}\t{count}");
    }
    text
}

fn parse(text: &str) -> Result<Counts> {
    let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|row| {
        let (name, count) = row.split_once('\t').context("a line without a count")?;
        Ok((name.to_owned(), count.parse()?))
    })
    .collect()
}

/// Prints both and says what is wrong, a line each.
fn compare(known: &Counts, counts: &Counts) -> String {
    let mut problems = String::new();
    for (name, count) in counts {
        let Some(before) = known.get(name) else {
            problems += &format!("{name} is not on record\n");
            continue;
        };
        let growth = *count as f64 / *before as f64 - 1.0;
        println!(
            "{name:<24} {before:>10} -> {count:>10} {:>+7.1} %",
            growth * 100.0
        );
        if count * 100 > before * LIMIT {
            problems += &format!("{name} takes {count} instructions in place of {before}\n");
        }
    }
    for name in known.keys().filter(|name| !counts.contains_key(*name)) {
        problems += &format!("{name} is on record and was not counted\n");
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{Counts, compare, parse, record};

    fn counts(list: &[(&str, u64)]) -> Counts {
        list.iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect()
    }

    #[test]
    fn a_record_is_read_back() {
        let counts = counts(&[("one", 1), ("two", 22)]);
        let text = record(&counts, "rustc 1, valgrind-3");
        assert!(text.contains("rustc 1, valgrind-3"));
        assert_eq!(parse(&text).unwrap(), counts);
        assert!(parse("operation\tinstructions\none\n").is_err());
        assert!(parse("operation\tinstructions\none\tmany\n").is_err());
    }

    #[test]
    fn growth_beyond_the_tolerance_fails_and_less_does_not() {
        let known = counts(&[("one", 1000), ("two", 1000)]);
        let with = |one, two| compare(&known, &counts(&[("one", one), ("two", two)]));
        assert_eq!(with(1050, 1), "");
        assert_eq!(
            with(1051, 1000),
            "one takes 1051 instructions in place of 1000\n"
        );
        assert_eq!(with(9000, 9000).lines().count(), 2);
    }

    #[test]
    fn operations_must_be_the_same() {
        let problems = compare(&counts(&[("gone", 1)]), &counts(&[("new", 1)]));
        assert_eq!(
            problems,
            "new is not on record\ngone is on record and was not counted\n"
        );
    }
}
