//! One token: what is known of it, and what is done with it. Everything that is done is planned first;
//! with `dry_run` that is all.

use std::sync::Arc;

use provisioner::{InventoryToken, Plan, Problem};
use seedfile::Serial;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{Done, Reply};
use super::body::{Empty, Json};
use super::call::Call;
use super::description::Operation;
use super::parameters::{Path, Query};
use super::{Api, runs};
use crate::app::App;
use crate::desk::{self, Action, Prepared, Shown, Swap};
use crate::door::Role;
use crate::places::{Hidden, Idp, Place};
use crate::upload::Reading;

pub(super) fn api() -> Api {
    looks().and(gives()).and(takes())
}

fn looks() -> Api {
    Api::new()
        .on(
            Operation::get(
                "/api/v1/places/{idp}/tokens/{serial}",
                Role::Viewer,
                "One token, read just now, and what else its holder has.",
            )
            .gives(200, "oathkit.token/1"),
            show,
        )
        .on(
            Operation::post(
                "/api/v1/places/{idp}/tokens/{serial}/drift",
                Role::HelpDesk,
                "By how much a device's clock is off, by two codes of it and its seed. Nothing is sent or kept.",
            )
            .takes::<Measure>()
            .gives(200, "oathkit.drift/1"),
            drift,
        )
}

fn gives() -> Api {
    Api::new()
        .on(
            action(
                "/api/v1/places/{idp}/tokens/{serial}/assign",
                "Give a token to a user.",
            )
            .takes::<Assign>(),
            assign,
        )
        .on(
            action(
                "/api/v1/places/{idp}/tokens/{serial}/activate",
                "Make a token usable, with a code that the device shows or with its seed. Neither is kept.",
            )
            .takes::<Activate>(),
            activate,
        )
        .on(
            changes(
                "/api/v1/places/{idp}/replace",
                "Give a user one token in the place of another.",
            )
            .takes::<Replace>()
            .gives(200, "oathkit.replacement-plan/1").or_gives("oathkit.started/1"),
            replace,
        )
}

fn takes() -> Api {
    Api::new()
        .on(
            action(
                "/api/v1/places/{idp}/tokens/{serial}/deactivate",
                "Make a token unusable, and leave it with its holder.",
            ),
            deactivate,
        )
        .on(
            action(
                "/api/v1/places/{idp}/tokens/{serial}/unassign",
                "Take a token from its holder. In Okta it is gone then.",
            ),
            unassign,
        )
        .on(
            action(
                "/api/v1/places/{idp}/tokens/{serial}/delete",
                "Delete a token.",
            )
            .least(Action::Delete.needs()),
            delete,
        )
}

fn action(path: &'static str, summary: &'static str) -> Operation {
    changes(path, summary)
        .gives(200, "oathkit.plan/1")
        .or_gives("oathkit.started/1")
}

fn changes(path: &'static str, summary: &'static str) -> Operation {
    let operation = Operation::post(path, Role::HelpDesk, summary)
        .keyed()
        .query::<Dry>();
    operation.gives(202, "oathkit.started/1")
}

#[derive(Serialize)]
struct TokenDocument {
    schema: &'static str,
    idp: Idp,
    token: InventoryToken,
    others: Vec<InventoryToken>,
}

async fn show(call: Call, Path((idp, serial)): Path<(Idp, Serial)>) -> Done {
    let place = call.app.connected(idp).await?;
    let looked = call.app.look_at(&place, &serial).await?;
    Reply::ok(&TokenDocument {
        schema: "oathkit.token/1",
        idp,
        token: looked.token,
        others: looked.others,
    })
}

#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
struct Dry {
    /// Plan it, answer with the plan, and do no more.
    #[serde(default)]
    dry_run: bool,
}

/// Who is to have the token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Assign {
    /// The user's login or id.
    user: String,
}

/// What shows that the token is at hand: a code, its seed, or both.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct Proof {
    /// The code that the device shows now.
    code: Hidden,
    /// The key, the `otpauth` link, or the token's line of the seed file.
    seed: Hidden,
    /// `sha1`, `sha256` or `sha512`, where the seed does not say it.
    algorithm: String,
    /// 6 or 8, where the seed does not say it.
    digits: Option<u8>,
    /// 30 or 60, where the seed does not say it.
    period: Option<u32>,
    /// By how many time steps the device's clock is known to be ahead.
    drift: Option<i32>,
}

impl From<Proof> for Shown {
    fn from(proof: Proof) -> Self {
        Self {
            code: proof.code,
            seed: proof.seed,
            reading: Reading {
                algorithm: proof.algorithm,
                digits: proof.digits,
                period: proof.period,
                ..Reading::default()
            },
            drift: proof.drift,
        }
    }
}

/// For whom a token is made usable, and what proves it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Activate {
    /// The user's login or id; who holds the token, where it is not said.
    user: Option<String>,
    proof: Proof,
}

