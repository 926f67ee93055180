//! Any JSON value, walked through `serde_json`'s parser. What is not wanted is dropped.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::check::Cell;

/// What to make of a JSON value of any type.
pub(super) trait Shape<'de>: Sized {
    type Out;

    fn scalar<E: Error>(self, cell: Cell<'de>) -> Result<Self::Out, E>;

    fn array<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Out, A::Error> {
        while array.next_element_seed(Any(Value))?.is_some() {}
        self.scalar(Cell::Other)
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Out, A::Error> {
        while object.next_key_seed(Any(Value))?.is_some() {
            object.next_value_seed(Any(Value))?;
        }
        self.scalar(Cell::Other)
    }
}

/// Lets a [`Shape`] take part in `serde`.
pub(super) struct Any<S>(pub(super) S);

impl<'de, S: Shape<'de>> DeserializeSeed<'de> for Any<S> {
    type Value = S::Out;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Out, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S: Shape<'de>> Visitor<'de> for Any<S> {
    type Value = S::Out;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<S::Out, E> {
        self.0.scalar(Cell::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<S::Out, E> {
        self.0.scalar(Cell::Other)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<S::Out, E> {
        self.0
            .scalar(i64::try_from(number).map_or(Cell::Fraction, Cell::Integer))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<S::Out, E> {
        self.0.scalar(Cell::Integer(number))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<S::Out, E> {
        self.0.scalar(Cell::Fraction)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<S::Out, E> {
        self.0.scalar(Cell::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<S::Out, E> {
        self.0.scalar(Cell::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, array: A) -> Result<S::Out, A::Error> {
        self.0.array(array)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<S::Out, A::Error> {
        self.0.object(object)
    }
}

/// A single value; arrays and objects are passed over.
pub(super) struct Value;

impl<'de> Shape<'de> for Value {
    type Out = Cell<'de>;

    fn scalar<E: Error>(self, cell: Cell<'de>) -> Result<Cell<'de>, E> {
        Ok(cell)
    }
}

/// The text of an object key. JSON has no other keys.
pub(super) fn key<'de, A: MapAccess<'de>>(
    object: &mut A,
) -> Result<Option<Cow<'de, str>>, A::Error> {
    Ok(object.next_key_seed(Any(Value))?.map(|key| match key {
        Cell::Text(text) => text,
        _ => Cow::Borrowed(""),
    }))
}
