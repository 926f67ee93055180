//! `oathctl doctor`: whether this sign-in can do the job.

use provisioner::{Finding, Health};
use serde::Serialize;

use crate::args::{Common, Doctor, Idp, Output};
use crate::connect::{self, Reach};
use crate::exit::{Exit, Failed};
use crate::{files, tables};

#[derive(Serialize)]
struct DoctorDocument {
    schema: &'static str,
    idp: &'static str,
    /// The worst of the findings.
    health: Health,
    findings: Vec<Finding>,
}

pub(crate) async fn run(common: &Common, args: &Doctor) -> Result<Exit, Failed> {
    // Also where no run could be begun.
    let findings = match args.place.idp {
        Idp::Entra => {
            let connection = connect::connect_unasked(common, args.place).await?;
            connection.provider.examine(&connection.pace).await
        }
        Idp::Okta => {
            let pacing = args.place.pacing;
            let connection = connect::okta_client(common, pacing, Reach::Change).await?;
            provisioner::okta::examine(&connection.client, &connection.pace).await
        }
    };
    let worst = findings.iter().map(|finding| finding.health).max();
    let health = worst.unwrap_or(Health::Good);
    match common.output {
        Output::Text => files::print(&tables::examination(&findings))?,
        Output::Json => files::print_json(&DoctorDocument {
            schema: "oathkit.doctor/1",
            idp: args.place.idp.name(),
            health,
            findings,
        })?,
    }
    Ok(match health {
        Health::Bad => Exit::Access,
        Health::Good | Health::Warning => Exit::Done,
    })
}
