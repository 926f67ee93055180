//! Building requests and reading answers: what all operations share.

use http::{HeaderValue, Method, Uri};
use idp_http::{
    BadAnswer, BaseUrl, Body, Query, Request, Response, ResponseLimit, Segment, printable,
};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What the client must know about a request besides the request; travels as its extension and is
/// taken out before the request leaves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    /// The permission that the operation needs.
    pub(crate) scope: &'static str,
    /// What must not come back in an error message.
    pub(crate) secret: Option<SecretString>,
    /// Nor what it was authorized with: the whole header.
    pub(crate) authorization: Option<HeaderValue>,
}

impl Context {
    /// `text` without what the request held in secret: a service may quote what it refuses.
    pub(crate) fn conceal(&self, text: &str) -> String {
        let header = self.authorization.as_ref().map(HeaderValue::as_bytes);
        let header = header.and_then(|header| std::str::from_utf8(header).ok());
        let token = header.and_then(|header| header.split_once(' '));
        let secret = self.secret.as_ref().map(ExposeSecret::expose_secret);
        let secrets = [secret, token.map(|(_, token)| token)];
        let secrets = secrets.into_iter().flatten().filter(|s| !s.is_empty());
        secrets.fold(text.to_owned(), |text, secret| {
            text.replace(secret, "[REDACTED]")
        })
    }
}

/// The URI of `path` below `/api/v1`.
pub(crate) fn api<const N: usize>(base: &BaseUrl, path: [Segment; N], query: &Query) -> Uri {
    let mut segments = vec![Segment::literal("api"), Segment::literal("v1")];
    segments.extend(path);
    base.uri(&segments, query)
}

pub(crate) fn request(method: Method, uri: Uri, scope: &'static str) -> Request {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    request.extensions_mut().insert(Context {
        scope,
        ..Context::default()
    });
    request
}

pub(crate) fn get(uri: Uri, scope: &'static str) -> Request {
    request(Method::GET, uri, scope)
}

/// A GET whose answer is an array.
pub(crate) fn list(uri: Uri, scope: &'static str) -> Request {
    let mut request = get(uri, scope);
    request.extensions_mut().insert(ResponseLimit::LIST);
    request
}

/// A POST of `content`, which holds `secret` in clear.
pub(crate) fn post_secret(
    uri: Uri,
    scope: &'static str,
    content: &impl Serialize,
    secret: &SecretString,
) -> Request {
    let mut request = request(Method::POST, uri, scope);
    *request.body_mut() = secret_json(content, secret.expose_secret().len());
    request.extensions_mut().insert(Context {
        scope,
        secret: Some(secret.clone()),
        ..Context::default()
    });
    request
}

/// JSON in a buffer that is wiped and never grows: growing would leave a copy behind.
fn secret_json(content: &impl Serialize, secret_len: usize) -> Body {
    // The longest escape of one byte is `\u00XX`.
    let mut bytes = Zeroizing::new(Vec::with_capacity(256 + 6 * secret_len));
    let capacity = bytes.capacity();
    // Strings into memory: cannot fail. If it did, the service would refuse the cut document.
    let _ = serde_json::to_writer(&mut *bytes, content);
    debug_assert!(bytes.capacity() == capacity, "the buffer has grown");
    Body::from(std::mem::take(&mut *bytes))
}

/// Reads JSON. The error says where, and never quotes the answer.
pub(crate) fn json<T: DeserializeOwned>(response: &Response) -> Result<T, BadAnswer> {
    decode(response.body())
}

/// The same of a body alone.
pub(crate) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, BadAnswer> {
    serde_json::from_slice(body).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Eof => "the JSON is cut off",
            serde_json::error::Category::Data => "a field is missing or of another type",
            _ => "not JSON",
        };
        let (line, column) = (error.line(), error.column());
        BadAnswer::new(format!("{what}, line {line}, column {column}"))
    })
}

/// Reads the items of a list. What this crate does not know may look like anything and is left out,
/// but one that `matters` is never lost silently: then `incomplete` is what is wrong.
pub(crate) fn known_items<T: DeserializeOwned>(
    values: Vec<Value>,
    matters: impl Fn(&Value) -> bool,
    incomplete: &'static str,
) -> Result<Vec<T>, BadAnswer> {
    let read = |value: Value| {
        let matters = matters(&value);
        match serde_json::from_value(value) {
            Err(_) if matters => Some(Err(BadAnswer::new(incomplete))),
            read => read.ok().map(Ok),
        }
    };
    values.into_iter().filter_map(read).collect()
}

/// True where the member of an object is this text.
pub(crate) fn is(object: &Value, name: &str, text: &str) -> bool {
    object.get(name).and_then(Value::as_str) == Some(text)
}

/// One or many: an array as it is, anything else as the only item.
pub(crate) fn one_or_many(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        one => vec![one],
    }
}

/// `error` of an OAuth answer (RFC 6749 section 5.2); empty where there is none.
pub(crate) fn oauth_error(response: &Response) -> String {
    member(response, "error")
}

/// `errorCode` of Okta's error object; empty where there is none.
pub(crate) fn error_code(response: &Response) -> String {
    member(response, "errorCode")
}

fn member(response: &Response, name: &str) -> String {
    let body: Value = decode(response.body()).unwrap_or_default();
    let text = body.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// Reads a number of seconds, also one written as text; what is none counts as 0. For use with
/// `deserialize_with`.
pub(crate) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64().and_then(|n| n.try_into().ok()),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .unwrap_or(0))
}

/// Reads [`printable`] text; for use with `deserialize_with`.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(|text| printable(&text))
}

/// The same where there may be none; for use with `default` and `deserialize_with`.
pub(crate) fn optional_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|text| text.as_deref().map(printable))
}

/// The default where there is none; for use with `default` and `deserialize_with`.
pub(crate) fn or_default<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secrets_buffer_never_grows() {
        // debug_assert! inside; 0x01 has the longest escape.
        for secret in ["", "a", &"\u{1}".repeat(1000)] {
            let body = secret_json(&[secret], secret.len());
            assert_eq!(
                body.len(),
                4 + 6 * secret.matches('\u{1}').count() + secret.matches('a').count()
            );
        }
    }
}