/// Which token goes, and which one takes its place.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Replace {
    /// The user's login or id.
    user: String,
    /// The serial number of the token that goes.
    #[schema(value_type = String)]
    old: Serial,
    /// The serial number of the token that takes its place.
    #[schema(value_type = String)]
    new: Serial,
    /// What proves the new one.
    proof: Proof,
    /// The old one does not stay in the inventory: for operators.
    #[serde(default)]
    delete: bool,
}

/// The token that an address names.
type At = Path<(Idp, Serial)>;
async fn assign(call: Call, at: At, Query(dry): Query<Dry>, body: Json<Assign>) -> Done {
    let user = body.value.user;
    one(&call, at, dry, &body.bytes, Action::Assign { user }).await
}

async fn activate(call: Call, at: At, Query(dry): Query<Dry>, body: Json<Activate>) -> Done {
    let Activate { user, proof } = body.value;
    let shown = proof.into();
    one(
        &call,
        at,
        dry,
        &body.bytes,
        Action::Activate { user, shown },
    )
    .await
}

async fn deactivate(call: Call, at: At, Query(dry): Query<Dry>, body: Empty) -> Done {
    one(&call, at, dry, &body.bytes, Action::Deactivate).await
}

async fn unassign(call: Call, at: At, Query(dry): Query<Dry>, body: Empty) -> Done {
    one(&call, at, dry, &body.bytes, Action::TakeBack).await
}

async fn delete(call: Call, at: At, Query(dry): Query<Dry>, body: Empty) -> Done {
    one(&call, at, dry, &body.bytes, Action::Delete).await
}

async fn one(
    call: &Call,
    Path((idp, serial)): At,
    dry: Dry,
    content: &[u8],
    action: Action,
) -> Done {
    let (app, by) = (Arc::clone(&call.app), call.by());
    if dry.dry_run {
        let place = call.app.connected(idp).await?;
        let prepared = app.prepare(&place, &serial, action).await?;
        return Ok(Reply::text(prepared.plans().map(Plan::document).collect()));
    }
    let work = async move {
        let place = app.connected(idp).await?;
        let prepared = app.prepare(&place, &serial, action).await?;
        begin(&app, &place, &by, prepared).await
    };
    call.once(content, work).await
}

#[derive(Serialize)]
struct SwapDocument<'p> {
    schema: &'static str,
    gap: bool,
    first: Option<&'p Plan>,
    second: Option<&'p Plan>,
}

async fn replace(
    call: Call,
    Path(idp): Path<Idp>,
    Query(dry): Query<Dry>,
    body: Json<Replace>,
) -> Done {
    let wanted = body.value;
    let swap = Swap {
        user: wanted.user,
        old: wanted.old,
        new: wanted.new,
        shown: wanted.proof.into(),
        delete: wanted.delete,
    };
    call.may(swap.needs())?;
    let (app, by) = (Arc::clone(&call.app), call.by());
    if dry.dry_run {
        let place = call.app.connected(idp).await?;
        let prepared = app.prepare_swap(&place, &swap).await?;
        let mut plans = prepared.plans();
        return Reply::ok(&SwapDocument {
            schema: "oathkit.replacement-plan/1",
            gap: prepared.gap,
            first: plans.next(),
            second: plans.next(),
        });
    }
    let work = async move {
        let place = app.connected(idp).await?;
        let prepared = app.prepare_swap(&place, &swap).await?;
        begin(&app, &place, &by, prepared).await
    };
    call.once(&body.bytes, work).await
}

async fn begin(app: &App, place: &Arc<Place>, by: &str, prepared: Prepared) -> Done {
    match app.begin(place, by, prepared).await? {
        Some(run) => runs::started(&run),
        None => runs::not_started(),
    }
}

/// Two codes that the device showed one after the other, the second one now.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Measure {
    first: Hidden,
    second: Hidden,
    /// The key, the `otpauth` link, or the token's line of the seed file.
    seed: Hidden,
    /// `sha1`, `sha256` or `sha512`, where the seed does not say it.
    #[serde(default)]
    algorithm: String,
    /// 6 or 8, where the seed does not say it.
    digits: Option<u8>,
    /// 30 or 60, where the seed does not say it.
    period: Option<u32>,
}

async fn drift(call: Call, Path((idp, serial)): At, body: Json<Measure>) -> Done {
    let wanted = body.value;
    let place = call.app.connected(idp).await?;
    let reading = Reading {
        algorithm: wanted.algorithm,
        digits: wanted.digits,
        period: wanted.period,
        ..Reading::default()
    };
    let codes = [&wanted.first, &wanted.second];
    let drift = desk::measure(&place, &serial, &wanted.seed, &reading, codes);
    let drift = drift.map_err(Problem::from)?;
    Reply::ok(&drift)
}
