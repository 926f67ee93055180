//! `oathctl users`: find people.

use provisioner::FoundUser;
use serde::Serialize;

use super::tokens::connect;
use crate::args::{Common, Output, Users, UsersCommand};
use crate::exit::{Exit, Failed};
use crate::{files, tables};

#[derive(Serialize)]
struct UsersDocument {
    schema: &'static str,
    idp: &'static str,
    users: Vec<FoundUser>,
}

pub(crate) async fn run(common: &Common, args: &Users) -> Result<Exit, Failed> {
    let UsersCommand::Search { text, place, most } = &args.command;
    let connection = connect(common, *place).await?;
    let found = connection
        .provider
        .search(&connection.pace, text, usize::from(*most));
    let users = found.await;
    let users = users.map_err(Failed::unread)?;
    match common.output {
        Output::Text => files::print(&tables::users(&users))?,
        Output::Json => files::print_json(&UsersDocument {
            schema: "oathkit.users/1",
            idp: place.idp.name(),
            users,
        })?,
    }
    Ok(Exit::Done)
}
