//! `oathctl provision`: plan, show, confirm, carry out, report.

use std::io::{IsTerminal, Write};
use std::path::Path;

use provisioner::{Engine, Event, Report, Roster, RunId, Stopped};
use seedfile::ReadOptions;
use tokio_util::future::FutureExt;

use crate::args::{Common, Output, Provision};
use crate::connect;
use crate::exit::{Exit, Failed};
use crate::progress::{self, RunBar};
use crate::{commands::runs, files, system, tables};

pub(crate) async fn run(common: &Common, args: &Provision) -> Result<Exit, Failed> {
    let bytes = files::read(&args.file)?;
    let roster = Roster::read(&bytes, &ReadOptions::default())
        .map_err(|refusal| files::refused(&args.file, &refusal))?;
    drop(bytes);
    let connection = connect::connect(common, args.to, &roster).await?;
    let (ledger, _lock) = runs::claim(common, &connection).await?;
    let (stop, signal) = system::stop_on_signal();
    let bar = RunBar::new();
    let show = |event: &Event| bar.show(event);
    let engine = Engine {
        provider: &*connection.provider,
        ledger: &ledger,
        pace: &connection.pace,
        roster: &roster,
        events: &show,
        stop,
    };
    let reading = progress::reading("reading users and tokens");
    let plan = engine.plan(args.until.into()).await;
    reading.finish_and_clear();
    let plan = plan.map_err(|stopped| unsent(stopped, signal.get().copied()))?;
    eprint!("{}", tables::plan(&plan));
    if !plan.is_empty() && !args.yes {
        let answer = confirmed(&args.file)
            .with_cancellation_token(&engine.stop)
            .await;
        match answer.transpose()? {
            Some(true) => {}
            Some(false) => return Err(Failed::usage("not confirmed; nothing was sent")),
            None => return Err(unsent(Stopped::Interrupted, signal.get().copied())),
        }
    }
    let run = RunId(system::run_name());
    let ended = engine.apply(&run, &plan).await?;
    bar.clear();
    finish(common, &run, ended, signal.get().copied())
}

/// Prints the report and says how the program ends.
pub(crate) fn finish(
    common: &Common,
    run: &RunId,
    (report, stopped): (Report, Option<Stopped>),
    signal: Option<Exit>,
) -> Result<Exit, Failed> {
    match common.output {
        Output::Json => files::print_json(&report)?,
        Output::Text => files::print(&tables::report(&report))?,
    }
    let Some(stopped) = stopped else {
        return Ok(Exit::of(&report));
    };
    let pending = report.counts.pending;
    eprintln!("{pending} rows are open: oathctl runs resume {run} --seeds FILE");
    let failed = Failed::while_writing(stopped);
    Err(match signal {
        Some(exit) => failed.with_exit(exit),
        None => failed,
    })
}

/// The end of a run that was stopped before its first write.
fn unsent(stopped: Stopped, signal: Option<Exit>) -> Failed {
    match (stopped, signal) {
        (Stopped::Interrupted, Some(exit)) => Failed::new(exit, "interrupted; nothing was sent"),
        (stopped, _) => Failed::before_writing(stopped),
    }
}

async fn confirmed(file: &Path) -> Result<bool, Failed> {
    if file == Path::new("-") || !std::io::stdin().is_terminal() {
        return Err(Failed::usage("nobody can be asked to confirm this plan").next("give --yes"));
    }
    eprint!("Carry this plan out? [y/N] ");
    // On a thread of its own, so that a signal ends the wait.
    let answer = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        std::io::stderr().flush()?;
        std::io::stdin().read_line(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    });
    let read = answer.await.map_err(std::io::Error::other).flatten();
    let answer = read.map_err(|error| Failed::internal(format!("standard input: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
