//! The sign-in service: who gets a token, and for what.

mod assertion;
mod denial;
mod person;

use std::collections::BTreeMap;
use std::time::Duration;

use http::header::LOCATION;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use self::assertion::{Expected, Vouchers};
use self::denial::Denial;
use self::person::People;
use super::Entra;
use super::errors::{json_response, set};
use super::operation::Operation;
use super::token::Permissions;
use crate::query;
use crate::service::{SimRequest, SimResponse};
use crate::transport::GRAPH_HOST;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Scopes that belong to no resource.
const OF_ITSELF: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// What is known of those who sign in.
#[derive(Default)]
pub(super) struct Login {
    vouchers: Vouchers,
    people: People,
    revoked: bool,
}

impl Login {
    /// The application gets a certificate.
    pub(super) fn register(&mut self, pem: &str) -> Result<(), String> {
        self.vouchers.register(pem)
    }

    /// The application gets somebody who vouches for it.
    pub(super) fn trust(&mut self, assertion: &str) {
        self.vouchers.trust(assertion);
    }

    /// The person of a device code decides.
    pub(super) fn decide(
        &mut self,
        user_code: &str,
        yes: bool,
        now: Duration,
    ) -> Result<(), String> {
        self.people.decide(user_code, yes, now)
    }

    /// Takes every credential back.
    pub(super) fn revoke(&mut self) {
        self.vouchers = Vouchers::default();
        self.people.revoke();
        self.revoked = true;
    }
}

