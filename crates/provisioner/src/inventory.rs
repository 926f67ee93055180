//! What an identity provider has, as people look at it and choose from it.

use std::collections::BTreeSet;

use oath_core::{Algorithm, Digits, Period};
use seedfile::{Serial, SerialError};
use serde::Serialize;

use crate::{Problem, Roster, State, Token, TokenId, Unreadable, UserId, spreadsheet, wire};

/// A token as the inventory shows it. Its texts are the provider's and may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InventoryToken {
    /// The provider's id of it.
    pub id: TokenId,
    /// The serial number; empty where the provider names none.
    pub serial: String,
    /// How far it is.
    pub state: State,
    /// The provider's own word for that.
    pub status: String,
    /// Who holds it.
    pub holder: Option<Holder>,
    /// The maker.
    pub manufacturer: String,
    /// The model.
    pub model: String,
    /// What it is called there.
    pub name: String,
    /// Its hash, where the provider says.
    #[serde(with = "wire::optional_algorithm")]
    pub algorithm: Option<Algorithm>,
    /// Its time step, where the provider says.
    #[serde(with = "wire::optional_period")]
    pub period: Option<Period>,
    /// When it was last used to sign in, as the provider writes it.
    pub last_used: Option<String>,
    /// Whether it was uploaded as a file in the provider's admin pages. Such a token is found by its
    /// holder and not by its serial number.
    pub uploaded: bool,
}

impl InventoryToken {
    /// The status of a token that could not be read: what is said of it is what the ledger knows.
    pub const UNREADABLE: &'static str = "unreadable";

    /// A token of which no more is known than its id, its serial number and how far it is.
    pub fn new(id: TokenId, serial: impl Into<String>, state: State) -> Self {
        Self {
            id,
            serial: serial.into(),
            state,
            status: state.name().to_owned(),
            holder: None,
            manufacturer: String::new(),
            model: String::new(),
            name: String::new(),
            algorithm: None,
            period: None,
            last_used: None,
            uploaded: false,
        }
    }

    /// The serial number by which plans and reports name it: the provider's id where it has none.
    ///
    /// # Errors
    /// [`SerialError`] where it is none that can be worked with.
    pub fn serial_or_id(&self) -> Result<Serial, SerialError> {
        match self.serial.as_str() {
            "" => Serial::new(&self.id.0),
            serial => Serial::new(serial),
        }
    }

    /// Tokens as CSV with a header, whose cells no spreadsheet takes for formulas.
    #[must_use]
    pub fn to_csv(tokens: &[Self]) -> String {
        let header = [
            "serial",
            "state",
            "status",
            "holder",
            "holder_id",
            "manufacturer",
            "model",
            "name",
            "algorithm",
            "period",
            "last_used",
            "uploaded",
            "id",
        ];
        spreadsheet::csv(header, tokens.iter().map(Self::cells))
    }

    fn cells(&self) -> Vec<String> {
        let holder = self.holder.as_ref();
        let name = holder.and_then(|holder| holder.name.clone());
        let algorithm = self.algorithm.map(|algorithm| algorithm.to_string());
        let period = self.period.map(|period| period.seconds().to_string());
        vec![
            self.serial.clone(),
            self.state.to_string(),
            self.status.clone(),
            name.unwrap_or_default(),
            holder.map(|holder| holder.id.0.clone()).unwrap_or_default(),
            self.manufacturer.clone(),
            self.model.clone(),
            self.name.clone(),
            algorithm.unwrap_or_default(),
            period.unwrap_or_default(),
            self.last_used.clone().unwrap_or_default(),
            self.uploaded.to_string(),
            self.id.0.clone(),
        ]
    }
}

/// A token that is in both of a provider's stores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Twin {
    /// The one that was uploaded as a file.
    pub uploaded: InventoryToken,
    /// The one of the inventory, with the same serial number.
    pub created: InventoryToken,
}

impl Twin {
    /// Whether nobody needs the uploaded one any more: the same user can sign in with the other.
    #[must_use]
    pub fn is_replaced(&self) -> bool {
        let holder = |token: &InventoryToken| token.holder.as_ref().map(|who| who.id.clone());
        self.created.state == State::Activated && holder(&self.created) == holder(&self.uploaded)
    }
}

/// Whose tokens a search goes through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those of everybody who holds a token of the inventory: a call for each of them.
    Holders,
    /// Those of everybody: a call for each user of the directory.
    Everybody,
    /// Those of one user.
    User(UserId),
}

/// Who holds a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The provider's id of the user.
    pub id: UserId,
    /// The user's name for people, where the provider says.
    pub name: Option<String>,
}

