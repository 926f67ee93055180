//! The log of API calls: who was asked for what, how it was answered, how long it took. It is in memory
//! alone, off until somebody switches it on, and holds no body and no credential.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use idp_http::{Clock, Request, Response, Transport, TransportError};
use serde::Serialize;

/// So many calls are kept.
const KEPT: usize = 5_000;

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Call {
    /// Unix milliseconds, when it was sent.
    pub(crate) at_ms: u64,
    pub(crate) method: String,
    pub(crate) host: String,
    /// Path and query; neither service takes a secret there.
    pub(crate) path: String,
    /// None where nothing answered.
    pub(crate) status: Option<u16>,
    /// The service's id of the request, for its support.
    pub(crate) request_id: Option<String>,
    pub(crate) took_ms: u64,
    /// Why there is no answer.
    pub(crate) error: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct CallLog {
    on: AtomicBool,
    calls: Mutex<VecDeque<Call>>,
}

impl CallLog {
    pub(crate) fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    pub(crate) fn switch(&self, on: bool) {
        self.on.store(on, Ordering::Relaxed);
    }

    pub(crate) fn clear(&self) {
        self.calls().clear();
    }

    /// The calls, newest first.
    pub(crate) fn list(&self) -> Vec<Call> {
        self.calls().iter().rev().cloned().collect()
    }

    fn add(&self, call: Call) {
        let mut calls = self.calls();
        if calls.len() == KEPT {
            calls.pop_front();
        }
        calls.push_back(call);
    }

    fn calls(&self) -> std::sync::MutexGuard<'_, VecDeque<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A transport whose calls are logged while the log is on.
pub(crate) struct Logged<T> {
    pub(crate) inner: T,
    pub(crate) log: Arc<CallLog>,
    pub(crate) clock: Arc<dyn Clock>,
}

#[async_trait]
impl<T: Transport> Transport for Logged<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if !self.log.is_on() {
            return self.inner.send(request).await;
        }
        let (begun, at) = (self.clock.monotonic(), self.clock.unix());
        let (method, uri) = (request.method().to_string(), request.uri().clone());
        let answer = self.inner.send(request).await;
        let took = self.clock.monotonic().saturating_sub(begun);
        self.log.add(Call {
            at_ms: millis(at),
            method,
            host: uri.authority().map(ToString::to_string).unwrap_or_default(),
            path: uri
                .path_and_query()
                .map(ToString::to_string)
                .unwrap_or_default(),
            status: answer.as_ref().ok().map(|answer| answer.status().as_u16()),
            request_id: answer.as_ref().ok().and_then(request_id),
            took_ms: millis(took),
            error: answer.as_ref().err().map(ToString::to_string),
        });
        answer
    }
}

fn request_id(answer: &Response) -> Option<String> {
    let names = ["request-id", "x-okta-request-id"];
    let found = names.iter().find_map(|name| answer.headers().get(*name));
    found.and_then(|id| id.to_str().ok()).map(str::to_owned)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use idp_http::{Body, TokioClock, WithTransport};

    use super::*;

    fn logged(log: &Arc<CallLog>) -> impl Transport {
        Logged {
            inner: WithTransport(|_: Request| {
                let answer = http::Response::builder()
                    .status(404)
                    .header("request-id", "r-1");
                Ok(answer.body(Vec::new()).unwrap())
            }),
            log: Arc::clone(log),
            clock: Arc::new(TokioClock::system()),
        }
    }

    fn request() -> Request {
        let request = http::Request::post("https://graph.example/v1.0/users?$top=1");
        let request = request.header("authorization", "Bearer secret-1");
        request.body(Body::from(b"secret-2".to_vec())).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_kept_without_its_secrets_and_only_while_the_log_is_on() {
        let log = Arc::new(CallLog::default());
        let transport = logged(&log);
        transport.send(request()).await.unwrap();
        assert_eq!(log.list(), []);
        log.switch(true);
        transport.send(request()).await.unwrap();
        let calls = log.list();
        assert_eq!(
            (calls[0].status, calls[0].path.as_str()),
            (Some(404), "/v1.0/users?$top=1")
        );
        assert_eq!(calls[0].request_id.as_deref(), Some("r-1"));
        assert!(!format!("{calls:?}").contains("secret"));
        log.clear();
        assert_eq!(log.list(), []);
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_call_goes_when_the_log_is_full() {
        let log = Arc::new(CallLog::default());
        log.switch(true);
        let transport = logged(&log);
        for _ in 0..=KEPT {
            transport.send(request()).await.unwrap();
        }
        assert_eq!(log.list().len(), KEPT);
    }
}
