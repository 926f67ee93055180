//! `oathctl runs`: list, show, resume, report.

use std::collections::BTreeSet;
use std::path::Path;

use ledger::{RunSummary, SqliteLedger};
use provisioner::{FileDigest, Outcome, Plan, Report, ReportRow, Roster, RunId};
use serde::Serialize;

use super::apply;
use crate::approval::Approvals;
use crate::args::{
    Common, Idp, Output, Pacing, Reading, ReportFormat, RunReport, Runs, RunsCommand,
};
use crate::exit::{Exit, Failed};
use crate::session::Session;
use crate::tables::Showing;
use crate::{files, state, tables};

pub(crate) async fn run(common: &Common, args: &Runs) -> Result<Exit, Failed> {
    match &args.command {
        RunsCommand::List => list(common).await,
        RunsCommand::Show { run } => show(common, run).await,
        RunsCommand::Resume {
            run,
            seeds,
            reading,
            pacing,
        } => resume(common, run, seeds.as_deref(), reading, *pacing).await,
        RunsCommand::Report(args) => report(common, args).await,
    }
}

#[derive(Serialize)]
struct RunsDocument {
    schema: &'static str,
    runs: Vec<RunSummary>,
}

async fn list(common: &Common) -> Result<Exit, Failed> {
    let runs = state::open(common).await?.runs().await?;
    match common.output {
        Output::Json => files::print_json(&RunsDocument {
            schema: "oathkit.runs/1",
            runs,
        })?,
        Output::Text => files::print(&tables::runs(&runs))?,
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct RunDocument {
    schema: &'static str,
    run: RunId,
    plan: Plan,
    /// As far as the run has come.
    report: Option<Report>,
}

async fn show(common: &Common, name: &str) -> Result<Exit, Failed> {
    let ledger = state::open(common).await?;
    let (run, plan) = find(&ledger, name).await?;
    let report = ledger.report(&run).await?;
    match common.output {
        Output::Json => files::print_json(&RunDocument {
            schema: "oathkit.run/1",
            run,
            plan,
            report,
        })?,
        Output::Text => {
            let progress = report.as_ref().map(tables::report).unwrap_or_default();
            files::print(&(tables::plan(&plan, Showing::Record) + "\n" + &progress))?;
        }
    }
    Ok(Exit::Done)
}

async fn report(common: &Common, args: &RunReport) -> Result<Exit, Failed> {
    let (name, format) = (&args.run, args.format);
    let ledger = state::open(common).await?;
    let (run, plan) = find(&ledger, name).await?;
    let report = ledger.report(&run).await?.ok_or_else(|| no_run(name))?;
    match (format, common.output) {
        (Some(ReportFormat::Json), _) | (None, Output::Json) => files::print_json(&report)?,
        (Some(ReportFormat::Csv), _) => files::print(&report.to_csv())?,
        (Some(ReportFormat::Html), _) => files::print(&report.to_html(&plan.tenant))?,
        (None, Output::Text) => files::print(&tables::report(&report))?,
    }
    if let (Some(out), Some(seeds)) = (&args.failed_to, &args.seeds) {
        keep_failed(&run, &plan, &report, args, (seeds, out))?;
    }
    Ok(Exit::of(&report))
}

/// Writes the rows that are not as wanted to a file of their own.
fn keep_failed(
    run: &RunId,
    plan: &Plan,
    report: &Report,
    args: &RunReport,
    (seeds, out): (&Path, &Path),
) -> Result<(), Failed> {
    let options = files::options(seeds, &args.reading())?;
    let bytes = files::read(seeds)?;
    if FileDigest::of(&bytes) != plan.file {
        return Err(another_file(run, seeds));
    }
    let failed = |row: &&ReportRow| !matches!(row.outcome, Outcome::Done | Outcome::Unchanged);
    let rows: BTreeSet<usize> = report
        .rows
        .iter()
        .filter(failed)
        .map(|row| row.row)
        .collect();
    if rows.is_empty() {
        let out = out.display();
        files::say(format_args!(
            "Every row is as wanted: {out} was not written."
        ));
        return Ok(());
    }
    let survey = seedfile::survey(&bytes, &options);
    let format = survey
        .map_err(|refusal| files::refused(seeds, &refusal))?
        .format;
    files::write_rows(&bytes, &options, &rows, (seeds, format), out)
}

fn another_file(run: &RunId, seeds: &Path) -> Failed {
    let seeds = seeds.display();
    Failed::usage(format!("{seeds} is not the file that run {run} began with"))
        .next("give the same file, or begin a new run")
}

async fn resume(
    common: &Common,
    name: &str,
    seeds: Option<&Path>,
    reading: &Reading,
    pacing: Pacing,
) -> Result<Exit, Failed> {
    let (run, plan) = find(&state::open(common).await?, name).await?;
    let roster = match seeds {
        Some(_) if !plan.needs_seeds() => {
            let message = format!("the run {run} needs no seed file");
            return Err(Failed::usage(message).next("leave --seeds out"));
        }
        Some(seeds) => seeds_of(&run, &plan, seeds, reading)?,
        None if plan.needs_seeds() => {
            let message = format!("the run {run} goes on with its seed file alone");
            return Err(Failed::usage(message).next("name it: --seeds FILE"));
        }
        None => Roster::of_plan(&plan),
    };
    let went_to = format!("run {run} went to");
    let idp = Idp::of(&plan.tenant)
        .ok_or_else(|| Failed::usage(format!("{went_to} {}", plan.tenant.idp)))?;
    Approvals::load(common)?.demand(&plan, &format!("run {run} was begun without one"), || {
        "plan the file again, have the plan approved, and apply it".to_owned()
    })?;
    let session = Session::open(common, idp, pacing, roster).await?;
    session.must_be(&plan.tenant, &went_to)?;
    let ended = session.engine().resume(&run, &plan).await?;
    session.finish(common, &run, ended).await
}

/// The seed file of a run, as far as the run's plan needs it.
fn seeds_of(run: &RunId, plan: &Plan, seeds: &Path, reading: &Reading) -> Result<Roster, Failed> {
    let roster = files::read_roster(seeds, reading)?;
    if *roster.file() != plan.file {
        return Err(another_file(run, seeds));
    }
    apply::must_be_of(plan, &roster, seeds, &plan.seeds_missing(&roster))?;
    Ok(roster)
}

/// The one run whose name begins with `name`.
pub(crate) async fn named(ledger: &SqliteLedger, name: &str) -> Result<RunId, Failed> {
    let mut runs = ledger.names(name).await?;
    match (runs.pop(), runs.pop()) {
        (Some(run), None) => Ok(run),
        (Some(_), Some(_)) => Err(Failed::usage(format!("several runs begin with {name}"))),
        (None, _) => Err(no_run(name)),
    }
}

async fn find(ledger: &SqliteLedger, name: &str) -> Result<(RunId, Plan), Failed> {
    let run = named(ledger, name).await?;
    let plan = ledger.plan(&run).await?.ok_or_else(|| no_run(name))?;
    Ok((run, plan))
}

fn no_run(name: &str) -> Failed {
    Failed::usage(format!("there is no run {name}")).next("oathctl runs list shows the runs")
}
