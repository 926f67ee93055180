//! Coming in and going out: the one-time address, passwords, the end of a session.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, Request};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use maud::Markup;
use secrecy::SecretString;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::guard::Way;
use super::{Caller, Door, Refusal, Role, Who, form, pages};
use crate::routes::Routes;

type AtDoor = Extension<Arc<Door>>;
type Known = Option<Extension<Caller>>;

/// The addresses of the door itself.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Routes<S> {
    Routes::new()
        .open_get("/start", show_start)
        .open_post("/start", start)
        .post("/start/new", Role::Admin, start_elsewhere)
        .open_get(pages::SIGN_IN, show_sign_in)
        .open_post(pages::SIGN_IN, sign_in)
        .post("/sign-out", Role::Viewer, sign_out)
}

#[derive(Deserialize)]
struct Start {
    #[serde(default)]
    key: Zeroizing<String>,
}

/// Has no effect: whoever fetches an address before a person sees it takes nothing away.
async fn show_start(known: Known, Query(Start { key }): Query<Start>) -> Markup {
    match known {
        _ if !key.is_empty() => pages::start(&key),
        Some(Extension(caller)) if caller.may(Role::Admin) => pages::another(&caller),
        _ => pages::used(),
    }
}

async fn start(
    Extension(door): AtDoor,
    Extension(way): Extension<Way>,
    known: Known,
    request: Request,
) -> Result<Response, Refusal> {
    let Start { key } = form::of_anybody(request).await?;
    if let Some(who) = door.claim(&key) {
        return door.begin(&way, &who, "/");
    }
    if known.is_some() {
        // The same button, pressed twice.
        return Ok(Redirect::to("/").into_response());
    }
    Ok((StatusCode::GONE, pages::used()).into_response())
}

async fn start_elsewhere(
    Extension(door): AtDoor,
    Extension(way): Extension<Way>,
    caller: Caller,
) -> Result<Markup, Refusal> {
    Ok(pages::new_address(&door.another_address(&way, &caller)?))
}

#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    next: String,
}

async fn show_sign_in(Extension(door): AtDoor, Query(Back { next }): Query<Back>) -> Markup {
    pages::sign_in(&pages::SignIn {
        has_accounts: door.has_accounts(),
        name: "",
        next: own(&next),
        wrong: None,
    })
}

#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: SecretString,
    #[serde(default)]
    next: String,
}

async fn sign_in(
    Extension(door): AtDoor,
    Extension(way): Extension<Way>,
    request: Request,
) -> Result<Response, Refusal> {
    let sent: Credentials = form::of_anybody(request).await?;
    let account = door.verify(&way, &sent.name, sent.password).await?;
    if let Some(account) = account {
        return door.begin(&way, &Who::Account(account), own(&sent.next));
    }
    let page = pages::sign_in(&pages::SignIn {
        has_accounts: true,
        name: &sent.name,
        next: own(&sent.next),
        wrong: Some(
            "The name or the password is wrong. Try again, or ask an admin for a new password.",
        ),
    });
    Ok((StatusCode::UNAUTHORIZED, page).into_response())
}

async fn sign_out(Extension(door): AtDoor, Extension(way): Extension<Way>) -> Response {
    door.end(&way);
    let mut response = Redirect::to(pages::SIGN_IN).into_response();
    way.set_cookie(None, &mut response);
    response
}

/// A page of ours; anything that may lead elsewhere is the start page.
pub(crate) fn own(next: &str) -> &str {
    let path = next.strip_prefix('/');
    let good = path.is_some_and(|path| !path.starts_with(['/', '\\']))
        && next.bytes().all(|b| b.is_ascii_graphic());
    if good { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::own;

    #[test]
    fn after_signing_in_nobody_is_led_elsewhere() {
        for next in ["/", "/tokens?state=assigned&q=a%20b", "/a//b"] {
            assert_eq!(own(next), next);
        }
        let tab = "/\t/evil.test";
        for next in [
            "",
            "tokens",
            "//evil.test",
            "/\\evil.test",
            "/a\r\nb",
            "https://evil.test/",
            "javascript:alert(1)",
            tab,
        ] {
            assert_eq!(own(next), "/", "{next}");
        }
    }
}
