//! What can go wrong, and what may be done next.

use std::time::Duration;

use http::StatusCode;
use idp_http::{BadAnswer, Effect, Retry, Sent, TransportError};

use crate::endpoint::{APPLICATIONS, GRANTS};
use crate::{CredentialKind, SourceError, aadsts, sign_in};

/// A call that brought no result.
///
/// [`Error::retry`] says whether it may be repeated; [`Error::next_step`] what a person can do.
/// Messages hold neither seeds nor codes nor credentials.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The sign-in was refused; the operation was not sent.
    #[error(transparent)]
    SignIn(SignInError),

    /// The credential could not be had or used here; nothing was sent.
    #[error("sign in: {0}")]
    Credential(SourceError),

    /// The service refused the operation.
    #[error(transparent)]
    Service(Box<ServiceError>),

    /// No usable answer came back, or the request could not be sent.
    #[error("{operation}: {error}")]
    Transport {
        /// What was being done; `sign in` where the operation was not sent.
        operation: &'static str,
        /// What happened.
        error: TransportError,
        /// What may be done next.
        retry: Retry,
    },

    /// A success that could not be understood.
    #[error("{operation}: {bad}")]
    Answer {
        /// What was being done; `sign in` where the operation was not sent.
        operation: &'static str,
        /// What is wrong with the answer.
        bad: BadAnswer,
        /// The service's name for the request.
        request_id: Option<String>,
        /// What may be done next.
        retry: Retry,
    },
}

/// A sign-in that was refused, or that the service could not carry out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("sign-in {} ({}{}{}): {description}", ended(*status, "was refused"), status.as_u16(), spaced(error), numbered(*code))]
#[non_exhaustive]
pub struct SignInError {
    /// What was used to sign in.
    pub credential: CredentialKind,
    /// The status of the answer.
    pub status: StatusCode,
    /// The OAuth error word, such as `invalid_client`; empty where the answer has none.
    pub error: String,
    /// The number behind `AADSTS`.
    pub code: Option<u64>,
    /// The service's description, its first line.
    pub description: String,
    /// What Microsoft's support asks for.
    pub correlation_id: Option<String>,
    /// What may be done next.
    pub retry: Retry,
}

/// An operation that was refused, or that the service could not carry out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {} with {}{}: {message}", ended(*status, "refused"), status.as_u16(), spaced(code))]
#[non_exhaustive]
pub struct ServiceError {
    /// What was being done.
    pub operation: &'static str,
    /// The permission that it needs: of the application, or delegated where it says so.
    pub permission: &'static str,
    /// The status of the answer.
    pub status: StatusCode,
    /// The error code, such as `Authorization_RequestDenied`; empty where the answer has none.
    pub code: String,
    /// The service's message, one line.
    pub message: String,
    /// The service's name for the request.
    pub request_id: Option<String>,
    /// Our name for the request.
    pub client_request_id: String,
    /// Whether the service does not know the operation at all, as where a national cloud lacks it.
    pub unknown_api: bool,
    /// What may be done next.
    pub retry: Retry,
}

/// A service that is out of order has refused nothing.
fn ended(status: StatusCode, refused: &'static str) -> &'static str {
    match status.is_server_error() {
        true => "failed",
        false => refused,
    }
}

fn spaced(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(" {text}")
    }
}

