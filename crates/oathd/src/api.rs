//! `/api/v1`: what the pages do, for scripts.
//!
//! Only API tokens count here. Each address stands in one list together with what the description says
//! of it, so that neither can be without the other.

mod answer;
mod audit;
mod body;
mod call;
mod calls;
mod description;
mod documents;
mod drafts;
mod inventory;
mod places;
mod runs;
#[cfg(test)]
mod tests;
mod tokens;
mod users;

use std::sync::Arc;

use axum::handler::Handler;

use self::description::Operation;
use crate::app::App;
use crate::routes::Routes;

/// Where the description is.
const DESCRIPTION: &str = "/api/v1/openapi.json";

/// Addresses, and what is said of them.
struct Api {
    routes: Routes<Arc<App>>,
    operations: Vec<Operation>,
}

impl Api {
    fn new() -> Self {
        Self {
            routes: Routes::new(),
            operations: Vec::new(),
        }
    }

    fn on<T: 'static>(mut self, operation: Operation, handler: impl Handler<T, Arc<App>>) -> Self {
        let (method, path, role) = (operation.method.clone(), operation.path, operation.role);
        self.routes = self.routes.api(method, path, role, handler);
        self.operations.push(operation);
        self
    }

    fn and(mut self, other: Self) -> Self {
        self.routes = self.routes.and(other.routes);
        self.operations.extend(other.operations);
        self
    }
}

fn all() -> Api {
    Api::new()
        .and(audit::api())
        .and(calls::api())
        .and(drafts::api())
        .and(inventory::api())
        .and(places::api())
        .and(runs::api())
        .and(tokens::api())
        .and(users::api())
}

/// Every address of the API with the least role that may use it.
pub(crate) fn routes() -> Routes<Arc<App>> {
    let Api { routes, operations } = all();
    let text: Arc<str> = description::of(&operations).into();
    routes.open_get(DESCRIPTION, async move || {
        answer::json_text(text.to_string())
    })
}
