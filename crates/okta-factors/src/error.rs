//! What can go wrong, and what to do about it.

use std::fmt;

use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, StatusCode};
use idp_http::{BadAnswer, Effect, Response, Retry, TransportError, printable};
use serde_json::Value;

use crate::request_id::request_id;
use crate::wire::Context;
use crate::{CredentialKind, ErrorKind, RateLimit, SignInError, advice, rate};

/// Most causes that are taken over from an answer.
const MOST_CAUSES: usize = 10;

/// A call that did not succeed. Holds no token, no secret and no code.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The sign-in was refused; the operation was not sent.
    #[error(transparent)]
    SignIn(Box<SignInError>),
    /// Okta refused.
    #[error(transparent)]
    Service(Box<ServiceError>),
    /// No usable answer came, or the request could not be sent.
    #[error("{operation}: {error}")]
    Transport {
        /// What was attempted.
        operation: &'static str,
        /// What happened on the way.
        #[source]
        error: TransportError,
        /// What may be done next.
        retry: Retry,
    },
    /// A success that could not be understood.
    #[error("{operation}: {bad}")]
    Answer {
        /// What was attempted.
        operation: &'static str,
        /// What is wrong with the answer.
        #[source]
        bad: BadAnswer,
        /// Okta's name for the call, for its support.
        request_id: Option<String>,
        /// What may be done next.
        retry: Retry,
    },
}

/// A refusal. Texts come from Okta, without control characters; only the code is a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceError {
    /// What was attempted.
    pub operation: &'static str,
    /// The OAuth scope of the operation; an API token has it by its owner's role. Empty where none
    /// is documented.
    pub scope: &'static str,
    /// What the client signs in with.
    pub credential: CredentialKind,
    /// The HTTP status.
    pub status: StatusCode,
    /// `errorCode` (`E0000001`); `None` where the answer is not Okta's error object.
    pub code: Option<String>,
    /// `errorSummary`, or a sentence of this crate where there is none.
    pub summary: String,
    /// `errorCauses[].errorSummary`.
    pub causes: Vec<String>,
    /// `errorId`, for Okta's support.
    pub error_id: Option<String>,
    /// Okta's name for the call, for its support.
    pub request_id: Option<String>,
    /// What may be done next.
    pub retry: Retry,
    /// The bucket that the call was counted in.
    pub rate_limit: Option<RateLimit>,
    /// An OAuth refusal because of the scope.
    insufficient_scope: bool,
}

impl ServiceError {
    /// Reads an answer that is not a success.
    pub(crate) fn read(
        operation: &'static str,
        effect: Effect,
        context: &Context,
        response: &Response,
    ) -> Self {
        let (status, headers) = (response.status(), response.headers());
        // Field by field: one odd field must not hide the code.
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let text = |object: &Value, name| {
            let text = object.get(name)?.as_str()?;
            Some(printable(&context.conceal(text)))
        };
        let causes = body.get("errorCauses").and_then(Value::as_array);
        Self {
            operation,
            scope: context.scope,
            credential: CredentialKind::Ssws,
            status,
            code: okta_code(&body).or_else(|| text(&body, "errorCode")),
            summary: text(&body, "errorSummary").unwrap_or_else(|| unexplained(status).to_owned()),
            causes: causes
                .into_iter()
                .flatten()
                .filter_map(|cause| text(cause, "errorSummary"))
                .take(MOST_CAUSES)
                .collect(),
            error_id: text(&body, "errorId"),
            request_id: request_id(headers),
            retry: Retry::after_status(effect, status, rate::wait(status, headers)),
            rate_limit: RateLimit::read(headers),
            insufficient_scope: insufficient_scope(headers),
        }
    }

    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}

/// A code of the documented form, `E` and seven digits. It is taken as it is, because a one-time code
/// such as 000006 is part of E0000006 without being quoted there.
fn okta_code(body: &Value) -> Option<String> {
    let code = body.get("errorCode")?.as_str()?;
    let digits = code.strip_prefix('E')?;
    let documented = digits.len() == 7 && digits.bytes().all(|byte| byte.is_ascii_digit());
    documented.then(|| code.to_owned())
}

