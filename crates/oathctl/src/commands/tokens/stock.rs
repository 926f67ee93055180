//! The inventory that a command chooses its tokens from.

use std::collections::{BTreeMap, BTreeSet};

use provisioner::{InventoryFilter, InventoryToken, Known, Ledger, Problem, UserId};
use seedfile::Serial;

use crate::args::{Common, Filter, Take};
use crate::connect::Connection;
use crate::exit::Failed;
use crate::{files, progress, state};

/// What an identity provider has, with what the ledger knows where the provider keeps no serial numbers.
pub(in crate::commands) struct Stock<'c> {
    connection: &'c Connection,
    known: BTreeMap<Serial, Known>,
}

impl<'c> Stock<'c> {
    pub(in crate::commands) async fn of(
        common: &Common,
        connection: &'c Connection,
    ) -> Result<Self, Failed> {
        let provider = &connection.provider;
        let known = match provider.capabilities().serials {
            true => BTreeMap::new(),
            false => state::open(common).await?.known(provider.tenant()).await?,
        };
        Ok(Self { connection, known })
    }

    /// Reads the tokens that fit, while a spinner says so.
    pub(in crate::commands) async fn read(
        &self,
        filter: &InventoryFilter,
    ) -> Result<Vec<InventoryToken>, Failed> {
        let Connection { provider, pace, .. } = self.connection;
        let reading = progress::reading("reading the inventory");
        let mut tokens = Vec::new();
        let mut take = |token| tokens.push(token);
        let read = provider
            .inventory(pace, &self.known, filter, &mut take)
            .await;
        reading.finish_and_clear();
        read.map_err(Failed::unread)?;
        Ok(tokens)
    }

    /// The one token with a serial number, if it is there.
    pub(in crate::commands) async fn find(
        &self,
        serial: &Serial,
    ) -> Result<Option<InventoryToken>, Failed> {
        let filter = InventoryFilter {
            serials: Some(BTreeSet::from([serial.clone()])),
            ..InventoryFilter::default()
        };
        Ok(self.read(&filter).await?.into_iter().next())
    }

    /// The one token with a serial number.
    pub(in crate::commands) async fn one(&self, serial: &Serial) -> Result<InventoryToken, Failed> {
        let next = match self.connection.provider.capabilities().serials {
            true => {
                "check the serial number; a token that was uploaded as CSV is found by --holder"
            }
            false => "check the serial number; tokens list --holder USER shows what a user has",
        };
        let missing = || Failed::usage(format!("no such token: {serial}")).next(next);
        self.find(serial).await?.ok_or_else(missing)
    }

    /// The tokens that the options name, without one of them twice.
    pub(in crate::commands) async fn chosen(
        &self,
        args: &Take,
    ) -> Result<Vec<InventoryToken>, Failed> {
        let mut filter = self.filter(&args.filter).await?;
        let named = match &args.list {
            Some(list) => Some(files::read_serials(list)?),
            None => (!args.serials.is_empty()).then(|| args.serials.clone()),
        };
        filter.serials = named.map(BTreeSet::from_iter);
        self.all_of(&filter).await
    }

    /// The tokens that fit, of which each that is named has to be there.
    pub(in crate::commands) async fn all_of(
        &self,
        filter: &InventoryFilter,
    ) -> Result<Vec<InventoryToken>, Failed> {
        let chosen = self.read(filter).await?;
        let message = match filter.missing(&chosen).as_slice() {
            [] => return Ok(chosen),
            [one] => format!("no such token: {one}"),
            [one, more @ ..] => format!("no such tokens: {one} and {} more", more.len()),
        };
        Err(Failed::usage(message).next("check the serial numbers; nothing was sent"))
    }

    pub(in crate::commands) async fn filter(
        &self,
        args: &Filter,
    ) -> Result<InventoryFilter, Failed> {
        let holder = match &args.holder {
            Some(name) => Some(self.holder(name).await?),
            None => None,
        };
        Ok(InventoryFilter {
            state: args.state.map(Into::into),
            manufacturer: args.manufacturer.clone(),
            model: args.model.clone(),
            holder,
            ..InventoryFilter::default()
        })
    }

    /// The user whom a name means.
    pub(in crate::commands) async fn holder(&self, name: &str) -> Result<UserId, Failed> {
        let names = [name.to_owned()];
        let Connection { provider, pace, .. } = self.connection;
        let mut found = provider.users(pace, &names).await.map_err(Failed::unread)?;
        let person = found.remove(name);
        let person = person.ok_or_else(|| Failed::usage(format!("there is no user {name}")))?;
        person.id().cloned().map_err(unusable)
    }
}

/// What cannot be done with a token or for a user; nothing was sent.
pub(super) fn unusable(problem: &Problem) -> Failed {
    Failed::usage(problem.message.clone()).next(problem.next.clone())
}