/// Which tokens of an inventory: those that have everything that is named here, and all where nothing
/// is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InventoryFilter {
    /// One of these serial numbers; an empty set is none of them.
    pub serials: Option<BTreeSet<Serial>>,
    /// How far they are.
    pub state: Option<State>,
    /// The maker.
    pub manufacturer: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// Who holds them.
    pub holder: Option<UserId>,
    /// Whether each is asked for where the provider has no list, instead of taking what the ledger says.
    pub check: bool,
}

impl InventoryFilter {
    /// Whether a token is one of these.
    #[must_use]
    pub fn takes(&self, token: &InventoryToken) -> bool {
        let same = |wanted: &Option<String>, is: &str| {
            wanted
                .as_ref()
                .is_none_or(|wanted| wanted.to_lowercase() == is.to_lowercase())
        };
        let named = |serials: &BTreeSet<Serial>| {
            token
                .serial_or_id()
                .is_ok_and(|serial| serials.contains(&serial))
        };
        let holder = token.holder.as_ref().map(|holder| &holder.id);
        self.serials.as_ref().is_none_or(named)
            && self.state.is_none_or(|state| state == token.state)
            && same(&self.manufacturer, &token.manufacturer)
            && same(&self.model, &token.model)
            && (self.holder.is_none() || self.holder.as_ref() == holder)
    }

    /// The serial numbers that were asked for and are not among the tokens found.
    #[must_use]
    pub fn missing(&self, found: &[InventoryToken]) -> Vec<&Serial> {
        let found = found.iter().filter_map(|token| token.serial_or_id().ok());
        let found: BTreeSet<Serial> = found.collect();
        let named = self.serials.iter().flatten();
        named.filter(|serial| !found.contains(serial)).collect()
    }
}

impl Roster {
    /// A roster of tokens of an inventory, in their order and without their seeds. One whose serial number
    /// cannot be worked with is unreadable.
    ///
    /// # Errors
    /// [`Problem`] where a serial number is there twice.
    pub fn of_inventory<'t>(
        found: impl IntoIterator<Item = &'t InventoryToken>,
    ) -> Result<Self, Problem> {
        let mut seen = BTreeSet::new();
        let (mut tokens, mut unreadable) = (Vec::new(), Vec::new());
        for (found, row) in found.into_iter().zip(1..) {
            match Token::of_inventory(row, found) {
                Err(problem) => unreadable.push(Unreadable { row, problem }),
                Ok(token) if !seen.insert(token.serial.clone()) => {
                    return Err(there_twice(&token.serial));
                }
                Ok(token) => tokens.push(token),
            }
        }
        Ok(Self::without_seeds(tokens).with_unreadable(unreadable))
    }
}

fn there_twice(serial: &Serial) -> Problem {
    Problem::new(
        "serial-twice",
        format!("the serial number {serial} is there twice"),
        "look among the duplicates which of them was uploaded as a file; nothing was sent",
    )
}

impl Token {
    /// A token of an inventory, as the row of this number of a plan. Its seed is not at hand. One without
    /// a serial number goes by the provider's id.
    ///
    /// # Errors
    /// [`Problem`] where the provider's serial number is none that can be worked with.
    pub fn of_inventory(row: usize, found: &InventoryToken) -> Result<Self, Problem> {
        let serial = found.serial_or_id().map_err(|error| {
            Problem::new(
                "serial-unusable",
                format!(
                    "the serial number of the token {} is unusable: {error}",
                    found.id.0
                ),
                "change it in the admin centre",
            )
        })?;
        let holder = found.holder.as_ref();
        Ok(Self {
            row,
            serial,
            user: holder.map(|holder| holder.name.clone().unwrap_or_else(|| holder.id.0.clone())),
            algorithm: found.algorithm.unwrap_or(Algorithm::Sha1),
            digits: Digits::SIX,
            period: found.period.unwrap_or(Period::THIRTY),
            manufacturer: found.manufacturer.clone(),
            model: found.model.clone(),
            seed_bits: 0,
            fingerprint: None,
            drift: 0,
            id: Some(found.id.clone()),
            holder: holder.map(|holder| holder.id.clone()),
            replaces: None,
            uploaded: found.uploaded,
            typed: false,
        })
    }
}

/// A user, for people to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FoundUser {
    /// The provider's id.
    pub id: UserId,
    /// What the user signs in with.
    pub login: String,
    /// The name.
    pub name: String,
    /// The mail address.
    pub mail: Option<String>,
    /// The provider's word for how the account is.
    pub status: String,
    /// Why this user can hold no token; none where nothing speaks against it.
    pub problem: Option<Problem>,
}
