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
mod parameters;
mod places;
mod runs;
#[cfg(test)]
mod tests;
mod tokens;
mod users;

use std::sync::Arc;

use axum::extract::Request;
use axum::handler::Handler;
use axum::middleware::{Next, from_fn};

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
        let handler = only(operation.parameters(), handler);
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
    let description = async move || answer::json_text(text.to_string());
    routes.open_get(DESCRIPTION, only(Vec::new(), description))
}

/// With these parameters and no others.
fn only<T: 'static>(
    known: Vec<String>,
    handler: impl Handler<T, Arc<App>>,
) -> impl Handler<T, Arc<App>> {
    let known: Arc<[String]> = known.into();
    handler.layer(from_fn(move |request: Request, next: Next| {
        let known = Arc::clone(&known);
        async move { parameters::only(&known, request, next).await }
    }))
}
