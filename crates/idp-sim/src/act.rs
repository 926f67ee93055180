//! What another operator does in between.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::sign_in::Idp;

/// Something another operator does: in a portal, or with a program of his own.
///
/// He keeps to the service's rules. His acts are no calls: nothing counts them, throttles them or makes them fail.
/// Within [`Fault::Interfere`](crate::Fault::Interfere) a serial or user that is left out is that of the request.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Act {
    /// Entra: adds a device of SHA-1 and 30 seconds. Without a serial it is the very device that the request creates.
    CreateDevice {
        /// Its serial number.
        #[serde(default)]
        serial: Option<String>,
        /// Its secret in Base32; without it the request's, or random.
        #[serde(default)]
        secret: Option<String>,
        /// Who gets it at once; nobody, where it is left out.
        #[serde(default)]
        user: Option<String>,
    },
    /// Entra: gives a device to a user.
    AssignDevice {
        /// Its serial number.
        #[serde(default)]
        serial: Option<String>,
        /// The user principal name.
        #[serde(default)]
        user: Option<String>,
    },
    /// Entra: activates a device for its holder, with a good code.
    ActivateDevice {
        /// Its serial number.
        #[serde(default)]
        serial: Option<String>,
    },
    /// Entra: takes a device back.
    UnassignDevice {
        /// Its serial number.
        #[serde(default)]
        serial: Option<String>,
    },
    /// Entra: takes a device back, if somebody has it, and deletes it.
    DeleteDevice {
        /// Its serial number.
        #[serde(default)]
        serial: Option<String>,
    },
    /// Entra: disables an account.
    DisableUser {
        /// The user principal name.
        #[serde(default)]
        user: Option<String>,
    },
    /// Entra: deletes an account. What the user had is free again.
    DeleteUser {
        /// The user principal name.
        #[serde(default)]
        user: Option<String>,
    },
    /// Entra: uploads a certificate to the application.
    RegisterCertificate {
        /// The certificate in PEM.
        certificate: String,
    },
    /// Entra: trusts a token of another identity provider as the application's assertion.
    TrustAssertion {
        /// Its whole text.
        assertion: String,
    },
    /// Entra: the person signs in with the code of another device.
    ConfirmDeviceCode {
        /// What the device shows.
        user_code: String,
    },
    /// Entra: the person declines it.
    DeclineDeviceCode {
        /// What the device shows.
        user_code: String,
    },
    /// Entra: takes back the access tokens that are out, but no credential.
    RevokeTokens,
    /// Entra: takes back all tokens and all credentials: secret, certificates, assertions, refresh tokens.
    RevokeCredentials,
    /// Okta: registers one more public key with the service app.
    RegisterKey {
        /// The key as a JSON Web Key.
        key: String,
    },
    /// Okta: takes back the access tokens that are out, but no credential.
    WithdrawTokens,
    /// Okta: deactivates the service app, whose tokens end with it.
    DeactivateApp,
    /// Okta: revokes the API token.
    RevokeApiToken,
    /// Okta: enrols an active factor by the first profile.
    EnrollFactor {
        /// The login.
        #[serde(default)]
        user: Option<String>,
        /// Its secret in Base32; without it random.
        #[serde(default)]
        secret: Option<String>,
    },
    /// Okta: removes a user's factor.
    DeleteFactor {
        /// The login.
        #[serde(default)]
        user: Option<String>,
    },
    /// Okta: suspends a user.
    SuspendUser {
        /// The login.
        #[serde(default)]
        user: Option<String>,
    },
    /// Okta: deactivates a user.
    DeactivateUser {
        /// The login.
        #[serde(default)]
        user: Option<String>,
    },
}

impl Act {
    /// Where it happens.
    #[must_use]
    pub const fn idp(&self) -> Idp {
        match self {
            Self::CreateDevice { .. }
            | Self::AssignDevice { .. }
            | Self::ActivateDevice { .. }
            | Self::UnassignDevice { .. }
            | Self::DeleteDevice { .. }
            | Self::DisableUser { .. }
            | Self::DeleteUser { .. }
            | Self::RegisterCertificate { .. }
            | Self::TrustAssertion { .. }
            | Self::ConfirmDeviceCode { .. }
            | Self::DeclineDeviceCode { .. }
            | Self::RevokeTokens
            | Self::RevokeCredentials => Idp::Entra,
            Self::RegisterKey { .. }
            | Self::WithdrawTokens
            | Self::DeactivateApp
            | Self::RevokeApiToken
            | Self::EnrollFactor { .. }
            | Self::DeleteFactor { .. }
            | Self::SuspendUser { .. }
            | Self::DeactivateUser { .. } => Idp::Okta,
        }
    }

    /// The name it has in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CreateDevice { .. } => "create-device",
            Self::AssignDevice { .. } => "assign-device",
            Self::ActivateDevice { .. } => "activate-device",
            Self::UnassignDevice { .. } => "unassign-device",
            Self::DeleteDevice { .. } => "delete-device",
            Self::DisableUser { .. } => "disable-user",
            Self::DeleteUser { .. } => "delete-user",
            Self::RegisterCertificate { .. } => "register-certificate",
            Self::TrustAssertion { .. } => "trust-assertion",
            Self::ConfirmDeviceCode { .. } => "confirm-device-code",
            Self::DeclineDeviceCode { .. } => "decline-device-code",
            Self::RevokeTokens => "revoke-tokens",
            Self::RevokeCredentials => "revoke-credentials",
            Self::RegisterKey { .. } => "register-key",
            Self::WithdrawTokens => "withdraw-tokens",
            Self::DeactivateApp => "deactivate-app",
            Self::RevokeApiToken => "revoke-api-token",
            Self::EnrollFactor { .. } => "enroll-factor",
            Self::DeleteFactor { .. } => "delete-factor",
            Self::SuspendUser { .. } => "suspend-user",
            Self::DeactivateUser { .. } => "deactivate-user",
        }
    }
}

/// Without the secret.
impl std::fmt::Debug for Act {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Act").field(&self.name()).finish()
    }
}

/// Whose doing something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// The client's: somebody's who sends requests.
    #[default]
    Client,
    /// Another operator's, by an [`Act`].
    Operator,
}

/// What a request is about.
#[derive(Default)]
pub(crate) struct Subject {
    pub(crate) serial: Option<String>,
    pub(crate) user: Option<String>,
    /// The device it creates.
    pub(crate) device: Option<Value>,
}

/// What an act names, or else the request.
pub(crate) fn named<'a>(
    own: Option<&'a String>,
    subject: Option<&'a String>,
    what: &str,
) -> Result<&'a str, String> {
    let name = own.or(subject).map(String::as_str);
    name.ok_or_else(|| format!("the act names no {what}, and no request does"))
}
