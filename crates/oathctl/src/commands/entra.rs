//! `oathctl entra`: what is Entra ID's alone.

use entra_graph::{Registration, RegistrationStep};
use serde::Serialize;

use super::registration;
use crate::args::{AppRegistration, Common, Entra, EntraCommand, Output};
use crate::exit::{Exit, Failed};
use crate::{files, tables};

pub(crate) async fn run(common: &Common, args: &Entra) -> Result<Exit, Failed> {
    let EntraCommand::AppRegistration(args) = &args.command;
    match args.apply {
        true => registration::apply(common, args).await,
        false => print(common, &registration(args)),
    }
}

#[derive(Serialize)]
struct RegistrationDocument {
    schema: &'static str,
    steps: Vec<RegistrationStep>,
}

/// What is asked for.
pub(super) fn registration(args: &AppRegistration) -> Registration {
    Registration {
        name: args.name.clone(),
        certificate: args.certificate.clone(),
        days: args.days,
        has_certificate: false,
        optional: args.tenant_name,
    }
}

fn print(common: &Common, registration: &Registration) -> Result<Exit, Failed> {
    match common.output {
        Output::Text => files::print(&tables::registration(registration))?,
        Output::Json => files::print_json(&RegistrationDocument {
            schema: "oathkit.registration/1",
            steps: registration.steps(),
        })?,
    }
    Ok(Exit::Done)
}
