//! The client: signs, sends once, reads.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use idp_http::{
    BaseUrl, Clock, Endpoint, IdpTime, Request, Response, Retry, Sent, Token, TokenCache,
    Transport, TransportError,
};

use crate::credential::{Credential, Nonce, Proof, ServiceApp};
use crate::exchange::{Exchange, request_id};
use crate::sign_in::{Access, Desk};
use crate::wire::{self, Context, JSON};
use crate::{Error, RateLimit, ServiceError};

/// A success, with what its headers said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer<T> {
    /// What was asked for.
    pub value: T,
    /// Okta's name for the call, for its support.
    pub request_id: Option<String>,
    /// The bucket that the call was counted in.
    pub rate_limit: Option<RateLimit>,
}

/// A client of one org. Share it by reference or in an [`Arc`]; it holds the access token.
///
/// It repeats nothing, waits for nothing and reads no clock but the one it was given.
pub struct OktaClient {
    exchange: Exchange,
    credential: Credential,
    org: BaseUrl,
    tokens: TokenCache<Access, Error>,
    /// For sign-ins.
    sign_in_nonce: Nonce,
    /// For calls, where the org asks for one there, too.
    call_nonce: Nonce,
}

impl fmt::Debug for OktaClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OktaClient")
            .field("org", &self.org)
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}

/// What a call carried of a service app.
struct Pass {
    token: Token<Access>,
    nonce: Option<String>,
}

impl OktaClient {
    /// A client of `org`, see [`org_url`](crate::org_url). Nothing is sent yet.
    pub fn new(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        credential: impl Into<Credential>,
        org: BaseUrl,
    ) -> Self {
        let exchange = Exchange {
            transport,
            clock,
            time: IdpTime::default(),
        };
        Self {
            exchange,
            credential: credential.into(),
            org,
            tokens: TokenCache::default(),
            sign_in_nonce: Nonce::default(),
            call_nonce: Nonce::default(),
        }
    }

    /// Sends one request, exactly once, after signing in where the credential needs it and no valid
    /// token is at hand.
    ///
    /// # Errors
    /// [`Error`], whose [`retry`](Error::retry) says what may be done next.
    pub async fn send<E: Endpoint>(&self, endpoint: &E) -> Result<Answer<E::Output>, Error> {
        let mut request = endpoint.request(&self.org);
        let mut context: Context = request.extensions_mut().remove().unwrap_or_default();
        // The token goes to the org and nowhere else, whatever an endpoint builds.
        if self.org.follow(&request.uri().to_string()).is_err() {
            let why = "the request does not fit into an address of the org";
            return Err(unsendable(E::NAME, why));
        }
        complete(&mut request);
        let pass = self.authorize(E::NAME, &mut request).await?;
        context.authorization = request.headers().get(AUTHORIZATION).cloned();
        let outcome = self.exchange.send(request).await;
        let response = outcome.map_err(|error| {
            tracing::debug!(operation = E::NAME, "no answer");
            Error::transport(E::NAME, E::EFFECT, error)
        })?;
        let verdict = match &pass {
            Some(pass) => self.verdict(pass, &response).await,
            None => None,
        };
        let mut answer = self.read(endpoint, &context, &response);
        if let Err(Error::Service(refused)) = &mut answer {
            refused.credential = self.credential.kind();
            refused.retry = verdict.unwrap_or(refused.retry);
        }
        answer
    }

    /// The org's time, learned from its answers.
    #[must_use]
    pub fn time(&self) -> &IdpTime {
        &self.exchange.time
    }

    /// The org's time since the Unix epoch; this machine's before the first answer.
    #[must_use]
    pub fn unix(&self) -> Duration {
        self.exchange.unix()
    }

    /// By how much [`OktaClient::unix`] may be off.
    #[must_use]
    pub fn unix_uncertainty(&self) -> Duration {
        self.exchange.time.uncertainty(&*self.exchange.clock)
    }

    /// How far this machine's clock is ahead of the org's, in milliseconds; `None` where no answer
    /// has told the time.
    #[must_use]
    pub fn clock_ahead_millis(&self) -> Option<i64> {
        self.exchange.time.ahead_millis(&*self.exchange.clock)
    }

