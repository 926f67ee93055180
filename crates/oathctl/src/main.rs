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
mod buffer;
mod commands;
mod connect;
#[cfg(feature = "crash-on-purpose")]
mod crash;
mod entra;
mod exit;
mod files;
mod keys;
mod new_file;
mod progress;
mod session;
mod settings;
mod state;
mod system;
mod tables;
mod words;
mod writing;

use std::io;
use std::process::ExitCode;
use std::thread;

use clap::Parser;
use tokio::runtime::Runtime;

use crate::args::{Args, Command};
use crate::exit::{Exit, Failed};

fn main() -> ExitCode {
    let args = Args::parse();
    system::log_to_stderr();
    let ended = run(args);
    #[cfg(feature = "crash-on-purpose")]
    crash::say_how_many_points();
    match ended {
        Ok(exit) => exit.into(),
        Err(failed) => failed.report(),
    }
}

fn run(args: Args) -> Result<Exit, Failed> {
    let common = args.common;
    match args.command {
        Command::Inspect(args) => commands::inspect::run(&common, &args),
        Command::Convert(args) => commands::convert::run(&common, &args),
        Command::Pair(args) => commands::pair::run(&common, &args),
        Command::Code(args) => commands::code::generate(&common, &args),
        Command::Verify(args) => commands::code::verify(&common, &args),
        Command::Drift(args) => commands::drift::run(&common, &args),
        Command::Find(args) => commands::find::run(&common, &args),
        Command::Provision(args) => wait_for(commands::provision::run(&common, &args)),
        Command::Plan(args) => wait_for(commands::plan::run(&common, &args)),
        Command::Review(args) => commands::plan::review(&common, &args),
        Command::Apply(args) => wait_for(commands::apply::run(&common, &args)),
        Command::Audit(args) => wait_for(commands::audit::run(&common, &args)),
        Command::Runs(args) => wait_for(commands::runs::run(&common, &args)),
        Command::Tokens(args) => wait_for(commands::tokens::run(&common, &args)),
        Command::Users(args) => wait_for(commands::users::run(&common, &args)),
        Command::Doctor(args) => wait_for(commands::doctor::run(&common, &args)),
        Command::Entra(args) => wait_for(commands::entra::run(&common, &args)),
        Command::Config(args) => commands::config::run(&common, &args),
        Command::Completions(args) => commands::shell::completions(&args),
        Command::Man(args) => commands::shell::man(&args),
        Command::Okta(args) => wait_for(commands::okta::run(&common, &args)),
        Command::Sim(args) => wait_for(commands::sim::run(&args)),
    }
}

/// Runs what waits for others: a service, a ledger, a signal.
fn wait_for(work: impl Future<Output = Result<Exit, Failed>>) -> Result<Exit, Failed> {
    let runtime = runtime()
        .map_err(|error| Failed::internal(format!("no thread could be started: {error}")))?;
    let ended = runtime.block_on(work);
    // A question that nobody answered must not hold the program up.
    runtime.shutdown_background();
    ended
}

/// Where the machine gives no thread, this says so; the runtime itself would panic.
fn runtime() -> io::Result<Runtime> {
    let _ = thread::Builder::new().spawn(|| ())?.join();
    Runtime::new()
}
