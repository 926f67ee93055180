//! What an address says: the parts of its path, and what comes after the `?`.

use axum::extract::path::RawPathParams;
use axum::extract::{FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::door::Refusal;
use crate::places::Idp;

/// A key has 26 letters at least.
const LONGEST_NAME: usize = 24;

/// The parameters of this type. What others an address takes is left to them.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned + IntoParams> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let known = T::into_params(|| Some(ParameterIn::Query));
        let is_own = |pair: &&str| {
            let name = name(pair);
            known.iter().any(|parameter| parameter.name == name)
        };
        let own: Vec<&str> = pairs(parts.uri.query()).filter(is_own).collect();
        let own = own.join("&");
        let reader = serde_html_form::Deserializer::from_bytes(own.as_bytes());
        serde_path_to_error::deserialize(reader)
            .map(Self)
            .map_err(|error| {
                let at = error.path().to_string();
                wrong(&known, &at, &error.into_inner().to_string())
            })
    }
}

fn wrong(known: &[Parameter], at: &str, why: &str) -> Refusal {
    let missing = missing(why);
    let at = missing.unwrap_or(at);
    let parameter = known.iter().find(|parameter| parameter.name == at);
    let expected = parameter.map_or_else(|| "one value".to_owned(), expected);
    Refusal::Unreadable(match missing {
        Some(_) => format!("the parameter `{at}` is missing; expected: {expected}"),
        None => format!("the parameter `{at}` is malformed; expected: {expected}"),
    })
}

/// What a field or a parameter is called. What is too long for a name may be a secret in its place.
pub(super) fn told(name: &str) -> &str {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    match name.len() <= LONGEST_NAME && name.chars().all(is_name) {
        true => name,
        false => "…",
    }
}

/// The field that is missing, if that is what serde says.
pub(super) fn missing(why: &str) -> Option<&str> {
    why.strip_prefix("missing field `")?.split('`').next()
}

/// What a parameter is to be, as its description says.
fn expected(parameter: &Parameter) -> String {
    let schema = serde_json::to_value(&parameter.schema).unwrap_or_default();
    // An enum alone, or beside null.
    let words = ["/enum", "/oneOf/0/enum"].map(|at| schema.pointer(at));
    if let Some(words) = words.into_iter().flatten().find_map(Value::as_array) {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return words.join(", ");
    }
    let kinds = ["/type", "/type/0"].map(|at| schema.pointer(at));
    match kinds.into_iter().flatten().find_map(Value::as_str) {
        Some("boolean") => "true or false".to_owned(),
        Some("integer") => "a whole number".to_owned(),
        _ => {
            let what = parameter.description.as_deref().unwrap_or("a text");
            what.trim_end_matches('.').to_owned()
        }
    }
}

/// Refuses what an address does not take: a word that is misspelt would change what is done.
pub(super) async fn only(
    known: &[String],
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let mut names = pairs(request.uri().query()).map(name);
    let unknown = names.find(|name| !known.contains(name));
    drop(names);
    match unknown {
        None => Ok(next.run(request).await),
        Some(name) => Err(Refusal::Unreadable(match (told(&name), known) {
            (name, []) => format!("the parameter `{name}` is unknown; this address takes none"),
            (name, known) => format!(
                "the parameter `{name}` is unknown; this address takes {}",
                known.join(", ")
            ),
        })),
    }
}

fn pairs(query: Option<&str>) -> impl Iterator<Item = &str> {
    let pairs = query.unwrap_or_default().split('&');
    pairs.filter(|pair| !pair.is_empty())
}

/// The name of a parameter, as it was meant.
fn name(pair: &str) -> String {
    let read = serde_html_form::from_str::<Vec<(String, String)>>(pair);
    let first = read.unwrap_or_default().into_iter().next();
    first.map_or_else(|| pair.to_owned(), |(name, _)| name)
}

/// The parts of an address that stand for something.
#[derive(Debug)]
pub(super) struct Path<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => {
                let raw = RawPathParams::from_request_parts(parts, state).await;
                let names_a_place = raw.is_ok_and(|raw| {
                    let mut places = raw.iter().filter(|(name, _)| *name == "idp");
                    places.all(|(_, word)| Idp::ALL.iter().any(|idp| idp.name() == word))
                });
                Err(Refusal::Unreadable(match names_a_place {
                    true => "the serial number in the address is none".to_owned(),
                    false => "`idp` in the address is malformed; expected: entra, okta".to_owned(),
                }))
            }
        }
    }
}