/// A form, or a query, where what is missing is empty.
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    fn of(text: &str) -> Result<Self, Denial> {
        let pairs = query::pairs(text).ok_or_else(|| Denial::of(900_144))?;
        Ok(Self(pairs.into_iter().collect()))
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// What was granted.
struct Granted {
    permissions: Permissions,
    refresh_token: bool,
}

impl Entra {
    /// Answers what is for the sign-in service.
    pub(super) fn log_in(
        &mut self,
        operation: &Operation,
        request: &SimRequest,
        now: Duration,
    ) -> Option<SimResponse> {
        let answer = match operation {
            Operation::Token { tenant } => self.token(tenant, request, now),
            Operation::DeviceCode { tenant } => self.device_code(tenant, request, now),
            Operation::Authorize { tenant } => self.authorize(tenant, request, now),
            Operation::Identity { app_service } => {
                return Some(self.identity(*app_service, request, now));
            }
            _ => return None,
        };
        Some(answer.unwrap_or_else(|denial| denial.answer(&mut self.rng, now)))
    }

    fn token(
        &mut self,
        tenant: &str,
        request: &SimRequest,
        now: Duration,
    ) -> Result<SimResponse, Denial> {
        let form = self.form(tenant, request)?;
        let granted = match form.get("grant_type") {
            "client_credentials" => self.client_credentials(&form, request, now)?,
            DEVICE_CODE => {
                self.must_be_public()?;
                let people = &mut self.login.people;
                people.poll(form.get("device_code"), &self.switches, now)?;
                self.delegated(true)
            }
            "authorization_code" => {
                self.must_be_public()?;
                self.login.people.redeem(&form, now)?;
                self.delegated(check_scopes(form.get("scope"), request)?)
            }
            "refresh_token" => {
                self.must_be_public()?;
                let token = form.get("refresh_token");
                self.login.people.refresh(token, &self.switches)?;
                check_scopes(form.get("scope"), request)?;
                self.delegated(self.switches.refresh_rotates)
            }
            _ => return Err(Denial::of(70_003)),
        };
        Ok(self.grant(granted, now))
    }

    fn grant(&mut self, granted: Granted, now: Duration) -> SimResponse {
        let lifetime = self.switches.token_lifetime_s;
        let permissions = granted.permissions;
        let token = self
            .tokens
            .issue(permissions, &self.switches, &mut self.rng, now);
        let mut body = json!({
            "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token,
        });
        if let (true, Some(body)) = (granted.refresh_token, body.as_object_mut()) {
            let token = self.login.people.new_refresh_token(&mut self.rng);
            body.insert("refresh_token".to_owned(), Value::String(token));
        }
        json_response(StatusCode::OK, Some(&body))
    }

    fn delegated(&self, refresh_token: bool) -> Granted {
        Granted {
            permissions: Permissions::Delegated(self.switches.granted_scopes.clone()),
            refresh_token,
        }
    }

    fn client_credentials(
        &mut self,
        form: &Form,
        request: &SimRequest,
        now: Duration,
    ) -> Result<Granted, Denial> {
        let resource = form.get("scope").strip_suffix("/.default");
        let resource = resource.ok_or_else(|| Denial::of(1_002_012))?;
        check_resource(resource, request)?;
        match (form.get("client_assertion"), form.get("client_secret")) {
            ("", secret) => self.check_secret(secret)?,
            (_, _) if form.get("client_assertion_type") != JWT_BEARER => {
                return Err(Denial::of(7_000_216));
            }
            (assertion, _) => {
                let expected = Expected {
                    audience: &request.uri().to_string(),
                    client_id: &self.tokens.client_id,
                    now,
                };
                let vouchers = &mut self.login.vouchers;
                vouchers.judge(assertion, &expected, &self.switches)?;
            }
        }
        Ok(Granted {
            permissions: Permissions::Application(self.switches.granted_roles.clone()),
            refresh_token: false,
        })
    }

    fn check_secret(&self, secret: &str) -> Result<(), Denial> {
        match secret {
            "" => Err(Denial::of(7_000_216)),
            secret if secret != self.tokens.client_secret || self.login.revoked => {
                Err(Denial::of(7_000_215))
            }
            _ if self.switches.secret_expired => Err(Denial::of(7_000_222)),
            _ => Ok(()),
        }
    }

    fn device_code(
        &mut self,
        tenant: &str,
        request: &SimRequest,
        now: Duration,
    ) -> Result<SimResponse, Denial> {
        let form = self.form(tenant, request)?;
        self.must_be_public()?;
        check_scopes(form.get("scope"), request)?;
        let people = &mut self.login.people;
        let body = people.begin(&self.switches, &mut self.rng, now);
        Ok(json_response(StatusCode::OK, Some(&body)))
    }

    fn authorize(
        &mut self,
        tenant: &str,
        request: &SimRequest,
        now: Duration,
    ) -> Result<SimResponse, Denial> {
        let form = Form::of(request.uri().query().unwrap_or_default())?;
        self.check_application(tenant, &form)?;
        check_scopes(form.get("scope"), request)?;
        let people = &mut self.login.people;
        let back = people.authorize(&form, &self.switches, &mut self.rng, now)?;
        let mut response = json_response(StatusCode::FOUND, None);
        set(&mut response, LOCATION.as_str(), &back);
        Ok(response)
    }

    /// The form of a request to the sign-in service, from a known application.
    fn form(&self, tenant: &str, request: &SimRequest) -> Result<Form, Denial> {
        if request.method() != Method::POST {
            return Err(Denial::of(900_561));
        }
        let text = std::str::from_utf8(request.body()).map_err(|_| Denial::of(900_144))?;
        if !self.tokens.is_tenant(tenant) {
            return Err(Denial::of(90_002));
        }
        let form = Form::of(text)?;
        self.check_application(tenant, &form)?;
        Ok(form)
    }

    fn check_application(&self, tenant: &str, form: &Form) -> Result<(), Denial> {
        if !self.tokens.is_tenant(tenant) {
            return Err(Denial::of(90_002));
        }
        if form.get("client_id") != self.tokens.client_id {
            return Err(Denial::of(700_016));
        }
        let refusal = self.switches.sign_in_refusal;
        refusal.map_or(Ok(()), |number| Err(Denial::of(number)))
    }

    fn must_be_public(&self) -> Result<(), Denial> {
        match self.switches.public_client {
            true => Ok(()),
            false => Err(Denial::of(7_000_218)),
        }
    }

    /// A machine asks for its token: App Service by its header, others by `Metadata: true`.
    fn identity(&mut self, app_service: bool, request: &SimRequest, now: Duration) -> SimResponse {
        let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok());
        let knows = match app_service {
            true => header("x-identity-header") == Some(&self.tokens.identity_header),
            false => header("metadata") == Some("true"),
        };
        let form = Form::of(request.uri().query().unwrap_or_default());
        let resource = form.as_ref().map(|form| form.get("resource"));
        let refused = |status, error: &str| json_response(status, Some(&json!({"error": error})));
        if !knows {
            return refused(StatusCode::UNAUTHORIZED, "unauthorized_client");
        }
        let has_resource = resource.is_ok_and(|resource| check_resource(resource, request).is_ok());
        if !has_resource || !self.switches.managed_identity || self.login.revoked {
            return refused(StatusCode::BAD_REQUEST, "invalid_request");
        }
        let permissions = Permissions::Application(self.switches.granted_roles.clone());
        let token = self
            .tokens
            .issue(permissions, &self.switches, &mut self.rng, now);
        let lifetime = self.switches.token_lifetime_s;
        let on = now.as_secs().saturating_add(lifetime);
        // Numbers are text here, and App Service tells the end only.
        let mut body = json!({"access_token": token, "token_type": "Bearer",
            "expires_on": on.to_string(), "resource": format!("https://{GRAPH_HOST}")});
        if let (false, Some(body)) = (app_service, body.as_object_mut()) {
            body.insert("expires_in".to_owned(), json!(lifetime.to_string()));
        }
        json_response(StatusCode::OK, Some(&body))
    }
}

/// Delegated scopes: of one resource that is known. Says whether the sign-in is to last.
fn check_scopes(scopes: &str, request: &SimRequest) -> Result<bool, Denial> {
    let all: Vec<&str> = scopes.split_whitespace().collect();
    let of_resources = all.iter().filter(|scope| !OF_ITSELF.contains(scope));
    for scope in of_resources {
        if let Some((resource, _)) = scope.rsplit_once('/') {
            check_resource(resource, request)?;
        }
    }
    match all.is_empty() {
        true => Err(Denial::of(70_011)),
        false => Ok(all.contains(&"offline_access")),
    }
}

/// The resource must be this Graph, or the public cloud's.
fn check_resource(resource: &str, request: &SimRequest) -> Result<(), Denial> {
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
        false => Err(Denial::of(500_011)),
    }
}
