//! Drafts: a seed file or a choice of tokens, planned, looked at, and carried out.

mod choose;
mod read;

use std::sync::Arc;

use http::HeaderMap;
use provisioner::{Counts, Estimate, Goal, Problem, RunId};
use seedfile::{Inspection, Strategy};
use serde::{Deserialize, Serialize};
use utoipa::openapi::Object;
use utoipa::{IntoParams, ToSchema};

pub(super) use self::read::Read;
use super::answer::{Done, Failed, Reply};
use super::body::{Empty, File};
use super::call::Call;
use super::description::{Operation, idp, words};
use super::parameters::{Path, Query};
use super::{Api, runs};
use crate::app::App;
use crate::desk::too_late;
use crate::door::{Refusal, Role};
use crate::drafts::{Draft, Stage, Wish};
use crate::places::Idp;
use crate::ui::Address;
use crate::upload::{About, Upload, Users};
use crate::vault::Vault;

pub(super) fn api() -> Api {
    files().and(choose::api()).and(drafts())
}

fn files() -> Api {
    Api::new()
        .on(
            Operation::post(
                "/api/v1/drafts",
                Role::Operator,
                "Send a seed file. Nothing is sent on; it waits for an hour, sealed.",
            )
            .keyed()
            .query::<Sent>()
            .reads_file()
            .gives(201, "oathkit.inspection/1"),
            send,
        )
        .on(
            Operation::get(
                "/api/v1/drafts/{draft}/inspection",
                Role::Operator,
                "What is in the file of a draft.",
            )
            .gives(200, "oathkit.inspection/1"),
            inspect,
        )
        .on(
            Operation::put(
                "/api/v1/drafts/{draft}/users",
                Role::Operator,
                "Say who gets the tokens that nobody has, by a list of users. The plan is made anew then.",
            )
            .query::<How>()
            .takes_file()
            .gives(200, "oathkit.pairing/1"),
            pair,
        )
}

fn drafts() -> Api {
    Api::new()
        .on(
            Operation::get(
                "/api/v1/drafts/{draft}",
                Role::Operator,
                "How far a draft is.",
            )
            .gives(200, "oathkit.draft/1"),
            show,
        )
        .on(
            Operation::delete("/api/v1/drafts/{draft}", Role::Operator, "Discard a draft.")
                .gives_nothing("Gone, and its file with it."),
            discard,
        )
        .on(
            Operation::post(
                "/api/v1/drafts/{draft}/plan",
                Role::Operator,
                "Plan a draft. Users and tokens are read in the background; nothing is written.",
            )
            .gives(202, "oathkit.draft/1"),
            plan,
        )
        .on(
            Operation::get(
                "/api/v1/drafts/{draft}/plan",
                Role::Operator,
                "The plan of a draft; 503 where it takes longer to be made.",
            )
            .gives(200, "oathkit.plan/1"),
            planned,
        )
        .on(
            Operation::post(
                "/api/v1/drafts/{draft}/begin",
                Role::Operator,
                "Carry out what was planned. A plan of more than half an hour ago is made again instead.",
            )
            .keyed()
            .query::<Which>()
            .gives(202, "oathkit.started/1"),
            begin,
        )
}

/// Where the tokens of a file go, and how far.
#[derive(Clone, Copy, Deserialize, IntoParams)]
struct Sent {
    /// `entra` or `okta`.
    #[param(schema_with = idp)]
    to: Idp,
    #[param(inline)]
    until: Until,
}

/// How far the tokens of a file shall come.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Until {
    Import,
    Assign,
    Activate,
}

impl From<Until> for Goal {
    fn from(until: Until) -> Self {
        match until {
            Until::Import => Self::Imported,
            Until::Assign => Self::Assigned,
            Until::Activate => Self::Activated,
        }
    }
}

async fn send(
    call: Call,
    headers: HeaderMap,
    Query(sent): Query<Sent>,
    Query(read): Query<Read>,
    File(file): File,
) -> Done {
    let (app, by) = (Arc::clone(&call.app), call.by());
    let about = read.about(&headers);
    let wish = Wish {
        idp: sent.to,
        goal: sent.until.into(),
    };
    let content = call.fingerprint(&file);
    let work = async move {
        let draft = app.draft_file(&by, about, file, wish).await?;
        let inspection = inspection(&app, &draft).await?;
        Ok(Reply::created_text(address(&draft.id), inspection))
    };
    call.once_for(content, work).await
}

#[derive(Serialize)]
struct InspectionDocument<'f> {
    #[serde(flatten)]
    inspection: Inspection<'f>,
    /// Its address.
    draft: &'f str,
}

async fn inspect(call: Call, Path(id): Path<String>) -> Done {
    let draft = call.app.draft(&id, &call.by())?;
    Ok(Reply::text(inspection(&call.app, &draft).await?))
}

async fn inspection(app: &Arc<App>, draft: &Arc<Draft>) -> Result<String, Failed> {
    let address = address(&draft.id);
    let inspect = move |upload: &Upload, vault: &Vault| {
        let file = upload.file(vault)?;
        let document = InspectionDocument {
            inspection: file.inspection(),
            draft: &address,
        };
        Ok(serde_json::to_string(&document).map_err(|_| Refusal::Broken))
    };
    Ok(app.with_upload(draft, inspect).await??)
}

#[derive(Deserialize, IntoParams)]
struct How {
    /// `next-available` (which it is without saying), or another strategy of `oathctl pair`.
    #[param(schema_with = strategies, required = false)]
    strategy: Option<String>,
}

