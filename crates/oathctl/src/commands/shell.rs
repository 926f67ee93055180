//! `oathctl completions` and `oathctl man`: what a shell and its reader know of the commands.

use clap::CommandFactory;

use crate::args::{Args, Completions, Man};
use crate::exit::{Exit, Failed};
use crate::files;

pub(crate) fn completions(args: &Completions) -> Result<Exit, Failed> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "oathctl", &mut script);
    files::print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

/// One page for each command, as packages install them.
pub(crate) fn man(args: &Man) -> Result<Exit, Failed> {
    let directory = args.directory.display();
    let written = std::fs::create_dir_all(&args.directory)
        .and_then(|()| clap_mangen::generate_to(Args::command(), &args.directory));
    written.map_err(|error| Failed::usage(format!("{directory}: {error}")))?;
    files::say(format_args!(
        "The pages are in {directory}: man -l {directory}/oathctl.1"
    ));
    Ok(Exit::Done)
}
