//! What comes from outside: tokens and assertions that this crate does not make.

use std::time::Duration;

use async_trait::async_trait;
use idp_http::Retry;
use secrecy::SecretString;

/// Gives access tokens, such as a managed identity or another program.
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// A token for `resource`, Graph's root such as `https://graph.microsoft.com`.
    ///
    /// The client keeps it until five minutes before its end, and asks once for everybody who waits.
    ///
    /// # Errors
    /// [`SourceError`] where there is none.
    async fn token(&self, resource: &str) -> Result<AccessToken, SourceError>;
}

/// Gives the token by which another identity provider vouches for an application.
#[async_trait]
pub trait AssertionSource: Send + Sync {
    /// The token as it is now: it is asked for in each sign-in, because it is replaced in time.
    ///
    /// # Errors
    /// [`SourceError`] where there is none.
    async fn assertion(&self) -> Result<SecretString, SourceError>;
}

/// An access token.
#[derive(Debug)]
pub struct AccessToken {
    /// Its text.
    pub token: SecretString,
    /// How long it is good from now on. It is counted from the moment it was asked for.
    pub lifetime: Duration,
}

/// Why a source gave nothing. Its texts must hold no secret: they are shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SourceError {
    pub(crate) message: String,
    pub(crate) next: String,
    pub(crate) retry: Retry,
}

impl SourceError {
    /// What happened, and what a person can do next, as sentences without a full stop. To ask again
    /// will bring nothing else.
    pub fn new(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            next: next.into(),
            retry: Retry::Never,
        }
    }

    /// The same, where it may be asked again, `after` a wait.
    #[must_use]
    pub fn passing(mut self, after: Option<Duration>) -> Self {
        self.retry = Retry::Safe { after };
        self
    }
}
