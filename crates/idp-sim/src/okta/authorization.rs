//! Who calls, and what he may do.

use std::collections::BTreeSet;
use std::time::Duration;

use http::header::AUTHORIZATION;

use super::Okta;
use super::call::Operation;
use super::errors::Problem;
use super::oauth::Challenge;
use super::switches::Right;
use crate::service::SimRequest;

impl Okta {
    /// Lets a call pass that has a good token, the scope where it is a service app's, and the right.
    pub(super) fn authorize(
        &mut self,
        request: &SimRequest,
        operation: Option<&Operation>,
        now: Duration,
    ) -> Result<(), Problem> {
        let header = request.headers().get(AUTHORIZATION);
        let text = header
            .and_then(|header| header.to_str().ok())
            .unwrap_or_default();
        let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
        match scheme.to_ascii_lowercase().as_str() {
            "ssws" => self.check_api_token(token, now)?,
            // What is no JWT at all is a token of another scheme.
            "bearer" if token.starts_with("eyJ") => {
                self.check_access_token(None, token, operation, now)?;
            }
            "dpop" => self.check_access_token(Some(request), token, operation, now)?,
            _ => return Err(Problem::invalid_session()),
        }
        operation.map_or(Ok(()), |operation| self.check_right(operation))
    }

    fn check_api_token(&self, token: &str, now: Duration) -> Result<(), Problem> {
        let age = now.saturating_sub(self.started.unwrap_or(now));
        let life = self.switches.token_life_s;
        let expired = life.is_some_and(|life| age.as_secs() >= life);
        match token == self.token && !self.token_revoked && !expired {
            true => Ok(()),
            false => Err(Problem::invalid_token()),
        }
    }

    /// With `proven`, the request holds the proof of the key that the token is bound to.
    fn check_access_token(
        &mut self,
        proven: Option<&SimRequest>,
        token: &str,
        operation: Option<&Operation>,
        now: Duration,
    ) -> Result<(), Problem> {
        let scheme = if proven.is_some() { "DPoP" } else { "Bearer" };
        let known = self.oauth.token(token, now).cloned();
        let known = known.filter(|known| known.is_bound() == proven.is_some());
        let known = known.ok_or_else(|| {
            let header = challenge(scheme, "invalid_token", "The access token is invalid.");
            Problem::invalid_token().with_headers([header])
        })?;
        if let Some(request) = proven {
            let judged = self.oauth.prove(request, token, &self.switches, now);
            judged.map_err(unproven)?;
        }
        match operation.and_then(scope) {
            Some(scope) if !has(&known.scopes, scope) => {
                let text = "The access token provided does not contain the required scopes.";
                let header = challenge(scheme, "insufficient_scope", text);
                let headers = self.switches.scope_challenge.then_some(header);
                Err(Problem::no_permission().with_headers(headers))
            }
            _ => Ok(()),
        }
    }

    fn check_right(&self, operation: &Operation) -> Result<(), Problem> {
        let allowed = match self.switches.token_right {
            Right::Manage => true,
            Right::Reset => {
                !operation.route().write
                    || matches!(
                        operation,
                        Operation::Unenroll(..) | Operation::DeleteEnrollment(..)
                    )
            }
            Right::Read => !operation.route().write,
        };
        let restricted = operation.factors_of().is_some_and(|user| {
            self.user(user)
                .is_ok_and(|user| self.switches.restricted_users.has(&user.login))
        });
        (allowed && !restricted)
            .then_some(())
            .ok_or_else(Problem::no_permission)
    }
}

/// The scope that an operation needs; none is documented for the rest.
fn scope(operation: &Operation) -> Option<&'static str> {
    let route = operation.route();
    let (kind, _) = route.name.split_once('.')?;
    match (kind, route.write) {
        ("users" | "factors", false) => Some("okta.users.read"),
        ("users" | "factors", true) => Some("okta.users.manage"),
        ("authenticators", _) => Some("okta.authenticators.read"),
        _ => None,
    }
}

/// To manage includes to read.
fn has(scopes: &BTreeSet<String>, scope: &str) -> bool {
    let manage = scope.replace(".read", ".manage");
    scopes.contains(scope) || scopes.contains(&manage)
}

fn challenge(scheme: &str, error: &str, description: &str) -> (&'static str, String) {
    let text = format!("{scheme} error=\"{error}\", error_description=\"{description}\"");
    ("www-authenticate", text)
}

fn unproven(why: Challenge) -> Problem {
    let algorithms = "RS256 RS384 RS512 ES256 ES384 ES512";
    let (name, text) = challenge("DPoP", why.error, why.description);
    let text = format!("{text}, algs=\"{algorithms}\"");
    let nonce = why.nonce.map(|nonce| ("dpop-nonce", nonce));
    let headers = [Some((name, text)), nonce];
    Problem::invalid_token().with_headers(headers.into_iter().flatten())
}
