//! Identity providers: which are set up, what they can, whether they can do their job.

use provisioner::{Capabilities, Finding, Health, Operation as Can, Problem, Shape};
use serde::Serialize;

use super::Api;
use super::answer::{Done, Reply};
use super::body::{Empty, Json};
use super::call::Call;
use super::description::Operation;
use super::parameters::Path;
use crate::app::App;
use crate::door::Role;
use crate::places::{Idp, Settings};

pub(super) fn api() -> Api {
    Api::new()
        .on(
            Operation::get(
                "/api/v1/places",
                Role::Viewer,
                "The identity providers that are set up.",
            )
            .gives(200, "oathkit.places/1"),
            list,
        )
        .on(
            Operation::get(
                "/api/v1/places/{idp}/doctor",
                Role::Viewer,
                "Look whether the sign-in can do its job. Nothing is written.",
            )
            .gives(200, "oathkit.doctor/1"),
            doctor,
        )
        .on(
            Operation::get(
                "/api/v1/profiles",
                Role::Viewer,
                "The factor profiles of the Okta organisation.",
            )
            .gives(200, "oathkit.profiles/1"),
            profiles,
        )
        .on(
            Operation::put(
                "/api/v1/places/{idp}/settings",
                Role::Admin,
                "Connect an identity provider, or change how. Settings are never shown; an empty secret keeps the one of before.",
            )
            .takes::<Settings>()
            .gives_nothing("Sealed. Whether they work, the doctor says."),
            connect,
        )
        .on(
            Operation::delete(
                "/api/v1/places/{idp}/settings",
                Role::Admin,
                "Forget an identity provider and its secrets here. Nothing changes there.",
            )
            .gives_nothing("Forgotten."),
            forget,
        )
}

#[derive(Serialize)]
struct PlacesDocument {
    schema: &'static str,
    places: Vec<Seen>,
}

#[derive(Serialize)]
struct Seen {
    idp: Idp,
    name: &'static str,
    tenant: Option<String>,
    can: Option<Abilities>,
    problem: Option<Problem>,
}

#[derive(Serialize)]
struct Abilities {
    /// Each is one call.
    steps: Vec<Vec<Can>>,
    keeps_serials: bool,
    tokens_per_user: usize,
    shapes: Vec<Takes>,
}

#[derive(Serialize)]
struct Takes {
    id: String,
    name: String,
    algorithms: Vec<String>,
    digits: Vec<u8>,
    periods: Vec<u32>,
    /// None where the service says no limit.
    seed_bits: Option<usize>,
}

impl From<&Capabilities> for Abilities {
    fn from(can: &Capabilities) -> Self {
        Self {
            steps: can.steps.iter().map(|rule| rule.step.0.clone()).collect(),
            keeps_serials: can.serials,
            tokens_per_user: can.tokens_per_user,
            shapes: can.shapes.iter().map(Takes::from).collect(),
        }
    }
}

impl From<&Shape> for Takes {
    fn from(shape: &Shape) -> Self {
        let algorithms = shape.algorithms.iter();
        Self {
            id: shape.id.clone(),
            name: shape.name.clone(),
            algorithms: algorithms
                .map(|one| one.to_string().to_lowercase())
                .collect(),
            digits: shape.digits.iter().map(|digits| digits.get()).collect(),
            periods: shape
                .periods
                .iter()
                .map(|period| period.seconds())
                .collect(),
            seed_bits: Some(shape.seed_bits).filter(|bits| *bits < usize::MAX),
        }
    }
}

async fn list(call: Call) -> Done {
    let mut places = Vec::new();
    for idp in call.app.places.set_up() {
        places.push(seen(&call.app, idp).await);
    }
    let schema = "oathkit.places/1";
    Reply::ok(&PlacesDocument { schema, places })
}

async fn seen(app: &App, idp: Idp) -> Seen {
    let place = app.connected(idp).await;
    let reached = place.as_ref().ok();
    Seen {
        idp,
        name: idp.title(),
        tenant: reached.map(|place| place.provider.tenant().id.clone()),
        can: reached.map(|place| place.provider.capabilities().into()),
        problem: place.as_ref().err().cloned(),
    }
}

#[derive(Serialize)]
struct DoctorDocument {
    schema: &'static str,
    idp: Idp,
    health: Health,
    findings: Vec<Finding>,
}

async fn doctor(call: Call, Path(idp): Path<Idp>) -> Done {
    let findings = call.app.places.examine(idp).await?;
    let worst = findings.iter().map(|finding| finding.health).max();
    Reply::ok(&DoctorDocument {
        schema: "oathkit.doctor/1",
        idp,
        health: worst.unwrap_or(Health::Good),
        findings,
    })
}

async fn profiles(call: Call) -> Done {
    let profiles = call.app.places.profiles().await?;
    let schema = "oathkit.profiles/1";
    Reply::ok(&serde_json::json!({ "schema": schema, "profiles": profiles }))
}

async fn connect(call: Call, Path(idp): Path<Idp>, body: Json<Settings>) -> Done {
    if body.value.idp() != idp {
        let next = "send them to the address of their own";
        return Err(Problem::new("other-idp", "these are settings of another one", next).into());
    }
    call.app.places.set(body.value)?;
    Ok(Reply::nothing())
}

async fn forget(call: Call, Path(idp): Path<Idp>, _: Empty) -> Done {
    call.app.disconnect(idp, &call.by())?;
    Ok(Reply::nothing())
}
