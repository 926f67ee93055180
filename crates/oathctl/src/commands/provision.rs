//! `oathctl provision`: plan, show, confirm, carry out, report.

use std::io::IsTerminal;
use std::path::Path;

use provisioner::{RunId, Stopped};
use tokio_util::future::FutureExt;

use crate::args::{Common, Provision};
use crate::exit::{Exit, Failed};
use crate::session::Session;
use crate::tables::Showing;
use crate::{files, progress, system, tables};

pub(crate) async fn run(common: &Common, args: &Provision) -> Result<Exit, Failed> {
    let roster = files::read_roster(&args.file)?;
    let session = Session::open(common, args.to, roster).await?;
    let engine = session.engine();
    let reading = progress::reading("reading users and tokens");
    let plan = engine.plan(args.until.into()).await;
    reading.finish_and_clear();
    let plan = plan.map_err(|stopped| session.unsent(stopped))?;
    files::say(tables::plan(&plan, Showing::ToConfirm));
    if !plan.is_empty() && !args.yes {
        let answer = confirmed(&args.file);
        let answer = answer.with_cancellation_token(&engine.stop).await;
        match answer.transpose()? {
            Some(true) => {}
            Some(false) => return Err(Failed::usage("not confirmed; nothing was sent")),
            None => return Err(session.unsent(Stopped::Interrupted)),
        }
    }
    let run = RunId(system::run_name());
    let ended = engine.apply(&run, &plan).await?;
    drop(engine);
    session.finish(common, &run, ended).await
}

async fn confirmed(file: &Path) -> Result<bool, Failed> {
    if file == Path::new("-") || !std::io::stdin().is_terminal() {
        return Err(Failed::usage("nobody can be asked to confirm this plan").next("give --yes"));
    }
    files::ask("Carry this plan out? [y/N]");
    // On a thread of its own, so that a signal ends the wait.
    let answer = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    });
    let read = answer.await.map_err(std::io::Error::other).flatten();
    let answer = read.map_err(|error| Failed::internal(format!("standard input: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
