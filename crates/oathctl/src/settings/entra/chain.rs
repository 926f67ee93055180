//! The Azure SDKs' word for which of their ways are taken.

use super::wrong;
use crate::exit::Failed;

/// What `AZURE_TOKEN_CREDENTIALS` leaves of the ways to sign in.
#[derive(Clone, Copy)]
pub(super) enum Chain {
    /// Nothing is said.
    Whole,
    /// What is for servers: all but the sign-ins of people.
    Servers,
    Secrets,
    Federated,
    Machine,
    AzureCli,
    Browser,
}

impl Chain {
    /// The value of the variable, in which capitals do not count.
    pub(super) fn named(value: Option<String>) -> Result<Self, Failed> {
        let Some(value) = value else {
            return Ok(Self::Whole);
        };
        Ok(match value.trim().to_lowercase().as_str() {
            "prod" => Self::Servers,
            "environmentcredential" => Self::Secrets,
            "workloadidentitycredential" => Self::Federated,
            "managedidentitycredential" => Self::Machine,
            "dev" | "azureclicredential" => Self::AzureCli,
            "interactivebrowsercredential" => Self::Browser,
            _ => {
                let why = format!("{value:?} is not among the ways to sign in here");
                return Err(wrong("AZURE_TOKEN_CREDENTIALS", &why).next(
                    "take prod, dev, EnvironmentCredential, WorkloadIdentityCredential, ManagedIdentityCredential, \
                     AzureCliCredential or InteractiveBrowserCredential, or unset it",
                ));
            }
        })
    }

    /// A secret or a certificate.
    pub(super) fn takes_secrets(self) -> bool {
        matches!(self, Self::Whole | Self::Servers | Self::Secrets)
    }

    pub(super) fn takes_federated(self) -> bool {
        matches!(self, Self::Whole | Self::Servers | Self::Federated)
    }
}
