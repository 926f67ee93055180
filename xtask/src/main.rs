//! The project's own chores: `cargo xtask <command>`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore talks to the developer who runs it"
)]

mod bench;
mod browser;
mod campaign;
mod contracts;
mod counts;
mod edges;
mod fuzz;
mod mutants;
mod pictures;
mod publish;
mod sh;
mod test;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
usage: cargo xtask <command>

  test             everything a change must pass, in the order CI runs it
  edges            who may import whom, what may lie at the top, what may not come in
  browser          what the tests of oathd's pages drive: finds a Chromium and its driver, installs axe-core
  pictures         a picture of every screen of oathd anew, for docs/screens.md
  contracts DIR    every request of the clients against the services' OpenAPI descriptions in DIR
  campaign [NAME]  a claim tried at full length; without a name, all of those below
  counts [--bless] instructions that single operations take, beside those on record; --bless records them anew
  mutants [CRATE]  wrong code on purpose in oath-core and seedfile: the tests must notice every change
  fuzz [TARGET] [--minutes N]
                   what must hold for any bytes, under libFuzzer: 10 minutes for each target
  bench [ARGS]     every benchmark; ARGS go to `cargo bench`, those after `--` to criterion
  bench inspect    `oathctl inspect` with a million tokens, against Python and the csv crate
  publish-check    what would be published, packed and built as on crates.io";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<()> {
    match words {
        ["test"] => test::run(&workspace::enter()?),
        ["browser"] => browser::run(&workspace::enter()?),
        ["pictures"] => pictures::run(&workspace::enter()?),
        ["edges"] => edges::run(&workspace::enter()?),
        ["fuzz", rest @ ..] => fuzz::run(&workspace::enter()?, rest),
        ["bench", rest @ ..] => bench::run(&workspace::enter()?, rest),
        ["counts"] => counts::run(&workspace::enter()?, false),
        ["counts", "--bless"] => counts::run(&workspace::enter()?, true),
        ["mutants"] => mutants::run(&workspace::enter()?, None),
        ["mutants", package] => mutants::run(&workspace::enter()?, Some(package)),
        ["publish-check"] => publish::run(&workspace::enter()?),
        ["contracts", dir] => contracts::run(dir),
        ["campaign"] => campaign::run(None),
        ["campaign", name] => campaign::run(Some(name)),
        [] | ["help" | "--help" | "-h"] => {
            println!("{}", usage());
            Ok(())
        }
        other => bail!("`{}` is no chore\n\n{}", other.join(" "), usage()),
    }
}

fn usage() -> String {
    format!("{USAGE}\n\n{}", campaign::list())
}
