//! Okta's identifiers: short, opaque, safe in a path.

use std::fmt;
use std::str::FromStr;

use idp_http::Segment;
use serde::{Deserialize, Serialize};

/// Text that is not an Okta id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an Okta id: 1 to 64 of A-Z, a-z, 0-9, `_` and `-`")]
pub struct InvalidId;

fn checked(text: &str) -> Result<Segment, InvalidId> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if text.len() > 64 || !text.bytes().all(allowed) {
        return Err(InvalidId);
    }
    Segment::new(text).map_err(|_| InvalidId)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(Segment);

        impl $name {
            /// Checks `text`: 1 to 64 of A-Z, a-z, 0-9, `_` and `-`.
            ///
            /// # Errors
            /// [`InvalidId`] for anything else.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                checked(text).map(Self)
            }

            /// The id as Okta writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            pub(crate) fn segment(&self) -> Segment {
                self.0.clone()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.as_str().to_owned()
            }
        }
    };
}

id! {
    /// A user's id (`00u…`).
    UserId
}
id! {
    /// The id of an enrolled factor (`chf…` for custom TOTP). It is the only handle on an enrolment:
    /// Okta keeps no serial number.
    FactorId
}
id! {
    /// What an enrolment names as its profile: a factor profile (`fpr…`) on Classic, an
    /// authenticator (`aut…`) on Identity Engine.
    ProfileId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_and_plain() {
        let longest = "a".repeat(64);
        for good in ["00u1A-_z", "x", &longest] {
            assert_eq!(UserId::parse(good).unwrap().as_str(), good);
        }
        let long = "a".repeat(65);
        for bad in ["", ".", "..", "a/b", "a b", "ä", "a%2f", "a\n", &long] {
            assert_eq!(UserId::parse(bad), Err(InvalidId), "{bad}");
        }
    }

    #[test]
    fn ids_travel_as_strings() {
        let id: FactorId = serde_json::from_str("\"chf1\"").unwrap();
        assert_eq!(id, "chf1".parse().unwrap());
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"chf1\"");
        assert_eq!(format!("{id} {id:?}"), "chf1 FactorId(chf1)");
        assert!(serde_json::from_str::<FactorId>("\"../x\"").is_err());
    }
}
