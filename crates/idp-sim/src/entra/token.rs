//! The token endpoint: client credentials with a secret.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;

use super::errors::{INSUFFICIENT, Refusal, json_response};
use super::switches::EntraSwitches;
use super::truth::EntraAccess;
use crate::query;
use crate::rng::Rng;
use crate::service::{SimRequest, SimResponse};
use crate::timestamp;
use crate::transport::{GRAPH_HOST, LOGIN_HOST};

/// A domain of the tenant, which may stand for its id.
pub(super) const DOMAIN: &str = "sim.example";

/// The tenant's one application, and the access tokens it has.
pub(super) struct Tokens {
    pub(super) tenant_id: String,
    client_id: String,
    client_secret: String,
    issued: BTreeMap<String, Grant>,
}

struct Grant {
    expires: Duration,
    roles: Vec<String>,
}

/// Why there is no token: the AADSTS number, the status, OAuth's error and a text.
type Denial = (u32, StatusCode, &'static str, &'static str);

impl Tokens {
    pub(super) fn new(rng: &mut Rng) -> Self {
        Self {
            tenant_id: rng.uuid(),
            client_id: rng.uuid(),
            client_secret: format!("sim~{}", rng.text(27)),
            issued: BTreeMap::new(),
        }
    }

    pub(super) fn access(&self) -> EntraAccess {
        EntraAccess {
            login_url: format!("https://{LOGIN_HOST}"),
            graph_url: format!("https://{GRAPH_HOST}"),
            tenant_id: self.tenant_id.clone(),
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
        }
    }

    /// Answers a request to the token endpoint of `tenant`.
    pub(super) fn answer(
        &mut self,
        tenant: &str,
        request: &SimRequest,
        switches: &EntraSwitches,
        rng: &mut Rng,
        now: Duration,
    ) -> SimResponse {
        if let Err(denial) = self.judge(tenant, request, switches) {
            return denied(denial, rng, now);
        }
        let token = rng.text(48);
        let lifetime = switches.token_lifetime_s;
        let grant = Grant {
            expires: now.saturating_add(Duration::from_secs(lifetime)),
            roles: switches.granted_roles.clone(),
        };
        self.issued.retain(|_, grant| grant.expires > now);
        self.issued.insert(token.clone(), grant);
        let body = json!({
            "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token,
        });
        json_response(StatusCode::OK, Some(&body))
    }

    fn judge(
        &self,
        tenant: &str,
        request: &SimRequest,
        switches: &EntraSwitches,
    ) -> Result<(), Denial> {
        let malformed = (
            900_144,
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "The request body is not a proper form.",
        );
        if request.method() != Method::POST {
            return Err((
                900_561,
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "The endpoint only accepts POST requests.",
            ));
        }
        if !tenant.eq_ignore_ascii_case(&self.tenant_id) && !tenant.eq_ignore_ascii_case(DOMAIN) {
            return Err((
                90_002,
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "Tenant not found.",
            ));
        }
        let text = std::str::from_utf8(request.body()).map_err(|_| malformed)?;
        let form: BTreeMap<String, String> =
            query::pairs(text).ok_or(malformed)?.into_iter().collect();
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if field("grant_type") != "client_credentials" {
            return Err((
                70_003,
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "The grant type is not supported.",
            ));
        }
        if field("client_id") != self.client_id {
            return Err((
                700_016,
                StatusCode::BAD_REQUEST,
                "unauthorized_client",
                "Application was not found in the directory.",
            ));
        }
        check_scope(field("scope"), request)?;
        self.check_secret(form.get("client_secret").map(String::as_str), switches)
    }

    fn check_secret(&self, secret: Option<&str>, switches: &EntraSwitches) -> Result<(), Denial> {
        let refused = |code, text| Err((code, StatusCode::UNAUTHORIZED, "invalid_client", text));
        match secret {
            None | Some("") => refused(
                7_000_216,
                "'client_assertion', 'client_secret' or 'request' is required.",
            ),
            Some(secret) if secret != self.client_secret => {
                refused(7_000_215, "Invalid client secret provided.")
            }
            Some(_) if switches.secret_expired => {
                refused(7_000_222, "The provided client secret keys are expired.")
            }
            Some(_) => Ok(()),
        }
    }

    /// The roles of a request's access token.
    pub(super) fn roles(&self, request: &SimRequest, now: Duration) -> Result<&[String], Refusal> {
        let refused = |message| {
            Refusal::new(
                StatusCode::UNAUTHORIZED,
                "InvalidAuthenticationToken",
                message,
            )
        };
        let header = request.headers().get(http::header::AUTHORIZATION);
        let token = header.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let token = token.ok_or_else(|| refused("Access token is empty."))?;
        let grant = self
            .issued
            .get(token)
            .ok_or_else(|| refused("Access token validation failure."))?;
        match grant.expires > now {
            true => Ok(&grant.roles),
            false => Err(refused("Lifetime validation failed, the token is expired.")),
        }
    }
}

/// Refuses where none of the `sufficient` roles is there.
pub(super) fn need(roles: &[String], sufficient: &[&str]) -> Result<(), Refusal> {
    match roles.iter().any(|role| sufficient.contains(&role.as_str())) {
        true => Ok(()),
        false => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Authorization_RequestDenied",
            INSUFFICIENT,
        )),
    }
}

/// The scope must be `/.default` of this Graph, or of the public cloud's.
fn check_scope(scope: &str, request: &SimRequest) -> Result<(), Denial> {
    let Some(resource) = scope.strip_suffix("/.default") else {
        return Err((
            1_002_012,
            StatusCode::BAD_REQUEST,
            "invalid_scope",
            "The scope must end with '/.default'.",
        ));
    };
    let uri = request.uri();
    let own = uri
        .authority()
        .map(|authority| format!("{}://{authority}", uri.scheme_str().unwrap_or("https")));
    let known = [
        format!("https://{GRAPH_HOST}"),
        "https://graph.microsoft.com".to_owned(),
    ];
    let resource = resource.trim_end_matches('/').to_owned();
    match known.contains(&resource) || own == Some(resource) {
        true => Ok(()),
        false => Err((
            500_011,
            StatusCode::BAD_REQUEST,
            "invalid_resource",
            "The resource principal was not found in the tenant.",
        )),
    }
}

fn denied((number, status, error, text): Denial, rng: &mut Rng, now: Duration) -> SimResponse {
    let (trace, correlation) = (rng.uuid(), rng.uuid());
    let time = timestamp::iso(now.as_secs()).replace('T', " ");
    let body = json!({
        "error": error,
        "error_description":
            format!("AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {time}"),
        "error_codes": [number],
        "timestamp": time,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": format!("https://{LOGIN_HOST}/error?code={number}"),
    });
    json_response(status, Some(&body))
}
