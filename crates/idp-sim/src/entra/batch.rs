//! `$batch`: several requests in one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use data_encoding::BASE64;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, StatusCode, Uri};
use serde_json::{Map, Value, json};

use super::errors::{Refusal, Reply, respond};
use super::operation::Operation;
use super::switches::BatchOrder;
use super::{Entra, json_body};
use crate::service::{Service, SimRequest, SimResponse};

/// The most requests \[D\].
const MAX: usize = 20;

/// Whether a batch may change something.
pub(super) fn writes(body: &[u8]) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let requests = body.get("requests").and_then(Value::as_array);
    let mut methods = requests.into_iter().flatten().map(|one| one.get("method"));
    methods.any(|method| method.and_then(Value::as_str) != Some("GET"))
}

impl Entra {
    /// Answers each request by itself; the batch as a whole is refused only where it makes no sense \[D\].
    pub(super) fn batch(&mut self, request: &SimRequest, now: Duration) -> Result<Reply, Refusal> {
        self.tokens.permissions(request, now)?;
        let body = json_body(request)?;
        let requests = requests(&body)?;
        let mut answers: Vec<Value> = Vec::new();
        let mut failed: BTreeMap<&str, bool> = BTreeMap::new();
        for (id, one) in requests {
            let answer = match depends_on_failed(one, &failed) {
                true => {
                    let refusal = Refusal::new(
                        StatusCode::FAILED_DEPENDENCY,
                        "FailedDependency",
                        "A request that this one depends on failed.",
                    );
                    respond(Err(refusal), &self.ids(None), now)
                }
                false => self.one_of_batch(request, one, now),
            };
            failed.insert(id, !answer.status().is_success());
            answers.push(in_batch(id, &answer));
        }
        if self.switches.batch_order == BatchOrder::Reversed {
            answers.reverse();
        }
        Ok(Reply::ok(json!({"responses": answers})))
    }

    fn one_of_batch(
        &mut self,
        batch: &SimRequest,
        one: &Map<String, Value>,
        now: Duration,
    ) -> SimResponse {
        let inner = request_of(batch, one).filter(|inner| {
            let operation = Operation::of(inner);
            !matches!(operation, Operation::Batch { .. } | Operation::Token { .. })
        });
        match inner {
            Some(inner) => self.handle(&inner, now),
            None => {
                let refusal = Refusal::bad_request("The request of the batch is not valid.");
                respond(Err(refusal), &self.ids(None), now)
            }
        }
    }
}

/// A request of a batch, with its id.
type One<'a> = (&'a str, &'a Map<String, Value>);

/// The requests with their ids, which are unique whatever their case \[D\].
fn requests(body: &Value) -> Result<Vec<One<'_>>, Refusal> {
    let invalid = |message: &str| Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", message);
    let list = body.get("requests").and_then(Value::as_array);
    let list = list.filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| invalid("The property 'requests' must hold requests."))?;
    if list.len() > MAX {
        return Err(invalid(
            "The number of requests in a batch must not exceed 20.",
        ));
    }
    let id = |one: &Value| Some(one.get("id")?.as_str()?.to_lowercase());
    let ids: BTreeSet<String> = list.iter().filter_map(id).collect();
    if ids.len() != list.len() {
        return Err(invalid("Each request must have an id of its own."));
    }
    let pairs = list
        .iter()
        .filter_map(|one| Some((one.get("id")?.as_str()?, one.as_object()?)));
    Ok(pairs.collect())
}

/// Whether it waits for a request that failed, or that did not come before it.
fn depends_on_failed(one: &Map<String, Value>, failed: &BTreeMap<&str, bool>) -> bool {
    let wanted = one.get("dependsOn").and_then(Value::as_array);
    let mut wanted = wanted.into_iter().flatten().filter_map(Value::as_str);
    wanted.any(|id| failed.get(id) != Some(&false))
}

/// The request as if it had come by itself: below the version of the batch, with its credential.
fn request_of(batch: &SimRequest, one: &Map<String, Value>) -> Option<SimRequest> {
    let method: Method = one.get("method")?.as_str()?.parse().ok()?;
    let url = one.get("url")?.as_str()?.trim_start_matches('/');
    let root = batch.uri().to_string();
    let uri: Uri = format!("{}/{url}", root.rsplit_once('/')?.0).parse().ok()?;
    let body = one.get("body").map(Value::to_string);
    let mut request = http::Request::builder().method(method).uri(uri);
    let headers = one.get("headers").and_then(Value::as_object);
    for (name, value) in headers.into_iter().flatten() {
        request = request.header(name.as_str(), value.as_str()?);
    }
    let mut request = request.body(body.unwrap_or_default().into_bytes()).ok()?;
    let credential = batch.headers().get(AUTHORIZATION)?.clone();
    request.headers_mut().insert(AUTHORIZATION, credential);
    Some(request)
}

/// An answer as a batch has it. A body that is no JSON is written in Base64 \[F\].
fn in_batch(id: &str, answer: &SimResponse) -> Value {
    let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers = answer.headers().iter();
    let headers: Map<String, Value> = headers
        .map(|(name, value)| (name.as_str().to_owned(), json!(text(value))))
        .collect();
    let kind = answer.headers().get(CONTENT_TYPE).map(text);
    let is_json = kind.is_some_and(|kind| kind.starts_with("application/json"));
    let body = match is_json {
        true => serde_json::from_slice(answer.body()).unwrap_or(Value::Null),
        false if answer.body().is_empty() => Value::Null,
        false => json!(BASE64.encode(answer.body())),
    };
    json!({"id": id, "status": answer.status().as_u16(), "headers": headers, "body": body})
}
