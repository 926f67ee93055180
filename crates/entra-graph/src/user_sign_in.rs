//! A person signs in: by a code on another device, or in a browser on this one.

mod browser;
mod device_code;

use std::fmt;
use std::sync::Arc;

use idp_http::{BadAnswer, Clock, Exchange, Form, Transport};

pub use self::browser::Authorization;
pub use self::device_code::{DeviceCode, DeviceCodeAnswer};

use crate::sign_in::{Desk, Grant};
use crate::{Application, CredentialKind, Delegated, Error, GraphOptions, Scopes};

/// How a person signs in to an application without a secret (a public client).
///
/// Either [`UserSignIn::begin`] and [`UserSignIn::poll`], or [`UserSignIn::authorize`] and
/// [`UserSignIn::finish`]; both end in a [`Delegated`] credential. Each call makes one attempt, and
/// the caller waits. What is asked for are [`Scopes::Tokens`], if not others, and that the sign-in
/// lasts (`offline_access`).
pub struct UserSignIn {
    exchange: Exchange,
    application: Application,
    options: GraphOptions,
    scopes: Scopes,
}

impl UserSignIn {
    /// Microsoft Graph Command Line Tools: a public client of Microsoft's that every tenant knows, for
    /// people who have no application of their own yet.
    pub const MICROSOFT_CLIENT_ID: &'static str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";

    /// A sign-in that has not begun.
    #[must_use]
    pub fn new(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        application: Application,
        options: GraphOptions,
    ) -> Self {
        Self {
            exchange: Exchange::new(transport, clock),
            application,
            options,
            scopes: Scopes::default(),
        }
    }

    /// The same, asking for other permissions.
    #[must_use]
    pub fn asking_for(self, scopes: Scopes) -> Self {
        Self { scopes, ..self }
    }

    fn desk(&self) -> Desk<'_> {
        Desk {
            exchange: &self.exchange,
            options: &self.options,
        }
    }

    fn scope(&self) -> String {
        self.scopes.of(&self.options.graph)
    }

    /// The access token that comes along is left: the client asks for one of its own.
    async fn redeem(&self, form: &Form) -> Result<Delegated, Error> {
        let kind = CredentialKind::Delegated;
        let redeemed = self.desk().redeem(&self.application, form, kind).await;
        let Grant { refresh_token, .. } = redeemed?;
        let refresh_token = refresh_token.ok_or_else(|| Error::Answer {
            operation: crate::sign_in::NAME,
            bad: BadAnswer::new("no refresh token"),
            request_id: None,
            retry: idp_http::Retry::Never,
        })?;
        let person = Delegated::new(self.application.clone(), refresh_token);
        Ok(person.asking_for(self.scopes))
    }
}

impl fmt::Debug for UserSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserSignIn")
            .field("application", &self.application)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
