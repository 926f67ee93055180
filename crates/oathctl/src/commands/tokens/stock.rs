//! The inventory that a command chooses its tokens from.

use std::collections::BTreeSet;

use provisioner::{
    InventoryFilter, InventoryToken, Ledger, MemoryLedger, Problem, StockError, UserId,
};
use seedfile::Serial;

use crate::args::{Common, Filter, Take};
use crate::connect::Connection;
use crate::exit::Failed;
use crate::{files, progress, state};

/// What an identity provider has. A spinner says so while it is read.
pub(in crate::commands) struct Stock<'c> {
    of: provisioner::Stock<'c>,
    /// Whether the provider keeps serial numbers.
    serials: bool,
}

impl<'c> Stock<'c> {
    pub(in crate::commands) async fn of(
        common: &Common,
        connection: &'c Connection,
    ) -> Result<Self, Failed> {
        let provider = &*connection.provider;
        let serials = provider.capabilities().serials;
        // A ledger that is not asked is neither opened nor made.
        let ledger: Box<dyn Ledger> = match serials {
            true => Box::new(MemoryLedger::new()),
            false => Box::new(state::open(common).await?),
        };
        let of = provisioner::Stock::of(provider, &connection.pace, &*ledger).await?;
        Ok(Self { of, serials })
    }

    /// Reads the tokens that fit.
    pub(in crate::commands) async fn read(
        &self,
        filter: &InventoryFilter,
    ) -> Result<Vec<InventoryToken>, Failed> {
        while_reading(self.of.read(filter))
            .await
            .map_err(Failed::unread)
    }

    /// What a user holds.
    pub(in crate::commands) async fn of_holder(
        &self,
        user: UserId,
    ) -> Result<Vec<InventoryToken>, Failed> {
        while_reading(self.of.of_holder(user))
            .await
            .map_err(Failed::unread)
    }

    /// The one token with a serial number, if it is there.
    pub(in crate::commands) async fn find(
        &self,
        serial: &Serial,
    ) -> Result<Option<InventoryToken>, Failed> {
        while_reading(self.of.find(serial))
            .await
            .map_err(Failed::unread)
    }

    /// The one token with a serial number.
    pub(in crate::commands) async fn one(&self, serial: &Serial) -> Result<InventoryToken, Failed> {
        let next = match self.serials {
            true => {
                "check the serial number; a token that was uploaded as CSV is found by --holder"
            }
            false => "check the serial number; tokens list --holder USER shows what a user has",
        };
        let found = while_reading(self.of.one(serial)).await;
        found.map_err(|error| match error {
            StockError::Missing(problem) => unusable(&problem).next(next),
            unread @ StockError::Unread(_) => failed(unread),
        })
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
        let mut chosen = self.all_of(&filter).await?;
        self.name_holders(&mut chosen).await;
        Ok(chosen)
    }

    /// Names the holders by what they sign in with, as far as that can be read.
    pub(in crate::commands) async fn name_holders(&self, tokens: &mut [InventoryToken]) {
        while_reading(self.of.name_holders(tokens)).await;
    }

    /// The tokens that fit, of which each that is named has to be there.
    pub(in crate::commands) async fn all_of(
        &self,
        filter: &InventoryFilter,
    ) -> Result<Vec<InventoryToken>, Failed> {
        while_reading(self.of.all_of(filter)).await.map_err(failed)
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
        self.of.holder(name).await.map_err(failed)
    }
}

async fn while_reading<T>(read: impl Future<Output = T>) -> T {
    let reading = progress::reading("reading the inventory");
    let result = read.await;
    reading.finish_and_clear();
    result
}

fn failed(error: StockError) -> Failed {
    match error {
        StockError::Unread(failure) => Failed::unread(failure),
        StockError::Missing(problem) => unusable(&problem),
    }
}

/// What cannot be done with a token or for a user; nothing was sent.
pub(super) fn unusable(problem: &Problem) -> Failed {
    Failed::usage(problem.message.clone()).next(problem.next.clone())
}
