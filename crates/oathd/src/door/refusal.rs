//! Why a request is not carried out, as a page or as JSON.

use std::error::Error;
use std::io;
use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Method, StatusCode, request::Parts};
use serde_json::json;

use super::{Role, pages, served};
use crate::routes::is_api;

/// Why a request is not carried out. The guard makes a page of it, or JSON under `/api/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nobody is signed in.
    SignIn,
    Role {
        needs: Role,
        has: Role,
    },
    /// A page of others sent it.
    Foreign,
    /// The form is of another session, or was made up.
    Stale,
    NoSuchPage,
    NoSuchMethod,
    /// More than so many bytes, where one limit is known.
    TooLarge(Option<usize>),
    TooSlow,
    /// The body is of another kind.
    Kind,
    /// The body cannot be read as what it says to be; why, without what was in it.
    Unreadable(String),
    /// It is not for one of our addresses.
    Host,
    Wait(Duration),
    Broken,
}

/// The unit of limits.
const MIB: usize = 1024 * 1024;

impl Refusal {
    /// Of a body that was not read to its end.
    pub(super) fn of_body(error: &(dyn Error + 'static), otherwise: &str) -> Self {
        let mut causes = std::iter::successors(Some(error), |&error| error.source());
        let is_slow = causes.any(|cause| {
            let cause = cause.downcast_ref::<io::Error>();
            cause.is_some_and(|cause| cause.kind() == io::ErrorKind::TimedOut)
        });
        if is_slow {
            return Self::TooSlow;
        }
        Self::Unreadable(otherwise.to_owned())
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::Role { .. } | Self::Foreign | Self::Stale => StatusCode::FORBIDDEN,
            Self::NoSuchPage => StatusCode::NOT_FOUND,
            Self::NoSuchMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Kind => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// For programs.
    fn code(&self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Role { .. } => "role",
            Self::Foreign => "foreign",
            Self::Stale => "stale-form",
            Self::NoSuchPage => "not-found",
            Self::NoSuchMethod => "method",
            Self::TooLarge(_) => "too-large",
            Self::TooSlow => "too-slow",
            Self::Kind => "content-type",
            Self::Unreadable(_) => "unreadable",
            Self::Host => "host",
            Self::Wait(_) => "wait",
            Self::Broken => "internal",
        }
    }

    pub(crate) fn said(&self) -> String {
        match self {
            Self::SignIn => "Nobody is signed in here.".to_owned(),
            Self::Role { needs, has } => format!(
                "This takes the role {}, and you have the role {}.",
                needs.word(),
                has.word()
            ),
            Self::Foreign => "This did not come from a page of Oathkit.".to_owned(),
            Self::Stale => "The form is too old: it was made for another session.".to_owned(),
            Self::NoSuchPage => "There is no such page.".to_owned(),
            Self::NoSuchMethod => "This address does not take such a request.".to_owned(),
            Self::TooLarge(Some(most)) if *most >= MIB => {
                format!(
                    "This is larger than the {} MiB that are taken here.",
                    most / MIB
                )
            }
            Self::TooLarge(_) => "This is larger than what is taken here.".to_owned(),
            Self::TooSlow => "This came too slowly.".to_owned(),
            Self::Kind => "What was sent is of another kind than expected.".to_owned(),
            Self::Unreadable(why) => format!("What was sent cannot be read: {why}."),
            Self::Host => "This server is not known under this address.".to_owned(),
            Self::Wait(_) => "Too many attempts have failed.".to_owned(),
            Self::Broken => "This failed inside Oathkit.".to_owned(),
        }
    }

    pub(crate) fn next(&self) -> String {
        match self {
            Self::SignIn => "Sign in, and do it again: nothing was done.".to_owned(),
            Self::Role { .. } => "Ask an admin to do it, or for that role.".to_owned(),
            Self::Foreign => {
                "Nothing was done. Open Oathkit itself, and do it from there.".to_owned()
            }
            Self::Stale => "Nothing was done. Go back, load the page again, and send it again.".to_owned(),
            Self::NoSuchPage => "Look for it from the start page.".to_owned(),
            Self::NoSuchMethod => "Use the pages and their buttons.".to_owned(),
            Self::TooLarge(_) => "Nothing was done. Split it, and send one part after the other.".to_owned(),
            Self::TooSlow => "Nothing was done. Send it again over a better line.".to_owned(),
            Self::Kind => "Send it from the page, or with the content type that the API's description names.".to_owned(),
            Self::Unreadable(_) => "Nothing was done. Go back, correct it, and send it again.".to_owned(),
            Self::Host => "Use the address that the program printed at its start. Where this one is right, whoever runs the server starts it with --name, or with --proxy and a proxy that passes the header Host on.".to_owned(),
            Self::Wait(wait) => format!("Wait for {}, and try again.", in_words(*wait)),
            Self::Broken => "Try once more. What the program prints tells more; what was under way can be looked up under Runs.".to_owned(),
        }
    }

    /// What takes the place of an answer that has no page of its own.
    fn of_status(status: StatusCode) -> Option<Self> {
        Some(match status {
            StatusCode::NOT_FOUND => Self::NoSuchPage,
            StatusCode::METHOD_NOT_ALLOWED => Self::NoSuchMethod,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge(None),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::Kind,
            _ if status.is_client_error() => {
                Self::Unreadable("a part is missing or malformed".to_owned())
            }
            _ if status.is_server_error() => Self::Broken,
            _ => return None,
        })
    }

    fn page(&self, visit: &Visit) -> Response {
        match self {
            // The cookie stays away after a link on another site. From a page of ours it comes along.
            Self::SignIn if visit.reads && visit.from_elsewhere => {
                pages::come_in(&visit.address).into_response()
            }
            Self::SignIn if visit.reads => {
                Redirect::to(&pages::sign_in_address(&visit.address)).into_response()
            }
            _ => (self.status(), pages::refused(self)).into_response(),
        }
    }

    fn json(&self) -> Response {
        let (message, next) = match self {
            Self::SignIn => (
                "No API token that is good came with this.".to_owned(),
                "Send the header Authorization: Bearer and a token. An admin makes them under Settings."
                    .to_owned(),
            ),
            Self::NoSuchPage => ("There is no such address.".to_owned(), described()),
            Self::NoSuchMethod => (self.said(), described()),
            Self::Unreadable(_) => (
                self.said(),
                "Nothing was done. Correct it, and send it again.".to_owned(),
            ),
            _ => (self.said(), self.next()),
        };
        let error = json!({ "code": self.code(), "message": message, "next": next });
        (self.status(), Json(json!({ "error": error }))).into_response()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What an answer has to know of its request.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) api: bool,
    reads: bool,
    from_elsewhere: bool,
    /// Path and query.
    address: String,
}

impl Visit {
    pub(super) fn of(parts: &Parts) -> Self {
        let address = parts.uri.path_and_query();
        Self {
            api: is_api(parts.uri.path()),
            reads: matches!(parts.method, Method::GET | Method::HEAD),
            from_elsewhere: served::sent_from_elsewhere(&parts.headers),
            address: address.map_or("/", |address| address.as_str()).to_owned(),
        }
    }

