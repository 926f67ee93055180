//! Refusals as Graph writes them.

use http::StatusCode;
use idp_http::{Response, Retry};
use serde::Deserialize;

use crate::exchange::request_id;
use crate::wire::{decode, first_line};
use crate::{GraphEndpoint, ServiceError};

/// Why `endpoint` was refused, by an answer whose status is no success.
pub(crate) fn refusal<E: GraphEndpoint>(
    endpoint: &E,
    response: &Response,
    client_request_id: String,
    retry: Retry,
) -> ServiceError {
    let body: WireError = decode(response.body()).unwrap_or_default();
    let error = body.error.unwrap_or_default();
    let inner = error.inner.or(error.inner_lower).unwrap_or_default();
    let text = |text: Option<String>| first_line(&endpoint.conceal(text.unwrap_or_default()));
    let id = inner.request_id.map(|id| first_line(&id));
    let message = text(error.message);
    ServiceError {
        operation: E::NAME,
        permission: endpoint.permission(),
        status: response.status(),
        code: text(error.code),
        unknown_api: is_unknown_api(endpoint, response.status(), &message),
        message: explain(response.status(), message),
        request_id: request_id(response.headers()).or(id),
        client_request_id,
        retry,
    }
}

/// Graph says it of a path that it does not know, with 400.
const UNKNOWN_SEGMENT: &str = "Resource not found for the segment";

fn is_unknown_api<E: GraphEndpoint>(endpoint: &E, status: StatusCode, message: &str) -> bool {
    let names_segment = message.starts_with(UNKNOWN_SEGMENT);
    match status {
        StatusCode::NOT_FOUND => names_segment || endpoint.always_exists(),
        StatusCode::BAD_REQUEST => names_segment,
        _ => false,
    }
}

fn explain(status: StatusCode, message: String) -> String {
    if status.is_redirection() {
        return "the service redirects; redirects are not followed".to_owned();
    }
    if message.is_empty() {
        return "the answer gives no reason".to_owned();
    }
    message
}

#[derive(Deserialize, Default)]
struct WireError {
    error: Option<ErrorObject>,
}

#[derive(Deserialize, Default)]
struct ErrorObject {
    code: Option<String>,
    message: Option<String>,
    #[serde(rename = "innerError")]
    inner: Option<InnerError>,
    /// Some services write it so.
    #[serde(rename = "innererror")]
    inner_lower: Option<InnerError>,
}

#[derive(Deserialize, Default)]
struct InnerError {
    #[serde(rename = "request-id")]
    request_id: Option<String>,
}
