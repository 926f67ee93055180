//! What differs between a kept plan and a seed file that is not the one it was made from.

use std::collections::BTreeMap;
use std::fmt;

use seedfile::Serial;

use super::{Decision, Plan};
use crate::{Roster, Token};

/// What a change of a seed is called.
const SEED: &str = "seed";

/// A token of which a plan and a seed file say different things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowChange {
    /// Where the record begins: in the file now, or in the file then where it is missing now.
    pub row: usize,
    /// The token.
    pub serial: Serial,
    /// What differs.
    pub change: Change,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// These fields have other values, by name. Of a seed this says only that it is another one.
    Fields(Vec<&'static str>),
    /// The plan has it, the file has not, or not as a usable record.
    Missing,
    /// The file has it, the plan has not.
    New,
}

impl fmt::Display for RowChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            row,
            serial,
            change,
        } = self;
        match change {
            Change::Fields(names) => {
                write!(
                    f,
                    "row {row}, serial {serial}: another {}",
                    names.join(", ")
                )
            }
            Change::Missing => write!(f, "serial {serial} (row {row} then): missing"),
            Change::New => write!(f, "row {row}, serial {serial}: new"),
        }
    }
}

impl Plan {
    /// How a seed file differs from the one that this plan was made from, token by token: those of
    /// the plan first, then new ones. Empty where only their order or what surrounds them differs.
    #[must_use]
    pub fn file_changes(&self, roster: &Roster) -> Vec<RowChange> {
        let there = by_serial(roster.tokens());
        let planned = by_serial(self.rows.iter().map(|row| &row.token));
        let of_plan = self.rows.iter().filter_map(|row| {
            let (found, change) = match there.get(&row.token.serial) {
                None => (&row.token, Change::Missing),
                Some(now) => (*now, Change::Fields(fields(&row.token, now))),
            };
            (change != Change::Fields(Vec::new())).then(|| row_change(found, change))
        });
        let of_file = roster.tokens().iter();
        let new = of_file.filter(|token| !planned.contains_key(&token.serial));
        of_plan
            .chain(new.map(|token| row_change(token, Change::New)))
            .collect()
    }

    /// True where something is to be done that only a token's seed allows.
    #[must_use]
    pub fn needs_seeds(&self) -> bool {
        let mut rows = self.rows.iter();
        rows.any(|row| {
            let is_open = matches!(row.decision, Decision::Steps { .. });
            is_open && row.token.fingerprint.is_some()
        })
    }

    /// The tokens whose seeds, as the plan knows them, these are not.
    #[must_use]
    pub fn seeds_missing(&self, roster: &Roster) -> Vec<RowChange> {
        let changes = self.file_changes(roster).into_iter();
        let of_seed = |change: &Change| match change {
            Change::Fields(names) => names.contains(&SEED),
            Change::Missing => true,
            Change::New => false,
        };
        changes.filter(|row| of_seed(&row.change)).collect()
    }
}

fn by_serial<'t>(tokens: impl IntoIterator<Item = &'t Token>) -> BTreeMap<&'t Serial, &'t Token> {
    tokens
        .into_iter()
        .map(|token| (&token.serial, token))
        .collect()
}

fn row_change(token: &Token, change: Change) -> RowChange {
    RowChange {
        row: token.row,
        serial: token.serial.clone(),
        change,
    }
}

fn fields(was: &Token, now: &Token) -> Vec<&'static str> {
    [
        ("user", was.user != now.user),
        (SEED, was.fingerprint != now.fingerprint),
        ("algorithm", was.algorithm != now.algorithm),
        ("number of digits", was.digits != now.digits),
        ("period", was.period != now.period),
        ("drift", was.drift != now.drift),
        ("manufacturer", was.manufacturer != now.manufacturer),
        ("model", was.model != now.model),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}
