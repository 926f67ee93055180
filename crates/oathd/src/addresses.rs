//! Every address of this server.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;

use crate::app::App;
use crate::door::{self, Door};
use crate::routes::Routes;
use crate::{api, pages};

/// All addresses, with the guard around them.
pub(crate) fn router(app: &Arc<App>, door: &Arc<Door>) -> Router {
    let guard = from_fn_with_state(Arc::clone(door), door::guard);
    let router = all().into_router();
    router.with_state(Arc::clone(app)).layer(guard)
}

/// Every address with the least role that may use it.
fn all() -> Routes<Arc<App>> {
    door::routes().and(api::routes()).and(pages::routes())
}

#[cfg(test)]
mod tests;
