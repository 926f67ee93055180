//! The inventory, as it was last read.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use provisioner::{InventoryToken, Problem, State};
use serde::{Deserialize, Serialize};
use utoipa::openapi::Object;
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::answer::{Done, Failed, Reply};
use super::body::Empty;
use super::call::Call;
use super::description::{Operation, words};
use super::parameters::{Path, Query as Params};
use crate::door::{Refusal, Role};
use crate::inventory::{Listing, Query, Sort};
use crate::places::{Idp, Place};
use crate::ui::Address;

/// Tokens on a page, unless somebody says otherwise.
const USUAL: usize = 100;
const MOST: usize = 10_000;

pub(super) fn api() -> Api {
    Api::new()
        .on(
            Operation::get(
                "/api/v1/places/{idp}/tokens",
                Role::Viewer,
                "The inventory, as it was last read.",
            )
            .query::<Filter>()
            .query::<Part>()
            .gives(200, "oathkit.tokens/1")
            .or("text/csv")
            .or("application/x-ndjson"),
            list,
        )
        .on(
            Operation::post(
                "/api/v1/places/{idp}/refresh",
                Role::Viewer,
                "Read the inventory again. It goes on in the background.",
            )
            .gives_nothing("It is being read."),
            refresh,
        )
}

/// Which tokens.
#[derive(Clone, Debug, Default, Deserialize, IntoParams, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Filter {
    /// Words that all have to be in serial number, holder, name, maker or model.
    q: String,
    /// `imported`, `assigned` or `activated`.
    #[param(schema_with = states, required = false)]
    #[schema(schema_with = states, required = false)]
    state: Option<State>,
    /// The model, exactly.
    model: String,
}

impl Filter {
    pub(super) fn query(&self) -> Query {
        Query {
            state: self.state,
            model: (!self.model.is_empty()).then(|| self.model.clone()),
            text: self.q.clone(),
            ..Query::default()
        }
    }
}

fn states() -> Object {
    let all = [State::Imported, State::Assigned, State::Activated];
    words(all.map(|state| state.name().to_owned()))
}

/// In which order, how many, and how.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
struct Part {
    /// `serial`, `state`, `holder`, `model` or `last-used`; `-serial` the other way round.
    #[param(schema_with = sorts, required = false)]
    sort: Option<String>,
    /// So many tokens are left out.
    after: usize,
    /// So many tokens, up to 10000. CSV and JSON lines hold all tokens where it is not said.
    limit: Option<usize>,
    /// `json` (which it is without saying), `csv` or `jsonl`.
    #[param(inline)]
    format: Format,
}

fn sorts() -> Object {
    let all = Sort::ALL.map(Sort::name);
    words(
        ["", "-"]
            .iter()
            .flat_map(|sign| all.map(|name| format!("{sign}{name}"))),
    )
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Json,
    Csv,
    Jsonl,
}

impl Part {
    fn order(&self, query: Query) -> Result<Query, Refusal> {
        let word = self.sort.as_deref().unwrap_or("serial");
        let name = word.strip_prefix('-').unwrap_or(word);
        let sort = Sort::named(name);
        if sort.name() != name {
            return Err(Refusal::Unreadable("the parameter `sort` is malformed; expected: serial, state, holder, model, last-used, or one of \
                 them after a minus sign"
                    .to_owned(),
            ));
        }
        Ok(Query {
            sort,
            descending: name != word,
            ..query
        })
    }

    fn most(&self) -> usize {
        match (self.limit, self.format) {
            (Some(limit), _) => limit.clamp(1, MOST),
            (None, Format::Json) => USUAL,
            (None, Format::Csv | Format::Jsonl) => usize::MAX,
        }
    }
}

#[derive(Serialize)]
struct TokensDocument<'t> {
    schema: &'static str,
    idp: Idp,
    /// Unix seconds.
    read_at: u64,
    /// On all pages.
    total: usize,
    next: Option<String>,
    tokens: Vec<&'t InventoryToken>,
}

async fn list(
    call: Call,
    Path(idp): Path<Idp>,
    Params(filter): Params<Filter>,
    Params(part): Params<Part>,
) -> Result<Response, Failed> {
    let place = call.app.place(idp).await?;
    let listing = listing(&call, &place).await?;
    let query = part.order(filter.query())?;
    let found = listing.find(&query, part.after, part.most());
    let lines = |kind: &'static str, text: String| ([(CONTENT_TYPE, kind)], text).into_response();
    match part.format {
        Format::Csv => {
            let tokens: Vec<_> = found.tokens.into_iter().cloned().collect();
            let text = InventoryToken::to_csv(&tokens);
            Ok(lines("text/csv; charset=utf-8", text))
        }
        Format::Jsonl => Ok(lines("application/x-ndjson", json_lines(&found.tokens))),
        Format::Json => {
            let after = part.after + found.tokens.len();
            let next = (after < found.total).then(|| next(idp, &filter, &part, after));
            let document = TokensDocument {
                schema: "oathkit.tokens/1",
                idp,
                read_at: listing.read_at,
                total: found.total,
                next,
                tokens: found.tokens,
            };
            Ok(Reply::ok(&document)?.into_response())
        }
    }
}

/// The inventory, once it was read.
pub(super) async fn listing(call: &Call, place: &Place) -> Result<Arc<Listing>, Problem> {
    let look = || {
        let seen = place.shelf.look();
        match (seen.listing, seen.failed) {
            (Some(listing), _) => Some(Ok(listing)),
            (None, failed) => failed.map(Err),
        }
    };
    let read = call.patiently(look).await;
    read.unwrap_or_else(|| {
        Err(Problem::new(
            "not-read",
            "the inventory is still being read",
            "wait, and try again",
        ))
    })
}

fn json_lines(tokens: &[&InventoryToken]) -> String {
    let lines = tokens.iter().map(|token| {
        let line = serde_json::to_string(token).unwrap_or_default();
        line + "\n"
    });
    lines.collect()
}

fn next(idp: Idp, filter: &Filter, part: &Part, after: usize) -> String {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let limit = part.limit.map(|limit| limit.to_string());
    Address::of(["api", "v1", "places", idp.name(), "tokens"])
        .with("q", filter.q.clone())
        .with("state", text(filter.state.map(State::name)))
        .with("model", filter.model.clone())
        .with("sort", text(part.sort.as_deref()))
        .with("limit", limit.unwrap_or_default())
        .with("after", after.to_string())
        .to_string()
}

async fn refresh(call: Call, Path(idp): Path<Idp>, _: Empty) -> Done {
    let place = call.place(idp).await?;
    call.app.read_inventory(&place);
    Ok(Reply::nothing())
}
