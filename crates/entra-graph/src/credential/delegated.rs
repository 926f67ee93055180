//! A person who has signed in.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use secrecy::SecretString;

use super::Application;
use crate::Scopes;

/// A person's sign-in, which lasts by a refresh token (RFC 6749 section 6). It is kept in memory
/// only, and replaced where an answer brings a new one.
pub struct Delegated {
    application: Application,
    refresh_token: Mutex<SecretString>,
    scopes: Scopes,
}

impl Delegated {
    /// A credential from a refresh token that was issued to this application.
    #[must_use]
    pub fn new(application: Application, refresh_token: SecretString) -> Self {
        Self {
            application,
            refresh_token: Mutex::new(refresh_token),
            scopes: Scopes::default(),
        }
    }

    /// The same, asking for other permissions with each access token.
    #[must_use]
    pub fn asking_for(self, scopes: Scopes) -> Self {
        Self { scopes, ..self }
    }

    /// Which application the person signed in to.
    #[must_use]
    pub fn application(&self) -> &Application {
        &self.application
    }

    pub(crate) fn scopes(&self) -> Scopes {
        self.scopes
    }

    /// The refresh token as it is now.
    #[must_use]
    pub fn refresh_token(&self) -> SecretString {
        let token = self.refresh_token.lock();
        token.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn replace(&self, refresh_token: SecretString) {
        let token = self.refresh_token.lock();
        *token.unwrap_or_else(PoisonError::into_inner) = refresh_token;
    }
}

impl fmt::Debug for Delegated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delegated")
            .field("application", &self.application)
            .finish_non_exhaustive()
    }
}
