//! The sign-in service: who gets a token, and for what.

mod application;
mod assertion;
mod denial;
mod person;

use std::collections::BTreeMap;
use std::time::Duration;

use http::header::LOCATION;
use http::{Method, StatusCode};
use serde_json::{Value, json};

pub(super) use self::assertion::{Registered, Vouchers};
use self::denial::Denial;
use self::person::{People, Session};
use super::Entra;
use super::applications::TOOLS;
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
    /// The sign-in of a person, where it is to last.
    lasting: Option<Session>,
}

/// Which application signs in, or is signed in to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Client {
    /// The tenant's first one.
    Own,
    /// Microsoft's public client.
    Tools,
    /// One that was registered in the tenant.
    Registered,
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
        let (client, form) = self.form(tenant, request, now)?;
        let granted = match form.get("grant_type") {
            "client_credentials" if client == Client::Registered => {
                self.registered_credentials(&form, request, now)?
            }
            "client_credentials" if client == Client::Tools => {
                return Err(Denial::of(700_025));
            }
            "client_credentials" => self.client_credentials(&form, request, now)?,
            DEVICE_CODE => {
                self.must_be_public(client)?;
                let session = self.login.people.poll(&form, &self.switches, now)?;
                self.delegated(client, session, true)?
            }
            "authorization_code" => {
                self.must_be_public(client)?;
                let session = self.login.people.redeem(&form, now)?;
                let lasting = check_scopes(form.get("scope"), request)?;
                self.delegated(client, session, lasting)?
            }
            "refresh_token" => {
                self.must_be_public(client)?;
                let before = self.login.people.refresh(&form, &self.switches)?;
                check_scopes(form.get("scope"), request)?;
                let session = Session::of(&form);
                // No more than was consented to.
                if client == Client::Tools && !is_part(&session.scopes, &before.scopes) {
                    return Err(Denial::of(65_001));
                }
                self.delegated(client, session, self.switches.refresh_rotates)?
            }
            _ => return Err(Denial::of(70_003)),
        };
        Ok(self.grant(form.get("client_id"), granted, now))
    }

    fn grant(&mut self, client_id: &str, granted: Granted, now: Duration) -> SimResponse {
        let lifetime = self.switches.token_lifetime_s;
        let permissions = granted.permissions;
        let token = self
            .tokens
            .issue(client_id, permissions, &self.switches, &mut self.rng, now);
        let mut body = json!({
            "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token,
        });
        if let (Some(session), Some(body)) = (granted.lasting, body.as_object_mut()) {
            let token = self.login.people.new_refresh_token(session, &mut self.rng);
            body.insert("refresh_token".to_owned(), Value::String(token));
        }
        json_response(StatusCode::OK, Some(&body))
    }

    /// What a person lets an application do: the tenant's own, what it was granted; Microsoft's client,
    /// what it asks for.
    fn delegated(
        &self,
        client: Client,
        session: Session,
        lasting: bool,
    ) -> Result<Granted, Denial> {
        let scopes = match client {
            Client::Tools if !is_part(&session.scopes, &self.switches.tools_scopes) => {
                return Err(Denial::of(65_001));
            }
            Client::Tools => session.scopes.clone(),
            _ => self.switches.granted_scopes.clone(),
        };
        Ok(Granted {
            permissions: Permissions::Delegated(scopes),
            lasting: lasting.then_some(session),
        })
    }

    fn device_code(
        &mut self,
        tenant: &str,
        request: &SimRequest,
        now: Duration,
    ) -> Result<SimResponse, Denial> {
        let (client, form) = self.form(tenant, request, now)?;
        self.must_be_public(client)?;
        check_scopes(form.get("scope"), request)?;
        let people = &mut self.login.people;
        let body = people.begin(Session::of(&form), &self.switches, &mut self.rng, now);
        Ok(json_response(StatusCode::OK, Some(&body)))
    }

    fn authorize(
        &mut self,
        tenant: &str,
        request: &SimRequest,
        now: Duration,
    ) -> Result<SimResponse, Denial> {
        let form = Form::of(request.uri().query().unwrap_or_default())?;
        self.check_application(tenant, &form, now)?;
        check_scopes(form.get("scope"), request)?;
        let people = &mut self.login.people;
        let back = people.authorize(&form, &self.switches, &mut self.rng, now)?;
        let mut response = json_response(StatusCode::FOUND, None);
        set(&mut response, LOCATION.as_str(), &back);
        Ok(response)
    }

    /// The form of a request to the sign-in service, from a known application.
    fn form(
        &self,
        tenant: &str,
        request: &SimRequest,
        now: Duration,
    ) -> Result<(Client, Form), Denial> {
        if request.method() != Method::POST {
            return Err(Denial::of(900_561));
        }
        let text = std::str::from_utf8(request.body()).map_err(|_| Denial::of(900_144))?;
        if !self.tokens.is_tenant(tenant) {
            return Err(Denial::of(90_002));
        }
        let form = Form::of(text)?;
        let client = self.check_application(tenant, &form, now)?;
        Ok((client, form))
    }

    fn check_application(
        &self,
        tenant: &str,
        form: &Form,
        now: Duration,
    ) -> Result<Client, Denial> {
        if !self.tokens.is_tenant(tenant) {
            return Err(Denial::of(90_002));
        }
        let client = match form.get("client_id") {
            id if id == self.tokens.client_id => Client::Own,
            TOOLS => Client::Tools,
            id if self.registry.knows(id, now) => Client::Registered,
            _ => return Err(Denial::of(700_016)),
        };
        let refusal = self.switches.sign_in_refusal;
        refusal.map_or(Ok(client), |number| Err(Denial::of(number)))
    }

    fn must_be_public(&self, client: Client) -> Result<(), Denial> {
        let is_public = match client {
            Client::Own => self.switches.public_client,
            Client::Tools => true,
            Client::Registered => false,
        };
        match is_public {
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
        let client_id = &self.tokens.client_id.clone();
        let token = self
            .tokens
            .issue(client_id, permissions, &self.switches, &mut self.rng, now);
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

/// Whether all of `some` are in `all`.
fn is_part(some: &[String], all: &[String]) -> bool {
    some.iter().all(|one| all.contains(one))
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
