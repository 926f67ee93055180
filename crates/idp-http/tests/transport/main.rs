//! The transport over real sockets, against servers that misbehave.
#![cfg(feature = "reqwest")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops where its own servers fail"
)]

mod answers;
mod connections;
mod proxy;
mod redirects;
mod server;
mod tls;

use std::time::Duration;

use idp_http::{
    Body, Request, ReqwestOptions, ReqwestTransport, Response, ResponseLimit, Sent, Transport,
    TransportError,
};

/// Stands in for a seed.
const SECRET: &str = "JBSWY3DPEHPK3PXP";
/// A query as clients send it: it may name people.
const QUERY: &str = "?filter=ann%40example.com";

/// A write with a secret in its body and a name in its query.
fn post(root: &str) -> Request {
    let mut request = Request::new(Body::from(SECRET.as_bytes().to_vec()));
    *request.method_mut() = idp_http::http::Method::POST;
    *request.uri_mut() = format!("{root}/devices{QUERY}").parse().unwrap();
    request
}

fn limited(mut request: Request, limit: usize) -> Request {
    request.extensions_mut().insert(ResponseLimit(limit));
    request
}

fn transport() -> ReqwestTransport {
    with(|_| {})
}

fn with(change: impl FnOnce(&mut ReqwestOptions)) -> ReqwestTransport {
    let mut options = ReqwestOptions::default();
    options.timeout = Duration::from_secs(5);
    options.connect_timeout = Duration::from_secs(2);
    change(&mut options);
    ReqwestTransport::new(&options).unwrap()
}

async fn send(request: Request) -> Result<Response, TransportError> {
    transport().send(request).await
}

/// Sends and expects a failure whose text tells neither body nor query.
async fn fails(transport: &ReqwestTransport, request: Request) -> (Sent, String) {
    let error = transport.send(request).await.unwrap_err();
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains(SECRET), "{text}");
        assert!(!text.contains("ann") && !text.contains("filter"), "{text}");
    }
    (error.sent(), error.to_string())
}

#[test]
fn debug_shows_no_content() {
    let request = post("https://idp.example");
    let text = format!("{request:?} {:?}", request.body());
    assert!(!text.contains(SECRET), "{text}");
    assert!(text.contains("Body(16 bytes)"), "{text}");
}
