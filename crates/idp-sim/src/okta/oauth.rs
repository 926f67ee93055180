//! The org's authorization server: access tokens for a service app.

mod app;
mod assertion;
mod denial;
mod jws;
mod nonce;
mod proof;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use http::header::CONTENT_TYPE;
use serde_json::json;

use self::app::App;
use self::denial::Denial;
use self::nonce::Nonces;
use self::proof::Proofs;
use super::Okta;
use super::call::base;
use super::ids::text;
use super::reply::Reply;
use super::switches::{Dpop, OktaSwitches};
use crate::query;
use crate::service::SimRequest;

pub(super) use self::proof::Challenge;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What the authorization server knows.
#[derive(Debug)]
pub(super) struct OAuth {
    app: App,
    proofs: Proofs,
    /// For sign-ins.
    nonces: Nonces,
    /// For calls.
    call_nonces: Nonces,
    tokens: BTreeMap<String, AccessToken>,
}

/// A token that is out.
#[derive(Clone, Debug)]
pub(super) struct AccessToken {
    pub(super) scopes: BTreeSet<String>,
    /// The thumbprint of the key that it is bound to.
    key: Option<String>,
    end: Duration,
}

impl OAuth {
    pub(super) fn new(switches: &OktaSwitches, seed: u64) -> Self {
        Self {
            app: App::new(seed),
            proofs: Proofs::default(),
            nonces: Nonces::new(switches, seed, 0),
            call_nonces: Nonces::new(switches, seed, 1),
            tokens: BTreeMap::new(),
        }
    }

    pub(super) fn client_id(&self) -> &str {
        &self.app.client_id
    }

    /// The app's private key, as a JSON Web Key.
    pub(super) fn private_key(&self) -> &str {
        &self.app.private_key
    }

    /// The administrator registers one more public key with the app.
    pub(super) fn register(&mut self, key: &str) -> Result<(), String> {
        self.app.register(key)
    }

    /// Takes back the tokens that are out.
    pub(super) fn withdraw(&mut self) {
        self.tokens.clear();
    }

    /// The app gets no tokens any more, and those that it has end.
    pub(super) fn deactivate(&mut self) {
        self.app.active = false;
        self.withdraw();
    }

    /// A token of a call, which must be good at `now`.
    pub(super) fn token(&self, token: &str, now: Duration) -> Option<&AccessToken> {
        self.tokens.get(token).filter(|token| now < token.end)
    }

    /// Judges the proof that goes with a call's token.
    pub(super) fn prove(
        &mut self,
        request: &SimRequest,
        token: &str,
        switches: &OktaSwitches,
        now: Duration,
    ) -> Result<(), Challenge> {
        let bound_to = self.tokens.get(token).and_then(|token| token.key.clone());
        let nonces = switches.dpop_call_nonce.then_some(&self.call_nonces);
        let key = self
            .proofs
            .judge(request, Some(token), nonces, switches, now)?;
        match Some(key) == bound_to {
            true => Ok(()),
            false => Err(Challenge::invalid(
                "the DPoP proof is of another key than the token's",
            )),
        }
    }
}

impl AccessToken {
    pub(super) fn is_bound(&self) -> bool {
        self.key.is_some()
    }
}

impl Okta {
    /// Answers at the token endpoint.
    pub(super) fn give_token(&mut self, request: &SimRequest, now: Duration) -> Reply {
        let granted = self.grant(request, now);
        granted.unwrap_or_else(Denial::reply)
    }

    fn grant(&mut self, request: &SimRequest, now: Duration) -> Result<Reply, Denial> {
        let form = form(request)?;
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if !self.switches.app_in_zone {
            return Err(Denial::outside_zone());
        }
        if field("grant_type") != "client_credentials" {
            return Err(Denial::grant_type());
        }
        let mut key = None;
        if self.switches.dpop_before_client {
            key = self.bind(request, now)?;
        }
        if field("client_assertion_type") != JWT_BEARER {
            return Err(Denial::client("a client_assertion of a JWT is required"));
        }
        let audience = format!("{}/oauth2/v1/token", base(request));
        let app = &mut self.oauth.app;
        app.judge(field("client_assertion"), &audience, &self.switches, now)?;
        if !self.switches.dpop_before_client {
            key = self.bind(request, now)?;
        }
        let scopes = self.scopes(field("scope"))?;
        Ok(self.issue(scopes, key, now))
    }

    /// The key that the token will be bound to.
    fn bind(&mut self, request: &SimRequest, now: Duration) -> Result<Option<String>, Denial> {
        let has_proof = request.headers().contains_key("dpop");
        match self.switches.dpop {
            Dpop::Off => return Ok(None),
            Dpop::Optional if !has_proof => return Ok(None),
            Dpop::Required | Dpop::Optional => {}
        }
        let oauth = &mut self.oauth;
        let nonces = self.switches.dpop_nonce.then_some(&oauth.nonces);
        let key = oauth
            .proofs
            .judge(request, None, nonces, &self.switches, now);
        Ok(Some(key.map_err(Denial::of_proof)?))
    }

    fn scopes(&self, asked: &str) -> Result<BTreeSet<String>, Denial> {
        let asked: BTreeSet<String> = asked.split_whitespace().map(str::to_owned).collect();
        let granted = &self.switches.app_scopes;
        match !asked.is_empty() && asked.iter().all(|scope| granted.contains(scope)) {
            true => Ok(asked),
            false => Err(Denial::scope()),
        }
    }

    fn issue(&mut self, scopes: BTreeSet<String>, key: Option<String>, now: Duration) -> Reply {
        let token = text(&mut self.passing, "eyJ", 120);
        let life = self.switches.access_token_life_s;
        let kind = if key.is_some() { "DPoP" } else { "Bearer" };
        let names: Vec<&str> = scopes.iter().map(String::as_str).collect();
        let body = json!({"token_type": kind, "expires_in": life, "access_token": token,
            "scope": names.join(" ")});
        let end = now.saturating_add(Duration::from_secs(life));
        let tokens = &mut self.oauth.tokens;
        tokens.retain(|_, token| now < token.end);
        tokens.insert(token, AccessToken { scopes, key, end });
        Reply::ok(body)
    }
}

fn form(request: &SimRequest) -> Result<BTreeMap<String, String>, Denial> {
    let header = request.headers().get(CONTENT_TYPE);
    let is_form = header.is_some_and(|kind| {
        let kind = kind.as_bytes();
        kind.starts_with(b"application/x-www-form-urlencoded")
    });
    let text = std::str::from_utf8(request.body()).ok();
    let pairs = text.filter(|_| is_form).and_then(query::pairs);
    let pairs = pairs.ok_or_else(|| Denial::request("the body must be a form"))?;
    let count = pairs.len();
    let form: BTreeMap<String, String> = pairs.into_iter().collect();
    match form.len() == count {
        true => Ok(form),
        false => Err(Denial::request("a parameter is given twice")),
    }
}
