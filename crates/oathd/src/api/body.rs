//! Bodies of requests: JSON documents and files, wiped when the request is over. Either may hold secrets.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use http::header::{CONTENT_TYPE, HeaderMap};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::door::{Refusal, form};
use crate::upload;

/// The longest JSON document that is taken, in bytes: a choice of as many tokens as a draft holds.
const MOST_JSON: usize = 16 * 1024 * 1024;

/// What comes as a file.
pub(super) const FILE_KINDS: [&str; 2] = ["application/octet-stream", "text/csv"];

/// A JSON document. One that is not there is an empty one.
#[derive(Debug)]
pub(super) struct Json<T> {
    pub(super) value: T,
    pub(super) bytes: Arc<Zeroizing<Vec<u8>>>,
}

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let kind = kind(request.headers());
        let bytes = form::collect(request.into_body(), MOST_JSON).await?;
        let text: &[u8] = match (bytes.is_empty(), kind.as_str()) {
            (true, _) => b"{}",
            (false, "application/json") => &bytes,
            (false, _) => return Err(Refusal::Kind),
        };
        // What serde says may quote a value, which may be a secret.
        let value = serde_json::from_slice(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Refusal::Unreadable(format!(
                "it is not the JSON that is expected here, line {line}, column {column}"
            ))
        })?;
        Ok(Self {
            value,
            bytes: Arc::new(bytes),
        })
    }
}

/// A file as it is.
#[derive(Debug)]
pub(super) struct File(pub(super) Zeroizing<Vec<u8>>);

impl<S: Sync> FromRequest<S> for File {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        if !FILE_KINDS.contains(&kind(request.headers()).as_str()) {
            return Err(Refusal::Kind);
        }
        let bytes = form::collect(request.into_body(), upload::MAX_BYTES).await?;
        Ok(Self(bytes))
    }
}

/// The content type without its parameters, in lower case.
fn kind(headers: &HeaderMap) -> String {
    let kind = headers.get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}
