//! Several reads in one call.

use std::collections::BTreeMap;
use std::mem;

use http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use idp_http::{
    BadAnswer, BaseUrl, Effect, Endpoint, Query, Request, Response, ResponseLimit, Retry, Segment,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::endpoint::{GraphEndpoint, request};
use crate::refusal::refusal;
use crate::request_id::request_id;
use crate::wire::{self, Items};
use crate::{Error, ServiceError};

/// How many requests one call may hold: 20.
pub const MAX_BATCH: usize = 20;

/// Up to [`MAX_BATCH`] reads of one kind in one call (`$batch`), each with an outcome of its own, in
/// the order of the requests.
///
/// An outcome has its own [`Error::retry`] and its own wait. The service meters each request in the
/// call by itself, so a batch saves round trips and no quota; where a list by values does the same
/// ([`ListUsers::named`](crate::ListUsers::named)), that is cheaper. An answer that is missing, or that
/// came twice, is an error of that request alone; nothing is repeated.
///
/// **Reads only**: a batch of writes does not compile. One lost answer would leave up to twenty writes
/// in doubt; codes would get old while the service holds some of them back; and what a write of the
/// batch brings, such as a device's id, cannot be used by the next. Many devices are created by
/// [`CreateDevices`](crate::CreateDevices).
///
/// ```compile_fail
/// # use entra_graph::{Batch, DeleteDevice, ObjectId};
/// let id = ObjectId::parse("aabbccdd-0011-2233-4455-66778899aabb").unwrap();
/// let batch = Batch::new(vec![DeleteDevice(id)]);
/// ```
#[derive(Clone, Debug)]
pub struct Batch<E>(Vec<E>);

/// A number of requests that is no batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a batch holds 1 to {MAX_BATCH} requests, not {0}")]
pub struct InvalidBatch(pub usize);

impl<E: GraphEndpoint> Batch<E> {
    /// A batch of these reads. Where one of them is not below the same version of Graph as the others,
    /// nothing can be sent.
    ///
    /// # Errors
    /// [`InvalidBatch`] where there is none, or more than [`MAX_BATCH`].
    pub fn new(requests: Vec<E>) -> Result<Self, InvalidBatch> {
        const { assert!(matches!(E::EFFECT, Effect::Read), "reads only") };
        if requests.is_empty() || requests.len() > MAX_BATCH {
            return Err(InvalidBatch(requests.len()));
        }
        Ok(Self(requests))
    }

    /// The version of Graph that all requests are below, and the requests.
    fn wire(&self, base: &BaseUrl) -> Option<(Segment, WireBatch)> {
        let requests = self.0.iter().zip(1..);
        let below = requests.map(|(one, id)| wire_request(&one.request(base), base, id));
        let (versions, requests): (Vec<Segment>, Vec<WireRequest>) =
            below.collect::<Option<Vec<_>>>()?.into_iter().unzip();
        let version = versions.first()?.clone();
        let same = versions.iter().all(|other| *other == version);
        same.then_some((version, WireBatch { requests }))
    }
}

impl<E: GraphEndpoint> Endpoint for Batch<E> {
    type Output = Vec<Result<E::Output, Error>>;
    const NAME: &'static str = "send a batch of reads";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        let Some((version, batch)) = self.wire(base) else {
            // No address of Graph: the client does not send it.
            return Request::default();
        };
        let uri = base.uri(&[version, Segment::literal("$batch")], &Query::new());
        let mut request = request(Method::POST, uri, wire::encode(&batch));
        request.extensions_mut().insert(ResponseLimit::LIST);
        request
    }

    fn response(&self, base: &BaseUrl, response: &Response) -> Result<Self::Output, BadAnswer> {
        let answers = wire::decode::<WireAnswers>(response.body())?.responses.0;
        let found = self.find(answers)?;
        let outcomes = self.0.iter().zip(found).zip(1..);
        Ok(outcomes
            .map(|((endpoint, found), id)| outcome(endpoint, found, id, base, response))
            .collect())
    }
}

impl<E: GraphEndpoint> GraphEndpoint for Batch<E> {
    fn permission(&self) -> &'static str {
        self.0.first().map_or("", GraphEndpoint::permission)
    }

    fn conceal(&self, text: String) -> String {
        self.0.iter().fold(text, |text, one| one.conceal(text))
    }
}

/// The answers to one request of a batch.
enum Found {
    Nothing,
    One(WireAnswer),
    Several,
}

