//! The shape of the whole document, and the raw texts of its parts.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{foreign, syntax};
use crate::field::Field;
use crate::format::Format;
use crate::refusal::Refusal;

const NO_ITEMS: Refusal = Refusal::JsonShape {
    expected: "an object with the array \"value\" or \"inventory\", the array itself, or one token",
};
const TWICE: Refusal = Refusal::JsonShape {
    expected: "\"value\" or \"inventory\", once only",
};

/// No document that is known has nearly as many names at its top.
const MAX_NAMES: usize = 1000;

/// What the document is, with the raw texts of its parts.
pub(super) enum Document<'t> {
    /// An array of tokens.
    Items(&'t str),
    /// A token.
    Single(&'t str),
    /// EntraOATH's.
    Inventory {
        items: &'t str,
        assignments: Option<&'t str>,
    },
}

impl<'t> Document<'t> {
    pub(super) fn of(text: &'t str) -> Result<Self, Refusal> {
        if text.trim_start().starts_with('[') {
            return match first(text)?.and_then(foreign::item) {
                Some(app) => Err(Refusal::AuthenticatorExport { app }),
                None => Ok(Self::Items(text)),
            };
        }
        let Names(names) =
            serde_json::from_str(text).map_err(|error| syntax(text, text, &error))?;
        let array = |name| only_array(&names, name);
        match (array("value")?, array("inventory")?) {
            (Some(_), Some(_)) => Err(TWICE),
            (Some(items), None) => Ok(Self::Items(items)),
            (None, Some(items)) => Ok(Self::Inventory {
                items,
                assignments: array("assignments")?,
            }),
            (None, None) => Self::single(text, &names),
        }
    }

    fn single(text: &'t str, names: &[(String, &'t RawValue)]) -> Result<Self, Refusal> {
        if let Some(app) = foreign::document(|name| names.iter().any(|(known, _)| known == name)) {
            return Err(Refusal::AuthenticatorExport { app });
        }
        let is_token = |(name, _): &(String, _)| {
            matches!(Field::find(name), Some(Field::Serial | Field::Secret))
        };
        if names.iter().any(is_token) {
            Ok(Self::Single(text.trim()))
        } else {
            Err(NO_ITEMS)
        }
    }

    pub(super) const fn format(&self) -> Format {
        match self {
            Self::Items(_) | Self::Single(_) => Format::GraphJson,
            Self::Inventory { .. } => Format::EntraOathJson,
        }
    }
}

/// The value of a name that must be an array if it is there.
fn only_array<'t>(
    names: &[(String, &'t RawValue)],
    name: &str,
) -> Result<Option<&'t str>, Refusal> {
    let mut values = names.iter().filter(|(known, _)| known == name);
    let Some((_, value)) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        Err(TWICE)
    } else if value.get().starts_with('[') {
        Ok(Some(value.get()))
    } else {
        Err(NO_ITEMS)
    }
}

/// The first item of an array.
fn first(text: &str) -> Result<Option<&str>, Refusal> {
    let mut found = None;
    let stop = items(text, text, |item| {
        found = Some(item);
        Err(NO_ITEMS)
    });
    match found {
        Some(item) => Ok(Some(item)),
        None => stop.map(|()| None),
    }
}

/// Hands the raw text of every item of an array to `take`. A refusal ends it.
pub(super) fn items<'t>(
    text: &str,
    array: &'t str,
    take: impl FnMut(&'t str) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let mut refusal = None;
    let mut json = serde_json::Deserializer::from_str(array);
    let items = Items {
        take,
        refusal: &mut refusal,
    };
    let parsed = json.deserialize_seq(items).and_then(|()| json.end());
    match (refusal, parsed) {
        (Some(refusal), _) => Err(refusal),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) => Err(syntax(text, array, &error)),
    }
}

struct Items<'r, F> {
    take: F,
    refusal: &'r mut Option<Refusal>,
}

impl<'de, F: FnMut(&'de str) -> Result<(), Refusal>> Visitor<'de> for Items<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut array: A) -> Result<(), A::Error> {
        while let Some(item) = array.next_element::<&RawValue>()? {
            (self.take)(item.get()).map_err(|refusal| {
                *self.refusal = Some(refusal);
                A::Error::custom("refused")
            })?;
        }
        Ok(())
    }
}

/// The names of an object with the raw texts of their values.
pub(super) struct Names<'t>(pub(super) Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Names<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NamesVisitor)
    }
}

struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = Names<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Names<'de>, A::Error> {
        let mut names = Vec::new();
        while let Some(entry) = object.next_entry()? {
            if names.len() == MAX_NAMES {
                return Err(A::Error::custom("too many names"));
            }
            names.push(entry);
        }
        Ok(Names(names))
    }
}
