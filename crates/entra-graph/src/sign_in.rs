//! Signing in with a client secret (OAuth 2.0 client credentials).

use std::time::Duration;

use http::{HeaderValue, Method, StatusCode, header};
use idp_http::{BadAnswer, BaseUrl, Body, Effect, Query, Request, Response, Retry, Segment};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use crate::endpoint::conceal;
use crate::exchange::request_id;
use crate::token::Token;
use crate::wire::{self, first_line};
use crate::{ClientSecret, Error, SignInError, endpoint};

/// What the operation is called in messages.
pub(crate) const NAME: &str = "sign in";

/// How long before its end a token is replaced.
const EARLY: Duration = Duration::from_secs(300);
/// No token is used longer, whatever the answer says.
const LONGEST: u32 = 24 * 3600;

/// The request for a token that is good for `graph`.
pub(crate) fn request(credential: &ClientSecret, authority: &BaseUrl, graph: &BaseUrl) -> Request {
    let path = [
        credential.tenant.segment(),
        Segment::literal("oauth2"),
        Segment::literal("v2.0"),
        Segment::literal("token"),
    ];
    let uri = authority.uri(&path, &Query::new());
    let scope = format!("{}/.default", graph.origin());
    let body = form(&[
        ("grant_type", "client_credentials"),
        ("client_id", &credential.client_id),
        ("client_secret", credential.secret.expose_secret()),
        ("scope", &scope),
    ]);
    let mut request = endpoint::request(Method::POST, uri, body);
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    request
}

/// `name=value&…`, escaped, in one buffer that is large enough from the start.
fn form(pairs: &[(&str, &str)]) -> Body {
    let longest = pairs.iter().map(|(n, v)| n.len() + 3 * v.len() + 2).sum();
    let mut bytes: Vec<u8> = Vec::with_capacity(longest);
    for (name, value) in pairs {
        if !bytes.is_empty() {
            bytes.push(b'&');
        }
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(b'=');
        value.bytes().for_each(|byte| escape(byte, &mut bytes));
    }
    Body::from(bytes)
}

fn escape(byte: u8, into: &mut Vec<u8>) {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        into.push(byte);
        return;
    }
    let digit = |half: u8| {
        if half < 10 {
            b'0' + half
        } else {
            b'A' + half - 10
        }
    };
    into.extend([b'%', digit(byte >> 4), digit(byte & 15)]);
}

/// Reads the answer; `sent` is the monotonic time of the request.
pub(crate) fn read(
    mut response: Response,
    sent: Duration,
    secret: &SecretString,
) -> Result<Token, Error> {
    if !response.status().is_success() {
        return Err(Error::SignIn(refusal(&response, secret)));
    }
    let token = token(response.body(), sent);
    response.body_mut().zeroize();
    token.map_err(|bad| Error::Answer {
        operation: NAME,
        bad,
        request_id: request_id(response.headers()),
        retry: Retry::after_bad_answer(Effect::Read),
    })
}

fn token(body: &[u8], sent: Duration) -> Result<Token, BadAnswer> {
    let answer: WireToken = wire::decode(body)?;
    let token = Zeroizing::new(answer.access_token);
    let bearer = answer.token_type.eq_ignore_ascii_case("bearer");
    if !bearer || token.is_empty() {
        return Err(BadAnswer::new("no bearer token"));
    }
    let text = Zeroizing::new(["Bearer ", &token].concat());
    let mut header = HeaderValue::from_str(&text)
        .map_err(|_| BadAnswer::new("the token cannot stand in a header"))?;
    header.set_sensitive(true);
    let seconds = answer.expires_in.unwrap_or(0).min(LONGEST);
    Ok(Token::new(header, sent.saturating_add(use_for(seconds))))
}

/// How long a token of this lifetime is used; a short one for half of it.
fn use_for(seconds: u32) -> Duration {
    let lifetime = Duration::from_secs(u64::from(seconds));
    lifetime.saturating_sub(EARLY.min(lifetime / 2))
}

fn refusal(response: &Response, secret: &SecretString) -> SignInError {
    let status = response.status();
    let body: WireRefusal = wire::decode(response.body()).unwrap_or_default();
    let description = body.error_description.unwrap_or_default();
    let code = body.error_codes.unwrap_or_default().first().copied();
    let text = |text: &str| first_line(&conceal(text.to_owned(), secret));
    SignInError {
        status,
        error: text(&body.error.unwrap_or_default()),
        code: code.or_else(|| aadsts(&description)),
        description: describe(status, text(first_part(&description))),
        correlation_id: body.correlation_id.map(|id| text(&id)),
        retry: Retry::after_status(
            Effect::Read,
            status,
            idp_http::retry_after(response.headers()),
        ),
    }
}

/// What stands before the trace ids, which follow on the same line since 2023.
fn first_part(description: &str) -> &str {
    let end = description.find(" Trace ID:").unwrap_or(description.len());
    description.get(..end).unwrap_or_default()
}

fn describe(status: StatusCode, description: String) -> String {
    if status.is_redirection() {
        return "the sign-in address redirects; redirects are not followed".to_owned();
    }
    if description.is_empty() {
        return "the answer gives no reason".to_owned();
    }
    description
}

/// The number behind `AADSTS` in a description.
fn aadsts(description: &str) -> Option<u64> {
    let (_, rest) = description.split_once("AADSTS")?;
    let end = rest.find(|c: char| !c.is_ascii_digit());
    rest.get(..end.unwrap_or(rest.len()))?.parse().ok()
}

#[derive(Deserialize)]
struct WireToken {
    token_type: String,
    access_token: String,
    #[serde(default, deserialize_with = "wire::number")]
    expires_in: Option<u32>,
}

#[derive(Deserialize, Default)]
struct WireRefusal {
    error: Option<String>,
    error_description: Option<String>,
    error_codes: Option<Vec<u64>>,
    correlation_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_escaped() {
        let body = form(&[("a", "x y&z=ä+%"), ("b", "-._~")]);
        assert_eq!(body.as_ref(), b"a=x%20y%26z%3D%C3%A4%2B%25&b=-._~");
    }

    #[test]
    fn a_token_is_used_until_five_minutes_before_its_end() {
        assert_eq!(use_for(3599), Duration::from_secs(3299));
        assert_eq!(use_for(100), Duration::from_secs(50));
        assert_eq!(use_for(0), Duration::ZERO);
    }

    #[test]
    fn the_code_is_found_in_the_description() {
        assert_eq!(aadsts("AADSTS7000215: Invalid"), Some(7_000_215));
        assert_eq!(aadsts("AADSTS90002"), Some(90_002));
        assert_eq!(aadsts("AADSTS: none"), None);
        assert_eq!(aadsts("AADSTS99999999999999999999999"), None);
        assert_eq!(aadsts(""), None);
    }
}