fn numbered(code: Option<u64>) -> String {
    code.map(|n| format!(", AADSTS{n}")).unwrap_or_default()
}

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

    /// A request that leads elsewhere than to Graph.
    pub(crate) fn unsendable(operation: &'static str) -> Self {
        let text = "the request does not fit into an address of Graph";
        Self::Transport {
            operation,
            error: TransportError::new(Sent::No, text),
            retry: Retry::Never,
        }
    }

    /// What may be done next.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::SignIn(error) => error.retry,
            Self::Credential(error) => error.retry,
            Self::Service(error) => error.retry,
            Self::Transport { retry, .. } | Self::Answer { retry, .. } => *retry,
        }
    }

    /// The service's name for the request, for its support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::SignIn(error) => error.correlation_id.as_deref(),
            Self::Service(error) => error.request_id.as_deref(),
            Self::Answer { request_id, .. } => request_id.as_deref(),
            Self::Transport { .. } | Self::Credential(_) => None,
        }
    }

    /// True where the credential is at fault: the sign-in was refused, or the operation did not
    /// accept a token that had just been issued. Every other operation will fail the same way.
    #[must_use]
    pub fn is_sign_in(&self) -> bool {
        let refused = self.retry() == Retry::Never;
        match self {
            Self::SignIn(_) | Self::Credential(_) => refused,
            Self::Service(error) => refused && error.status == StatusCode::UNAUTHORIZED,
            _ => false,
        }
    }

    /// True where the application lacks a permission, or its consent (403).
    #[must_use]
    pub fn is_permission(&self) -> bool {
        matches!(self, Self::Service(error) if error.status == StatusCode::FORBIDDEN)
    }

    /// True where the service does not know the operation at all.
    #[must_use]
    pub fn is_unknown_api(&self) -> bool {
        matches!(self, Self::Service(error) if error.unknown_api)
    }

    /// True where the service asks for a slower pace (429).
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.status() == Some(StatusCode::TOO_MANY_REQUESTS)
    }

    fn status(&self) -> Option<StatusCode> {
        match self {
            Self::SignIn(error) => Some(error.status),
            Self::Service(error) => Some(error.status),
            _ => None,
        }
    }

    /// What a person can do next, as a sentence without a full stop.
    #[must_use]
    pub fn next_step(&self) -> String {
        match self {
            Self::SignIn(error) => error.next_step(),
            Self::Credential(error) => error.next.clone(),
            Self::Service(error) => error.next_step(),
            Self::Transport { retry: Retry::Never, .. } => "check the Graph address: the request leads elsewhere, so nothing was sent".to_owned(),
            Self::Transport { operation, error, .. } => unanswered(operation, error.sent()),
            Self::Answer { operation, retry, .. } => match (*operation, retry) {
                (sign_in::NAME, _) => "check the sign-in address: something other than Entra's token endpoint may answer there".to_owned(),
                (_, Retry::InDoubt { .. }) => READ_FIRST.to_owned(),
                _ => "check the Graph address: something other than Microsoft Graph may answer there".to_owned(),
            },
        }
    }
}

const READ_FIRST: &str = "it may have been done all the same: read the inventory, then decide";

fn unanswered(operation: &str, sent: Sent) -> String {
    match (operation, sent) {
        (sign_in::NAME, _) | (_, Sent::No) => {
            "check the network, the proxy (HTTPS_PROXY) and the service's address; nothing was sent"
                .to_owned()
        }
        (_, Sent::Unknown) => READ_FIRST.to_owned(),
    }
}

impl SignInError {
    fn next_step(&self) -> String {
        if self.status.is_redirection() {
            return "set the sign-in address to the one that it redirects to, or look for a proxy that wants a log-in".to_owned();
        }
        if self.retry != Retry::Never {
            return wait(self.retry);
        }
        aadsts::next_step(self.code, &self.error, self.credential).to_owned()
    }
}

impl ServiceError {
    /// The wait that the service asks for in its words, such as 15 minutes after a token was deleted
    /// whose serial number comes again. Sooner, the same request is refused again.
    #[must_use]
    pub fn asked_wait(&self) -> Option<Duration> {
        wait_in_words(&self.message)
    }

    /// True where what should be made is there already: a service principal, a granted permission.
    #[must_use]
    pub fn is_there_already(&self) -> bool {
        match self.status {
            StatusCode::CONFLICT => true,
            StatusCode::BAD_REQUEST => self.message.to_ascii_lowercase().contains("already exist"),
            _ => false,
        }
    }

    /// True where the directory does not know what the request names, although it may exist: what was
    /// made a moment ago is known everywhere only minutes later.
    #[must_use]
    pub fn may_not_be_known_yet(&self) -> bool {
        let message = self.message.to_ascii_lowercase();
        match self.status {
            StatusCode::NOT_FOUND => true,
            StatusCode::BAD_REQUEST => NOT_KNOWN.iter().any(|words| message.contains(words)),
            _ => false,
        }
    }