fn unexplained(status: StatusCode) -> &'static str {
    if status.is_redirection() {
        "the answer is a redirect, which was not followed"
    } else {
        "the answer is not an error of Okta's"
    }
}

fn insufficient_scope(headers: &HeaderMap) -> bool {
    headers.get_all(WWW_AUTHENTICATE).iter().any(|value| {
        value
            .to_str()
            .is_ok_and(|text| text.contains("insufficient_scope"))
    })
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.summary)?;
        for cause in &self.causes {
            write!(f, "; {cause}")?;
        }
        write!(f, " (HTTP {}", self.status.as_u16())?;
        if let Some(code) = &self.code {
            write!(f, ", {code}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, ", request {id}")?;
        }
        f.write_str(")")
    }
}

impl std::error::Error for ServiceError {}

impl Error {
    pub(crate) fn transport(
        operation: &'static str,
        effect: Effect,
        error: TransportError,
    ) -> Self {
        Self::Transport {
            operation,
            retry: Retry::after_transport(effect, error.sent()),
            error,
        }
    }

    /// What may be done next. The client never repeats a call itself.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::SignIn(refusal) => refusal.retry,
            Self::Service(service) => service.retry,
            Self::Transport { retry, .. } | Self::Answer { retry, .. } => *retry,
        }
    }

    /// Okta's name for the call, for its support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::SignIn(refusal) => refusal.request_id.as_deref(),
            Self::Service(service) => service.request_id.as_deref(),
            Self::Answer { request_id, .. } => request_id.as_deref(),
            Self::Transport { .. } => None,
        }
    }

    /// What the refusal said about the bucket that the call was counted in.
    #[must_use]
    pub fn rate_limit(&self) -> Option<RateLimit> {
        match self {
            Self::Service(service) => service.rate_limit,
            _ => None,
        }
    }

    fn is(&self, test: impl FnOnce(&ServiceError) -> bool) -> bool {
        matches!(self, Self::Service(service) if test(service))
    }

    /// The credential is at fault, and every other call will fail the same way: the sign-in was
    /// refused, or the token is not accepted because it is wrong, revoked or expired (401, mostly
    /// E0000011; not E0000015, a feature that the org does not have).
    #[must_use]
    pub fn is_sign_in(&self) -> bool {
        let refused = self.retry() == Retry::Never;
        match self {
            Self::SignIn(_) => refused,
            Self::Service(e) => {
                refused && e.status == StatusCode::UNAUTHORIZED && !e.has_code("E0000015")
            }
            _ => false,
        }
    }

    /// The token's owner, or the service app, lacks a right (403 with E0000006, or an OAuth scope is missing).
    #[must_use]
    pub fn is_permission(&self) -> bool {
        self.is(|e| {
            e.status == StatusCode::FORBIDDEN && (e.has_code("E0000006") || e.insufficient_scope)
        })
    }

    /// Too many calls (429). Whether a write was done all the same is not known.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        let throttled = StatusCode::TOO_MANY_REQUESTS;
        match self {
            Self::SignIn(refusal) => refusal.status == throttled,
            _ => self.is(|e| e.status == throttled),
        }
    }

    /// The user, factor or profile does not exist (404 with E0000007). Another 404, of a proxy or
    /// an unknown path, says nothing about that.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.is(|e| e.status == StatusCode::NOT_FOUND && e.has_code("E0000007"))
    }

    /// The user has such a factor already.
    ///
    /// A heuristic: Okta's code for this is that of every invalid input (E0000001), so the text of
    /// the cause decides ("A factor of this type is already set up."). Confirm it by reading the
    /// user's factors.
    #[must_use]
    pub fn is_already_enrolled(&self) -> bool {
        self.kind() == ErrorKind::AlreadyEnrolled
    }

    /// The user's policy does not allow the factor.
    ///
    /// A heuristic like [`Error::is_already_enrolled`] ("Factor not allowed for the user based on
    /// the Multifactor policy.").
    #[must_use]
    pub fn is_policy_refusal(&self) -> bool {
        self.kind() == ErrorKind::Policy
    }

    /// What it is about.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::of(self)
    }

    /// What a person can do about it, naming the setting or the right.
    #[must_use]
    pub fn next_step(&self) -> String {
        advice::next_step(self)
    }
}
