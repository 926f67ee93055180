//! What the client signs in with.

mod assertion;
mod jwt;
mod key;
mod proof;
mod scopes;

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

pub use self::key::{InvalidKey, PrivateKey};
pub use self::proof::ProofKey;
pub(crate) use self::proof::{Nonce, Proof, token_hash};
pub use self::scopes::{InvalidScopes, Scopes};

/// What a client signs in with. `Debug` shows no secret of any of them.
#[derive(Debug)]
#[non_exhaustive]
pub enum Credential {
    /// An API token.
    Ssws(SswsToken),
    /// An OAuth service app with a private key.
    ServiceApp(Box<ServiceApp>),
}

/// Which kind of [`Credential`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialKind {
    /// [`Credential::Ssws`]
    Ssws,
    /// [`Credential::ServiceApp`]
    ServiceApp,
}

impl Credential {
    /// An API token, as Okta showed it.
    pub fn ssws(token: impl Into<SecretString>) -> Self {
        Self::Ssws(SswsToken::new(token))
    }

    /// A service app: `key` is registered with it, `proof_key` is this program's own, and `names` gives
    /// a name that was never given before (128 random bits or more, such as a UUID).
    pub fn service_app(
        client_id: impl Into<String>,
        key: PrivateKey,
        proof_key: ProofKey,
        names: Arc<dyn Fn() -> String + Send + Sync>,
    ) -> Self {
        ServiceApp::new(client_id, key, proof_key, names).into()
    }

    /// Whether sign-in asks for this scope; an API token has none and may do what its owner may.
    #[must_use]
    pub fn asks_for(&self, scope: &str) -> bool {
        match self {
            Self::Ssws(_) => true,
            Self::ServiceApp(app) => app.scopes.has(scope),
        }
    }

    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::Ssws(_) => CredentialKind::Ssws,
            Self::ServiceApp(_) => CredentialKind::ServiceApp,
        }
    }
}

impl From<SswsToken> for Credential {
    fn from(token: SswsToken) -> Self {
        Self::Ssws(token)
    }
}

impl From<ServiceApp> for Credential {
    fn from(app: ServiceApp) -> Self {
        Self::ServiceApp(Box::new(app))
    }
}

/// An API token of the org ("SSWS"). Has the rights of the administrator who made it; is never
/// printed.
#[derive(Clone, Debug)]
pub struct SswsToken(SecretString);

impl SswsToken {
    /// Takes the token as Okta showed it. Space around it is not part of it.
    pub fn new(token: impl Into<SecretString>) -> Self {
        Self(token.into())
    }

    pub(crate) fn header(&self) -> Option<HeaderValue> {
        authorization("SSWS", self.0.expose_secret().trim())
    }
}

/// `scheme token` as a header that is never printed; `None` where the token cannot stand there.
pub(crate) fn authorization(scheme: &str, token: &str) -> Option<HeaderValue> {
    let text = Zeroizing::new([scheme, " ", token].concat());
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    (!token.is_empty()).then_some(value)
}

/// An OAuth service app ("API Services"): it proves its key in each sign-in (RFC 7523) and its access
/// tokens are bound to a key of this program (DPoP, RFC 9449), unless the app has that switched off.
pub struct ServiceApp {
    pub(crate) client_id: String,
    pub(crate) key: PrivateKey,
    pub(crate) proof_key: ProofKey,
    pub(crate) scopes: Scopes,
    pub(crate) names: Arc<dyn Fn() -> String + Send + Sync>,
}

impl ServiceApp {
    /// A service app that asks for [`Scopes::provisioning`]. The parameters are those of
    /// [`Credential::service_app`].
    pub fn new(
        client_id: impl Into<String>,
        key: PrivateKey,
        proof_key: ProofKey,
        names: Arc<dyn Fn() -> String + Send + Sync>,
    ) -> Self {
        Self {
            client_id: client_id.into(),
            key,
            proof_key,
            scopes: Scopes::provisioning(),
            names,
        }
    }

    /// The same, asking for other scopes.
    #[must_use]
    pub fn with_scopes(self, scopes: Scopes) -> Self {
        Self { scopes, ..self }
    }
}

impl fmt::Debug for ServiceApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceApp")
            .field("client_id", &self.client_id)
            .field("key", &self.key)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}
