//! Signing in at the org's token endpoint (RFC 6749 section 4.4, RFC 7523, RFC 9449).

use std::time::Duration;

use aws_lc_rs::error::Unspecified;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode, Uri};
use idp_http::{
    BadAnswer, BaseUrl, Effect, Exchange, Form, Query, Request, Response, ResponseLimit, Retry,
    Segment, Sent, Token, TransportError,
};
use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use crate::credential::{Nonce, Proof, ServiceApp, authorization, token_hash};
use crate::refusal::SignInError;
use crate::request_id::request_id;
use crate::{Error, wire};

/// What the operation is called in messages.
pub(crate) const NAME: &str = "sign in";

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// No answer of the token endpoint comes near it.
const LONGEST_ANSWER: ResponseLimit = ResponseLimit(64 * 1024);
/// By how much this machine's clock is off where that may be why a sign-in was refused.
const CLOCK_OFF_MILLIS: u64 = 30_000;

/// An access token as calls carry it.
#[derive(Clone)]
pub(crate) struct Access {
    /// The header `Authorization`.
    pub(crate) authorization: HeaderValue,
    /// What a proof calls the token; `None` where it is bound to no key.
    pub(crate) hash: Option<String>,
}

/// Where sign-ins are sent, and by what.
#[derive(Clone, Copy)]
pub(crate) struct Desk<'a> {
    pub(crate) exchange: &'a Exchange,
    pub(crate) org: &'a BaseUrl,
    /// That of the token endpoint.
    pub(crate) nonce: &'a Nonce,
}

/// One request to the token endpoint, and what came of it.
struct Attempt {
    form: Form,
    /// Monotonic.
    sent: Duration,
    response: Response,
    /// The answer told the time for the first time, and this machine's clock is off.
    clock_was_off: bool,
    /// The answer brought a nonce that the request did not have.
    new_nonce: bool,
}

impl Attempt {
    fn wants_nonce(&self) -> bool {
        let refused = matches!(self.response.status().as_u16(), 400 | 401);
        refused && self.new_nonce && wire::oauth_error(&self.response) == "use_dpop_nonce"
    }
}

impl Desk<'_> {
    /// Signs in. The proof is there from the first request on, and a nonce that the endpoint asks for
    /// is given once; nothing else is repeated.
    pub(crate) async fn sign_in(self, app: &ServiceApp) -> Result<Token<Access>, Error> {
        let mut attempt = self.attempt(app).await?;
        if attempt.wants_nonce() {
            attempt = self.attempt(app).await?;
        }
        let Attempt {
            form,
            sent,
            mut response,
            clock_was_off,
            ..
        } = attempt;
        if response.status() != StatusCode::OK {
            let mut refusal = SignInError::read(&response, &form, &app.scopes);
            if clock_was_off && matches!(refusal.status.as_u16(), 400 | 401) {
                // It was signed for this machine's time; the org's is known now.
                refusal.retry = Retry::Safe { after: None };
            }
            return Err(Error::SignIn(Box::new(refusal)));
        }
        let granted = granted(response.body(), sent);
        response.body_mut().zeroize();
        granted.map_err(|bad| Error::Answer {
            operation: NAME,
            bad,
            request_id: request_id(response.headers()),
            retry: Retry::after_bad_answer(Effect::Read),
        })
    }

    async fn attempt(self, app: &ServiceApp) -> Result<Attempt, Error> {
        let uri = self.address();
        let nonce = self.nonce.newest();
        let form = self.form(app, &uri).map_err(|_| unsigned())?;
        let proof = self.proof(app, &uri, nonce.as_deref());
        let proof = proof.map_err(|_| unsigned())?;
        let knew_time = self.ahead_millis().is_some();
        let sent = self.exchange.clock().monotonic();
        // The operation itself was not sent, so no failure here leaves a write in doubt.
        let response = self.exchange.send(request(uri, &form, proof)).await;
        let response = response.map_err(|error| Error::transport(NAME, Effect::Read, error))?;
        tracing::debug!(
            operation = NAME,
            status = response.status().as_u16(),
            request_id = request_id(response.headers()),
            "answer"
        );
        let is_off = |millis: i64| millis.unsigned_abs() > CLOCK_OFF_MILLIS;
        Ok(Attempt {
            form,
            sent,
            clock_was_off: !knew_time && self.ahead_millis().is_some_and(is_off),
            new_nonce: self.nonce.learn(response.headers(), nonce.as_deref()),
            response,
        })
    }

    /// The token endpoint of the org itself: another authorization server has no scopes of Okta's.
    fn address(self) -> Uri {
        let path = ["oauth2", "v1", "token"].map(Segment::literal);
        self.org.uri(&path, &Query::new())
    }

    fn form(self, app: &ServiceApp, uri: &Uri) -> Result<Form, Unspecified> {
        let assertion = app.assert(&uri.to_string(), self.exchange.earliest_unix())?;
        Ok(Form::new()
            .with("grant_type", "client_credentials")
            .with("scope", &app.scopes.to_string())
            .with("client_assertion_type", JWT_BEARER)
            .secret("client_assertion", &assertion))
    }

    fn proof(
        self,
        app: &ServiceApp,
        uri: &Uri,
        nonce: Option<&str>,
    ) -> Result<HeaderValue, Unspecified> {
        app.prove(&Proof {
            method: &Method::POST,
            uri,
            now: self.exchange.earliest_unix(),
            token_hash: None,
            nonce,
        })
    }

    fn ahead_millis(self) -> Option<i64> {
        self.exchange.ahead_millis()
    }
}

fn request(uri: Uri, form: &Form, proof: HeaderValue) -> Request {
    let mut request = Request::new(form.body());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    request.extensions_mut().insert(LONGEST_ANSWER);
    let headers = request.headers_mut();
    headers.insert(ACCEPT, wire::JSON);
    let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    headers.insert(CONTENT_TYPE, form_type);
    headers.insert("dpop", proof);
    request
}

fn unsigned() -> Error {
    Error::Transport {
        operation: NAME,
        error: TransportError::new(Sent::No, "the private key cannot sign"),
        retry: Retry::Never,
    }
}

#[derive(Deserialize)]
struct WireToken {
    token_type: String,
    access_token: String,
    #[serde(default, deserialize_with = "wire::seconds")]
    expires_in: u32,
}

fn granted(body: &[u8], sent: Duration) -> Result<Token<Access>, BadAnswer> {
    let answer: WireToken = wire::decode(body)?;
    let token = Zeroizing::new(answer.access_token);
    // Without DPoP, which an app's administrator can switch off, a bearer token comes.
    let bound = match answer.token_type.to_ascii_lowercase().as_str() {
        "dpop" => true,
        "bearer" => false,
        _ => return Err(BadAnswer::new("the token is of an unknown type")),
    };
    let scheme = if bound { "DPoP" } else { "Bearer" };
    let authorization = authorization(scheme, &token)
        .ok_or_else(|| BadAnswer::new("the token cannot stand in a header"))?;
    let access = Access {
        authorization,
        hash: bound.then(|| token_hash(&token)),
    };
    let lifetime = Duration::from_secs(answer.expires_in.into());
    Ok(Token::new(access, sent, lifetime))
}