fn strategies() -> Object {
    words(Strategy::ALL.map(|strategy| strategy.name().to_owned()))
}

async fn pair(
    call: Call,
    Path(id): Path<String>,
    Query(how): Query<How>,
    File(list): File,
) -> Done {
    let draft = call.app.draft(&id, &call.by())?;
    let list = std::str::from_utf8(&list);
    let list = list.map_err(|_| Refusal::Unreadable("the list is not text in UTF-8".to_owned()))?;
    let strategy = how
        .strategy
        .unwrap_or_else(|| Strategy::default().name().to_owned());
    let users = Some(Users {
        list: list.to_owned(),
        strategy,
    });
    let wanted = users.clone();
    let pair = |upload: &Upload, vault: &Vault| {
        let about = About {
            users: wanted,
            ..upload.about.clone()
        };
        about.pairing(&upload.file(vault)?)
    };
    let pairing = call.app.with_upload(&draft, pair).await?;
    match draft.set_users(users) {
        true => Reply::ok(&pairing),
        false => Err(too_late().into()),
    }
}

#[derive(Serialize)]
struct DraftDocument {
    schema: &'static str,
    draft: String,
    idp: Idp,
    goal: Goal,
    stage: &'static str,
    /// The number of its plan.
    plan: Option<u64>,
    /// How its rows end if nothing is sent: those with something to be done are pending.
    counts: Option<Counts>,
    estimate: Option<Estimate>,
    /// Why it could not be planned.
    problem: Option<Problem>,
    run: Option<RunId>,
}

impl DraftDocument {
    fn of(draft: &Draft) -> Self {
        let Wish { idp, goal } = draft.wish();
        let stage = draft.stage();
        let mut document = Self {
            schema: "oathkit.draft/1",
            draft: draft.id.clone(),
            idp,
            goal,
            stage: word(&stage),
            plan: None,
            counts: None,
            estimate: None,
            problem: None,
            run: None,
        };
        match stage {
            Stage::Open | Stage::Planning | Stage::Beginning => {}
            Stage::Failed(problem) => document.problem = Some(problem),
            Stage::Begun(run) => document.run = Some(run),
            Stage::Planned(planned) => {
                document.plan = Some(planned.number);
                document.counts = Some(planned.plan.counts());
                document.estimate = Some(planned.estimate);
            }
        }
        document
    }
}

fn word(stage: &Stage) -> &'static str {
    match stage {
        Stage::Open => "open",
        Stage::Planning => "planning",
        Stage::Planned(_) => "planned",
        Stage::Failed(_) => "failed",
        Stage::Beginning | Stage::Begun(_) => "begun",
    }
}

async fn show(call: Call, Path(id): Path<String>) -> Done {
    let draft = call.app.draft(&id, &call.by())?;
    Reply::ok(&DraftDocument::of(&draft))
}

async fn discard(call: Call, Path(id): Path<String>, _: Empty) -> Done {
    let draft = call.app.draft(&id, &call.by())?;
    match call.app.drafts.discard(&draft) {
        true => Ok(Reply::nothing()),
        false => Err(too_late().into()),
    }
}

async fn plan(call: Call, Path(id): Path<String>, _: Empty) -> Done {
    let draft = call.app.draft(&id, &call.by())?;
    call.app.plan_draft(&draft);
    Reply::accepted(address(&draft.id), &DraftDocument::of(&draft))
}

async fn planned(call: Call, Path(id): Path<String>) -> Done {
    let draft = call.app.draft(&id, &call.by())?;
    let settled = || match draft.stage() {
        Stage::Planning => None,
        stage => Some(stage),
    };
    match call.patiently(settled).await.unwrap_or(Stage::Planning) {
        Stage::Planned(planned) => Ok(Reply::text(planned.plan.document())),
        Stage::Failed(problem) => Err(problem.into()),
        Stage::Planning => Err(planning().into()),
        Stage::Open => Err(not_planned().into()),
        Stage::Beginning | Stage::Begun(_) => Err(too_late().into()),
    }
}

#[derive(Clone, Copy, Deserialize, IntoParams)]
struct Which {
    /// The number of the plan that was looked at: no other one is carried out then.
    plan: Option<u64>,
}

async fn begin(call: Call, Path(id): Path<String>, Query(which): Query<Which>, _: Empty) -> Done {
    let (app, by) = (Arc::clone(&call.app), call.by());
    let work = async move {
        let draft = app.draft(&id, &by)?;
        let number = match (which.plan, draft.stage()) {
            (_, Stage::Begun(run)) => return runs::started(&run),
            (_, Stage::Beginning) => return Err(too_late().into()),
            (Some(number), _) => number,
            (None, Stage::Planned(planned)) => planned.number,
            (None, Stage::Open | Stage::Planning | Stage::Failed(_)) => {
                return Err(not_planned().into());
            }
        };
        let run = app.begin_draft(&draft, number).await?;
        runs::started(&run)
    };
    call.once(&[], work).await
}

fn address(id: &str) -> String {
    Address::of(["api", "v1", "drafts", id]).to_string()
}

fn planning() -> Problem {
    Problem::new(
        "planning",
        "users and tokens are being read",
        "wait, and ask for the plan again",
    )
}

fn not_planned() -> Problem {
    Problem::new(
        "not-planned",
        "nobody has asked for a plan of this draft as it is now",
        "have it planned: POST to the draft's address with /plan behind it",
    )
}
