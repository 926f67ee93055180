//! The control endpoint: what tests and demonstrations ask of the simulator itself.

use std::fmt::Display;

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::act::Act;
use crate::faults::Faults;
use crate::service::{SimRequest, SimResponse};
use crate::sign_in::SignIn;
use crate::sim::Sim;

pub(crate) fn answer(sim: &Sim, request: &SimRequest) -> SimResponse {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/state") => json(StatusCode::OK, &sim.state()),
        (&Method::GET, "/calls") => json(StatusCode::OK, &sim.calls()),
        (&Method::POST, "/faults") => read::<Faults>(request).map_or_else(refused, |faults| {
            let rules = faults.rules.len();
            sim.set_faults(faults);
            json(StatusCode::OK, &json!({"rules": rules}))
        }),
        (&Method::POST, "/interfere") => match read::<Act>(request) {
            Ok(act) => match sim.interfere(&act) {
                Ok(()) => json(StatusCode::OK, &json!({"done": act.name()})),
                Err(hindrance) => conflict(&hindrance),
            },
            Err(problem) => refused(problem),
        },
        (&Method::POST, "/trace") => read::<Empty>(request).map_or_else(refused, |Empty {}| {
            sim.start_trace();
            json(StatusCode::OK, &json!({"trace": "started"}))
        }),
        (&Method::GET, "/trace") => json(StatusCode::OK, &sim.trace()),
        (&Method::POST, "/sign-in") => read::<SignIn>(request).map_or_else(refused, |attempt| {
            json(StatusCode::OK, &sim.sign_in(&attempt))
        }),
        _ => json(
            StatusCode::NOT_FOUND,
            &json!({"error": "there is GET /state, /calls, /trace, and POST /faults, /interfere, /sign-in, /trace"}),
        ),
    }
}

/// A body that says nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

/// The body as JSON. The content type is required: a page in a browser cannot send it to another site unasked.
fn read<T: DeserializeOwned>(request: &SimRequest) -> Result<T, String> {
    let kind = request.headers().get(CONTENT_TYPE);
    let is_json = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !is_json {
        return Err("the content type must be application/json".to_owned());
    }
    serde_json::from_slice(request.body()).map_err(|problem| problem.to_string())
}

fn conflict(hindrance: &str) -> SimResponse {
    json(StatusCode::CONFLICT, &json!({"error": hindrance}))
}

fn refused(problem: impl Display) -> SimResponse {
    json(
        StatusCode::BAD_REQUEST,
        &json!({"error": problem.to_string()}),
    )
}

fn json(status: StatusCode, body: &impl Serialize) -> SimResponse {
    let mut response = SimResponse::new(serde_json::to_vec(body).unwrap_or_default());
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
