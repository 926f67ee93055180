//! `oathctl config`: the settings as they are.

use serde::Serialize;

use crate::args::{Common, Config, ConfigCommand, Output};
use crate::exit::{Exit, Failed};
use crate::settings::{Settings, Shown};
use crate::{files, tables};

#[derive(Serialize)]
struct ConfigDocument {
    schema: &'static str,
    settings: Vec<Shown>,
}

pub(crate) fn run(common: &Common, args: &Config) -> Result<Exit, Failed> {
    let ConfigCommand::Show { origin } = args.command;
    let settings = Settings::load(common)?.shown();
    match common.output {
        Output::Text => files::print(&tables::settings(&settings, origin))?,
        Output::Json => files::print_json(&ConfigDocument {
            schema: "oathkit.config/1",
            settings,
        })?,
    }
    Ok(Exit::Done)
}
