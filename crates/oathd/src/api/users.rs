//! Users: who is there, and what they hold.

use provisioner::{FoundUser, InventoryToken};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::Api;
use super::answer::{Done, Reply};
use super::call::Call;
use super::description::Operation;
use super::parameters::{Path, Query};
use crate::desk::{AT_LEAST, SHORTEST};
use crate::door::{Refusal, Role};
use crate::places::Idp;

/// So many users are shown at the most.
const MOST: usize = 100;

pub(super) fn api() -> Api {
    Api::new()
        .on(
            Operation::get(
                "/api/v1/places/{idp}/users",
                Role::Viewer,
                "Users by a part of their name, login or mail address.",
            )
            .query::<Search>()
            .gives(200, "oathkit.users/1"),
            search,
        )
        .on(
            Operation::get(
                "/api/v1/places/{idp}/users/{user}",
                Role::Viewer,
                "One user, and the tokens of that user.",
            )
            .gives(200, "oathkit.user/1"),
            one,
        )
}

#[derive(Deserialize, IntoParams)]
struct Search {
    /// What somebody would type.
    q: String,
    /// So many users at the most, up to 100.
    limit: Option<usize>,
}

#[derive(Serialize)]
struct UsersDocument {
    schema: &'static str,
    idp: Idp,
    users: Vec<FoundUser>,
}

async fn search(call: Call, Path(idp): Path<Idp>, Query(search): Query<Search>) -> Done {
    if search.q.trim().chars().count() < SHORTEST {
        let why = format!("the parameter `q` is too short; expected: {AT_LEAST}");
        return Err(Refusal::Unreadable(why).into());
    }
    let place = call.app.connected(idp).await?;
    let most = search.limit.unwrap_or(MOST).clamp(1, MOST);
    let users = call.app.search_users(&place, &search.q, most).await?;
    Reply::ok(&UsersDocument {
        schema: "oathkit.users/1",
        idp,
        users,
    })
}

#[derive(Serialize)]
struct UserDocument {
    schema: &'static str,
    idp: Idp,
    user: FoundUser,
    tokens: Vec<InventoryToken>,
}

async fn one(call: Call, Path((idp, name)): Path<(Idp, String)>) -> Done {
    let place = call.app.connected(idp).await?;
    let holding = call.app.look_at_user(&place, &name).await?;
    Reply::ok(&UserDocument {
        schema: "oathkit.user/1",
        idp,
        user: holding.user,
        tokens: holding.tokens,
    })
}
