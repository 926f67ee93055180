//! Custom OTP factors: enrol, list, read, remove.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use oath_core::Key;
use serde_json::{Value, json};

use super::call::parameter;
use super::errors::Problem;
use super::ids::{CREATED, Kind, id, time};
use super::profiles::Profile;
use super::switches::{Deprovisioned, EnrollAnswer, SecretForms};
use super::users::User;
use super::{Context, Okta, Reply};
use crate::act::Actor;

pub(crate) const TYPE: &str = "token:hotp";
pub(crate) const PROVIDER: &str = "CUSTOM";
/// What Okta calls the body of an enrolment in its errors.
const REQUEST: &str = "factorEnrollRequest";

/// An enrolled token.
pub(crate) struct Factor {
    pub(crate) facts: Facts,
    pub(crate) key: Key,
    pub(crate) made_by: Actor,
    /// The highest time step of which a code was accepted.
    pub(crate) last_step: Option<u64>,
}

/// What can be read of a factor.
#[derive(Clone)]
pub(crate) struct Facts {
    pub(crate) id: String,
    pub(crate) profile: Arc<Profile>,
    pub(crate) active: bool,
    pub(crate) created: Duration,
    pub(crate) updated: Duration,
}

/// Without the key.
impl fmt::Debug for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Factor")
            .field("id", &self.facts.id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Facts {
    pub(crate) const fn status(&self) -> &'static str {
        if self.active {
            "ACTIVE"
        } else {
            "PENDING_ACTIVATION"
        }
    }

    /// The factor object. It tells neither serial nor secret, and the profile by its name only.
    pub(crate) fn view(&self, base: &str, user: &User) -> Value {
        let user = format!("{base}/api/v1/users/{}", user.id);
        let href = format!("{user}/factors/{}", self.id);
        let (own, next, path) = match self.active {
            true => (json!(["GET", "DELETE"]), "verify", "verify"),
            false => (json!(["GET"]), "activate", "lifecycle/activate"),
        };
        json!({
            "id": self.id, "factorType": TYPE, "provider": PROVIDER,
            "vendorName": self.profile.settings.name, "status": self.status(),
            "created": time(self.created), "lastUpdated": time(self.updated),
            "_links": {
                "self": {"href": href, "hints": {"allow": own}},
                next: {"href": format!("{href}/{path}"), "hints": {"allow": ["POST"]}},
                "user": {"href": user, "hints": {"allow": ["GET"]}},
            },
        })
    }
}

/// Factors that nobody enrolled: one that exists, one of the future.
fn extra_factors(user: &User) -> [Value; 2] {
    let tail = user.id.get(3..).unwrap_or_default();
    [
        json!({
            "id": format!("sgn{tail}"), "factorType": "signed_nonce", "provider": "OKTA",
            "vendorName": "OKTA", "status": "ACTIVE", "created": CREATED, "lastUpdated": CREATED,
            "profile": {"credentialId": user.login, "deviceType": "SmartPhone_IPhone"},
        }),
        json!({
            "id": format!("zzz{tail}"), "factorType": "token:unheard_of", "provider": "NOBODY",
            "vendorName": "NOBODY", "status": "RESTING", "profile": null,
        }),
    ]
}

impl Okta {
    pub(crate) fn list_factors(&self, user: &str, context: &Context<'_>) -> Result<Reply, Problem> {
        let found = self.listable(user)?;
        let shown = self.is_shown(found);
        let factor = self.shown_factor(found, context).filter(|_| shown);
        let mut list: Vec<Value> = Vec::new();
        list.extend(factor.map(|factor| factor.view(&context.base, found)));
        if self.switches.extra_factors {
            list.extend(extra_factors(found));
        }
        Ok(Reply::ok(Value::Array(list)))
    }

    /// A user whose factors can be listed.
    pub(crate) fn listable(&self, text: &str) -> Result<&User, Problem> {
        let found = self.user(text)?;
        match found.deprovisioned() {
            true => Err(Problem::not_found(text, "User")),
            false => Ok(found),
        }
    }

    /// Whether the policy lets lists show the user's custom OTP.
    pub(crate) fn is_shown(&self, user: &User) -> bool {
        let hidden = [&self.switches.policy_forbids, &self.switches.list_hidden];
        self.switches.custom_totp && !hidden.iter().any(|whom| whom.has(&user.login))
    }

    /// Also what lists hide.
    pub(crate) fn get_factor(
        &self,
        user: &str,
        factor: &str,
        context: &Context<'_>,
    ) -> Result<Reply, Problem> {
        let user = self.user(user)?;
        let found = self.shown_factor(user, context);
        let found = found.filter(|found| found.id == factor);
        let found = found.ok_or_else(|| Problem::not_found(factor, "UserFactor"))?;
        Ok(Reply::ok(found.view(&context.base, user)))
    }

