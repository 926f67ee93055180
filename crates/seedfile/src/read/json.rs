//! The body of Microsoft Graph's bulk create request.
//!
//! Items are checked as they are parsed; nothing of the document is kept. Every unexpected value is
//! walked through `serde_json`'s parser, whose limit on nesting holds, and dropped.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::check::{Cell, Dialect, RawRow, Sink};
use crate::field::Field;
use crate::problem::ProblemKind;
use crate::refusal::Refusal;

const NO_VALUE: Refusal = Refusal::JsonShape {
    expected: "an object with the array \"value\", or the array itself",
};
const TWO_VALUES: Refusal = Refusal::JsonShape {
    expected: "\"value\" once only",
};

pub(crate) fn read(text: &str, sink: &mut impl Sink) -> Result<(), Refusal> {
    let mut refusal = None;
    let mut json = serde_json::Deserializer::from_str(text);
    let document = Any(Document {
        sink,
        refusal: &mut refusal,
    });
    let parsed = document.deserialize(&mut json).and_then(|()| json.end());
    match (refusal, parsed) {
        (Some(refusal), _) => Err(refusal),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) => Err(Refusal::JsonSyntax {
            line: error.line(),
            column: error.column(),
        }),
    }
}

/// What to make of a JSON value of any type.
trait Shape<'de>: Sized {
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
struct Any<S>(S);

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
struct Value;

impl<'de> Shape<'de> for Value {
    type Out = Cell<'de>;

    fn scalar<E: Error>(self, cell: Cell<'de>) -> Result<Cell<'de>, E> {
        Ok(cell)
    }
}

/// The text of an object key. JSON has no other keys.
fn key<'de, A: MapAccess<'de>>(object: &mut A) -> Result<Option<Cow<'de, str>>, A::Error> {
    Ok(object.next_key_seed(Any(Value))?.map(|key| match key {
        Cell::Text(text) => text,
        _ => Cow::Borrowed(""),
    }))
}

/// The whole document: `{"value": […]}`, or the array alone.
struct Document<'s, S> {
    sink: &'s mut S,
    refusal: &'s mut Option<Refusal>,
}

impl<'de, S: Sink> Shape<'de> for Document<'_, S> {
    type Out = ();

    fn scalar<E: Error>(self, _: Cell<'de>) -> Result<(), E> {
        Err(refuse(self.refusal, NO_VALUE))
    }

    fn array<A: SeqAccess<'de>>(self, array: A) -> Result<(), A::Error> {
        Items(self).array(array)
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self { sink, refusal } = self;
        let mut seen = false;
        while let Some(key) = key(&mut object)? {
            if key != "value" {
                object.next_value_seed(Any(Value))?;
            } else if seen {
                return Err(refuse(refusal, TWO_VALUES));
            } else {
                seen = true;
                object.next_value_seed(Any(Items(Document { sink, refusal })))?;
            }
        }
        if seen {
            Ok(())
        } else {
            Err(refuse(refusal, NO_VALUE))
        }
    }
}

/// Stops the parser. The error it carries is replaced by `refusal`.
fn refuse<E: Error>(slot: &mut Option<Refusal>, refusal: Refusal) -> E {
    *slot = Some(refusal);
    E::custom("refused")
}

/// The array of tokens.
struct Items<'s, S>(Document<'s, S>);

impl<'de, S: Sink> Shape<'de> for Items<'_, S> {
    type Out = ();

    fn scalar<E: Error>(self, _: Cell<'de>) -> Result<(), E> {
        Err(refuse(self.0.refusal, NO_VALUE))
    }

    fn array<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        let Document { sink, refusal } = self.0;
        let mut row = 1;
        while let Some(item) = array.next_element_seed(Any(Item { row }))? {
            let raw = item.unwrap_or_else(|| {
                RawRow::new(row, 0..0, &Dialect::AZURE).unfit(ProblemKind::NotAnObject)
            });
            sink.row(raw).map_err(|error| refuse(refusal, error))?;
            row += 1;
        }
        Ok(())
    }
}

/// One token.
struct Item {
    row: usize,
}

impl<'de> Shape<'de> for Item {
    type Out = Option<RawRow<'de>>;

    fn scalar<E: Error>(self, _: Cell<'de>) -> Result<Self::Out, E> {
        Ok(None)
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Out, A::Error> {
        let mut raw = RawRow::new(self.row, 0..0, &Dialect::AZURE);
        while let Some(key) = key(&mut object)? {
            if key == "assignTo" {
                raw.set(Field::User, object.next_value_seed(Any(Assignee))?);
            } else if let Some(column) = Field::find(&key) {
                raw.set(column, object.next_value_seed(Any(Value))?);
            } else {
                object.next_value_seed(Any(Value))?;
            }
        }
        Ok(Some(raw))
    }
}

/// `{"id": …}`, or null.
struct Assignee;

impl<'de> Shape<'de> for Assignee {
    type Out = Cell<'de>;

    fn scalar<E: Error>(self, cell: Cell<'de>) -> Result<Cell<'de>, E> {
        Ok(if matches!(cell, Cell::Null) {
            cell
        } else {
            Cell::Other
        })
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Cell<'de>, A::Error> {
        let mut id = None;
        while let Some(key) = key(&mut object)? {
            let value = object.next_value_seed(Any(Value))?;
            if key == "id" {
                id = Some(if id.is_some() { Cell::Repeated } else { value });
            }
        }
        Ok(id.unwrap_or(Cell::Other))
    }
}
