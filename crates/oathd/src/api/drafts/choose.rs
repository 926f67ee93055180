//! Drafts of tokens that were chosen from an inventory.

use std::collections::BTreeMap;
use std::sync::Arc;

use provisioner::{Goal, Problem};
use seedfile::Serial;
use serde::Deserialize;
use utoipa::ToSchema;

use super::DraftDocument;
use crate::api::Api;
use crate::api::answer::{Done, Failed, Reply};
use crate::api::body::Json;
use crate::api::call::Call;
use crate::api::description::Operation;
use crate::api::inventory::{self, Filter};
use crate::api::parameters::Path;
use crate::door::Role;
use crate::drafts::Wish;
use crate::places::{Idp, Place};

pub(super) fn api() -> Api {
    Api::new().on(
        Operation::post(
            "/api/v1/places/{idp}/drafts",
            Role::Operator,
            "Choose tokens of the inventory, to do the same with each.",
        )
        .keyed()
        .takes::<Choice>()
        .gives(201, "oathkit.draft/1"),
        choose,
    )
}

/// Which tokens, and what is to be done with each.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Choice {
    #[serde(rename = "do")]
    what: What,
    /// These tokens.
    #[serde(default)]
    tokens: Vec<Chosen>,
    /// And all that fit this, as the inventory was last read.
    matching: Option<Filter>,
}

/// What is to be done with each token.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum What {
    Assign,
    Deactivate,
    Unassign,
    Delete,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Chosen {
    /// Its serial number.
    #[schema(value_type = String)]
    serial: Serial,
    /// The login or id of the user who is to have it.
    user: Option<String>,
}

async fn choose(call: Call, Path(idp): Path<Idp>, body: Json<Choice>) -> Done {
    let place = call.app.place(idp).await?;
    let goal = goal(&place, body.value.what);
    let chosen = chosen(&call, &place, body.value).await?;
    let (app, by) = (Arc::clone(&call.app), call.by());
    let work = async move {
        let draft = app.draft_tokens(&by, chosen, Wish { idp, goal })?;
        Reply::created(super::address(&draft.id), &DraftDocument::of(&draft))
    };
    call.once(&body.bytes, work).await
}

fn goal(place: &Place, what: What) -> Goal {
    match what {
        What::Assign => Goal::Assigned,
        What::Deactivate => Goal::Deactivated,
        What::Unassign => place.provider.capabilities().taken_back(),
        What::Delete => Goal::Deleted,
    }
}

/// The tokens, each with the user who is to have it.
async fn chosen(
    call: &Call,
    place: &Place,
    choice: Choice,
) -> Result<BTreeMap<Serial, Option<String>>, Failed> {
    let mut chosen = BTreeMap::new();
    if let Some(filter) = &choice.matching {
        let listing = inventory::listing(call, place).await?;
        let query = filter.query();
        let fitting = listing.all(&query);
        let serials = fitting.filter_map(|token| token.serial_or_id().ok());
        chosen.extend(serials.map(|serial| (serial, None)));
    }
    for token in choice.tokens {
        let serial = token.serial.clone();
        if chosen.insert(token.serial, token.user).flatten().is_some() {
            return Err(there_twice(&serial));
        }
    }
    Ok(chosen)
}

fn there_twice(serial: &Serial) -> Failed {
    let message = format!("the token {serial} was chosen twice");
    Problem::new("serial-twice", message, "name each once; nothing was sent").into()
}
