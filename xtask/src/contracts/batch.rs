//! The requests of a batch: each is judged like one that is sent by itself.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use super::Request;

/// Headers that no description names for one operation.
const OF_EVERY_REQUEST: [&str; 4] = [
    "accept",
    "authorization",
    "client-request-id",
    "content-type",
];

#[derive(Deserialize)]
struct Batch {
    requests: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    method: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Value>,
}

/// The requests, each batch followed by those that it holds.
pub(super) fn unpacked(requests: Vec<Request>) -> Result<Vec<Request>> {
    let mut all = Vec::new();
    for request in requests {
        let parts = parts(&request).with_context(|| format!("{request}: no batch"))?;
        all.push(request);
        all.extend(parts);
    }
    Ok(all)
}

fn parts(request: &Request) -> Result<Vec<Request>> {
    let Some(version) = request.path.strip_suffix("/$batch") else {
        return Ok(Vec::new());
    };
    let body = request.body.as_deref().unwrap_or_default();
    let batch: Batch = serde_json::from_str(body)?;
    let parts = batch.requests.into_iter();
    Ok(parts.map(|part| alone(part, request, version)).collect())
}

/// A part of a batch as if it were sent by itself.
fn alone(part: Part, batch: &Request, version: &str) -> Request {
    let (path, query) = match part.url.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (part.url.as_str(), None),
    };
    let headers = part.headers.into_iter();
    let mut headers: BTreeMap<String, String> = headers
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    let content_type = headers.get("content-type").cloned();
    headers.retain(|name, _| !OF_EVERY_REQUEST.contains(&name.as_str()));
    Request {
        service: batch.service.clone(),
        endpoint: None,
        method: part.method,
        path: format!("{version}{path}"),
        query,
        content_type,
        headers,
        body: part.body.map(|body| body.to_string()),
    }
}
