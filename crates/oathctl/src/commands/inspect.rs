//! `oathctl inspect`

use provisioner::entra::{self, EntraOptions};
use provisioner::{Capabilities, Misfit, Token, misfits, okta};
use seedfile::{Inspection, ReadOptions, SeedFile};
use serde::Serialize;

use crate::args::{Common, Idp, Inspect, Output};
use crate::exit::{Exit, Failed};
use crate::{files, tables};

/// The inspection with what the identity provider would not take.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    inspection: Inspection<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    misfits: Option<&'a [Misfit]>,
}

pub(crate) fn run(common: &Common, args: &Inspect) -> Result<Exit, Failed> {
    let mut options = ReadOptions::default();
    if let Some(format) = args.format {
        options = options.format(format);
    }
    let file = match files::check(&args.file, &options)? {
        Ok(file) => file,
        Err(refusal) => {
            if common.output == Output::Json {
                files::print_json(&refusal.inspection())?;
            }
            return Err(files::refused(&args.file, &refusal));
        }
    };
    let misfits = args.idp.map(|idp| against(&file, idp));
    match common.output {
        Output::Json => files::print_json(&Document {
            inspection: file.inspection(),
            misfits: misfits.as_deref(),
        })?,
        Output::Text => {
            files::print(&tables::file(&file))?;
            if let Some(misfits) = misfits.as_deref().filter(|list| !list.is_empty()) {
                files::print(&tables::misfits(misfits))?;
            }
        }
    }
    let fine = file.rejected() == 0 && misfits.is_none_or(|list| list.is_empty());
    Ok(if fine { Exit::Done } else { Exit::Incomplete })
}

/// What can be said without signing in: Okta's factor profiles are not known here.
fn against(file: &SeedFile, idp: Idp) -> Vec<Misfit> {
    let capabilities: Capabilities = match idp {
        Idp::Entra => entra::capabilities(EntraOptions::default()),
        Idp::Okta => okta::capabilities_of_any_profile(),
    };
    let tokens: Vec<Token> = file
        .tokens
        .iter()
        .filter_map(|token| Token::try_from(token).ok())
        .collect();
    misfits(&tokens, &capabilities)
}
