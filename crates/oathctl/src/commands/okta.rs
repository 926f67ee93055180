//! `oathctl okta`: what is Okta's alone.

use provisioner::okta::{SurveyedProfile, survey};
use serde::Serialize;

use crate::args::{Common, Okta, OktaCommand, Output};
use crate::exit::{Exit, Failed};
use crate::{connect, files, tables};

pub(crate) async fn run(common: &Common, args: &Okta) -> Result<Exit, Failed> {
    let OktaCommand::Profiles { pacing } = &args.command;
    let connection = connect::okta_client(common, *pacing).await?;
    let profiles = survey(&connection.client, &connection.pace).await;
    print(common, profiles.map_err(Failed::unread)?)?;
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct ProfilesDocument {
    schema: &'static str,
    profiles: Vec<SurveyedProfile>,
}

fn print(common: &Common, profiles: Vec<SurveyedProfile>) -> Result<(), Failed> {
    match common.output {
        Output::Text => files::print(&tables::profiles(&profiles)),
        Output::Json => files::print_json(&ProfilesDocument {
            schema: "oathkit.okta-profiles/1",
            profiles,
        }),
    }
}
