//! Names of things in the directory.

use std::fmt;
use std::str::FromStr;

use idp_http::{InvalidSegment, Segment};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::wire::literal;

/// The id of a user, a device or a method: a GUID, kept in lower case.
///
/// ```
/// # use entra_graph::ObjectId;
/// let id = ObjectId::parse("AABBCCDD-0011-2233-4455-66778899AABB")?;
/// assert_eq!(id.to_string(), "aabbccdd-0011-2233-4455-66778899aabb");
/// assert!(ObjectId::parse("../users").is_err());
/// # Ok::<(), entra_graph::InvalidObjectId>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ObjectId(String);

/// Text that is not a GUID (hexadecimal digits and dashes, 8-4-4-4-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an object id (a GUID such as 00000000-0000-0000-0000-000000000000)")]
pub struct InvalidObjectId;

impl ObjectId {
    /// Reads a GUID without braces.
    ///
    /// # Errors
    /// [`InvalidObjectId`] for anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidObjectId> {
        if is_guid(text) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(InvalidObjectId)
        }
    }

    /// The id as text, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as one path segment.
    pub(crate) fn segment(&self) -> Segment {
        // A GUID is always a segment; the literal is never reached.
        Segment::new(self.as_str()).unwrap_or_else(|_| Segment::literal("-"))
    }
}

impl FromStr for ObjectId {
    type Err = InvalidObjectId;

    fn from_str(text: &str) -> Result<Self, InvalidObjectId> {
        Self::parse(text)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

/// True for `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` in hexadecimal digits.
pub(crate) fn is_guid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

/// How a request addresses a user: by object id, by user principal name, or as who is signed in.
///
/// A name is one escaped path segment, so `bob#EXT#@contoso.com` and `o'brien@contoso.com` address
/// exactly that user. A name that begins with `$` stands in parentheses, `users('$ann@contoso.com')`,
/// since Graph takes a segment with `$` in front for an operation of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserKey {
    /// As people read it.
    name: String,
    /// As the path has it, below the version.
    path: Vec<Segment>,
}

impl UserKey {
    /// A user by object id.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a key is made out of an id, once; callers have the id in hand"
    )]
    pub fn id(id: ObjectId) -> Self {
        Self::in_users(id.segment())
    }

    /// A user by user principal name.
    ///
    /// # Errors
    /// [`InvalidSegment`] for text that a path cannot hold, and for a name without `@`: Graph would
    /// read `/users/delta` or `/users/$count` as another operation.
    pub fn upn(upn: &str) -> Result<Self, InvalidSegment> {
        if !upn.contains('@') {
            return Err(InvalidSegment);
        }
        if upn.starts_with('$') {
            return Ok(Self {
                name: upn.to_owned(),
                path: vec![Segment::new(format!("users({})", literal(upn)))?],
            });
        }
        Segment::new(upn).map(Self::in_users)
    }

    /// Whoever is signed in, `/me`: for users who manage their own tokens.
    ///
    /// It needs a delegated sign-in; Graph refuses it to an application that acts for itself.
    #[must_use]
    pub fn me() -> Self {
        Self {
            name: "me".to_owned(),
            path: vec![Segment::literal("me")],
        }
    }

    fn in_users(user: Segment) -> Self {
        Self {
            name: user.as_str().to_owned(),
            path: vec![Segment::literal("users"), user],
        }
    }

    pub(crate) fn is_me(&self) -> bool {
        *self == Self::me()
    }

    /// The user in the path of `version`, with `rest` below.
    pub(crate) fn path(&self, version: &'static str, rest: &[Segment]) -> Vec<Segment> {
        [&[Segment::literal(version)], self.path.as_slice(), rest].concat()
    }
}

impl From<ObjectId> for UserKey {
    fn from(id: ObjectId) -> Self {
        Self::id(id)
    }
}

impl fmt::Display for UserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
