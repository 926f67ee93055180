//! The service's name for a request.

use http::HeaderMap;

use crate::wire::first_line;

/// The service's name for the request: `request-id` from Graph, `x-ms-request-id` from sign-in.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = ["request-id", "x-ms-request-id"]
        .iter()
        .find_map(|name| headers.get(*name))?;
    let id = first_line(id.to_str().ok()?);
    (!id.is_empty()).then_some(id)
}
