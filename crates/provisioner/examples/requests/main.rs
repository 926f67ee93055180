//! Prints every request that the two clients can make, one JSON object a line: what
//! `cargo xtask contracts` compares with the services' descriptions. Nothing is sent, and what looks
//! like a secret is made up.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

mod entra;
mod okta;

use std::any::type_name;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use idp_http::http::HeaderValue;
use idp_http::{Request, Response, Transport};
use serde_json::{Map, Value, json};

const SEED: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const CODE: &str = "058651";
const GUID: &str = "aabbccdd-0011-2233-4455-66778899aabb";
const ODD_NAME: &str = "o'brien+x#EXT#@contoso.com";

/// Headers that no description names for one operation.
const OF_EVERY_REQUEST: [&str; 4] = [
    "accept",
    "authorization",
    "client-request-id",
    "content-type",
];

type Outcome = Result<(), Box<dyn Error>>;
type Seen = Arc<Mutex<Vec<Value>>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    entra::requests().await?;
    okta::requests().await
}

/// Notes every request and answers each with a token; what else asks cannot read that.
fn recorder(service: &'static str, seen: &Seen) -> Arc<dyn Transport> {
    let seen = Arc::clone(seen);
    let token = r#"{"token_type":"Bearer","expires_in":3600,"access_token":"made-up"}"#;
    Arc::new(idp_http::WithTransport(move |request: Request| {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(noted(service, &request));
        Ok(Response::new(token.into()))
    }))
}

fn noted(service: &str, request: &Request) -> Value {
    let (uri, body) = (request.uri(), request.body().as_ref());
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let kind = request.headers().get("content-type").map(text);
    let own = request.headers().iter();
    let own = own.filter(|(name, _)| !OF_EVERY_REQUEST.contains(&name.as_str()));
    let headers: Map<String, Value> = own
        .map(|(name, value)| (name.as_str().to_owned(), json!(text(value))))
        .collect();
    json!({
        "service": service,
        "method": request.method().as_str(),
        "path": uri.path(),
        "query": uri.query(),
        "content_type": kind,
        "headers": headers,
        "body": (!body.is_empty()).then(|| String::from_utf8_lossy(body)),
    })
}

/// Prints what was noted: the last request is the endpoint's, those before are the client's own.
fn print<E>(seen: &Seen) -> Outcome {
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    let last = seen.last_mut().and_then(Value::as_object_mut);
    // Without the path before the name, and without what a generic one is for.
    let name = type_name::<E>().split('<').next().unwrap_or_default();
    let endpoint = json!(name.rsplit("::").next());
    last.ok_or("an endpoint sent nothing")?
        .insert("endpoint".to_owned(), endpoint);
    seen.drain(..).for_each(|request| println!("{request}"));
    Ok(())
}
