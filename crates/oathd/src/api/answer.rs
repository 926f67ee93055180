//! What the API answers: documents, and why something was not done.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use provisioner::Problem;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::door::Refusal;
use crate::trouble;

/// An answer with a document, or with nothing to say.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Reply {
    status: u16,
    location: Option<String>,
    /// JSON. It is kept apart.
    #[serde(skip)]
    body: Option<String>,
}

/// What came of a request.
pub(super) type Done = Result<Reply, Failed>;

impl Reply {
    pub(super) fn ok(document: &impl Serialize) -> Done {
        Self::of(StatusCode::OK, document)
    }

    /// A document that is written already.
    pub(super) fn text(body: String) -> Self {
        Self {
            status: StatusCode::OK.as_u16(),
            location: None,
            body: Some(body),
        }
    }

    pub(super) fn nothing() -> Self {
        Self {
            status: StatusCode::NO_CONTENT.as_u16(),
            location: None,
            body: None,
        }
    }

    /// Something was made, and is at this address.
    pub(super) fn created(at: String, document: &impl Serialize) -> Done {
        let reply = Self::of(StatusCode::CREATED, document)?;
        Ok(reply.at(at))
    }

    /// The same with a document that is written already.
    pub(super) fn created_text(at: String, body: String) -> Self {
        Self {
            status: StatusCode::CREATED.as_u16(),
            ..Self::text(body).at(at)
        }
    }

    /// Something goes on, and is to be watched at this address.
    pub(super) fn accepted(at: String, document: &impl Serialize) -> Done {
        let reply = Self::of(StatusCode::ACCEPTED, document)?;
        Ok(reply.at(at))
    }

    pub(super) fn without_body(mut self) -> (Self, Option<String>) {
        let body = self.body.take();
        (self, body)
    }

    pub(super) fn with_body(self, body: Option<String>) -> Self {
        Self { body, ..self }
    }

    fn of(status: StatusCode, document: &impl Serialize) -> Done {
        let body = serde_json::to_string(document).map_err(|_| Refusal::Broken)?;
        Ok(Self {
            status: status.as_u16(),
            location: None,
            body: Some(body),
        })
    }

    fn at(self, location: String) -> Self {
        Self {
            location: Some(location),
            ..self
        }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = self.body.map_or_else(
            || StatusCode::NO_CONTENT.into_response(),
            |body| json_text(body).into_response(),
        );
        if let Ok(status) = StatusCode::from_u16(self.status) {
            *response.status_mut() = status;
        }
        let location = self.location.map(HeaderValue::try_from);
        if let Some(Ok(location)) = location {
            response.headers_mut().insert(LOCATION, location);
        }
        response
    }
}

/// JSON that is written already.
pub(super) fn json_text(text: String) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], text)
}

/// Why something was not done.
#[derive(Debug)]
pub(super) enum Failed {
    Refused(Refusal),
    By(Problem),
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::By(problem)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => refusal.into_response(),
            Self::By(problem) => trouble::answer(&problem, Json(json!({ "error": problem }))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_the_same_after_it_was_kept() {
        let reply = Reply::created("/api/v1/runs/1".to_owned(), &json!({ "a": 1 })).unwrap();
        let (reply, body) = reply.without_body();
        assert_eq!(body.as_deref(), Some(r#"{"a":1}"#));
        let kept = serde_json::to_string(&reply).unwrap();
        let again: Reply = serde_json::from_str(&kept).unwrap();
        let response = again.clone().with_body(body).into_response();
        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(response.headers()[LOCATION], "/api/v1/runs/1");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        let shorter = again.into_response();
        assert_eq!(shorter.status(), StatusCode::CREATED);
        assert_eq!(shorter.headers()[LOCATION], "/api/v1/runs/1");
        assert!(!shorter.headers().contains_key(CONTENT_TYPE));
    }
}
