//! An OpenAPI description, and what is wrong with a request by it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::Request;
use super::schema::{problems, target};

#[derive(Debug)]
pub(super) struct Description(Value);

impl Description {
    pub(super) fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        Self::parse(&text).with_context(|| format!("cannot understand {}", file.display()))
    }

    pub(super) fn parse(yaml: &str) -> Result<Self> {
        let root: Value = serde_saphyr::from_str(yaml)?;
        root.get("paths")
            .context("no OpenAPI description: it has no `paths`")?;
        Ok(Self(root))
    }

    /// Everything wrong with the request, in words that are the same each time.
    pub(super) fn problems(&self, request: &Request) -> Vec<String> {
        let path = with_slashes(&request.path);
        let (found, mut wrong) = self.find(&path);
        let Some((template, values, item)) = found else {
            return vec!["no such path".to_owned()];
        };
        let Some(operation) = item.get(request.method.to_ascii_lowercase()) else {
            return vec![format!("no such method of {template}")];
        };
        let query = pairs(request.query.as_deref());
        let headers = request.headers.iter();
        let headers = headers.map(|(name, value)| (name.into(), value.into()));
        // A content type that says more than its name is a parameter of the operation.
        let more = request.content_type.as_deref();
        let more = more.filter(|kind| kind.contains(';'));
        let headers = headers.chain(more.map(|kind| ("content-type".into(), kind.into())));
        let sent = [
            ("path", values),
            ("query", query),
            ("header", headers.collect()),
        ];
        for (place, sent) in sent {
            let known = self.parameters(item, operation, place);
            wrong.extend(self.bad_parameters(&known, place, &sent));
        }
        wrong.extend(self.bad_body(operation, request));
        wrong
    }

    /// The item of the path below a server's own path. One that is found below another first segment
    /// is the right item at the wrong place.
    fn find<'a>(&'a self, path: &'a str) -> (Option<Found<'a>>, Vec<String>) {
        let servers = self.0.get("servers").and_then(Value::as_array);
        let roots = servers
            .into_iter()
            .flatten()
            .filter_map(|server| server["url"].as_str().map(root));
        let mut below = roots.filter_map(|root| path.strip_prefix(root));
        if let Some(found) = below.find_map(|path| self.item(path)) {
            return (Some(found), Vec::new());
        }
        let second = path.match_indices('/').nth(1);
        let (version, rest) = path.split_at(second.map_or(path.len(), |(at, _)| at));
        let elsewhere = format!("described below another path than {version}");
        (self.item(rest), vec![elsewhere])
    }

    /// The item whose path fits with the fewest parameters: a fixed path goes before a template.
    fn item<'a>(&'a self, path: &'a str) -> Option<Found<'a>> {
        let paths = self.0.get("paths")?.as_object()?.iter();
        let fitting = paths
            .filter_map(|(template, item)| Some((template.as_str(), fit(template, path)?, item)));
        fitting.min_by_key(|(_, values, _)| values.len())
    }

    fn follow<'a>(&'a self, node: &'a Value) -> &'a Value {
        target(&self.0, node).unwrap_or(node)
    }

    /// The parameters of the operation at `place`, by name; of headers in lower case.
    fn parameters<'a>(
        &'a self,
        item: &'a Value,
        operation: &'a Value,
        place: &str,
    ) -> BTreeMap<Cow<'a, str>, &'a Value> {
        let lists = [item, operation].map(|of| of["parameters"].as_array());
        let all = lists.into_iter().flatten().flatten();
        let here = all
            .map(|one| self.follow(one))
            .filter(|one| one["in"] == place);
        let name = |one: &'a Value| {
            let name = one["name"].as_str()?;
            Some(match place {
                "header" => name.to_ascii_lowercase().into(),
                _ => name.into(),
            })
        };
        here.filter_map(|one| Some((name(one)?, one))).collect()
    }

    fn bad_parameters(
        &self,
        known: &BTreeMap<Cow<'_, str>, &Value>,
        place: &str,
        sent: &[Pair<'_>],
    ) -> Vec<String> {
        let bad = sent.iter().flat_map(|(name, value)| {
            let at = format!("{place} {name}");
            match known.get(&**name) {
                Some(parameter) => self.bad_value(&parameter["schema"], value, &at),
                None => vec![format!("{at}: no such parameter")],
            }
        });
        let is_sent = |name: &str| sent.iter().any(|(sent, _)| sent == name);
        let missing = known
            .iter()
            .filter(|(name, one)| one["required"] == true && !is_sent(name));
        bad.chain(missing.map(|(name, _)| format!("{place} {name}: missing")))
            .collect()
    }

    /// A parameter is text; where the schema wants another type, it is what the text spells.
    fn bad_value(&self, schema: &Value, text: &str, at: &str) -> Vec<String> {
        let wrong = |value: &Value| problems(&self.0, schema, value, at);
        let as_text = wrong(&Value::from(text));
        let is_other = as_text.iter().any(|wrong| wrong.contains("`type`"));
        match serde_json::from_str(text) {
            Ok(value) if is_other => wrong(&value),
            _ => as_text,
        }
    }

    fn bad_body(&self, operation: &Value, request: &Request) -> Vec<String> {
        let described = operation.get("requestBody").map(|body| self.follow(body));
        match (described, &request.body) {
            (None, None) => Vec::new(),
            (None, Some(_)) => vec!["a body where none is described".to_owned()],
            (Some(described), None) if described["required"] == true => vec!["no body".to_owned()],
            (Some(_), None) => Vec::new(),
            (Some(described), Some(body)) => self.bad_content(described, request, body),
        }
    }

    fn bad_content(&self, described: &Value, request: &Request, body: &str) -> Vec<String> {
        let kind = request.content_type.as_deref().unwrap_or_default();
        let Some(content) = described["content"].get(kind) else {
            return vec![format!("a body of another type: {kind}")];
        };
        match serde_json::from_str(body) {
            Ok(value) => problems(&self.0, &content["schema"], &value, "body"),
            Err(_) => vec!["the body is not JSON".to_owned()],
        }
    }
}

/// A parameter's name and value.
type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// A template, its parameters, and what is described there.
type Found<'a> = (&'a str, Vec<Pair<'a>>, &'a Value);

/// The path part of a server's address.
fn root(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/')
        .and_then(|at| rest.get(at..))
        .unwrap_or_default()
        .trim_end_matches('/')
}

/// The path with `/users/ann` in place of `/users('ann')`: OData has both, descriptions have the first.
pub(super) fn with_slashes(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        let key = segment.strip_suffix("%27%29");
        match key.and_then(|key| key.split_once("%28%27")) {
            Some((name, key)) => format!("{name}/{key}"),
            None => segment.to_owned(),
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// The values of the template's parameters where the path fits it.
pub(super) fn fit<'a>(template: &'a str, path: &'a str) -> Option<Vec<Pair<'a>>> {
    let (mut expected, mut values) = (template.split('/'), Vec::new());
    for segment in path.split('/') {
        let expected = expected.next()?;
        let name = expected.strip_prefix('{');
        match name.and_then(|name| name.strip_suffix('}')) {
            Some(_) if segment.is_empty() => return None,
            Some(name) => values.push((name.into(), decoded(segment))),
            None if expected == segment => {}
            None => return None,
        }
    }
    expected.next().is_none().then_some(values)
}

fn pairs(query: Option<&str>) -> Vec<Pair<'_>> {
    let pairs = query.into_iter().flat_map(|query| query.split('&'));
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}
