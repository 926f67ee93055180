//! Ways to hand tokens out.

use std::fmt;
use std::str::FromStr;

/// How tokens find their users.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strategy {
    /// Every user who holds no token of the file gets the next one that nobody holds. Whoever holds
    /// one that cannot be used gets no other.
    #[default]
    NextAvailable,
    /// The n-th user gets the token of the n-th row.
    Order,
    /// The list names the serial number for each user.
    Mapping,
}

impl Strategy {
    /// Every strategy.
    pub const ALL: [Self; 3] = [Self::NextAvailable, Self::Order, Self::Mapping];

    /// The name used on command lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NextAvailable => "next-available",
            Self::Order => "order",
            Self::Mapping => "mapping",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No strategy has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a strategy: use next-available, order or mapping")]
pub struct UnknownStrategy;

impl FromStr for Strategy {
    type Err = UnknownStrategy;

    fn from_str(name: &str) -> Result<Self, UnknownStrategy> {
        Self::ALL
            .into_iter()
            .find(|strategy| strategy.name().eq_ignore_ascii_case(name))
            .ok_or(UnknownStrategy)
    }
}
