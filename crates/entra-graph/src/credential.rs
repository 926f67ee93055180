//! What the client signs in with.

mod assertion;
mod certificate;
mod delegated;
#[cfg(feature = "self-signed")]
mod self_signed;
mod source;
mod tenant;

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::id::is_guid;

pub(crate) use self::assertion::Occasion;
pub use self::certificate::{Certificate, CertificateError};
pub use self::delegated::Delegated;
pub use self::source::{AccessToken, AssertionSource, SourceError, TokenSource};
pub use self::tenant::{InvalidTenantId, TenantId};

/// An application of a tenant, as it is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The tenant to sign in to.
    pub tenant: TenantId,
    /// The application's (client) id.
    pub client_id: String,
}

impl Application {
    /// An application.
    #[must_use]
    pub fn new(tenant: TenantId, client_id: impl Into<String>) -> Self {
        Self {
            tenant,
            client_id: client_id.into(),
        }
    }
}

/// What a client signs in with. `Debug` shows no secret of any of them.
#[derive(Debug)]
#[non_exhaustive]
pub enum Credential {
    /// An application with a client secret.
    Secret(ClientSecret),
    /// An application with a certificate.
    Certificate(ClientCertificate),
    /// An application for which somebody else vouches, such as a Kubernetes cluster.
    Assertion(ClientAssertion),
    /// A person who has signed in.
    Delegated(Delegated),
    /// Access tokens from elsewhere: a managed identity, another program.
    Source(Source),
}

/// Which kind of [`Credential`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialKind {
    /// [`Credential::Secret`]
    Secret,
    /// [`Credential::Certificate`]
    Certificate,
    /// [`Credential::Assertion`]
    Assertion,
    /// [`Credential::Delegated`], or a person's sign-in under way.
    Delegated,
    /// [`Credential::Source`]
    Source,
}

impl Credential {
    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::Secret(_) => CredentialKind::Secret,
            Self::Certificate(_) => CredentialKind::Certificate,
            Self::Assertion(_) => CredentialKind::Assertion,
            Self::Delegated(_) => CredentialKind::Delegated,
            Self::Source(_) => CredentialKind::Source,
        }
    }

    /// The application, where it signs in by itself.
    #[must_use]
    pub fn application(&self) -> Option<&Application> {
        match self {
            Self::Secret(secret) => Some(&secret.application),
            Self::Certificate(certificate) => Some(&certificate.application),
            Self::Assertion(assertion) => Some(&assertion.application),
            Self::Delegated(delegated) => Some(delegated.application()),
            Self::Source(_) => None,
        }
    }
}

/// An application's client secret (OAuth 2.0 client credentials, RFC 6749 section 4.4).
pub struct ClientSecret {
    /// Which application.
    pub application: Application,
    /// The secret's **value**, not its id.
    pub secret: SecretString,
}

impl ClientSecret {
    /// A credential.
    #[must_use]
    pub fn new(tenant: TenantId, client_id: impl Into<String>, secret: SecretString) -> Self {
        Self {
            application: Application::new(tenant, client_id),
            secret,
        }
    }

    /// True where the secret is a GUID: almost surely the portal's *Secret ID* was copied instead of
    /// the *Value*.
    #[must_use]
    pub fn looks_like_secret_id(&self) -> bool {
        is_guid(self.secret.expose_secret().trim())
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSecret")
            .field("application", &self.application)
            .finish_non_exhaustive()
    }
}

/// An application's certificate: proof of its key in each sign-in (RFC 7523 section 2.2).
#[derive(Debug)]
pub struct ClientCertificate {
    /// Which application.
    pub application: Application,
    /// The certificate, which is uploaded to the app registration, with its key.
    pub certificate: Certificate,
}

impl ClientCertificate {
    /// A credential.
    #[must_use]
    pub fn new(application: Application, certificate: Certificate) -> Self {
        Self {
            application,
            certificate,
        }
    }
}

/// An application for which somebody else vouches (workload identity federation).
pub struct ClientAssertion {
    /// Which application.
    pub application: Application,
    /// Where the token of the other identity provider comes from.
    pub source: Arc<dyn AssertionSource>,
}

impl ClientAssertion {
    /// A credential; `source` is asked anew for each sign-in.
    #[must_use]
    pub fn new(application: Application, source: Arc<dyn AssertionSource>) -> Self {
        Self {
            application,
            source,
        }
    }
}

impl fmt::Debug for ClientAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientAssertion")
            .field("application", &self.application)
            .finish_non_exhaustive()
    }
}

/// Access tokens from elsewhere.
pub struct Source(pub(crate) Arc<dyn TokenSource>);

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}

impl From<ClientSecret> for Credential {
    fn from(secret: ClientSecret) -> Self {
        Self::Secret(secret)
    }
}

impl From<ClientCertificate> for Credential {
    fn from(certificate: ClientCertificate) -> Self {
        Self::Certificate(certificate)
    }
}

impl From<ClientAssertion> for Credential {
    fn from(assertion: ClientAssertion) -> Self {
        Self::Assertion(assertion)
    }
}

impl From<Delegated> for Credential {
    fn from(delegated: Delegated) -> Self {
        Self::Delegated(delegated)
    }
}

impl From<Arc<dyn TokenSource>> for Credential {
    fn from(source: Arc<dyn TokenSource>) -> Self {
        Self::Source(Source(source))
    }
}
