//! Access tokens, and what they let their bearers do.

use std::collections::BTreeMap;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use http::StatusCode;
use serde_json::{Value, json};

use super::errors::{INSUFFICIENT, Refusal};
use super::switches::{AccessTokenForm, EntraSwitches};
use super::truth::EntraAccess;
use crate::rng::Rng;
use crate::service::SimRequest;
use crate::transport::{GRAPH_HOST, LOGIN_HOST};

/// A domain of the tenant, which may stand for its id.
pub(super) const DOMAIN: &str = "sim.example";

/// The tenant's one application, and the access tokens it has.
pub(super) struct Tokens {
    pub(super) tenant_id: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    /// What a program shows to get the machine's tokens.
    pub(super) identity_header: String,
    issued: BTreeMap<String, Grant>,
}

struct Grant {
    expires: Duration,
    permissions: Permissions,
}

/// What a token lets its bearer do.
#[derive(Clone)]
pub(super) enum Permissions {
    /// The application for itself.
    Application(Vec<String>),
    /// A person, through the application.
    Delegated(Vec<String>),
}

impl Permissions {
    pub(super) fn names(&self) -> &[String] {
        let (Self::Application(names) | Self::Delegated(names)) = self;
        names
    }
}

impl Tokens {
    /// `other` gives what came later than the rest, so that each seed's rest stays what it was.
    pub(super) fn new(rng: &mut Rng, other: &mut Rng) -> Self {
        Self {
            tenant_id: rng.uuid(),
            client_id: rng.uuid(),
            client_secret: format!("sim~{}", rng.text(27)),
            identity_header: other.text(24),
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
            identity_header: self.identity_header.clone(),
        }
    }

    /// Issues an access token with these permissions to an application.
    pub(super) fn issue(
        &mut self,
        client_id: &str,
        permissions: Permissions,
        switches: &EntraSwitches,
        rng: &mut Rng,
        now: Duration,
    ) -> String {
        let expires = now.saturating_add(Duration::from_secs(switches.token_lifetime_s));
        let unique = rng.text(48);
        let token = match switches.access_token_form {
            AccessTokenForm::Jwt => self.jwt(client_id, &permissions, &unique, now, expires),
            AccessTokenForm::Opaque => unique,
        };
        self.issued.retain(|_, grant| grant.expires > now);
        let grant = Grant {
            expires,
            permissions,
        };
        self.issued.insert(token.clone(), grant);
        token
    }

    /// Without a signature: clients must not look for one in Graph's tokens.
    fn jwt(
        &self,
        client_id: &str,
        permissions: &Permissions,
        unique: &str,
        now: Duration,
        expires: Duration,
    ) -> String {
        let mut claims = json!({
            "aud": format!("https://{GRAPH_HOST}"), "iss": format!("https://sts.windows.net/{}/", self.tenant_id),
            "iat": now.as_secs(), "nbf": now.as_secs(), "exp": expires.as_secs(),
            "appid": client_id, "tid": self.tenant_id, "uti": unique,
        });
        let (name, value) = match permissions {
            Permissions::Application(roles) => ("roles", json!(roles)),
            Permissions::Delegated(scopes) => ("scp", json!(scopes.join(" "))),
        };
        if let Some(claims) = claims.as_object_mut() {
            claims.insert(name.to_owned(), value);
        }
        let part = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
        let header = json!({"typ": "JWT", "alg": "none"});
        format!("{}.{}.", part(&header), part(&claims))
    }

    /// Takes all access tokens back.
    pub(super) fn revoke(&mut self) {
        self.issued.clear();
    }

    pub(super) fn is_tenant(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(&self.tenant_id) || name.eq_ignore_ascii_case(DOMAIN)
    }

    /// What a request's access token permits.
    pub(super) fn permissions(
        &self,
        request: &SimRequest,
        now: Duration,
    ) -> Result<&Permissions, Refusal> {
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
            true => Ok(&grant.permissions),
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
