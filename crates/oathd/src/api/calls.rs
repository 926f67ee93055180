//! The log of API calls to the services.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::answer::{Done, Reply};
use super::body::{Empty, Json};
use super::call::Call;
use super::description::Operation;
use crate::calls::Call as Logged;
use crate::door::Role;

const PATH: &str = "/api/v1/calls";

pub(super) fn api() -> Api {
    Api::new()
        .on(
            Operation::get(PATH, Role::Operator, "Calls to the services, newest first.")
                .gives(200, "oathkit.calls/1"),
            list,
        )
        .on(
            Operation::put(PATH, Role::Operator, "Switch the log on or off.")
                .takes::<Switch>()
                .gives_nothing("Switched."),
            switch,
        )
        .on(
            Operation::delete(PATH, Role::Operator, "Forget the calls that were logged.")
                .gives_nothing("Forgotten."),
            clear,
        )
}

#[derive(Serialize)]
struct CallsDocument {
    schema: &'static str,
    on: bool,
    calls: Vec<Logged>,
}

async fn list(call: Call) -> Done {
    let log = &call.app.calls;
    Reply::ok(&CallsDocument {
        schema: "oathkit.calls/1",
        on: log.is_on(),
        calls: log.list(),
    })
}

/// Whether calls are logged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Switch {
    on: bool,
}

async fn switch(call: Call, body: Json<Switch>) -> Done {
    call.app.calls.switch(body.value.on);
    Ok(Reply::nothing())
}

async fn clear(call: Call, _: Empty) -> Done {
    call.app.calls.clear();
    Ok(Reply::nothing())
}