    /// What the client signs in with.
    #[must_use]
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Gives the request what it needs to be let in.
    async fn authorize(
        &self,
        operation: &'static str,
        request: &mut Request,
    ) -> Result<Option<Pass>, Error> {
        match &self.credential {
            Credential::ServiceApp(app) => self.pass(app, operation, request).await.map(Some),
            Credential::Ssws(token) => {
                let header = token.header();
                let header =
                    header.ok_or_else(|| unsendable(operation, "the API token is unusable"))?;
                request.headers_mut().insert(AUTHORIZATION, header);
                Ok(None)
            }
        }
    }

    /// Lets a service app's request pass: the access token, and the proof of the key that it is bound to.
    async fn pass(
        &self,
        app: &ServiceApp,
        operation: &'static str,
        request: &mut Request,
    ) -> Result<Pass, Error> {
        let desk = Desk {
            exchange: &self.exchange,
            org: &self.org,
            nonce: &self.sign_in_nonce,
        };
        let token = self.tokens.get(&*self.exchange.clock, desk.sign_in(app));
        let token = token.await?;
        let nonce = self.call_nonce.newest();
        if token.value.hash.is_some() {
            let proof = app.prove(&Proof {
                method: request.method(),
                uri: request.uri(),
                now: self.exchange.earliest_unix(),
                token_hash: token.value.hash.as_deref(),
                nonce: nonce.as_deref(),
            });
            let proof = proof.map_err(|_| unsendable(operation, "the proof key cannot sign"))?;
            request.headers_mut().insert("dpop", proof);
        }
        let authorization = token.value.authorization.clone();
        request.headers_mut().insert(AUTHORIZATION, authorization);
        Ok(Pass { token, nonce })
    }

    /// What may be done after a 401, by which nothing was done. A nonce that is asked for is known now.
    /// Where the token had worked before, a new one will; a fresh token that is refused will be
    /// refused again.
    async fn verdict(&self, pass: &Pass, response: &Response) -> Option<Retry> {
        let Pass { token, nonce } = pass;
        let new_nonce = self.call_nonce.learn(response.headers(), nonce.as_deref());
        if accepts_token(response) {
            token.mark_worked();
        }
        if response.status() != StatusCode::UNAUTHORIZED || accepts_token(response) {
            return None;
        }
        if new_nonce && wants_nonce(response.headers()) {
            return Some(Retry::Safe { after: None });
        }
        self.tokens.forget(token).await;
        Some(match token.has_worked() {
            true => Retry::Safe { after: None },
            false => Retry::Never,
        })
    }

    fn read<E: Endpoint>(
        &self,
        endpoint: &E,
        context: &Context,
        response: &Response,
    ) -> Result<Answer<E::Output>, Error> {
        let request_id = request_id(response.headers());
        let status = response.status();
        tracing::debug!(
            operation = E::NAME,
            status = status.as_u16(),
            request_id,
            "answer"
        );
        let value = if status.is_success() {
            endpoint
                .response(&self.org, response)
                .map_err(|bad| Error::Answer {
                    operation: E::NAME,
                    bad,
                    request_id: request_id.clone(),
                    retry: Retry::after_bad_answer(E::EFFECT),
                })?
        } else {
            let refused = || ServiceError::read(E::NAME, E::EFFECT, context, response);
            endpoint
                .refusal(response)
                .ok_or_else(|| Error::Service(Box::new(refused())))?
        };
        Ok(Answer {
            value,
            request_id,
            rate_limit: RateLimit::read(response.headers()),
        })
    }
}

/// The headers that every request needs.
fn complete(request: &mut Request) {
    let bare = request.body().is_empty();
    let expects_length = [Method::POST, Method::PUT].contains(request.method());
    let headers = request.headers_mut();
    headers.insert(ACCEPT, JSON);
    headers.entry(CONTENT_TYPE).or_insert(JSON);
    if bare && expects_length {
        // Okta answers 411 otherwise.
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
}

fn unsendable(operation: &'static str, why: &'static str) -> Error {
    Error::Transport {
        operation,
        error: TransportError::new(Sent::No, why),
        retry: Retry::Never,
    }
}

/// True for an answer that only a request with an accepted token gets.
fn accepts_token(response: &Response) -> bool {
    let status = response.status();
    match status.as_u16() {
        // The token is good; the org lacks the feature.
        401 => wire::error_code(response) == "E0000015",
        407 | 408 | 429 => false,
        _ => status.is_success() || status.is_client_error(),
    }
}

fn wants_nonce(headers: &HeaderMap) -> bool {
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter();
    let mut texts = challenges.filter_map(|challenge| challenge.to_str().ok());
    texts.any(|text| text.contains("use_dpop_nonce"))
}