    /// The factor that a read finds now.
    pub(crate) fn shown_factor<'a>(
        &self,
        user: &'a User,
        context: &Context<'_>,
    ) -> Option<&'a Facts> {
        let lag = Duration::from_millis(self.switches.factor_lag_ms);
        let (factor, _) = user.shown(self.horizon(context.now));
        factor.filter(|factor| context.now >= factor.created.saturating_add(lag))
    }

    pub(crate) fn unenroll(
        &mut self,
        user: &str,
        factor: &str,
        now: Duration,
    ) -> Result<Reply, Problem> {
        let index = self.writable(user)?;
        let memory = self.memory;
        let user = self.directory.users.get_mut(index);
        match user.filter(|user| {
            user.factor
                .as_ref()
                .is_some_and(|own| own.facts.id == factor)
        }) {
            Some(user) => {
                user.remember(now, memory);
                user.factor = None;
            }
            None => return Err(Problem::not_found(factor, "UserFactor")),
        }
        Ok(Reply::empty())
    }

    /// The checks come in the order that Okta is believed to have.
    pub(crate) fn enroll(&mut self, user: &str, context: &Context<'_>) -> Result<Reply, Problem> {
        let index = self.writable(user)?;
        if self.directory.owner() == Some(index) && !self.switches.self_enroll {
            return Err(Problem::invalid_session());
        }
        self.check_activated(index, context.now)?;
        let body = context.json()?;
        let profile = self.wanted_profile(&body)?;
        if !self.switches.custom_totp {
            return Err(Problem::no_such_feature());
        }
        let Some(user) = self.directory.users.get(index) else {
            return Err(Problem::not_found(user, "User"));
        };
        if self.switches.policy_forbids.has(&user.login) {
            let cause = "Factor not allowed for the user based on the Multifactor policy.";
            return Err(Problem::validation(REQUEST, cause));
        }
        if user.factor.is_some() {
            let cause = "A factor of this type is already set up.";
            return Err(Problem::validation(REQUEST, cause));
        }
        let lenient = self.switches.secret_forms == SecretForms::Lenient;
        let key = key(&body, &profile, lenient, self.switches.secret_max_chars)?;
        let id = user.id.clone();
        let active = parameter(&context.query, "activate") == Some("true");
        self.add_factor(index, profile, key, active, context.now);
        let user = self.user(&id)?;
        let factor = user
            .factor
            .as_ref()
            .ok_or_else(|| Problem::of_status(500))?;
        let view = factor.facts.view(&context.base, user);
        Ok(Reply::ok(match self.switches.enroll_answer {
            EnrollAnswer::Object => view,
            EnrollAnswer::Array => json!([view]),
        }))
    }

    fn check_activated(&self, index: usize, now: Duration) -> Result<(), Problem> {
        let age = now.saturating_sub(self.started.unwrap_or(now));
        let lasts = self.switches.activating_s;
        let over = lasts.is_some_and(|seconds| age.as_secs() >= seconds);
        let user = self.directory.users.get(index);
        match user.is_some_and(|user| !over && self.switches.activating.has(&user.login)) {
            true => Err(Problem::still_activating()),
            false => Ok(()),
        }
    }

    /// Gives a user who has none a factor.
    pub(crate) fn add_factor(
        &mut self,
        index: usize,
        profile: Arc<Profile>,
        key: Key,
        active: bool,
        now: Duration,
    ) {
        let (memory, actor) = (self.memory, self.actor);
        let Some(user) = self.directory.users.get_mut(index) else {
            return;
        };
        user.remember(now, memory);
        user.enrollments += 1;
        user.operator_enrollments += u64::from(actor == Actor::Operator);
        let facts = Facts {
            id: id(self.seed, Kind::Factor(index), user.enrollments, "chf"),
            profile,
            active,
            created: now,
            updated: now,
        };
        user.factor = Some(Factor {
            facts,
            key,
            made_by: actor,
            last_step: None,
        });
    }

    /// The profile of an enrolment, which must be there and active.
    fn wanted_profile(&self, body: &Value) -> Result<Arc<Profile>, Problem> {
        let field = |name: &str| body.get(name).and_then(Value::as_str);
        if field("factorType") != Some(TYPE) || field("provider") != Some(PROVIDER) {
            let cause = "The factor type or provider is not supported.";
            return Err(Problem::validation(REQUEST, cause));
        }
        let id = field("factorProfileId").unwrap_or_default();
        let mut profiles = self.profiles.iter();
        let profile = profiles.find(|profile| profile.id == id && profile.settings.active);
        profile.cloned().ok_or_else(|| {
            Problem::validation(
                "factorProfileId",
                "The factor profile is invalid or inactive.",
            )
        })
    }

    /// The place of a user for whom factors may be changed.
    pub(crate) fn writable(&self, text: &str) -> Result<usize, Problem> {
        let not_found = || Problem::not_found(text, "User");
        let index = self.directory.find(text).ok_or_else(not_found)?;
        let user = self.directory.users.get(index).ok_or_else(not_found)?;
        match (user.deprovisioned(), self.switches.deprovisioned) {
            (true, Deprovisioned::Forbidden) => Err(Problem::user_status()),
            (true, Deprovisioned::NotFound) => Err(not_found()),
            (false, _) if self.switches.refused_statuses.contains(&user.status) => {
                Err(Problem::user_status())
            }
            (false, _) => Ok(index),
        }
    }
}

/// The key of an enrolment. Only `sharedSecret` counts: Okta ignores all other fields of `profile`.
fn key(
    body: &Value,
    profile: &Profile,
    lenient: bool,
    longest: Option<usize>,
) -> Result<Key, Problem> {
    let settings = &profile.settings;
    let secret = body
        .pointer("/profile/sharedSecret")
        .and_then(Value::as_str);
    let secret = secret.filter(|text| longest.is_none_or(|longest| text.len() <= longest));
    let bytes = secret.and_then(|text| settings.encoding.decode(text, lenient));
    let cause = "The shared secret does not match the encoding of the factor profile.";
    let bytes = bytes.ok_or_else(|| Problem::validation(REQUEST, cause))?;
    Ok(Key::new(settings.algorithm, &bytes))
}