    /// Makes a page of a refusal, and of an error that has none of its own.
    pub(super) fn dress(&self, mut response: Response) -> Response {
        if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
            return self.answer(&refusal, &mut response);
        }
        let status = response.status();
        let bare = is_bare(response.headers());
        match Refusal::of_status(status).filter(|_| bare) {
            None => response,
            Some(refusal) => {
                let mut answer = self.answer(&refusal, &mut response);
                *answer.status_mut() = status;
                answer
            }
        }
    }

    fn answer(&self, refusal: &Refusal, bare: &mut Response) -> Response {
        let mut dressed = if self.api {
            refusal.json()
        } else {
            refusal.page(self)
        };
        let headers = dressed.headers_mut();
        if let Some(allow) = bare.headers_mut().remove(ALLOW) {
            headers.insert(ALLOW, allow);
        }
        self.add_headers(refusal, headers);
        dressed
    }

    fn add_headers(&self, refusal: &Refusal, headers: &mut HeaderMap) {
        if let Refusal::Wait(wait) = refusal {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.api && matches!(refusal, Refusal::SignIn) {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
    }
}

fn described() -> String {
    "Look into the description: /api/v1/openapi.json.".to_owned()
}

/// As the framework answers by itself.
fn is_bare(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}

fn in_words(wait: Duration) -> String {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let (number, unit) = match seconds {
        0..=90 => (seconds, "second"),
        91..=5400 => (seconds.div_ceil(60), "minute"),
        _ => (seconds.div_ceil(3600), "hour"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_words() {
        let told = |seconds| in_words(Duration::from_secs(seconds));
        let all = [1, 90, 91, 900, 86_400].map(told);
        assert_eq!(
            all,
            [
                "1 second",
                "90 seconds",
                "2 minutes",
                "15 minutes",
                "24 hours"
            ]
        );
        assert_eq!(in_words(Duration::from_millis(1)), "1 second");
    }
}
