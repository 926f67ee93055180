//! `oathctl`: a vendor's seed file becomes working tokens in Entra ID and Okta.
//!
//! Results go to standard output, everything else to standard error. What this program does, its
//! libraries do; here is what only a command line needs.
#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "they panic where nobody reads: files::print and files::say do not"
)]

mod approval;
mod args;
mod commands;
mod connect;
#[cfg(feature = "crash-on-purpose")]
mod crash;
mod entra;
mod exit;
mod files;
mod keys;
mod progress;
mod session;
mod settings;
mod state;
mod system;
mod tables;
mod words;
mod writing;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::exit::Failed;

fn main() -> ExitCode {
    let args = Args::parse();
    system::log_to_stderr();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            return Failed::internal(format!("no runtime could be started: {error}")).report();
        }
    };
    let ended = runtime.block_on(run(args));
    // A question that nobody answered must not hold the program up.
    runtime.shutdown_background();
    #[cfg(feature = "crash-on-purpose")]
    crash::say_how_many_points();
    match ended {
        Ok(exit) => exit.into(),
        Err(failed) => failed.report(),
    }
}

async fn run(args: Args) -> Result<exit::Exit, Failed> {
    let common = args.common;
    match args.command {
        Command::Inspect(args) => commands::inspect::run(&common, &args),
        Command::Convert(args) => commands::convert::run(&common, &args),
        Command::Pair(args) => commands::pair::run(&common, &args),
        Command::Code(args) => commands::code::generate(&common, &args),
        Command::Verify(args) => commands::code::verify(&common, &args),
        Command::Drift(args) => commands::drift::run(&common, &args),
        Command::Find(args) => commands::find::run(&common, &args),
        Command::Provision(args) => commands::provision::run(&common, &args).await,
        Command::Plan(args) => commands::plan::run(&common, &args).await,
        Command::Review(args) => commands::plan::review(&common, &args),
        Command::Apply(args) => commands::apply::run(&common, &args).await,
        Command::Audit(args) => commands::audit::run(&common, &args).await,
        Command::Runs(args) => commands::runs::run(&common, &args).await,
        Command::Sim(args) => commands::sim::run(&args).await,
    }
}
