//! `oathctl okta`: what is Okta's alone.

use std::path::Path;

use provisioner::okta::{SurveyedProfile, survey};
use provisioner::{CheckedRecords, Goal, Ledger, Records, Roster, RunId};
use seedfile::Serial;
use serde::Serialize;

use super::tokens::{connect, demand};
use crate::args::{Adopt, Common, Idp, ListFormat, Okta, OktaCommand, Output, Pacing, Place};
use crate::connect::Reach;
use crate::exit::{Exit, Failed};
use crate::session::{Asking, Session};
use crate::tables::Showing;
use crate::{connect, files, state, system, tables};

/// Longer than the records of a million tokens.
const MAX_RECORDS_BYTES: usize = 256 * 1024 * 1024;

pub(crate) async fn run(common: &Common, args: &Okta) -> Result<Exit, Failed> {
    match &args.command {
        OktaCommand::Profiles { pacing } => profiles(common, *pacing).await,
        OktaCommand::Adopt(args) => adopt(common, args).await,
        OktaCommand::Export { format, pacing } => export(common, *format, *pacing).await,
        OktaCommand::Import { file, pacing } => import(common, file, *pacing).await,
    }
}

#[derive(Serialize)]
struct ProfilesDocument {
    schema: &'static str,
    profiles: Vec<SurveyedProfile>,
}

async fn profiles(common: &Common, pacing: Pacing) -> Result<Exit, Failed> {
    let connection = connect::okta_client(common, pacing, Reach::Look).await?;
    let profiles = survey(&connection.client, &connection.pace).await;
    let profiles = profiles.map_err(Failed::unread)?;
    match common.output {
        Output::Text => files::print(&tables::profiles(&profiles))?,
        Output::Json => files::print_json(&ProfilesDocument {
            schema: "oathkit.okta-profiles/1",
            profiles,
        })?,
    }
    Ok(Exit::Done)
}

async fn adopt(common: &Common, args: &Adopt) -> Result<Exit, Failed> {
    let roster = files::read_roster(&args.file, &args.reading)?;
    let session = Session::open(common, Idp::Okta, args.pacing, roster).await?;
    let plan = session.read(session.engine().plan(Goal::Adopted)).await?;
    files::say(tables::plan(&plan, Showing::ToConfirm));
    demand(common, &[&plan])?;
    if !plan.is_empty() {
        files::say(
            "Each token is proved by one code, that of the time step before: its user cannot sign in with \
             that one any more. A refused code may count towards the user's lockout.",
        );
        session.say_estimate(&plan);
    }
    let asking = Asking::new(args.yes, &args.reading.inputs(&args.file));
    session.carry_out(common, &plan, asking).await
}

async fn export(common: &Common, format: ListFormat, pacing: Pacing) -> Result<Exit, Failed> {
    let connection = connect(common, place(pacing)).await?;
    let tenant = connection.provider.tenant();
    let known = state::open(common).await?.known(tenant).await?;
    let records = Records::new(tenant, &known);
    match format {
        ListFormat::Json => files::print_json(&records)?,
        ListFormat::Csv => files::print(&records.to_csv())?,
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct ImportDocument {
    schema: &'static str,
    /// Records that were taken over, or that the ledger had.
    taken: usize,
    /// Serial numbers of those that Okta has no factor for.
    gone: Vec<String>,
    /// Serial numbers that the ledger knows for another factor.
    differing: Vec<String>,
}

async fn import(common: &Common, file: &Path, pacing: Pacing) -> Result<Exit, Failed> {
    let bytes = files::read_at_most(file, MAX_RECORDS_BYTES)?;
    let bytes = bytes.ok_or_else(|| Failed::usage(format!("{} is too long", file.display())))?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Failed::usage(format!("{} is not text in UTF-8", file.display())))?;
    let nothing = Roster::without_seeds(Vec::new());
    let session = Session::open(common, Idp::Okta, pacing, nothing).await?;
    let (provider, pace) = (&session.connection.provider, &session.connection.pace);
    let tenant = provider.tenant();
    let records = Records::read(text, tenant)
        .map_err(|error| Failed::usage(format!("{}: {error}", file.display())))?;
    let before = state::open(common).await?.known(tenant).await?;
    let checked = CheckedRecords::of(records, &before, &**provider, pace).await;
    let checked = checked.map_err(Failed::unread)?;
    let run = RunId(system::run_name());
    session.remember(&run, checked.new).await?;
    let names = |serials: Vec<Serial>| serials.iter().map(ToString::to_string).collect();
    let document = ImportDocument {
        schema: "oathkit.records-import/1",
        taken: checked.there,
        gone: names(checked.gone),
        differing: names(checked.differing),
    };
    match common.output {
        Output::Json => files::print_json(&document)?,
        Output::Text => files::print(&tables::records(
            document.taken,
            &document.gone,
            &document.differing,
        ))?,
    }
    Ok(
        match document.gone.is_empty() && document.differing.is_empty() {
            true => Exit::Done,
            false => Exit::Incomplete,
        },
    )
}

fn place(pacing: Pacing) -> Place {
    Place {
        idp: Idp::Okta,
        pacing,
    }
}
