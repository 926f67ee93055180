//! A recorded service: answers in a queue, requests in a list.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use entra_graph::{
    ClientSecret, Credential, GraphClient, GraphOptions, HashFunction, NewDevice, ObjectId,
    TenantId, UserKey,
};
use http::HeaderMap;
use idp_http::{
    BaseUrl, Clock, Endpoint, Request, Response, ResponseLimit, Sent, Transport, TransportError,
    WithTransport,
};
use serde_json::{Value, json};

pub(crate) const TENANT: &str = "contoso.onmicrosoft.com";
pub(crate) const ID: &str = "aabbccdd-0011-2233-4455-66778899aabb";
pub(crate) const USER: &str = "0a0b0c0d-1111-2222-3333-444455556666";
pub(crate) const SEED: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
pub(crate) const CODE: &str = "058651";
pub(crate) const SECRET: &str = "q8~Very&Secret=Value";

#[derive(Debug, Default)]
pub(crate) struct FakeClock(AtomicU64);

impl FakeClock {
    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for FakeClock {
    fn unix(&self) -> Duration {
        Duration::from_secs(1_700_000_000) + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration.as_secs());
    }
}

/// A request as it left.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) limit: usize,
}

impl Seen {
    pub(crate) fn of(request: &Request) -> Self {
        Self {
            line: format!("{} {}", request.method(), request.uri()),
            headers: request.headers().clone(),
            body: String::from_utf8(request.body().as_ref().to_vec()).unwrap(),
            limit: ResponseLimit::of(request).0,
        }
    }

    /// A field of the form.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let mut pairs = self.body.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(key, _)| *key == name)?;
        let value = percent_encoding::percent_decode_str(value).decode_utf8();
        Some(value.unwrap().into_owned())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

pub(crate) type Recorded = Result<Response, TransportError>;

pub(crate) struct World {
    pub(crate) client: GraphClient,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
}

impl World {
    /// A service that gives these answers, one after the other.
    pub(crate) fn new(answers: impl IntoIterator<Item = Recorded>) -> Self {
        Self::of(credential(), answers)
    }

    /// The same, for somebody who signs in with this.
    pub(crate) fn of(
        credential: impl Into<Credential>,
        answers: impl IntoIterator<Item = Recorded>,
    ) -> Self {
        let (transport, seen) = recorded(answers);
        let clock = Arc::new(FakeClock::default());
        let client = GraphClient::new(transport, clock.clone(), credential, options());
        Self {
            client,
            clock,
            seen,
        }
    }

    /// A client over any transport.
    pub(crate) fn over(transport: Arc<dyn Transport>, clock: Arc<FakeClock>) -> GraphClient {
        GraphClient::new(transport, clock, credential(), options())
    }

    /// The same, already past the sign-in answer.
    pub(crate) fn signed_in(answers: impl IntoIterator<Item = Recorded>) -> Self {
        Self::new([token("T0")].into_iter().chain(answers))
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().map(|seen| seen.line.clone()).collect()
    }
}

/// A transport that gives these answers, one after the other, and a list of what was asked.
pub(crate) fn recorded(
    answers: impl IntoIterator<Item = Recorded>,
) -> (Arc<dyn Transport>, Arc<Mutex<Vec<Seen>>>) {
    let answers: Mutex<VecDeque<Recorded>> = Mutex::new(answers.into_iter().collect());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    let transport = WithTransport(move |request: Request| {
        record.lock().unwrap().push(Seen::of(&request));
        let next = answers.lock().unwrap().pop_front();
        next.unwrap_or_else(|| panic!("not expected: {:?}", Seen::of(&request).line))
    });
    (Arc::new(transport), seen)
}

pub(crate) fn options() -> GraphOptions {
    let authority = BaseUrl::parse(GraphOptions::PUBLIC_AUTHORITY).unwrap();
    options_at(authority, base())
}

pub(crate) fn options_at(authority: BaseUrl, graph: BaseUrl) -> GraphOptions {
    let names = AtomicU64::new(0);
    GraphOptions::new(
        authority,
        graph,
        Arc::new(move || format!("name-{}", names.fetch_add(1, Ordering::SeqCst))),
    )
}

pub(crate) fn base() -> BaseUrl {
    BaseUrl::parse(GraphOptions::PUBLIC_GRAPH).unwrap()
}

pub(crate) fn credential() -> ClientSecret {
    let tenant = TenantId::parse(TENANT).unwrap();
    ClientSecret::new(tenant, "client-1", SECRET.into())
}

pub(crate) fn id(text: &str) -> ObjectId {
    ObjectId::parse(text).unwrap()
}

pub(crate) fn ann() -> UserKey {
    UserKey::upn("ann@contoso.com").unwrap()
}

pub(crate) fn device(serial: &str) -> NewDevice {
    NewDevice {
        serial: serial.to_owned(),
        manufacturer: "Token2".to_owned(),
        model: "C202".to_owned(),
        secret_base32: SEED.into(),
        period_seconds: 30,
        hash: HashFunction::HmacSha1,
        display_name: None,
        assign_to: None,
    }
}

/// An answer with headers `name: value`.
pub(crate) fn raw(status: u16, headers: &[(&'static str, &str)], body: &[u8]) -> Response {
    let mut response = Response::new(body.to_vec());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    response
}

pub(crate) fn answer(status: u16, body: Value) -> Recorded {
    let headers = [("request-id", "r-1")];
    Ok(raw(status, &headers, body.to_string().as_bytes()))
}

pub(crate) fn token(name: &str) -> Recorded {
    answer(
        200,
        json!({"token_type": "Bearer", "expires_in": 3599, "access_token": name}),
    )
}

pub(crate) fn lost(sent: Sent) -> Recorded {
    Err(TransportError::new(sent, "the connection failed"))
}

/// What an endpoint makes of a success, without a client.
pub(crate) fn read<E: Endpoint>(
    endpoint: &E,
    body: Value,
) -> Result<E::Output, idp_http::BadAnswer> {
    endpoint.response(&base(), &raw(200, &[], body.to_string().as_bytes()))
}
