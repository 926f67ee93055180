//! The test that counts: would the holder get in with this code?

use serde::{Deserialize, Serialize};

/// Which of the two services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Idp {
    /// Microsoft Entra ID.
    Entra,
    /// Okta.
    Okta,
}

/// Somebody signs in with a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Where.
    pub idp: Idp,
    /// The login, or the service's id of the user.
    pub user: String,
    /// One token only: its serial, in Okta the id of the factor.
    #[serde(default)]
    pub serial: Option<String>,
    /// The code the token shows.
    pub code: String,
    /// The service's time in Unix seconds; now, where it is not given.
    #[serde(default)]
    pub at: Option<u64>,
}

/// What the service said to a sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInAnswer {
    /// Whether the code was accepted.
    pub accepted: bool,
    /// Why not.
    pub reason: Option<String>,
}

impl SignInAnswer {
    pub(crate) fn accepted() -> Self {
        Self {
            accepted: true,
            reason: None,
        }
    }

    pub(crate) fn refused(reason: impl Into<String>) -> Self {
        Self {
            accepted: false,
            reason: Some(reason.into()),
        }
    }
}
