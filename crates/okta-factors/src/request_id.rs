//! The service's name for a request.

use http::HeaderMap;
use idp_http::printable;

/// Okta's name for the call, for its support.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("x-okta-request-id")?.to_str().ok()?;
    Some(printable(value))
}
