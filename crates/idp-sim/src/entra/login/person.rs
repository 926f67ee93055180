//! A person's sign-in: with the code of another device (RFC 8628), in a browser (RFC 7636), and what lasts of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::denial::{Denial, SLOW_DOWN};
use super::{Form, OF_ITSELF};
use crate::entra::switches::{Browser, EntraSwitches};
use crate::query;
use crate::rng::Rng;

/// How long to wait between polls.
const INTERVAL: Duration = Duration::from_secs(5);
/// How long an authorization code is good.
const CODE_LIFETIME: Duration = Duration::from_secs(600);

#[derive(Default)]
pub(super) struct People {
    /// By device code.
    waiting: BTreeMap<String, Waiting>,
    /// By authorization code.
    codes: BTreeMap<String, Code>,
    redeemed: BTreeSet<String>,
    /// By refresh token.
    refresh: BTreeMap<String, Session>,
    revoked: BTreeSet<String>,
}

/// Who signed in to what, for what.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) client_id: String,
    /// Without the resource before them.
    pub(super) scopes: Vec<String>,
}

impl Session {
    /// What a form asks for.
    pub(super) fn of(form: &Form) -> Self {
        let scopes = form.get("scope").split_whitespace();
        let scopes = scopes.filter(|scope| !OF_ITSELF.contains(scope));
        let name = |scope: &str| scope.rsplit('/').next().unwrap_or_default().to_owned();
        Self {
            client_id: form.get("client_id").to_owned(),
            scopes: scopes.map(name).collect(),
        }
    }
}

struct Waiting {
    session: Session,
    user_code: String,
    expires: Duration,
    polled: Option<Duration>,
    decided: Option<bool>,
}

struct Code {
    session: Session,
    challenge: String,
    redirect: String,
    expires: Duration,
}

impl People {
    /// A device asks for a code.
    pub(super) fn begin(
        &mut self,
        session: Session,
        switches: &EntraSwitches,
        rng: &mut Rng,
        now: Duration,
    ) -> Value {
        let device_code = rng.text(48);
        let user_code: String = (rng.text(24).chars())
            .filter(char::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_uppercase())
            .take(9)
            .collect();
        let lifetime = switches.device_code_lifetime_s;
        let waiting = Waiting {
            session,
            user_code: user_code.clone(),
            expires: now.saturating_add(Duration::from_secs(lifetime)),
            polled: None,
            decided: None,
        };
        self.waiting.insert(device_code.clone(), waiting);
        json!({
            "device_code": device_code, "user_code": user_code, "expires_in": lifetime,
            "interval": INTERVAL.as_secs(), "verification_uri": "https://microsoft.com/devicelogin",
            "message": format!("To sign in, use a web browser to open the page https://microsoft.com/devicelogin and enter the code {user_code} to authenticate."),
        })
    }

    /// The person decides.
    pub(super) fn decide(
        &mut self,
        user_code: &str,
        yes: bool,
        now: Duration,
    ) -> Result<(), String> {
        let mut waiting = self.waiting.values_mut();
        let found = waiting.find(|one| one.user_code == user_code && one.expires > now);
        found
            .map(|one| one.decided = Some(yes))
            .ok_or_else(|| "no sign-in waits with this code".to_owned())
    }

    /// The device asks whether the person is done.
    pub(super) fn poll(
        &mut self,
        form: &Form,
        switches: &EntraSwitches,
        now: Duration,
    ) -> Result<Session, Denial> {
        let device_code = form.get("device_code");
        let waiting = self.waiting.get_mut(device_code);
        let waiting = waiting
            .filter(|waiting| waiting.session.client_id == form.get("client_id"))
            .ok_or_else(|| Denial::of(70_018))?;
        if waiting.expires <= now {
            return Err(Denial::of(70_019));
        }
        let last = waiting.polled.replace(now);
        let too_soon = last.is_some_and(|last| now < last.saturating_add(INTERVAL));
        match waiting.decided {
            _ if too_soon && switches.device_code_slow_down => Err(Denial::of(SLOW_DOWN)),
            None => Err(Denial::of(70_016)),
            Some(decided) => {
                let session = self.waiting.remove(device_code).map(|one| one.session);
                let session = session.filter(|_| decided);
                session.ok_or_else(|| Denial::of(65_004))
            }
        }
    }

    /// A browser is at the authorization endpoint: where it is sent back to.
    pub(super) fn authorize(
        &mut self,
        form: &Form,
        switches: &EntraSwitches,
        rng: &mut Rng,
        now: Duration,
    ) -> Result<String, Denial> {
        let redirect = form.get("redirect_uri");
        // Any port will do for a loopback address.
        let is_loopback = ["http://localhost", "http://127.0.0.1"]
            .iter()
            .any(|host| redirect == *host || redirect.starts_with(&format!("{host}:")));
        if !is_loopback {
            return Err(Denial::of(50_011));
        }
        if form.get("response_type") != "code" || form.get("code_challenge_method") != "S256" {
            return Err(Denial::of(900_144));
        }
        let state = query::encode(form.get("state"));
        if switches.browser == Browser::Declines {
            let why = "error=access_denied&error_description=AADSTS65004%3A+User+declined.";
            return Ok(format!("{redirect}/?{why}&state={state}"));
        }
        let text = rng.text(48);
        let code = Code {
            session: Session::of(form),
            challenge: form.get("code_challenge").to_owned(),
            redirect: redirect.to_owned(),
            expires: now.saturating_add(CODE_LIFETIME),
        };
        self.codes.insert(text.clone(), code);
        Ok(format!("{redirect}/?code={text}&state={state}"))
    }

    /// An authorization code is redeemed, once.
    pub(super) fn redeem(&mut self, form: &Form, now: Duration) -> Result<Session, Denial> {
        let text = form.get("code");
        let Some(code) = self.codes.remove(text) else {
            let used = self.redeemed.contains(text);
            return Err(Denial::of(if used { 54_005 } else { 70_000 }));
        };
        self.redeemed.insert(text.to_owned());
        if code.expires <= now {
            return Err(Denial::of(70_008));
        }
        if code.redirect != form.get("redirect_uri") {
            return Err(Denial::of(50_011));
        }
        let verifier = digest(&SHA256, form.get("code_verifier").as_bytes());
        if BASE64URL_NOPAD.encode(verifier.as_ref()) != code.challenge {
            return Err(Denial::of(501_481));
        }
        match code.session.client_id == form.get("client_id") {
            true => Ok(code.session),
            false => Err(Denial::of(70_000)),
        }
    }

    /// A refresh token is used.
    pub(super) fn refresh(
        &mut self,
        form: &Form,
        switches: &EntraSwitches,
    ) -> Result<Session, Denial> {
        let token = form.get("refresh_token");
        if self.revoked.contains(token) {
            return Err(Denial::of(50_173));
        }
        let session = match switches.refresh_rotates && switches.refresh_once {
            true => self.refresh.remove(token),
            false => self.refresh.get(token).cloned(),
        };
        session
            .filter(|session| session.client_id == form.get("client_id"))
            .ok_or_else(|| Denial::of(70_000))
    }

    pub(super) fn new_refresh_token(&mut self, session: Session, rng: &mut Rng) -> String {
        let token = format!("1.{}", rng.text(96));
        self.refresh.insert(token.clone(), session);
        token
    }

    /// Everybody has to sign in again.
    pub(super) fn revoke(&mut self) {
        let ended = std::mem::take(&mut self.refresh);
        self.revoked.extend(ended.into_keys());
        self.codes.clear();
        self.waiting.clear();
    }
}
