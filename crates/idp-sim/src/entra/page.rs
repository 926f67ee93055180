//! Query options and pages.

use http::Uri;
use serde_json::{Value, json};

use super::errors::{Refusal, Reply};
use super::odata::Filter;
use super::search::Search;
use crate::query;
use crate::service::SimRequest;

/// The query of a request, and the address its links are made from.
pub(super) struct Page<'a> {
    uri: &'a Uri,
    options: Vec<(String, String)>,
    /// Whether the header `ConsistencyLevel: eventual` came with it.
    eventual: bool,
}

impl<'a> Page<'a> {
    pub(super) fn of(request: &'a SimRequest) -> Result<Self, Refusal> {
        let uri = request.uri();
        let level = request.headers().get("consistencylevel");
        let eventual =
            level.is_some_and(|level| level.as_bytes().eq_ignore_ascii_case(b"eventual"));
        let options = query::pairs(uri.query().unwrap_or_default());
        let options =
            options.ok_or_else(|| Refusal::bad_request("The query is not encoded properly."))?;
        Ok(Self {
            uri,
            options,
            eventual,
        })
    }

    /// Refuses options that the operation does not know.
    pub(super) fn allow(&self, names: &[&str]) -> Result<(), Refusal> {
        let mut names_used = self.options.iter().map(|(name, _)| name.as_str());
        match names_used.find(|name| name.starts_with('$') && !names.contains(name)) {
            Some(name) => Err(Refusal::query(format!(
                "The query option '{name}' is not supported here."
            ))),
            None => Ok(()),
        }
    }

    pub(super) fn option(&self, name: &str) -> Option<&str> {
        let mut fitting = self.options.iter().filter(|(option, _)| option == name);
        fitting.next().map(|(_, value)| value.as_str())
    }

    pub(super) fn select(&self) -> Option<&str> {
        self.option("$select")
    }

    pub(super) fn filter(
        &self,
        properties: &[&str],
        in_max: usize,
    ) -> Result<Option<Filter>, Refusal> {
        let parse = |text| Filter::parse(text, properties, in_max);
        self.option("$filter").map(parse).transpose()
    }

    /// What `$search` asks for, which needs the header on each page \[D\].
    pub(super) fn search(&self, properties: &[&str]) -> Result<Option<Search>, Refusal> {
        let Some(text) = self.option("$search") else {
            return Ok(None);
        };
        if !self.eventual {
            return Err(Refusal::query(
                "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
            ));
        }
        Search::parse(text, properties).map(Some)
    }

    /// How many items the answer may hold: `$top`, at most `max`, or else `default`.
    pub(super) fn size(&self, default: usize, max: usize) -> Result<usize, Refusal> {
        let Some(top) = self.option("$top") else {
            return Ok(default.max(1));
        };
        match top.parse() {
            Ok(top) if (1..=max).contains(&top) => Ok(top),
            _ => Err(Refusal::bad_request(format!(
                "Invalid page size specified: '{top}'. Must be between 1 and {max} inclusive."
            ))),
        }
    }

    /// The number of the first item of this page.
    pub(super) fn start(&self) -> Result<u64, Refusal> {
        self.option("$skiptoken").map_or(Ok(0), |token| {
            read_skiptoken(token).ok_or_else(|| Refusal::bad_request("Skip token is not valid."))
        })
    }

    /// A page of `found`, which holds one item more than `size` where more follow.
    pub(super) fn reply(&self, entity: &str, mut found: Vec<(u64, Value)>, size: usize) -> Reply {
        let next = found.get(size).map(|(number, _)| self.next_link(*number));
        found.truncate(size);
        let items: Vec<Value> = found.into_iter().map(|(_, item)| item).collect();
        let mut body = json!({"@odata.context": self.context(entity), "value": items});
        if let (Value::Object(body), Some(next)) = (&mut body, next) {
            body.insert("@odata.nextLink".to_owned(), json!(next));
        }
        Reply::ok(body)
    }

    pub(super) fn context(&self, entity: &str) -> String {
        let version = self.uri.path().split('/').nth(1).unwrap_or_default();
        format!("{}/{version}/$metadata#{entity}", self.origin())
    }

    fn next_link(&self, number: u64) -> String {
        let kept = self.options.iter().filter(|(name, _)| name != "$skiptoken");
        let options = kept.map(|(name, value)| format!("{name}={}&", query::encode(value)));
        let token = skiptoken(number);
        format!(
            "{}{}?{}$skiptoken={token}",
            self.origin(),
            self.uri.path(),
            options.collect::<String>()
        )
    }

    /// Scheme and authority as the client used them.
    fn origin(&self) -> String {
        let scheme = self.uri.scheme_str().unwrap_or("https");
        let authority = self
            .uri
            .authority()
            .map_or("", |authority| authority.as_str());
        format!("{scheme}://{authority}")
    }
}

fn skiptoken(number: u64) -> String {
    data_encoding::BASE64URL_NOPAD.encode(format!("next:{number}").as_bytes())
}

fn read_skiptoken(token: &str) -> Option<u64> {
    let bytes = data_encoding::BASE64URL_NOPAD
        .decode(token.as_bytes())
        .ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.strip_prefix("next:")?.parse().ok()
}
