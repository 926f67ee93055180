//! Arguments of the commands that show and check codes.

use std::path::PathBuf;

use clap::{ArgGroup, Args as ClapArgs};
use seedfile::Serial;

use super::Reading;

/// Options that only a file has a use for.
const OF_FILES: [&str; 6] = [
    "format",
    "token_type",
    "column",
    "delimiter",
    "allow_short_seeds",
    "Opening",
];

#[derive(Debug, ClapArgs)]
#[command(group = ArgGroup::new("seed").required(true).args(["file", "secret_stdin"]))]
pub(crate) struct SeedSource {
    /// The seed file that holds the token; `-` is standard input.
    #[arg(long, value_name = "FILE", requires = "serial")]
    pub(crate) file: Option<PathBuf>,
    /// The token's serial, in either case.
    #[arg(long, requires = "file")]
    pub(crate) serial: Option<Serial>,
    /// Read the secret alone from standard input: Base32, unless --encoding says otherwise.
    #[arg(long, conflicts_with_all = OF_FILES)]
    pub(crate) secret_stdin: bool,
    /// The moment, in Unix seconds [default: now].
    #[arg(long, value_name = "UNIX")]
    pub(crate) at: Option<u64>,
    /// For a secret alone, algorithm, digits and period are sha1, 6 and 30 unless given.
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Code {
    #[command(flatten)]
    pub(crate) seed: SeedSource,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Verify {
    /// The code that the token shows.
    pub(crate) code: String,
    #[command(flatten)]
    pub(crate) seed: SeedSource,
    /// How many past time steps are accepted.
    #[arg(long, value_name = "STEPS", default_value_t = 1)]
    pub(crate) past: u64,
    /// How many future time steps are accepted.
    #[arg(long, value_name = "STEPS", default_value_t = 1)]
    pub(crate) future: u64,
}
