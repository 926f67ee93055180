//! The people both services know.

use serde::{Deserialize, Serialize};

/// Somebody with an account, in both services alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The user principal name in Entra and the login in Okta.
    pub login: String,
    /// The mail address, if there is one.
    #[serde(default)]
    pub mail: Option<String>,
    /// The name shown to people.
    #[serde(default)]
    pub name: String,
    /// A guest: may not hold a hardware token in Entra.
    #[serde(default)]
    pub guest: bool,
    /// Whether the account is enabled.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

impl Person {
    /// An enabled member whose mail address is the login and whose name is the part before the `@`.
    pub fn new(login: impl Into<String>) -> Self {
        let login = login.into();
        let name = login.split('@').next().unwrap_or_default().to_owned();
        Self {
            mail: Some(login.clone()),
            name,
            guest: false,
            enabled: true,
            login,
        }
    }

    /// `count` people: `user0001@example.com` and so on.
    #[must_use]
    pub fn numbered(count: usize) -> Vec<Self> {
        (1..=count)
            .map(|number| Self::new(format!("user{number:04}@example.com")))
            .collect()
    }
}
