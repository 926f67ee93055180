//! `oathctl entra`: what is Entra ID's alone.

use entra_graph::{Registration, RegistrationStep};
use serde::Serialize;

use crate::args::{AppRegistration, Common, Entra, EntraCommand, Output};
use crate::exit::{Exit, Failed};
use crate::{files, tables};

pub(crate) fn run(common: &Common, args: &Entra) -> Result<Exit, Failed> {
    let EntraCommand::AppRegistration(args) = &args.command;
    app_registration(common, args)
}

#[derive(Serialize)]
struct RegistrationDocument {
    schema: &'static str,
    steps: Vec<RegistrationStep>,
}

fn app_registration(common: &Common, args: &AppRegistration) -> Result<Exit, Failed> {
    let registration = Registration {
        name: args.name.clone(),
        certificate: args.certificate.clone(),
        days: args.days,
        optional: args.tenant_name,
    };
    let steps = registration.steps();
    match common.output {
        Output::Text => files::print(&tables::registration(&steps))?,
        Output::Json => files::print_json(&RegistrationDocument {
            schema: "oathkit.registration/1",
            steps,
        })?,
    }
    Ok(Exit::Done)
}
