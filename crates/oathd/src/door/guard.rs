//! What each request passes on its way in, and each answer on its way out.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use http::request::Parts;
use zeroize::Zeroizing;

use super::moment::Moment;
use super::refusal::Visit;
use super::served::{Origin, sent_from_here};
use super::{Caller, Door, Refusal, headers};

/// How this request came: for those who make sessions of it.
#[derive(Clone)]
pub(super) struct Way {
    /// Who sent it, where that is known.
    pub(super) from: Option<IpAddr>,
    /// The session id that came along, good or not.
    pub(super) id: Option<Zeroizing<String>>,
    pub(super) cookie: String,
    /// The address of ours that it is for.
    pub(super) origin: Origin,
}

/// Lets requests in, and dresses answers. Lay it around the whole router:
/// `router.layer(axum::middleware::from_fn_with_state(door, guard))`.
pub(crate) async fn guard(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let visit = Visit::of(&parts);
    let asset = parts.uri.path().starts_with("/assets/");
    let response = match door.admit(&mut parts, &visit) {
        Ok(()) => run(next, Request::from_parts(parts, body)).await,
        Err(refusal) => refusal.into_response(),
    };
    let mut response = visit.dress(response);
    let kept = asset && response.status().is_success();
    headers::add(response.headers_mut(), kept, door.served.is_secure());
    response
}

async fn run(next: Next, request: Request) -> Response {
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    answer.unwrap_or_else(|_| Refusal::Broken.into_response())
}

impl Door {
    fn admit(self: &Arc<Self>, parts: &mut Parts, visit: &Visit) -> Result<(), Refusal> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |ConnectInfo(peer)| peer.ip());
        let origin = self.served.origin_of(parts, peer).ok_or(Refusal::Host)?;
        let caller = if visit.api {
            self.caller_of_api(&parts.headers)
        } else {
            if !parts.method.is_safe() && !sent_from_here(&parts.headers, origin) {
                return Err(Refusal::Foreign);
            }
            let way = self.way(parts, origin, peer);
            let id = way.id.clone();
            parts.extensions.insert(way);
            id.and_then(|id| self.sessions.caller(Moment::now(&*self.clock), &id))
        };
        if let Some(caller) = caller {
            parts.extensions.insert(caller);
        }
        parts.extensions.insert(Arc::clone(self));
        Ok(())
    }
}

impl Door {
    fn caller_of_api(&self, headers: &HeaderMap) -> Option<Caller> {
        self.tokens.caller(self.clock.unix(), bearer(headers)?)
    }

    fn way(&self, parts: &Parts, origin: &Origin, peer: IpAddr) -> Way {
        let cookie = self.served.cookie(origin);
        Way {
            from: self.served.sender(&parts.headers, peer),
            id: cookie_value(&parts.headers, &cookie),
            cookie,
            origin: origin.clone(),
        }
    }
}

impl Way {
    /// Gives the browser its session, or takes it away.
    pub(super) fn set_cookie(&self, id: Option<&str>, response: &mut Response) {
        let (value, gone) = id.map_or(("", "; Max-Age=0"), |id| (id, ""));
        let secure = if self.origin.secure { "; Secure" } else { "" };
        let cookie = &self.cookie;
        let text = format!("{cookie}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{gone}");
        if let Ok(mut header) = HeaderValue::from_str(&Zeroizing::new(text)) {
            header.set_sensitive(true);
            response.headers_mut().insert(SET_COOKIE, header);
        }
    }
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, word) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| word.trim())
}

fn cookie_value(headers: &HeaderMap, name: &str) -> Option<Zeroizing<String>> {
    let all = headers.get_all(COOKIE).iter();
    all.filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(this, _)| *this == name)
        .map(|(_, value)| Zeroizing::new(value.to_owned()))
}
