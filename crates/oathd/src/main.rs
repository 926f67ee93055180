//! `oathd`: pages in a browser over the same engine as the command line.
//!
//! What a page does, the libraries do; here is what only a server needs: who may come in, what is kept
//! between requests, and how it all looks.

mod accounts;
mod addresses;
mod api;
mod app;
mod args;
mod calls;
mod chain;
mod desk;
mod door;
mod drafts;
mod inventory;
mod jobs;
mod pages;
mod places;
mod records;
mod reports;
mod routes;
mod sandbox;
mod serve;
mod start;
mod system;
#[cfg(test)]
mod testing;
mod trouble;
mod ui;
mod upload;
mod vault;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::parse();
    system::log_to_stderr();
    system::tell_defects_by_their_place();
    let done = match &args.command {
        Some(Command::Account { command }) => accounts::run(&args.place, command),
        None => start::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            system::say(&format!("oathd: {why}"));
            ExitCode::FAILURE
        }
    }
}
