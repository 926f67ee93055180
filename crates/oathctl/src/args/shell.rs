//! Arguments of the commands that tell a shell about the others.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use clap_complete::Shell;

#[derive(Debug, ClapArgs)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Man {
    /// Where the pages are written; made where it is missing.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
}
