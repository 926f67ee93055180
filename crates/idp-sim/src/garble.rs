//! Damaged bodies.

use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::rng::Rng;
use crate::service::SimResponse;

/// How an answer's body is damaged. A body that was empty first becomes a small JSON object with the status 200, so
/// that there is something to damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Garble {
    /// JSON that ends somewhere in the middle; the headers fit what is there.
    Truncated,
    /// A page of HTML, as that of a login, with its content type.
    Html,
    /// Nothing, with the status 200.
    Empty,
    /// A byte order mark in front.
    ByteOrderMark,
    /// The members of the outermost object twice, the second time `null`.
    DuplicateKeys,
    /// Every number, or where there is none every text, is 1e308.
    HugeNumbers,
    /// Arrays 10,000 deep.
    DeepNesting,
    /// Texts become numbers, numbers texts, lists objects.
    WrongTypes,
    /// Every `id` is `null`.
    NullIds,
}

const PAGE: &str =
    "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>";
const DEPTH: usize = 10_000;

impl Garble {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Truncated,
        Self::Html,
        Self::Empty,
        Self::ByteOrderMark,
        Self::DuplicateKeys,
        Self::HugeNumbers,
        Self::DeepNesting,
        Self::WrongTypes,
        Self::NullIds,
    ];

    fn drawn(rng: &mut Rng) -> Self {
        Garble::ALL
            .get(rng.below(Garble::ALL.len()))
            .copied()
            .unwrap_or(Self::Empty)
    }
}

/// Damages `response`, in the way of `how` or in one that is drawn.
pub(crate) fn garble(how: Option<Garble>, mut response: SimResponse, rng: &mut Rng) -> SimResponse {
    let how = how.unwrap_or_else(|| Garble::drawn(rng));
    if response.body().is_empty() {
        *response.status_mut() = StatusCode::OK;
        *response.body_mut() = br#"{"id":"0","value":[],"number":1}"#.to_vec();
    }
    if how == Garble::Empty {
        *response.status_mut() = StatusCode::OK;
    }
    let kind = match how {
        Garble::Html => "text/html; charset=utf-8",
        _ => "application/json",
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.map(|body| damaged(how, body, rng))
}

fn damaged(how: Garble, body: Vec<u8>, rng: &mut Rng) -> Vec<u8> {
    match how {
        Garble::Truncated => {
            let mut body = body;
            // At least the last byte is missing, and one is there.
            body.truncate(1 + rng.below(body.len().saturating_sub(2)));
            body
        }
        Garble::Html => PAGE.into(),
        Garble::Empty => Vec::new(),
        Garble::ByteOrderMark => [b"\xef\xbb\xbf".as_slice(), &body].concat(),
        Garble::DeepNesting => ["[".repeat(DEPTH), "]".repeat(DEPTH)].concat().into_bytes(),
        Garble::DuplicateKeys => doubled(&body),
        Garble::HugeNumbers => huge(&body),
        Garble::WrongTypes => reshaped(&body, &wrong_type),
        Garble::NullIds => reshaped(&body, &without_id),
    }
}

/// The body with a change to every value in it.
fn reshaped(body: &[u8], change: &dyn Fn(&mut Value)) -> Vec<u8> {
    let mut value = serde_json::from_slice(body).unwrap_or(Value::Null);
    walk(&mut value, change);
    value.to_string().into_bytes()
}

fn walk(value: &mut Value, change: &dyn Fn(&mut Value)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, change)),
        Value::Object(fields) => fields.values_mut().for_each(|field| walk(field, change)),
        _ => {}
    }
    change(value);
}

fn wrong_type(value: &mut Value) {
    *value = match std::mem::take(value) {
        Value::String(text) => json!(text.len()),
        Value::Number(number) => json!(number.to_string()),
        Value::Array(items) => json!({"items": items}),
        other => other,
    };
}

fn without_id(value: &mut Value) {
    if let Some(id) = value.get_mut("id") {
        *id = Value::Null;
    }
}

/// 1e308 in full would be read as any other number; in JSON's short form it meets readers of integers unprepared.
fn huge(body: &[u8]) -> Vec<u8> {
    const MARK: &str = "\u{1}huge";
    let has_number = body.iter().any(u8::is_ascii_digit)
        && has_number(&serde_json::from_slice(body).unwrap_or(Value::Null));
    let mark = move |value: &mut Value| {
        if value.is_number() || (!has_number && value.is_string()) {
            *value = json!(MARK);
        }
    };
    let text = String::from_utf8(reshaped(body, &mark)).unwrap_or_default();
    text.replace(&json!(MARK).to_string(), "1e308").into_bytes()
}

fn has_number(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_number),
        Value::Object(fields) => fields.values().any(has_number),
        other => other.is_number(),
    }
}

fn doubled(body: &[u8]) -> Vec<u8> {
    let value = serde_json::from_slice(body).unwrap_or(Value::Null);
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let once = fields.iter().map(|(name, value)| (name, value.clone()));
            let twice = once.chain(fields.keys().map(|name| (name, Value::Null)));
            let members = twice.map(|(name, value)| format!("{}:{value}", json!(name)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(",")).into_bytes()
        }
        other => format!(r#"{{"value":{other},"value":null}}"#).into_bytes(),
    }
}
