//! What is there to choose from: the inventory of a provider, with what the ledger knows where the
//! provider keeps no serial numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use seedfile::Serial;

use crate::{
    Failure, FoundUser, IdentityProvider, InventoryFilter, InventoryToken, Known, Ledger,
    LedgerError, Pace, Problem, UserId,
};

/// The inventory of an identity provider, to look things up in. Nothing is kept: each look reads.
pub struct Stock<'p> {
    provider: &'p dyn IdentityProvider,
    pace: &'p Pace,
    known: BTreeMap<Serial, Known>,
}

impl fmt::Debug for Stock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stock")
            .field("tenant", self.provider.tenant())
            .finish_non_exhaustive()
    }
}

/// Why a look into the stock has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StockError {
    /// The provider could not be read.
    #[error("{}", .0.problem)]
    Unread(Failure),
    /// It was read, and there is no such token or user.
    #[error("{0}")]
    Missing(Problem),
}

impl StockError {
    /// What to tell people.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        match self {
            Self::Unread(failure) => &failure.problem,
            Self::Missing(problem) => problem,
        }
    }
}

impl From<Failure> for StockError {
    fn from(failure: Failure) -> Self {
        Self::Unread(failure)
    }
}

impl From<Problem> for StockError {
    fn from(problem: Problem) -> Self {
        Self::Missing(problem)
    }
}

impl<'p> Stock<'p> {
    /// The stock of a provider. The ledger is asked where tokens went only where the provider keeps no
    /// serial numbers.
    ///
    /// # Errors
    /// [`LedgerError`] when the ledger was asked and could not be read.
    pub async fn of(
        provider: &'p dyn IdentityProvider,
        pace: &'p Pace,
        ledger: &dyn Ledger,
    ) -> Result<Self, LedgerError> {
        let known = match provider.capabilities().serials {
            true => BTreeMap::new(),
            false => ledger.known(provider.tenant()).await?,
        };
        Ok(Self {
            provider,
            pace,
            known,
        })
    }

    /// Reads the tokens that fit, in the provider's order.
    ///
    /// # Errors
    /// [`Failure`] when they could not be read.
    pub async fn read(&self, filter: &InventoryFilter) -> Result<Vec<InventoryToken>, Failure> {
        let mut tokens = Vec::new();
        let mut take = |token| tokens.push(token);
        self.provider
            .inventory(self.pace, &self.known, filter, &mut take)
            .await?;
        Ok(tokens)
    }

    /// The one token with a serial number, if it is there.
    ///
    /// # Errors
    /// [`Failure`] when it could not be read.
    pub async fn find(&self, serial: &Serial) -> Result<Option<InventoryToken>, Failure> {
        let filter = InventoryFilter {
            serials: Some(BTreeSet::from([serial.clone()])),
            ..InventoryFilter::default()
        };
        Ok(self.read(&filter).await?.into_iter().next())
    }

    /// The one token with a serial number.
    ///
    /// # Errors
    /// [`StockError`] when it could not be read or is not there.
    pub async fn one(&self, serial: &Serial) -> Result<InventoryToken, StockError> {
        let found = self.find(serial).await?;
        found.ok_or_else(|| self.missing(serial).into())
    }

    /// The tokens that fit, of which each that the filter names has to be there.
    ///
    /// # Errors
    /// [`StockError`] when they could not be read, or one of them is not there.
    pub async fn all_of(
        &self,
        filter: &InventoryFilter,
    ) -> Result<Vec<InventoryToken>, StockError> {
        let chosen = self.read(filter).await?;
        let message = match filter.missing(&chosen).as_slice() {
            [] => return Ok(chosen),
            [one] => format!("no such token: {one}"),
            [one, more @ ..] => format!("no such tokens: {one} and {} more", more.len()),
        };
        let next = "check the serial numbers; nothing was sent";
        Err(Problem::new(Problem::NOT_THERE, message, next).into())
    }

    /// What a user holds.
    ///
    /// # Errors
    /// [`Failure`] when it could not be read.
    pub async fn of_holder(&self, user: UserId) -> Result<Vec<InventoryToken>, Failure> {
        let filter = InventoryFilter {
            holder: Some(user),
            ..InventoryFilter::default()
        };
        self.read(&filter).await
    }

    /// Names the holders by what they sign in with: so a plan, a report and the audit name a user in one
    /// way, whether a token is given or taken. A holder whose login cannot be read keeps the name that the
    /// inventory has: nothing is held up by that.
    pub async fn name_holders(&self, tokens: &mut [InventoryToken]) {
        let holders = tokens.iter().filter_map(|token| token.holder.as_ref());
        let ids = holders.map(|holder| holder.id.clone()).collect();
        let logins = self.provider.logins(self.pace, &ids).await;
        let logins = logins.unwrap_or_default();
        for holder in tokens.iter_mut().filter_map(|token| token.holder.as_mut()) {
            if let Some(login) = logins.get(&holder.id) {
                holder.name = Some(login.clone());
            }
        }
    }

    /// The user whom a name means, whether that one can be given tokens or not.
    ///
    /// # Errors
    /// [`StockError`] when the directory could not be read, or the name means nobody or several.
    pub async fn holder(&self, name: &str) -> Result<UserId, StockError> {
        let names = [name.to_owned()];
        let mut found = self.provider.users(self.pace, &names).await?;
        let person = found.remove(name).ok_or_else(|| no_such_user(name))?;
        Ok(person.id().cloned().map_err(Problem::clone)?)
    }

    /// One user by the provider's id.
    ///
    /// # Errors
    /// [`StockError`] when the directory could not be read, or there is no such user.
    pub async fn user(&self, id: &UserId) -> Result<FoundUser, StockError> {
        let found = self.provider.user(self.pace, id).await?;
        Ok(found.ok_or_else(|| no_such_user(&id.0))?)
    }

    /// People by what somebody typed, `most` at the most; nobody for less than two characters.
    ///
    /// # Errors
    /// [`Failure`] when the directory could not be searched.
    pub async fn search(&self, text: &str, most: usize) -> Result<Vec<FoundUser>, Failure> {
        let text = text.trim();
        match text.chars().nth(1) {
            Some(_) => self.provider.search(self.pace, text, most).await,
            None => Ok(Vec::new()),
        }
    }

    /// What to say of a serial number that [`Stock::find`] does not find.
    #[must_use]
    pub fn missing(&self, serial: &Serial) -> Problem {
        let next = match self.provider.capabilities().serials {
            true => {
                "check the serial number; a token that was uploaded as a file is found by its holder"
            }
            false => "check the serial number, or look what its holder has",
        };
        let message = format!("no such token: {serial}");
        Problem::new(Problem::NOT_THERE, message, next)
    }
}

fn no_such_user(name: &str) -> Problem {
    Problem::new(
        "user-unknown",
        format!("there is no user {name}"),
        "check the name",
    )
}
