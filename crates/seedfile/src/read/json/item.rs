//! One token, and one assignment.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use serde::de::{DeserializeSeed, Error, MapAccess};
use zeroize::Zeroizing;

use super::value::{Any, Shape, Value, key};
use super::{offset, syntax};
use crate::check::{Cell, Dialect, RawRow, Value as Seen};
use crate::field::{Field, is_folded, other_user_name};
use crate::options::SecretEncoding;
use crate::problem::ProblemKind;
use crate::read::unread::Unread;
use crate::refusal::Refusal;
use crate::warning::Warning;

/// The holders of tokens by their serial numbers in lower case.
pub(super) type Assignments = HashMap<String, Assigned>;

/// Who holds a token.
pub(super) struct Assigned {
    /// `None` where more than one is named.
    user: Option<String>,
    /// The assignment that says so first, from 1.
    number: usize,
    followed: bool,
}

impl Assigned {
    pub(super) fn new(user: String, number: usize) -> Self {
        Self {
            user: Some(user),
            number,
            followed: false,
        }
    }

    /// Another assignment of the same token.
    pub(super) fn also(&mut self, user: &str) {
        if self.user.as_deref() != Some(user) {
            self.user = None;
        }
    }
}

/// Turns items into rows.
pub(super) struct Reader<'t, 'u> {
    text: &'t str,
    dialect: &'static Dialect,
    holders: Assignments,
    ids: HashSet<Cow<'t, str>>,
    unread: &'u mut Unread,
    row: usize,
}

impl<'t, 'u> Reader<'t, 'u> {
    pub(super) fn new(
        text: &'t str,
        dialect: &'static Dialect,
        holders: Assignments,
        unread: &'u mut Unread,
    ) -> Self {
        Self {
            text,
            dialect,
            holders,
            ids: HashSet::new(),
            unread,
            row: 0,
        }
    }

    pub(super) fn row(&mut self, item: &'t str) -> Result<RawRow<'t>, Refusal> {
        self.row += 1;
        let start = offset(self.text, item);
        let raw = RawRow::new(self.row, start..start + item.len(), self.dialect);
        let Token {
            mut raw,
            id,
            format,
        } = parse(self.text, item, Item(raw, self.unread))?;
        if id.is_some_and(|id| !self.ids.insert(id)) {
            raw.warnings.push(Warning::ContentIdRepeated);
        }
        if let Some(format) = format {
            apply(&mut raw, &format);
        }
        if !self.holders.is_empty() {
            self.assign(&mut raw);
        }
        Ok(raw)
    }

    /// Names the holder of a token. One that is named twice, and differently, is nobody.
    fn assign(&mut self, raw: &mut RawRow<'t>) {
        let Some(Seen::Text(serial)) = raw.get(Field::Serial) else {
            return;
        };
        let serial = serial.trim().to_ascii_lowercase();
        let Some(assigned) = self.holders.get_mut(&serial) else {
            return;
        };
        assigned.followed = true;
        let own = match raw.get(Field::User) {
            Some(Seen::Text(own)) => Some(own.trim()),
            _ => None,
        };
        let user = assigned.user.as_ref();
        let user = user.filter(|user| own.is_none_or(|own| own.eq_ignore_ascii_case(user)));
        let user = user.map(|user| Cell::Text(user.clone().into()));
        raw.replace(Field::User, user.unwrap_or(Cell::Repeated));
    }

    /// Tells the assignments that name no token of the file.
    pub(super) fn note_unassigned(self) {
        let left = self.holders.into_values();
        let left = left.filter(|assigned| !assigned.followed);
        let mut left: Vec<_> = left.map(|assigned| assigned.number).collect();
        left.sort_unstable();
        for number in left {
            self.unread.assignment(number);
        }
    }
}

/// The serial number and the user of an assignment, if it names both.
pub(super) fn assignment(text: &str, item: &str) -> Result<Option<(String, String)>, Refusal> {
    let (serial, user) = parse(text, item, Assignment)?;
    Ok(serial.zip(user))
}

fn parse<'t, S: Shape<'t>>(text: &str, item: &'t str, shape: S) -> Result<S::Out, Refusal> {
    let mut json = serde_json::Deserializer::from_str(item);
    Any(shape)
        .deserialize(&mut json)
        .and_then(|out| json.end().map(|()| out))
        .map_err(|error| syntax(text, item, &error))
}

/// The way in which a key is written, by EntraOATH's names.
fn apply(raw: &mut RawRow<'_>, format: &Cell<'_>) {
    let name = match format {
        Cell::Null => return,
        Cell::Text(name) => name.trim().to_ascii_lowercase(),
        _ => String::new(),
    };
    match name.as_str() {
        "base32" => raw.encoding = Some(SecretEncoding::Base32),
        "hex" => raw.encoding = Some(SecretEncoding::Hex),
        "text" => as_it_stands(raw),
        _ => raw.replace(Field::Secret, Cell::Wrong(ProblemKind::EncodingUnknown)),
    }
}

fn as_it_stands(raw: &mut RawRow<'_>) {
    if let Some(Seen::Text(text)) = raw.get(Field::Secret) {
        let bytes = Zeroizing::new(text.as_bytes().to_vec());
        raw.replace(Field::Secret, Cell::Bytes(bytes));
    }
}

/// A token as its object says it.
struct Item<'t, 'u>(RawRow<'t>, &'u mut Unread);

struct Token<'t> {
    raw: RawRow<'t>,
    /// `@contentId`, which tells the answers of a bulk request apart.
    id: Option<Cow<'t, str>>,
    /// `secretFormat`.
    format: Option<Cell<'t>>,
}