    fn next_step(&self) -> String {
        let permission = self.permission;
        match self.status.as_u16() {
            401 if self.retry != Retry::Never => "sign in again: the token is no longer accepted; nothing was done".to_owned(),
            401 => format!("Graph does not accept the token it was just issued: check that AZURE_TENANT_ID and the Graph address belong together, and that {permission} was granted with admin consent"),
            403 if permission == APPLICATIONS => registrar("Application Administrator", permission),
            403 if permission == GRANTS => registrar("Privileged Role Administrator", permission),
            403 if permission.contains("delegated") => format!("grant the permission {permission} to AZURE_CLIENT_ID and give consent, and sign in as the user whose tokens they are"),
            403 => format!("grant the application permission {permission} to AZURE_CLIENT_ID and give admin consent; for an administrator's token the service may want more"),
            _ if self.unknown_api => "this API does not exist at this Graph address; Microsoft documents hardware OATH tokens for the public cloud only: check AZURE_AUTHORITY_HOST and OATHKIT_GRAPH_URL".to_owned(),
            404 => "the user or the token is not there (any more): read the directory and the inventory again".to_owned(),
            409 => "it exists already or belongs to somebody else: read the inventory and compare".to_owned(),
            300..=399 => "set the Graph address to the one that it redirects to, or look for a proxy that wants a log-in".to_owned(),
            _ if self.retry == Retry::Never => "do what the service's message says; the same request at once will fail again".to_owned(),
            _ => wait(self.retry),
        }
    }
}

/// What the directory says of an object that it does not know, under 400.
const NOT_KNOWN: [&str; 3] = [
    "does not reference a valid application object",
    "not a valid reference update",
    "does not exist or one of its queried reference-property objects",
];

/// Who may register applications.
fn registrar(role: &str, permission: &str) -> String {
    format!(
        "sign in as somebody with the role {role}, to an application that has the permission {permission}"
    )
}

const DAY: Duration = Duration::from_secs(86_400);

/// Finds `again in 15 minutes` in a message.
pub(crate) fn wait_in_words(message: &str) -> Option<Duration> {
    let message = message.to_ascii_lowercase();
    let (_, rest) = message.split_once("again in ")?;
    let (number, unit) = rest.split_once(' ')?;
    let number: u64 = number.parse().ok().filter(|number| *number <= 1_000)?;
    let seconds = match unit {
        _ if unit.starts_with("second") => 1,
        _ if unit.starts_with("minute") => 60,
        _ if unit.starts_with("hour") => 3_600,
        _ => return None,
    };
    // Longer than a day nobody means.
    Some(Duration::from_secs(number * seconds)).filter(|wait| *wait <= DAY)
}

fn wait(retry: Retry) -> String {
    let after = match retry.wait() {
        Some(wait) => format!("wait {} seconds", wait.as_secs_f64().ceil()),
        None => "wait a moment".to_owned(),
    };
    match retry {
        Retry::InDoubt { .. } => format!("{after}; {READ_FIRST}"),
        _ => format!("{after}, then repeat"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_found_in_a_message() {
        let minutes = |n: u64| Some(Duration::from_secs(60 * n));
        for (message, wait) in [
            (
                "There was an issue adding the token to the inventory. Try again in 15 minutes.",
                minutes(15),
            ),
            ("Please try AGAIN IN 1 minute", minutes(1)),
            ("try again in 2 hours, not before", minutes(120)),
            ("try again in 30 seconds", Some(Duration::from_secs(30))),
            ("try again in 24 hours", minutes(1440)),
            ("try again in 25 hours", None),
            ("try again in 1001 hours", None),
            ("try again in a few minutes", None),
            ("try again in 5 parsecs", None),
            ("try again in 5", None),
            ("try again", None),
            ("", None),
        ] {
            assert_eq!(wait_in_words(message), wait, "{message}");
        }
    }
}
