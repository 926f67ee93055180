//! Forms: what they send, and whether a page of this very session sent it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::StreamExt;
use http::header::{CONTENT_TYPE, HeaderMap};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Caller, Refusal, once, secret};

/// What a form may send, in bytes.
const MOST: usize = 256 * 1024;
/// The same where nobody is signed in.
const MOST_OF_ANYBODY: usize = 8 * 1024;

/// A form of a page of this session. A key that is there several times fills a `Vec`.
#[derive(Debug)]
pub(crate) struct Sent<T> {
    /// What makes two submits one: see [`super::Once`].
    pub(crate) once: Option<String>,
    pub(crate) form: T,
}

/// The fields that every form has.
#[derive(Deserialize)]
struct Hidden {
    #[serde(default)]
    csrf: Zeroizing<String>,
    once: Option<String>,
}

/// A body that was read before, wiped when the request is over.
#[derive(Clone)]
struct Read(Arc<Zeroizing<Vec<u8>>>);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Refusal;

    async fn from_request(mut request: Request, _: &S) -> Result<Self, Refusal> {
        let body = read(&mut request, MOST).await?;
        let caller = request.extensions().get::<Caller>();
        let hidden = confirmed(caller.ok_or(Refusal::SignIn)?, &body)?;
        let form = parse(&body)?;
        let once = hidden
            .once
            .map(|word| once::of(&word, Sha256::new_with_prefix(&**body)));
        Ok(Self { once, form })
    }
}

/// Lets only forms of this session through, whatever the handler looks at.
pub(crate) async fn only_confirmed(mut request: Request, next: Next) -> Result<Response, Refusal> {
    let body = read(&mut request, MOST).await?;
    let caller = request.extensions().get::<Caller>();
    confirmed(caller.ok_or(Refusal::SignIn)?, &body)?;
    Ok(next.run(request).await)
}

/// A form of nobody's session yet.
pub(super) async fn of_anybody<T: DeserializeOwned>(mut request: Request) -> Result<T, Refusal> {
    parse(&read(&mut request, MOST_OF_ANYBODY).await?)
}

fn confirmed(caller: &Caller, body: &[u8]) -> Result<Hidden, Refusal> {
    let hidden: Hidden = parse(body)?;
    confirm(caller, &hidden.csrf)?;
    Ok(hidden)
}

/// Whether this is the secret field of the caller's session.
pub(super) fn confirm(caller: &Caller, csrf: &str) -> Result<(), Refusal> {
    let good = !caller.csrf.is_empty() && secret::same(csrf.as_bytes(), caller.csrf.as_bytes());
    good.then_some(()).ok_or(Refusal::Stale)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    // What serde says may quote a field, which may be a secret.
    serde_html_form::from_bytes(body)
        .map_err(|_| Refusal::Unreadable("a field is missing or malformed".to_owned()))
}

/// The body, once: who asks later gets the same.
async fn read(request: &mut Request, most: usize) -> Result<Arc<Zeroizing<Vec<u8>>>, Refusal> {
    if let Some(Read(body)) = request.extensions().get() {
        return Ok(Arc::clone(body));
    }
    if !is_form(request.headers()) {
        return Err(Refusal::Kind);
    }
    let body = std::mem::take(request.body_mut());
    let body = Arc::new(collect(body, most).await?);
    request.extensions_mut().insert(Read(Arc::clone(&body)));
    Ok(body)
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or("");
    kind.trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// A body of `most` bytes at the most.
pub(crate) async fn collect(body: Body, most: usize) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let mut chunks = body.into_data_stream();
    let mut all = Zeroizing::new(Vec::new());
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| Refusal::of_body(&error, "it broke off"))?;
        if all.len() + chunk.len() > most {
            return Err(Refusal::TooLarge(Some(most)));
        }
        append(&mut all, &chunk);
    }
    Ok(all)
}

/// Grows without leaving a copy behind that nobody wipes.
pub(super) fn append(all: &mut Zeroizing<Vec<u8>>, chunk: &[u8]) {
    let length = all.len() + chunk.len();
    if length > all.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(length.max(2 * all.capacity())));
        larger.extend_from_slice(all);
        *all = larger;
    }
    all.extend_from_slice(chunk);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_comes_again_fills_a_list() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Picked {
            #[serde(default)]
            serial: Vec<String>,
            note: Option<String>,
        }
        let read = |body: &str| parse::<Picked>(body.as_bytes()).unwrap();
        assert_eq!(
            read("csrf=x&serial=1&note=a+%26+b&serial=2").serial,
            ["1", "2"]
        );
        assert_eq!(read("serial=1&note=a+%26+b").note.unwrap(), "a & b");
        assert_eq!(read("serial=1").serial, ["1"]);
        assert_eq!(read("").serial, [""; 0]);
    }

    #[test]
    fn what_cannot_be_read_is_not_quoted() {
        #[derive(Debug, Deserialize)]
        struct Code {
            #[serde(rename = "code")]
            _code: u32,
        }
        let error = parse::<Code>(b"code=canary").unwrap_err();
        assert!(!error.said().contains("canary"));
    }

    #[test]
    fn bytes_are_appended_whatever_the_room() {
        let mut all = Zeroizing::new(Vec::new());
        for n in 0..100_u8 {
            append(&mut all, &vec![n; usize::from(n)]);
        }
        assert_eq!(all.len(), 4950);
        assert_eq!(all.last(), Some(&99));
    }
}
