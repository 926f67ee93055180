//! `oathctl inspect`

use std::collections::BTreeSet;
use std::path::Path;

use provisioner::entra::{self, EntraOptions};
use provisioner::{Capabilities, Misfit, misfits, okta};
use seedfile::{Format, Inspection, MAX_BYTES, Problem, ReadOptions, Refusal, SeedFile, findings};
use serde::Serialize;

use crate::args::{Common, Idp, Inspect, Output};
use crate::exit::{Exit, Failed};
use crate::{files, tables};

/// Up to so many records the tokens are listed one by one.
const LISTED: usize = 50;

/// The inspection with what the identity provider would not take.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    inspection: Inspection<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    misfits: Option<&'a [Misfit]>,
}

pub(crate) fn run(common: &Common, args: &Inspect) -> Result<Exit, Failed> {
    let options = files::options(&args.file, &args.reading)?;
    let bytes = files::read_at_most(&args.file, MAX_BYTES)?
        .ok_or_else(|| refused(common.output, args, &Refusal::TooLarge))?;
    let seen = match common.output {
        Output::Json => as_document(&bytes, &options, args)?,
        Output::Text => as_text(&bytes, &options, args)?,
    };
    if let Some(out) = &args.rejected_to {
        keep_rejected(&bytes, &options, &seen, &args.file, out)?;
    }
    let fine = seen.rejected.is_empty() && !seen.has_misfits;
    Ok(if fine { Exit::Done } else { Exit::Incomplete })
}

/// Programs get a document of a refused file, too.
fn refused(output: Output, args: &Inspect, refusal: &Refusal) -> Failed {
    if output == Output::Json
        && let Err(unprinted) = files::print_json(&refusal.inspection())
    {
        return unprinted;
    }
    files::refused(&args.file, refusal)
}

/// What is wrong in a file.
struct Seen {
    format: Format,
    rejected: BTreeSet<usize>,
    has_misfits: bool,
}

fn rows(problems: &[Problem]) -> BTreeSet<usize> {
    problems.iter().map(|problem| problem.row).collect()
}

fn as_document(bytes: &[u8], options: &ReadOptions, args: &Inspect) -> Result<Seen, Failed> {
    let file = match seedfile::read(bytes, options) {
        Ok(file) => file,
        Err(refusal) => return Err(refused(Output::Json, args, &refusal)),
    };
    let misfits = args.idp.map(|idp| against(&file, idp));
    files::print_json(&Document {
        inspection: file.inspection(),
        misfits: misfits.as_deref(),
    })?;
    Ok(Seen {
        format: file.format,
        rejected: rows(&file.problems),
        has_misfits: misfits.is_some_and(|list| !list.is_empty()),
    })
}

/// The tokens themselves are only read where somebody looks at each of them.
fn as_text(bytes: &[u8], options: &ReadOptions, args: &Inspect) -> Result<Seen, Failed> {
    let refused = |refusal| refused(Output::Text, args, &refusal);
    let survey = seedfile::survey(bytes, options).map_err(refused)?;
    let mut text = tables::survey(&survey);
    let mut unfit = Vec::new();
    if survey.records <= LISTED || args.idp.is_some() {
        let file = seedfile::read(bytes, options).map_err(refused)?;
        if survey.records <= LISTED {
            text += &tables::tokens(&file.tokens);
        }
        unfit = args.idp.map(|idp| against(&file, idp)).unwrap_or_default();
    }
    let found = findings(&survey.problems, &survey.warnings);
    if !found.is_empty() {
        text.push('\n');
    }
    text += &tables::findings(&found, &args.file, survey.format);
    text += &tables::misfits(&unfit);
    files::print(&text)?;
    Ok(Seen {
        format: survey.format,
        rejected: rows(&survey.problems),
        has_misfits: !unfit.is_empty(),
    })
}

/// Writes the rejected rows to a file of their own.
fn keep_rejected(
    bytes: &[u8],
    options: &ReadOptions,
    seen: &Seen,
    file: &Path,
    out: &Path,
) -> Result<(), Failed> {
    if seen.rejected.is_empty() {
        files::say(format_args!(
            "No row is rejected: {} was not written.",
            out.display()
        ));
        return Ok(());
    }
    files::write_rows(bytes, options, &seen.rejected, (file, seen.format), out)
}

/// What can be said without signing in: Okta's factor profiles are not known here.
fn against(file: &SeedFile, idp: Idp) -> Vec<Misfit> {
    let capabilities: Capabilities = match idp {
        Idp::Entra => entra::capabilities(EntraOptions::default()),
        Idp::Okta => okta::capabilities_of_any_profile(),
    };
    misfits(&file.tokens, &capabilities)
}
