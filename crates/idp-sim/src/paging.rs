//! Pages that are not what they should be.

use http::header::{HeaderValue, LINK};
use http::{Method, Uri};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::service::{SimRequest, SimResponse};
use crate::sign_in::Idp;

/// What is wrong with a page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Page {
    /// Its link leads to itself.
    NextIsItself,
    /// Its link leads back to the first page.
    NextIsFirst,
    /// Its link leads to the same page once more, under another address: its items come twice.
    Again,
    /// It has no items, and its link leads to the same page under another address. Without `times` the list never
    /// ends, and no address comes twice.
    Empty,
    /// Its first item is missing, as where the service counts by position and the list shrank meanwhile.
    Gap,
    /// It has no link, although more pages follow.
    NoNext,
    /// Its link leads to another place.
    NextAt {
        /// What stands before the path, such as `http://graph.sim.test:8080` or `https://graph.sim.test@evil.test`.
        origin: String,
    },
}

/// The parameter that makes another address of the same page.
const AGAIN: &str = "again";
const NEXT: &str = "@odata.nextLink";

/// The page that `response` is, with the fault; anything else as it is.
pub(crate) fn distort(
    idp: Idp,
    how: &Page,
    request: &SimRequest,
    mut response: SimResponse,
) -> SimResponse {
    let Ok(mut body) = serde_json::from_slice::<Value>(response.body()) else {
        return response;
    };
    let is_read = request.method() == Method::GET && response.status().is_success();
    let items = match idp {
        Idp::Entra => body.get_mut("value").and_then(Value::as_array_mut),
        Idp::Okta => body.as_array_mut(),
    };
    let Some(items) = items.filter(|_| is_read) else {
        return response;
    };
    match how {
        Page::Empty => items.clear(),
        Page::Gap if !items.is_empty() => drop(items.remove(0)),
        _ => {}
    }
    let uri = request.uri();
    match how {
        Page::Gap => {}
        Page::NoNext => set_next(idp, &mut body, &mut response, None),
        Page::NextIsItself => set_next(idp, &mut body, &mut response, Some(uri.to_string())),
        Page::NextIsFirst => set_next(idp, &mut body, &mut response, Some(first(uri))),
        Page::Again | Page::Empty => set_next(idp, &mut body, &mut response, Some(again(uri))),
        Page::NextAt { origin } => {
            let path = uri.path_and_query().map_or("/", |path| path.as_str());
            set_next(
                idp,
                &mut body,
                &mut response,
                Some(format!("{origin}{path}")),
            );
        }
    }
    *response.body_mut() = body.to_string().into_bytes();
    response
}

fn set_next(idp: Idp, body: &mut Value, response: &mut SimResponse, url: Option<String>) {
    match (idp, body) {
        (Idp::Entra, Value::Object(fields)) => {
            fields.remove(NEXT);
            fields.extend(url.map(|url| (NEXT.to_owned(), json!(url))));
        }
        (Idp::Entra, _) => {}
        (Idp::Okta, _) => {
            let links = response.headers().get_all(LINK).iter().cloned();
            let is_next =
                |link: &HeaderValue| link.to_str().is_ok_and(|text| text.contains("\"next\""));
            let mut links: Vec<HeaderValue> = links.filter(|link| !is_next(link)).collect();
            let next =
                url.and_then(|url| HeaderValue::try_from(format!("<{url}>; rel=\"next\"")).ok());
            links.extend(next);
            response.headers_mut().remove(LINK);
            for link in links {
                response.headers_mut().append(LINK, link);
            }
        }
    }
}

/// The parts of the query but those of these names.
fn without<'a>(uri: &'a Uri, names: &'a [&str]) -> impl Iterator<Item = &'a str> {
    let parts = uri.query().unwrap_or_default().split('&');
    parts.filter(|part| {
        let name = part.split('=').next().unwrap_or_default();
        !part.is_empty() && !names.contains(&name)
    })
}

fn with_query(uri: &Uri, query: &str) -> String {
    let text = uri.to_string();
    let address = text.split('?').next().unwrap_or_default();
    match query {
        "" => address.to_owned(),
        query => format!("{address}?{query}"),
    }
}

fn first(uri: &Uri) -> String {
    let kept: Vec<&str> = without(uri, &["$skiptoken", "%24skiptoken", "after", AGAIN]).collect();
    with_query(uri, &kept.join("&"))
}

fn again(uri: &Uri) -> String {
    let parts = uri.query().unwrap_or_default().split('&');
    let before = parts.filter_map(|part| part.strip_prefix("again=")?.parse::<u64>().ok());
    let number = before.max().unwrap_or_default().saturating_add(1);
    let mark = format!("{AGAIN}={number}");
    let kept = without(uri, &[AGAIN]).chain([mark.as_str()]);
    with_query(uri, &kept.collect::<Vec<_>>().join("&"))
}
