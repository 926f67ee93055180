//! Lists of users, page by page.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use super::call::parameter;
use super::errors::Problem;
use super::search::{Condition, Grammar};
use super::switches::Links;
use super::users::{DEPROVISIONED, User, trim};
use super::{Context, Okta, Reply};
use crate::query::encode;

const MAX_LIMIT: usize = 200;
/// With `q`, where there is only one page.
const Q_LIMIT: usize = 10;

/// Which users a list is about.
enum Wanted<'a> {
    Everyone,
    Matching(Condition, Grammar),
    Beginning(&'a str),
}

impl<'a> Wanted<'a> {
    fn of(query: &'a [(String, String)]) -> Result<Self, Problem> {
        let expression =
            |text, grammar| Ok(Self::Matching(Condition::parse(text, grammar)?, grammar));
        if let Some(text) = parameter(query, "search") {
            expression(text, Grammar::Search)
        } else if let Some(text) = parameter(query, "filter") {
            expression(text, Grammar::Filter)
        } else {
            Ok(parameter(query, "q").map_or(Self::Everyone, Self::Beginning))
        }
    }

    /// Whether the user belongs there by the state of `horizon`.
    fn matches(&self, user: &User, horizon: Duration) -> bool {
        let deprovisioned = user.shown(horizon).1 == DEPROVISIONED;
        match self {
            Self::Everyone => !deprovisioned,
            Self::Matching(condition, grammar) => condition.matches(user, *grammar, horizon),
            Self::Beginning(text) => {
                let text = text.to_lowercase();
                let names = [&user.first_name, &user.last_name, &user.email];
                let hit = names
                    .iter()
                    .any(|name| name.to_lowercase().starts_with(&text));
                hit && !deprovisioned
            }
        }
    }

    const fn default_limit(&self) -> usize {
        match self {
            Self::Beginning(_) => Q_LIMIT,
            _ => MAX_LIMIT,
        }
    }
}

impl Okta {
    pub(crate) fn list_users(&self, context: &Context<'_>) -> Result<Reply, Problem> {
        let query = &context.query;
        let wanted = Wanted::of(query)?;
        let limit = limit(query)?.unwrap_or(wanted.default_limit());
        let start = self.start(query)?;
        let horizon = self.horizon_of(&wanted, context.now);
        let mut hits = self.matching(&wanted, start, limit + 1, horizon);
        // One more than fits tells whether there is a next page.
        let more = hits.len() > limit;
        hits.truncate(limit);
        let last = hits
            .last()
            .filter(|_| more && !matches!(wanted, Wanted::Beginning(_)));
        let mut links = vec![format!("<{}>; rel=\"self\"", context.uri)];
        links.extend(last.map(|last| next_link(context, &last.id)));
        if self.switches.links == Links::Commas {
            links = vec![links.join(", ")];
        }
        let fields = parameter(query, "fields").filter(|fields| !fields.is_empty());
        let view = |user: &&User| match fields {
            Some(fields) => trim(user.view(&context.base, horizon), fields),
            None => user.view(&context.base, horizon),
        };
        let users = Value::Array(hits.iter().map(view).collect());
        Ok(Reply::ok(users).with_links(links))
    }

    /// The moment whose state the list shows: all but the plain one come out of an index that is behind.
    fn horizon_of(&self, wanted: &Wanted<'_>, now: Duration) -> Duration {
        let lag = match wanted {
            Wanted::Everyone => 0,
            _ => self.switches.index_lag_ms,
        };
        self.horizon(now).saturating_sub(Duration::from_millis(lag))
    }

    /// Whether the user was created after the state of `horizon`.
    fn is_too_new(&self, user: &User, horizon: Duration) -> bool {
        let created = self.started.unwrap_or_default();
        horizon < created && self.switches.new_users.has(&user.login)
    }

    /// At most `count` users from `start` on.
    fn matching(
        &self,
        wanted: &Wanted<'_>,
        start: usize,
        count: usize,
        horizon: Duration,
    ) -> Vec<&User> {
        let candidates = match wanted {
            Wanted::Matching(condition, _) => condition.candidates(&self.directory),
            _ => None,
        };
        let users = &self.directory.users;
        let indexed = !matches!(wanted, Wanted::Everyone);
        let matching = |user: &&User| {
            !(indexed && self.is_too_new(user, horizon)) && wanted.matches(user, horizon)
        };
        match candidates {
            Some(found) => {
                let found = found.iter().filter(|index| **index >= start);
                let found = found.filter_map(|index| users.get(*index));
                found.filter(matching).take(count).collect()
            }
            None => users
                .iter()
                .skip(start)
                .filter(matching)
                .take(count)
                .collect(),
        }
    }

    /// Where the page begins: behind the user that the cursor names.
    fn start(&self, query: &[(String, String)]) -> Result<usize, Problem> {
        let Some(cursor) = parameter(query, "after") else {
            return Ok(0);
        };
        let id = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok();
        let id = id.and_then(|id| String::from_utf8(id).ok());
        let last = id.and_then(|id| self.directory.position(&id));
        last.map(|last| last + 1)
            .ok_or_else(|| Problem::validation("after", "Invalid cursor."))
    }
}

/// The requested page length, capped.
fn limit(query: &[(String, String)]) -> Result<Option<usize>, Problem> {
    let Some(text) = parameter(query, "limit") else {
        return Ok(None);
    };
    match text.parse::<usize>() {
        Ok(limit) if limit > 0 => Ok(Some(limit.min(MAX_LIMIT))),
        _ => Err(Problem::validation(
            "limit",
            "The limit must be a positive number.",
        )),
    }
}

fn next_link(context: &Context<'_>, last: &str) -> String {
    let cursor = BASE64URL_NOPAD.encode(last.as_bytes());
    let mut url = format!("{}/api/v1/users?after={cursor}", context.base);
    for (name, value) in context.query.iter().filter(|(name, _)| name != "after") {
        let pair = [encode(name), encode(value)];
        url.push_str(&format!("&{}", pair.join("=")));
    }
    format!("<{url}>; rel=\"next\"")
}
