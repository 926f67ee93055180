//! The client: signs, sends once, reads.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use idp_http::{
    BaseUrl, Clock, Endpoint, IdpTime, InvalidBaseUrl, Request, Response, Retry, Sent, Transport,
    TransportError,
};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::wire::Context;
use crate::{Error, RateLimit, ServiceError};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An API token of the org ("SSWS"). Has the rights of the administrator who made it; is never
/// printed.
#[derive(Clone, Debug)]
pub struct SswsToken(SecretString);

impl SswsToken {
    /// Takes the token as Okta showed it. Space around it is not part of it.
    pub fn new(token: impl Into<SecretString>) -> Self {
        Self(token.into())
    }

    fn header(&self) -> Option<HeaderValue> {
        let token = self.0.expose_secret().trim();
        let mut text = Zeroizing::new(String::with_capacity(5 + token.len()));
        text.push_str("SSWS ");
        text.push_str(token);
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        (!token.is_empty()).then_some(value)
    }
}

/// Reads an org's address: `https://acme.okta.com`.
///
/// A path from `/api/v1` on is cut off, because other tools want it there.
///
/// ```
/// let org = okta_factors::org_url("https://acme.okta.com/api/v1/users/")?;
/// assert_eq!(org.to_string(), "https://acme.okta.com");
/// # Ok::<(), okta_factors::idp_http::InvalidBaseUrl>(())
/// ```
///
/// # Errors
/// [`InvalidBaseUrl`] for anything but https (http for loopback addresses) with host, port and
/// path.
pub fn org_url(text: &str) -> Result<BaseUrl, InvalidBaseUrl> {
    // Checked before the cut, so that the cut hides no mistake.
    let whole = BaseUrl::parse(text)?.to_string();
    let end_of_prefix = format!("{whole}/").find("/api/v1/");
    match end_of_prefix.and_then(|end| whole.get(..end)) {
        Some(root) => BaseUrl::parse(root),
        None => BaseUrl::parse(&whole),
    }
}

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

/// A client of one org.
///
/// It repeats nothing, waits for nothing and reads no clock but the one it was given.
pub struct OktaClient {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    token: SswsToken,
    org: BaseUrl,
    time: IdpTime,
}

impl fmt::Debug for OktaClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OktaClient")
            .field("org", &self.org)
            .finish_non_exhaustive()
    }
}

impl OktaClient {
    /// A client of `org`, see [`org_url`]. Nothing is sent yet.
    pub fn new(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        token: SswsToken,
        org: BaseUrl,
    ) -> Self {
        Self {
            transport,
            clock,
            token,
            org,
            time: IdpTime::default(),
        }
    }

    /// Sends one request, exactly once.
    ///
    /// # Errors
    /// [`Error`], whose [`retry`](Error::retry) says what may be done next.
    pub async fn send<E: Endpoint>(&self, endpoint: &E) -> Result<Answer<E::Output>, Error> {
        let mut request = endpoint.request(&self.org);
        let context: Context = request.extensions_mut().remove().unwrap_or_default();
        self.sign(&mut request)
            .map_err(|why| unsendable::<E>(why))?;
        let sent = self.clock.monotonic();
        let outcome = self.transport.send(request).await;
        let response = outcome.map_err(|error| lost::<E>(error))?;
        self.time.learn(&*self.clock, response.headers(), sent);
        self.read(endpoint, &context, &response)
    }

    /// The org's time, learned from its answers.
    #[must_use]
    pub fn time(&self) -> &IdpTime {
        &self.time
    }

    /// The org's time since the Unix epoch; this machine's before the first answer.
    #[must_use]
    pub fn unix(&self) -> Duration {
        self.time.unix(&*self.clock)
    }

    /// By how much [`OktaClient::unix`] may be off.
    #[must_use]
    pub fn unix_uncertainty(&self) -> Duration {
        self.time.uncertainty(&*self.clock)
    }

    fn sign(&self, request: &mut Request) -> Result<(), &'static str> {
        // The token goes to the org and nowhere else, whatever an endpoint builds.
        if self.org.follow(&request.uri().to_string()).is_err() {
            return Err("the request does not fit into an address of the org");
        }
        let credential = self.token.header().ok_or("the API token is unusable")?;
        let bare = request.body().is_empty();
        let expects_length = [Method::POST, Method::PUT].contains(request.method());
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, credential);
        headers.insert(ACCEPT, JSON);
        headers.entry(CONTENT_TYPE).or_insert(JSON);
        if bare && expects_length {
            // Okta answers 411 otherwise.
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Ok(())
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

fn unsendable<E: Endpoint>(why: &'static str) -> Error {
    Error::Transport {
        operation: E::NAME,
        error: TransportError::new(Sent::No, why),
        retry: Retry::Never,
    }
}

fn lost<E: Endpoint>(error: TransportError) -> Error {
    tracing::debug!(operation = E::NAME, "no answer");
    let retry = Retry::after_transport(E::EFFECT, error.sent());
    Error::Transport {
        operation: E::NAME,
        error,
        retry,
    }
}

pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("x-okta-request-id")?.to_str().ok()?;
    Some(idp_http::printable(value))
}
