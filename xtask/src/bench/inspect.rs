//! `cargo xtask bench inspect`: a file of a million tokens, against what others do with it.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use data_encoding::BASE32_NOPAD;
use wait4::Wait4;

use crate::sh;
use crate::workspace::Workspace;

const ROWS: u64 = 1_000_000;
const ROUNDS: usize = 5;

/// How the tool that Oathkit replaces reads its file.
const DICT_READER: &str = "\
import csv, sys
rows = []
with open(sys.argv[1], newline='', encoding='utf-8') as file:
    for row in csv.DictReader(file):
        rows.append(dict(row))
print(len(rows))";

/// What we want: at least so many times as fast as Python, at most so many times the bare `csv` crate, and less memory.
const FASTER_THAN_PYTHON: f64 = 12.0;
const SLOWER_THAN_CSV: f64 = 2.5;
const PEAK_MIB: u64 = 250;

/// A program and its runs.
struct Contender {
    name: &'static str,
    command: Command,
    took: Vec<Duration>,
    peak: u64,
}

pub(super) fn run(workspace: &Workspace) -> Result<()> {
    sh::run(&mut sh::cargo("build --release --locked --package oathctl"))?;
    sh::run(&mut sh::cargo(
        "build --release --locked --package xtask --example csv_peer",
    ))?;
    let built = workspace.target_directory.join("release");
    let file = workspace.target_directory.join("million.csv");
    generate(&file)?;
    let size = fs::metadata(&file)?.len();
    println!(
        "inspect: {ROWS} rows, {:.1} MB, {ROUNDS} rounds in turn",
        megabytes(size)
    );

    let mut all = [
        Contender::new(
            "oathctl inspect",
            Command::new(built.join("oathctl")),
            &["inspect"],
            &file,
        ),
        Contender::new(
            "Python csv.DictReader",
            Command::new("python3"),
            &["-c", DICT_READER],
            &file,
        ),
        Contender::new(
            "Rust csv + Base32",
            Command::new(built.join("examples/csv_peer")),
            &[],
            &file,
        ),
    ];
    for _ in 0..ROUNDS {
        all.iter_mut().try_for_each(Contender::go)?;
    }
    print!("{}", table(&all, size));
    Ok(())
}

impl Contender {
    fn new(name: &'static str, mut command: Command, args: &[&str], file: &Path) -> Self {
        command.args(args).arg(file).stdout(Stdio::null());
        Self {
            name,
            command,
            took: Vec::new(),
            peak: 0,
        }
    }

    /// Runs the program once, from its start to its end.
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    fn go(&mut self) -> Result<()> {
        let start = Instant::now();
        let child = self.command.spawn();
        let mut child = child.with_context(|| format!("cannot start {}", self.name))?;
        let ended = child.wait4()?;
        self.took.push(start.elapsed());
        ensure!(
            ended.status.success(),
            "{} ended with {}",
            self.name,
            ended.status
        );
        self.peak = self.peak.max(ended.rusage.maxrss);
        Ok(())
    }

    fn least(&self) -> f64 {
        let least = self.took.iter().min().copied();
        least.unwrap_or_default().as_secs_f64()
    }

    fn median(&self) -> f64 {
        let mut took = self.took.clone();
        took.sort();
        let middle = took.get(took.len() / 2).copied();
        middle.unwrap_or_default().as_secs_f64()
    }

    fn peak_mib(&self) -> u64 {
        self.peak / (1024 * 1024)
    }
}

fn table(all: &[Contender; 3], size: u64) -> String {
    let mut text = format!(
        "\n{:<24}{:>8}{:>9}{:>8}{:>10}\n",
        "", "min s", "median s", "MB/s", "peak MiB"
    );
    for one in all {
        let (least, median) = (one.least(), one.median());
        let (speed, peak) = (megabytes(size) / median, one.peak_mib());
        text += &format!(
            "{:<24}{least:>8.2}{median:>9.2}{speed:>8.0}{peak:>10}\n",
            one.name
        );
    }
    let [ours, python, csv] = all;
    let faster = python.median() / ours.median();
    let slower = ours.median() / csv.median();
    text += &format!(
        "\n{faster:.1} times as fast as Python (target: {FASTER_THAN_PYTHON} at least): {}\n",
        verdict(faster >= FASTER_THAN_PYTHON)
    );
    text += &format!(
        "{slower:.1} times the time of the csv crate (target: {SLOWER_THAN_CSV} at most): {}\n",
        verdict(slower <= SLOWER_THAN_CSV)
    );
    text += &format!(
        "{} MiB at its peak (target: less than {PEAK_MIB}): {}\n",
        ours.peak_mib(),
        verdict(ours.peak_mib() < PEAK_MIB)
    );
    text
}

const fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Token2's CSV, half of it SHA-1 and half SHA-256, the same each time.
fn generate(file: &Path) -> Result<()> {
    let into = File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
    let mut out = BufWriter::new(into);
    write!(
        out,
        "upn,serial number,secret key,timeinterval,manufacturer,model\r\n"
    )?;
    let mut state = 1;
    for row in 0..ROWS {
        out.write_all(line(row, &mut state).as_bytes())?;
    }
    out.flush().context("cannot write the file")
}

fn line(row: u64, state: &mut u64) -> String {
    let key: Vec<u8> = (0..4).flat_map(|_| next(state).to_le_bytes()).collect();
    let length = if row.is_multiple_of(2) { 20 } else { 32 };
    let secret = BASE32_NOPAD.encode(key.get(..length).unwrap_or(&key));
    let (serial, period) = (
        2_452_524_000_000 + row,
        if row.is_multiple_of(3) { 60 } else { 30 },
    );
    format!("u{row:07}@example.com,{serial},{secret},{period},Token2,C302-i\r\n")
}

/// `SplitMix64`: numbers without a pattern.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_same_each_time_and_differ() {
        let rows = || {
            let mut state = 1;
            (0..4).map(|row| line(row, &mut state)).collect::<Vec<_>>()
        };
        assert_eq!(rows(), rows());
        let secret = |line: &str| line.split(',').nth(2).unwrap().to_owned();
        let lengths: Vec<usize> = rows().iter().map(|line| secret(line).len()).collect();
        assert_eq!(lengths, [32, 52, 32, 52]);
        assert_ne!(secret(&rows()[0]), secret(&rows()[2]));
    }

    #[test]
    fn the_table_says_what_is_missed() {
        let one = |name, seconds: &[u64], peak| Contender {
            name,
            command: Command::new("true"),
            took: seconds.iter().copied().map(Duration::from_secs).collect(),
            peak,
        };
        let all = [
            one("a", &[2, 9, 3], 300 << 20),
            one("b", &[60], 0),
            one("c", &[1], 0),
        ];
        let text = table(&all, 100_000_000);
        assert!(
            text.contains("20.0 times as fast as Python (target: 12 at least): met"),
            "{text}"
        );
        assert!(
            text.contains("3.0 times the time of the csv crate (target: 2.5 at most): MISSED"),
            "{text}"
        );
        assert!(
            text.contains("300 MiB at its peak (target: less than 250): MISSED"),
            "{text}"
        );
    }
}