impl<'de> Shape<'de> for Item<'de, '_> {
    type Out = Token<'de>;

    fn scalar<E: Error>(self, _: Cell<'de>) -> Result<Self::Out, E> {
        Ok(Token {
            raw: self.0.unfit(ProblemKind::NotAnObject, ""),
            id: None,
            format: None,
        })
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Out, A::Error> {
        let Self(mut raw, unread) = self;
        let (mut id, mut format) = (None, None);
        let mut other_users = BTreeMap::new();
        while let Some(key) = key(&mut object)? {
            if key == "assignTo" {
                raw.set(Field::User, object.next_value_seed(Any(Assignee))?);
                continue;
            }
            let value = object.next_value_seed(Any(Value))?;
            if key == "@contentId" {
                id = as_text(value);
            } else if is_folded(&key, "secretformat") {
                format = Some(if format.is_some() {
                    Cell::Repeated
                } else {
                    value
                });
            } else if is_folded(&key, "userid") {
                raw.set(Field::User, value);
            } else if let Some(place) = other_user_name(&key) {
                let slot = other_users.entry(place);
                slot.and_modify(|known| *known = Cell::Repeated)
                    .or_insert(value);
            } else if let Some(field) = Field::find(&key) {
                raw.set(field, value);
            } else {
                unread.name(&key);
            }
        }
        if raw.get(Field::User).is_none()
            && let Some((_, user)) = other_users.pop_first()
        {
            raw.replace(Field::User, user);
        }
        Ok(Token { raw, id, format })
    }
}

fn as_text(cell: Cell<'_>) -> Option<Cow<'_, str>> {
    match cell {
        Cell::Text(text) => Some(text),
        Cell::Integer(number) => Some(number.to_string().into()),
        _ => None,
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

/// `{"serialNumber": …, "userId": …}`. An assignment by the directory's own id of the token says
/// nothing about a token of this file.
struct Assignment;

impl<'de> Shape<'de> for Assignment {
    type Out = (Option<String>, Option<String>);

    fn scalar<E: Error>(self, _: Cell<'de>) -> Result<Self::Out, E> {
        Ok((None, None))
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Out, A::Error> {
        let (mut serial, mut user) = (None, None);
        while let Some(key) = key(&mut object)? {
            let text = match object.next_value_seed(Any(Value))? {
                Cell::Text(text) => Some(text.trim().to_owned()),
                _ => None,
            };
            if is_folded(&key, "serialnumber") {
                serial = text;
            } else if ["userid", "userprincipalname", "upn"]
                .iter()
                .any(|name| is_folded(&key, name))
            {
                user = text;
            }
        }
        Ok((serial, user))
    }
}