impl<E> Batch<E> {
    /// The answers in the order of the requests.
    fn find(&self, answers: Vec<WireAnswer>) -> Result<Vec<Found>, BadAnswer> {
        let mut found: Vec<Found> = self.0.iter().map(|_| Found::Nothing).collect();
        for answer in answers {
            let id = answer.id.and_then(|id| usize::try_from(id).ok());
            let place = id.and_then(|id| found.get_mut(id.checked_sub(1)?));
            let place =
                place.ok_or_else(|| BadAnswer::new("it answers what was not in the batch"))?;
            *place = match mem::replace(place, Found::Several) {
                Found::Nothing => Found::One(answer),
                Found::One(_) | Found::Several => Found::Several,
            };
        }
        Ok(found)
    }
}

/// What became of the request `id` of a batch that was answered by `outer`.
fn outcome<E: GraphEndpoint>(
    endpoint: &E,
    found: Found,
    id: u32,
    base: &BaseUrl,
    outer: &Response,
) -> Result<E::Output, Error> {
    let bad = |bad: BadAnswer, request_id: Option<String>| Error::Answer {
        operation: E::NAME,
        bad,
        request_id,
        retry: Retry::after_bad_answer(E::EFFECT),
    };
    let named = |what: &str| {
        let text = format!("the batch has {what} answer to its request {id}");
        bad(BadAnswer::new(text), request_id(outer.headers()))
    };
    let answer = match found {
        Found::One(answer) => answer.response(outer).ok_or_else(|| named("no proper"))?,
        Found::Nothing => return Err(named("no")),
        Found::Several => return Err(named("more than one")),
    };
    if answer.status().is_success() {
        let read = endpoint.response(base, &answer);
        return read.map_err(|error| bad(error, request_id(answer.headers())));
    }
    let refused = || Error::Service(Box::new(refused(endpoint, &answer)));
    endpoint.refusal(&answer).ok_or_else(refused)
}

fn refused<E: GraphEndpoint>(endpoint: &E, answer: &Response) -> ServiceError {
    let after = idp_http::retry_after(answer.headers());
    let retry = Retry::after_status(E::EFFECT, answer.status(), after);
    let ours = answer.headers().get(CLIENT_REQUEST_ID);
    let ours = ours.and_then(|id| id.to_str().ok()).unwrap_or_default();
    refusal(endpoint, answer, wire::first_line(ours), retry)
}

const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

#[derive(Serialize)]
struct WireBatch {
    requests: Vec<WireRequest>,
}

#[derive(Serialize)]
struct WireRequest {
    id: String,
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
}

/// The version that a request is below, and the request as a batch has it.
fn wire_request(request: &Request, base: &BaseUrl, id: u32) -> Option<(Segment, WireRequest)> {
    let (version, url) = relative(request.uri(), base)?;
    let headers = request.headers().iter();
    let text = |(name, value): (&HeaderName, &HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let request = WireRequest {
        id: id.to_string(),
        method: request.method().to_string(),
        url,
        headers: headers.filter_map(text).collect(),
    };
    Some((version, request))
}

/// The version of an address of Graph, and what comes behind it.
fn relative(uri: &Uri, base: &BaseUrl) -> Option<(Segment, String)> {
    let uri = base.follow(&uri.to_string()).ok()?.to_string();
    let below = uri.strip_prefix(&base.to_string())?.strip_prefix('/')?;
    let (version, rest) = below.split_once('/')?;
    Some((Segment::new(version).ok()?, format!("/{rest}")))
}

#[derive(Deserialize)]
struct WireAnswers {
    responses: Items<WireAnswer>,
}

#[derive(Deserialize)]
struct WireAnswer {
    #[serde(default, deserialize_with = "wire::number")]
    id: Option<u32>,
    #[serde(default, deserialize_with = "wire::number")]
    status: Option<u32>,
    #[serde(default)]
    headers: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    body: Option<Box<RawValue>>,
}

impl WireAnswer {
    /// The answer as if it had come by itself. What it does not say of its origin, the batch says.
    fn response(self, outer: &Response) -> Option<Response> {
        let status = StatusCode::from_u16(u16::try_from(self.status?).ok()?).ok()?;
        let mut response = Response::new(bytes(self.body.as_deref()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        for name in [header::DATE, REQUEST_ID, CLIENT_REQUEST_ID] {
            let value = outer.headers().get(&name);
            headers.extend(value.map(|value| (name, value.clone())));
        }
        for (name, value) in self.headers.unwrap_or_default() {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
                headers.insert(name, value);
            }
        }
        Some(response)
    }
}

/// A body that is not JSON stands in the batch as a text.
fn bytes(body: Option<&RawValue>) -> Vec<u8> {
    let Some(raw) = body.map(RawValue::get) else {
        return Vec::new();
    };
    let text = raw.starts_with('"').then(|| serde_json::from_str(raw).ok());
    let text: Option<String> = text.flatten();
    text.map_or_else(|| raw.as_bytes().to_vec(), String::into_bytes)
}
