//! Who sends a request, and what they may do.

use std::fmt;

use axum::extract::FromRequestParts;
use clap::ValueEnum;
use http::request::Parts;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Refusal;

/// What a caller may do; each role may do what the ones before it may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Role {
    /// Looks, changes nothing.
    Viewer,
    /// Single tokens: assign, activate, unassign, replace.
    HelpDesk,
    /// Imports, and many tokens at once.
    Operator,
    /// Settings, accounts, credentials.
    Admin,
}

impl Role {
    pub(crate) const ALL: [Self; 4] = [Self::Viewer, Self::HelpDesk, Self::Operator, Self::Admin];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::HelpDesk => "help desk",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

/// How a caller came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Via {
    /// By the address that the program printed at its start.
    OneTime,
    Password,
    ApiToken,
}

/// Who sends a request. The guard puts it into the request's extensions.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// What each form of this session sends in its field `csrf`; empty for an API token.
    pub(crate) csrf: Zeroizing<String>,
    pub(crate) via: Via,
}

impl Caller {
    pub(crate) fn may(&self, role: Role) -> bool {
        self.role >= role
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("name", &self.name)
            .field("role", &self.role)
            .field("via", &self.via)
            .finish_non_exhaustive()
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or(Refusal::SignIn)
    }
}
