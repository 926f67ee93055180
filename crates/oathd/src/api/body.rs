//! Bodies of requests: JSON documents and files, wiped when the request is over. Either may hold secrets.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use http::header::{CONTENT_TYPE, HeaderMap};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::parameters::{missing, told};
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
        Ok(Self {
            value: read(text)?,
            bytes: Arc::new(bytes),
        })
    }
}

/// A body that says nothing.
pub(super) type Empty = Json<Nothing>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Refusal> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let at = error.path().to_string();
        wrong(&at, &error.into_inner())
    })?;
    reader.end().map_err(|error| wrong(".", &error))?;
    Ok(value)
}

/// Where a document is not as it is expected. What serde says may quote a value, which may be a secret.
fn wrong(at: &str, error: &serde_json::Error) -> Refusal {
    let (line, column) = (error.line(), error.column());
    if !error.is_data() {
        return Refusal::Unreadable(format!("it is no JSON, line {line}, column {column}"));
    }
    let why = error.to_string();
    let why = why
        .strip_suffix(&format!(" at line {line} column {column}"))
        .unwrap_or(&why);
    let below = |above: &str, name: &str| match above.trim_end_matches('.') {
        "" => told(name).to_owned(),
        above => format!("{above}.{}", told(name)),
    };
    // The path of a field that is there ends in its name.
    let field = |name: &str| below(at.strip_suffix(name).unwrap_or(at), name);
    let quoted = |what: &str| why.strip_prefix(what)?.split('`').next();
    Refusal::Unreadable(if let Some(name) = missing(why) {
        format!("the field `{}` is missing", below(at, name))
    } else if let Some(name) = quoted("unknown field `") {
        format!("the field `{}` is unknown{}", field(name), expected(why))
    } else if let Some(name) = quoted("duplicate field `") {
        format!("the field `{}` is there twice", field(name))
    } else if at == "." {
        format!("the document is malformed{}", expected(why))
    } else {
        format!("the field `{at}` is malformed{}", expected(why))
    })
}

/// What serde says is expected, without what it says of a value.
fn expected(why: &str) -> String {
    let told = [
        "unknown ",
        "invalid type: ",
        "invalid value: ",
        "invalid length ",
    ];
    let told = told.iter().any(|known| why.starts_with(known));
    let expected = why.rsplit_once(", expected ").filter(|_| told);
    expected.map_or_else(String::new, |(_, what)| {
        let what = match what {
            "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number".to_owned(),
            what => what.replace('`', ""),
        };
        format!("; expected: {what}")
    })
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
