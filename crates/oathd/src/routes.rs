//! Every address with the least role that may use it. What is not said here is refused.

use std::convert::Infallible;

use axum::extract::{DefaultBodyLimit, Request};
use axum::handler::Handler;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use axum::{Extension, Router};
use http::Method;

use crate::door::{Caller, Refusal, Role, form};

/// The most bytes that an address takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Most(pub(crate) usize);

/// One address: method, path, and the least role that may use it; `None` where nobody has to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) role: Option<Role>,
}

/// Builds a router, and remembers what it is made of.
///
/// A page that takes a form (`post`) is called only after the form's secret field was checked, whatever
/// its handler does. Under `/api/` no cookie counts, so that there is nothing to forge.
#[derive(Debug)]
pub(crate) struct Routes<S> {
    router: Router<S>,
    addresses: Vec<Address>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    pub(crate) fn new() -> Self {
        Self {
            router: Router::new(),
            addresses: Vec::new(),
        }
    }

    pub(crate) fn get<T: 'static>(
        self,
        path: &'static str,
        role: Role,
        handler: impl Handler<T, S>,
    ) -> Self {
        let route = on(MethodFilter::GET, handler);
        self.add(Method::GET, path, Some(role), route)
    }

    /// A page that takes a form. Its handler reads it with [`crate::door::Sent`].
    pub(crate) fn post<T: 'static>(
        self,
        path: &'static str,
        role: Role,
        handler: impl Handler<T, S>,
    ) -> Self {
        let mut route = on(MethodFilter::POST, handler);
        if !is_api(path) {
            route = route.route_layer(from_fn(form::only_confirmed));
        }
        self.add(Method::POST, path, Some(role), route)
    }

    /// A page that takes files, `most` bytes in all. Its handler reads them with [`crate::door::Uploaded`].
    pub(crate) fn upload<T: 'static>(
        self,
        path: &'static str,
        role: Role,
        most: usize,
        handler: impl Handler<T, S>,
    ) -> Self {
        let route = on(MethodFilter::POST, handler)
            .route_layer(DefaultBodyLimit::max(most))
            .route_layer(Extension(Most(most)));
        self.add(Method::POST, path, Some(role), route)
    }

    /// Any method, under `/api/` only.
    pub(crate) fn api<T: 'static>(
        self,
        method: Method,
        path: &'static str,
        role: Role,
        handler: impl Handler<T, S>,
    ) -> Self {
        debug_assert!(is_api(path), "{path} is a page");
        let Ok(filter) = MethodFilter::try_from(method.clone()) else {
            debug_assert!(false, "{method} cannot be routed");
            return self;
        };
        self.add(method, path, Some(role), on(filter, handler))
    }

    pub(crate) fn open_get<T: 'static>(
        self,
        path: &'static str,
        handler: impl Handler<T, S>,
    ) -> Self {
        let route = on(MethodFilter::GET, handler);
        self.add(Method::GET, path, None, route)
    }

    /// Nobody has to sign in, so that there is no secret field to check: for the door itself.
    pub(crate) fn open_post<T: 'static>(
        self,
        path: &'static str,
        handler: impl Handler<T, S>,
    ) -> Self {
        let route = on(MethodFilter::POST, handler);
        self.add(Method::POST, path, None, route)
    }

    /// All addresses of another list, too.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.addresses.extend(other.addresses);
        self
    }

    #[cfg_attr(not(test), expect(dead_code, reason = "tests go through all of them"))]
    pub(crate) fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// The router. Lay the guard around it.
    pub(crate) fn into_router(self) -> Router<S> {
        self.router
            .fallback(async || Refusal::NoSuchPage)
            .method_not_allowed_fallback(async || Refusal::NoSuchMethod)
    }

    fn add(
        mut self,
        method: Method,
        path: &'static str,
        role: Option<Role>,
        mut route: MethodRouter<S, Infallible>,
    ) -> Self {
        if let Some(role) = role {
            let check = move |request: Request, next: Next| at_least(role, request, next);
            route = route.route_layer(from_fn(check));
        }
        self.router = self.router.route(path, route);
        self.addresses.push(Address { method, path, role });
        self
    }
}

async fn at_least(needs: Role, request: Request, next: Next) -> Result<Response, Refusal> {
    let caller = request.extensions().get::<Caller>();
    let has = caller.ok_or(Refusal::SignIn)?.role;
    if has < needs {
        return Err(Refusal::Role { needs, has });
    }
    Ok(next.run(request).await)
}

pub(crate) fn is_api(path: &str) -> bool {
    path.starts_with("/api/")
}
