//! Refusals in Graph's error format, and answers.

use std::time::Duration;

use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use crate::service::SimResponse;
use crate::timestamp;

/// A request that was carried out.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Option<Value>,
}

impl Reply {
    pub(super) fn ok(body: Value) -> Self {
        Self {
            status: StatusCode::OK,
            body: Some(body),
        }
    }

    pub(super) fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            body: None,
        }
    }
}

/// A request that was not.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) retry_after: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            retry_after: None,
        }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "badRequest", message)
    }

    pub(super) fn query(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Request_UnsupportedQuery", message)
    }

    pub(super) fn no_such_user(user: &str) -> Self {
        let message = format!(
            "Resource '{user}' does not exist or one of its queried reference-property objects are not present."
        );
        Self::new(StatusCode::NOT_FOUND, "Request_ResourceNotFound", message)
    }

    pub(super) fn no_such_device() -> Self {
        let message = "The requested hardware token could not be found.";
        Self::new(StatusCode::NOT_FOUND, "resourceNotFound", message)
    }

    /// As the service itself would put `status`.
    pub(super) fn of_status(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (code, message) = match status.as_u16() {
            400 => ("badRequest", "The request is not valid."),
            401 => (
                "InvalidAuthenticationToken",
                "Access token validation failure.",
            ),
            403 => ("Authorization_RequestDenied", INSUFFICIENT),
            404 => ("resourceNotFound", "The resource could not be found."),
            409 => (
                "conflict",
                "The request conflicts with the state of the resource.",
            ),
            429 => ("TooManyRequests", "Too many requests."),
            503 => (
                "serviceNotAvailable",
                "The service is temporarily unavailable.",
            ),
            504 => ("gatewayTimeout", "The service did not answer in time."),
            _ => ("generalException", "An error occurred."),
        };
        Self::new(status, code, message)
    }
}

pub(super) const INSUFFICIENT: &str = "Insufficient privileges to complete the operation.";

/// The identifiers that every Graph answer carries.
pub(super) struct Ids {
    pub(super) request: String,
    pub(super) client: Option<String>,
}

pub(super) fn respond(outcome: Result<Reply, Refusal>, ids: &Ids, now: Duration) -> SimResponse {
    let mut response = match outcome {
        Ok(reply) => json_response(reply.status, reply.body.as_ref()),
        Err(refusal) => refuse(&refusal, ids, now),
    };
    set(&mut response, "request-id", &ids.request);
    if let Some(client) = &ids.client {
        set(&mut response, "client-request-id", client);
    }
    response
}

fn refuse(refusal: &Refusal, ids: &Ids, now: Duration) -> SimResponse {
    let mut inner =
        json!({"date": timestamp::iso_without_zone(now.as_secs()), "request-id": ids.request});
    if let (Value::Object(inner), Some(client)) = (&mut inner, &ids.client) {
        inner.insert("client-request-id".to_owned(), json!(client));
    }
    let body =
        json!({"error": {"code": refusal.code, "message": refusal.message, "innerError": inner}});
    let mut response = json_response(refusal.status, Some(&body));
    if let Some(after) = &refusal.retry_after {
        set(&mut response, RETRY_AFTER.as_str(), after);
    }
    if refusal.status == StatusCode::UNAUTHORIZED {
        set(
            &mut response,
            WWW_AUTHENTICATE.as_str(),
            "Bearer realm=\"\"",
        );
    }
    response
}

pub(super) fn json_response(status: StatusCode, body: Option<&Value>) -> SimResponse {
    let bytes = body.map(|body| body.to_string().into_bytes());
    let mut response = SimResponse::new(bytes.unwrap_or_default());
    *response.status_mut() = status;
    if body.is_some() {
        set(
            &mut response,
            CONTENT_TYPE.as_str(),
            "application/json; charset=utf-8",
        );
    }
    response
}

pub(super) fn set(response: &mut SimResponse, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
}
