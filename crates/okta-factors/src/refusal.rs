//! A refused sign-in, and what to do about it.

use std::fmt;

use http::StatusCode;
use idp_http::{Effect, Form, Response, Retry, printable};
use serde::Deserialize;

use crate::request_id::request_id;
use crate::{Scopes, advice, rate, wire};

/// A refused sign-in. Texts come from Okta, without control characters and without the assertion.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignInError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The OAuth error word, such as `invalid_client`, or Okta's error code; empty where the answer
    /// has neither.
    pub error: String,
    /// Okta's description.
    pub description: String,
    /// What was asked for.
    pub scopes: Scopes,
    /// Okta's name for the call, for its support.
    pub request_id: Option<String>,
    /// What may be done next.
    pub retry: Retry,
}

/// An error of OAuth's, or of Okta's API.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: Option<String>,
    error_description: Option<String>,
    #[serde(rename = "errorCode")]
    code: Option<String>,
    #[serde(rename = "errorSummary")]
    summary: Option<String>,
}

impl SignInError {
    /// Reads an answer that brings no token.
    pub(crate) fn read(response: &Response, form: &Form, scopes: &Scopes) -> Self {
        let (status, headers) = (response.status(), response.headers());
        let body: Refusal = wire::decode(response.body()).unwrap_or_default();
        let text = |text: Option<String>| printable(&form.conceal(&text.unwrap_or_default()));
        let description = text(body.error_description.or(body.summary));
        Self {
            status,
            error: text(body.error.or(body.code)),
            description: match description.is_empty() {
                true => unexplained(status).to_owned(),
                false => description,
            },
            scopes: scopes.clone(),
            request_id: request_id(headers),
            retry: Retry::after_status(Effect::Read, status, rate::wait(status, headers)),
        }
    }

    /// What a person can do about it.
    pub(crate) fn next_step(&self) -> String {
        if self.retry != Retry::Never {
            return match self.status {
                StatusCode::TOO_MANY_REQUESTS => advice::PACE,
                _ => "Try again later.",
            }
            .to_owned();
        }
        match self.error.as_str() {
            "invalid_scope" => format!(
                "Grant the app the scopes {} (Okta API Scopes), or ask for fewer with OKTA_CLIENT_SCOPES.",
                self.scopes
            ),
            error => by_error(error)
                .unwrap_or_else(|| by_status(self.status))
                .to_owned(),
        }
    }
}

fn by_error(error: &str) -> Option<&'static str> {
    Some(match error {
        "invalid_client" => {
            "Check OKTA_CLIENT_CLIENTID and that the app is active, that the public part of OKTA_CLIENT_PRIVATEKEY is registered and active there, and OKTA_CLIENT_PRIVATEKEYID if the app has several keys."
        }
        "unauthorized_client" | "unsupported_grant_type" => {
            "Use an app of the type API Services whose client authentication is Public key / Private key: no other gets scopes of Okta's API."
        }
        "access_denied" => {
            "Allow this machine's address in the app's network zone (General, Network Access), and look into the System Log for the policy that denied it."
        }
        "invalid_dpop_proof" => {
            "Check this machine's clock and that no proxy changes the address; give Okta's support the request's id."
        }
        "use_dpop_nonce" => {
            "The org asks for a nonce again and again: look for a proxy between here and there that changes answers or headers."
        }
        "invalid_request" => "Give Okta's support the request's id.",
        _ => return None,
    })
}

fn by_status(status: StatusCode) -> &'static str {
    if status.is_redirection() || status == StatusCode::NOT_FOUND || status.is_success() {
        return advice::ORG;
    }
    match status {
        StatusCode::FORBIDDEN => by_error("access_denied"),
        StatusCode::UNAUTHORIZED => by_error("invalid_client"),
        _ => None,
    }
    .unwrap_or("Give Okta's support the request's id.")
}

fn unexplained(status: StatusCode) -> &'static str {
    if status.is_redirection() {
        "the token endpoint redirects, which was not followed"
    } else {
        "the answer gives no reason"
    }
}

impl fmt::Display for SignInError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.as_u16();
        write!(f, "sign in: {} (HTTP {status}", self.description)?;
        if !self.error.is_empty() {
            write!(f, ", {}", self.error)?;
        }
        if let Some(id) = &self.request_id {
            write!(f, ", request {id}")?;
        }
        f.write_str(")")
    }
}

impl std::error::Error for SignInError {}
