//! The rig itself, on small pages of its own: what a test says of a page must be true.

mod acting;
mod axe;
mod ends;
mod keyboard;
mod looks;
mod script;
mod xss;

use std::panic::AssertUnwindSafe;

use axum::Router;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::IntoResponse;
use axum::routing::get;
use futures_util::FutureExt;

use crate::support::{Site, page};

/// The Content-Security-Policy of a page that may do little.
const STRICT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'";

/// A server with one page.
async fn one_page(body: &'static str) -> Site {
    Site::of(Router::new().route("/", get(async move || page(body)))).await
}

/// The same, under a strict policy.
async fn strict_page(body: &'static str) -> Site {
    let answer = async move || strict(page(body));
    Site::of(Router::new().route("/", get(answer))).await
}

fn strict(page: impl IntoResponse) -> impl IntoResponse {
    ([(CONTENT_SECURITY_POLICY, STRICT)], page)
}

/// What a test that must fail fails with.
async fn failure(test: impl Future<Output = ()>) -> String {
    let result = AssertUnwindSafe(test).catch_unwind().await;
    let error = result.expect_err("what must fail succeeded");
    *error.downcast().expect("a text")
}
