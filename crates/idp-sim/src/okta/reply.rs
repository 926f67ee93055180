//! Answers as HTTP: body, rate headers, links.

use std::time::Duration;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, LINK, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::Okta;
use super::errors::Problem;
use super::ids::text;
use super::rate::{Bucket, Stamp};
use super::switches::Throttle;
use crate::service::SimResponse;

/// A good answer.
#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    body: Option<Value>,
    links: Vec<String>,
    headers: Vec<(&'static str, String)>,
}

impl Reply {
    pub(crate) const fn ok(body: Value) -> Self {
        Self {
            status: StatusCode::OK,
            body: Some(body),
            links: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// An answer of the token endpoint that brings no token.
    pub(crate) fn refused(status: u16, body: Value) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or_default(),
            ..Self::ok(body)
        }
    }

    pub(crate) const fn empty() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            body: None,
            links: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// Each link becomes a header line of its own.
    pub(crate) fn with_links(self, links: Vec<String>) -> Self {
        Self { links, ..self }
    }

    pub(crate) fn with_headers(
        self,
        headers: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        let headers = headers.into_iter().collect();
        Self { headers, ..self }
    }
}

impl Okta {
    pub(crate) fn respond(&mut self, answer: Result<Reply, Problem>, stamp: Stamp) -> SimResponse {
        let reply = answer.unwrap_or_else(|problem| Reply {
            status: StatusCode::from_u16(problem.status).unwrap_or_default(),
            // 22 characters behind the prefix.
            body: Some(problem.body(&text(&mut self.passing, "oae", 25))),
            links: Vec::new(),
            headers: problem.headers,
        });
        let body = reply.body.map(|body| body.to_string().into_bytes());
        let has_body = body.is_some();
        let mut response = SimResponse::new(body.unwrap_or_default());
        *response.status_mut() = reply.status;
        let headers = response.headers_mut();
        if has_body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        headers.insert(
            CACHE_CONTROL,
            HeaderValue::from_static("no-cache, no-store"),
        );
        let request_id = text(&mut self.passing, "", 27);
        append(
            headers,
            HeaderName::from_static("x-okta-request-id"),
            &request_id,
        );
        for (name, value) in &reply.headers {
            append(headers, HeaderName::from_static(name), value);
        }
        for link in &reply.links {
            append(headers, LINK, link);
        }
        if self.switches.double_rate_headers {
            append_rate(headers, wider(stamp));
        }
        append_rate(headers, stamp);
        response
    }

    /// What a fault script asks for. With 429, a `retry_after` in seconds also sets the end of the window.
    pub(crate) fn scripted(
        &mut self,
        status: u16,
        retry_after: Option<&str>,
        now: Duration,
    ) -> SimResponse {
        let concurrent = self.switches.throttle == Throttle::Concurrent;
        self.refuse(status, retry_after, concurrent, now)
    }

    /// Whether one request more than `in_flight` is too many.
    pub(crate) fn is_full(&self, in_flight: u64) -> bool {
        self.switches
            .concurrency
            .is_some_and(|most| in_flight >= most)
    }

    /// The refusal of a request while too many are in flight.
    pub(crate) fn crowded(&mut self, now: Duration) -> SimResponse {
        self.refuse(429, None, true, now)
    }

    fn refuse(
        &mut self,
        status: u16,
        retry_after: Option<&str>,
        concurrent: bool,
        now: Duration,
    ) -> SimResponse {
        let mut stamp = self.rate.look(Bucket::Users, now);
        if status == 429 {
            let seconds = retry_after.and_then(|text| text.parse::<u64>().ok());
            let reset = seconds.map(|seconds| now.as_secs().saturating_add(seconds));
            stamp.remaining = 0;
            stamp.reset = reset.unwrap_or(stamp.reset);
            if concurrent {
                stamp.limit = 0;
            }
        }
        let mut response = self.respond(Err(Problem::of_status(status)), stamp);
        if let Some(text) = retry_after {
            append(response.headers_mut(), RETRY_AFTER, text);
        }
        response
    }
}

/// Another bucket, in which there is more left.
const fn wider(stamp: Stamp) -> Stamp {
    Stamp {
        limit: stamp.limit.saturating_add(100),
        remaining: stamp.remaining.saturating_add(100),
        ..stamp
    }
}

fn append_rate(headers: &mut HeaderMap, stamp: Stamp) {
    for (name, value) in [
        ("x-rate-limit-limit", stamp.limit),
        ("x-rate-limit-remaining", stamp.remaining),
        ("x-rate-limit-reset", stamp.reset),
    ] {
        headers.append(HeaderName::from_static(name), HeaderValue::from(value));
    }
}

fn append(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.append(name, value);
    }
}
