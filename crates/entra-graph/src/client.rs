//! The client: signs in, sends one operation once, reads the answer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, StatusCode, header};
use idp_http::{Clock, Effect, IdpTime, Response, Retry, Token, TokenCache, Transport};

use crate::exchange::{Exchange, request_id};
use crate::refusal::refusal;
use crate::sign_in::Desk;
use crate::{Credential, Error, GraphEndpoint, GraphOptions, TokenClaims};

/// A client for one tenant. Share it by reference or in an [`Arc`]; it holds the token.
pub struct GraphClient {
    exchange: Exchange,
    credential: Credential,
    options: GraphOptions,
    tokens: TokenCache<HeaderValue, Error>,
}

/// What a successful operation brought.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer<T> {
    /// The result.
    pub value: T,
    /// The service's name for the request, for its support.
    pub request_id: Option<String>,
}

impl GraphClient {
    /// A client that has not signed in yet.
    #[must_use]
    pub fn new(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        credential: impl Into<Credential>,
        options: GraphOptions,
    ) -> Self {
        let exchange = Exchange {
            transport,
            clock,
            time: IdpTime::default(),
        };
        Self {
            exchange,
            credential: credential.into(),
            options,
            tokens: TokenCache::default(),
        }
    }

    /// Sends an operation exactly once, after signing in where no valid token is at hand. Nothing is
    /// repeated: [`Error::retry`] says what the caller may do.
    ///
    /// # Errors
    /// [`Error`] for a refused sign-in, a refused operation, an answer that did not come or that
    /// could not be understood, and for an operation whose request leads elsewhere than below the
    /// configured root of Graph: nothing is sent then.
    pub async fn send<E: GraphEndpoint>(&self, endpoint: &E) -> Result<Answer<E::Output>, Error> {
        let mut request = endpoint.request(&self.options.graph);
        // The token goes to Graph and nowhere else, whatever an endpoint builds.
        if self
            .options
            .graph
            .follow(&request.uri().to_string())
            .is_err()
        {
            return Err(Error::unsendable(E::NAME));
        }
        let token = self.token().await?;
        let authorization = token.value.clone();
        request
            .headers_mut()
            .insert(header::AUTHORIZATION, authorization);
        let client_request_id = self.options.name(&mut request);

        let response = self.exchange.send(request).await;
        let response = response.map_err(|error| Error::transport(E::NAME, E::EFFECT, error))?;
        let request_id = request_id(response.headers());
        let status = response.status();
        tracing::debug!(
            operation = E::NAME,
            status = status.as_u16(),
            request_id,
            "answer"
        );
        if accepts_token(status) {
            token.mark_worked();
        }
        if !status.is_success() {
            if let Some(value) = endpoint.refusal(&response) {
                return Ok(Answer { value, request_id });
            }
            let retry = self.verdict(E::EFFECT, &response, &token).await;
            let refusal = refusal(endpoint, &response, client_request_id, retry);
            return Err(Error::Service(Box::new(refusal)));
        }
        match endpoint.response(&self.options.graph, &response) {
            Ok(value) => Ok(Answer { value, request_id }),
            Err(bad) => Err(Error::Answer {
                operation: E::NAME,
                bad,
                request_id,
                retry: Retry::after_bad_answer(E::EFFECT),
            }),
        }
    }

    /// The service's time, learned from the `Date` of every answer.
    #[must_use]
    pub fn time(&self) -> &IdpTime {
        &self.exchange.time
    }

    /// The service's now, since the Unix epoch.
    #[must_use]
    pub fn unix(&self) -> Duration {
        self.exchange.unix()
    }

    /// By how much [`GraphClient::unix`] may be off.
    #[must_use]
    pub fn unix_uncertainty(&self) -> Duration {
        self.exchange.time.uncertainty(&*self.exchange.clock)
    }

    /// How far this machine's clock is ahead of the service's, in milliseconds; `None` where no answer
    /// has told the time.
    #[must_use]
    pub fn clock_ahead_millis(&self) -> Option<i64> {
        self.exchange.ahead_millis()
    }

    /// Signs in where no valid token is at hand. [`GraphClient::send`] does it by itself; this is for
    /// who wants to know before that whether it can, or what the token says.
    ///
    /// # Errors
    /// [`Error`] for a refused sign-in, and for one that brought no answer or none that could be
    /// understood.
    pub async fn sign_in(&self) -> Result<(), Error> {
        self.token().await.map(drop)
    }

    async fn token(&self) -> Result<Token<HeaderValue>, Error> {
        let sign_in = self.desk().sign_in(&self.credential);
        self.tokens.get(&*self.exchange.clock, sign_in).await
    }

    /// What the access token says of itself, where one is at hand and can be read. A hint for people:
    /// Microsoft keeps the right to change what is in it.
    pub async fn token_claims(&self) -> Option<TokenClaims> {
        let token = self.tokens.cached().await?;
        TokenClaims::of(&token.value)
    }

    /// What the client signs in with.
    #[must_use]
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    fn desk(&self) -> Desk<'_> {
        Desk {
            exchange: &self.exchange,
            options: &self.options,
        }
    }

    /// What may be done after a refusal. A 401 means that nothing was done: where the token had
    /// worked before, a new one will; a fresh token that is refused will be refused again.
    async fn verdict(
        &self,
        effect: Effect,
        response: &Response,
        token: &Token<HeaderValue>,
    ) -> Retry {
        let status = response.status();
        if status != StatusCode::UNAUTHORIZED {
            let after = idp_http::retry_after(response.headers());
            return Retry::after_status(effect, status, after);
        }
        self.tokens.forget(token).await;
        if token.has_worked() {
            Retry::Safe { after: None }
        } else {
            Retry::Never
        }
    }
}

impl fmt::Debug for GraphClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphClient")
            .field("credential", &self.credential)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// True for an answer that only a request with an accepted token gets.
fn accepts_token(status: StatusCode) -> bool {
    status.is_success()
        || status.is_client_error() && !matches!(status.as_u16(), 401 | 407 | 408 | 429)
}
