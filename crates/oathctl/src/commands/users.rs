//! `oathctl users`: people, and what they hold.

use provisioner::{FoundUser, InventoryToken};
use serde::Serialize;

use super::tokens::{Stock, connect};
use crate::args::{Common, Output, Place, Users, UsersCommand};
use crate::exit::{Exit, Failed};
use crate::{files, tables};

#[derive(Serialize)]
struct UsersDocument {
    schema: &'static str,
    idp: &'static str,
    users: Vec<FoundUser>,
}

#[derive(Serialize)]
struct UserDocument {
    schema: &'static str,
    idp: &'static str,
    user: Option<FoundUser>,
    tokens: Vec<InventoryToken>,
}

pub(crate) async fn run(common: &Common, args: &Users) -> Result<Exit, Failed> {
    match &args.command {
        UsersCommand::Show { user, place } => show(common, user, *place).await,
        UsersCommand::Search { text, place, most } => search(common, text, *place, *most).await,
    }
}

async fn search(common: &Common, text: &str, place: Place, most: u16) -> Result<Exit, Failed> {
    let connection = connect(common, place).await?;
    let found = connection
        .provider
        .search(&connection.pace, text, usize::from(most));
    let users = found.await.map_err(Failed::unread)?;
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

async fn show(common: &Common, name: &str, place: Place) -> Result<Exit, Failed> {
    let connection = connect(common, place).await?;
    let stock = Stock::of(common, &connection).await?;
    let id = stock.holder(name).await?;
    let tokens = stock.of_holder(id.clone()).await?;
    let user = connection.provider.user(&connection.pace, &id).await;
    let user = user.map_err(Failed::unread)?;
    match common.output {
        Output::Text => {
            files::print(&tables::users(user.as_slice()))?;
            tables::inventory(&tokens).try_for_each(|page| files::print(&page))?;
        }
        Output::Json => files::print_json(&UserDocument {
            schema: "oathkit.user/1",
            idp: place.idp.name(),
            user,
            tokens,
        })?,
    }
    Ok(Exit::Done)
}
