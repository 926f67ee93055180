//! A recorded org: what it answers, and what it was asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use idp_http::{
    Body, Endpoint, Request, Response, Sent, TokioClock, Transport, TransportError, WithTransport,
};
use okta_factors::{Answer, Error, OktaClient, SswsToken, org_url};

pub(crate) const TOKEN: &str = "00api-TOKEN_kept-secret";
/// 2026-11-21 20:00:00 UTC
pub(crate) const NOW: u64 = 1_795_291_200;

pub(crate) fn client(transport: impl Transport + 'static) -> OktaClient {
    let clock = TokioClock::starting_at(Duration::from_secs(NOW + 1000));
    OktaClient::new(
        Arc::new(transport),
        Arc::new(clock),
        SswsToken::new(TOKEN),
        org_url("https://acme.okta.com").unwrap(),
    )
}

pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let mut builder = http::Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(body.into()).unwrap()
}

/// Sends through a transport that gives this answer.
pub(crate) async fn send<E: Endpoint>(
    endpoint: &E,
    response: Response,
) -> Result<Answer<E::Output>, Error> {
    let transport = WithTransport(move |_: Request| Ok(response.clone()));
    client(transport).send(endpoint).await
}

pub(crate) async fn ok<E: Endpoint>(endpoint: &E, body: &str) -> E::Output {
    send(endpoint, answer(200, &[], body)).await.unwrap().value
}

pub(crate) async fn bad<E: Endpoint>(endpoint: &E, body: &str) -> Error
where
    E::Output: std::fmt::Debug,
{
    let error = send(endpoint, answer(200, &[], body)).await.unwrap_err();
    assert!(matches!(error, Error::Answer { .. }), "{error:?}");
    error
}

/// What the endpoint sends: the request as text, with sensitive headers marked, and its body.
pub(crate) async fn sent<E: Endpoint>(endpoint: &E) -> Request {
    let seen = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&seen);
    let transport = WithTransport(move |request: Request| {
        *keep.lock().unwrap() = Some(request);
        Err(TransportError::new(Sent::No, "recorded"))
    });
    assert!(client(transport).send(endpoint).await.is_err());
    seen.lock().unwrap().take().unwrap()
}

pub(crate) fn text(body: &Body) -> &str {
    std::str::from_utf8(body.as_ref()).unwrap()
}
