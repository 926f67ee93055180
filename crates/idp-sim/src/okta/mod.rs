//! Okta: users, custom OTP factors and their profiles, under its rate limits.

mod act;
mod authorization;
mod call;
mod enrollments;
mod errors;
mod factors;
mod ids;
mod listing;
mod oauth;
mod profiles;
mod rate;
mod reply;
mod search;
pub(crate) mod switches;
#[cfg(test)]
mod tests;
mod truth;
mod users;
mod verify;

use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use self::call::{Operation, base, query};
use self::errors::Problem;
use self::ids::{Kind, id, rng, text};
use self::oauth::OAuth;
use self::profiles::Profile;
use self::rate::{Bucket, Rate};
use self::reply::Reply;
use self::switches::{Engine, HotpProfiles, MissingFeature};
use self::users::{Directory, User};
use crate::Person;
use crate::act::{Act, Actor, Subject};
use crate::rng::Rng;
use crate::service::{Route, Service, SimRequest, SimResponse};

pub use self::switches::OktaSwitches;
pub use self::truth::{OktaAccess, OktaFactor, OktaProfile, OktaTruth};

/// One simulated organisation.
pub(crate) struct Okta {
    switches: OktaSwitches,
    seed: u64,
    token: String,
    token_revoked: bool,
    oauth: OAuth,
    directory: Directory,
    profiles: Vec<Arc<Profile>>,
    rate: Rate,
    /// For the ids of requests and errors.
    passing: Rng,
    /// The time of the first request.
    started: Option<Duration>,
    /// For how long what reads showed is kept.
    memory: Duration,
    /// How far reads look back at present.
    back: Duration,
    /// Whose doing changes are at present.
    actor: Actor,
}

/// What an operation needs to know about its request.
pub(crate) struct Context<'a> {
    request: &'a SimRequest,
    uri: String,
    base: String,
    query: Vec<(String, String)>,
    now: Duration,
}

impl<'a> Context<'a> {
    fn of(request: &'a SimRequest, now: Duration) -> Result<Self, Problem> {
        let base = base(request);
        let path = request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str());
        Ok(Self {
            request,
            uri: format!("{base}{path}"),
            query: query(request)?,
            base,
            now,
        })
    }

    /// The body, which must be a JSON object.
    fn json(&self) -> Result<Value, Problem> {
        let body = serde_json::from_slice(self.request.body()).ok();
        body.filter(Value::is_object)
            .ok_or_else(Problem::malformed_body)
    }
}

impl Okta {
    pub(crate) fn new(people: &[Person], switches: OktaSwitches, seed: u64) -> Self {
        let prefix = match switches.engine {
            Engine::Idx => "aut",
            Engine::V1 => "fpr",
        };
        let numbered = (0_u64..).zip(switches.profiles.0.iter().cloned());
        let profile = |(number, settings)| {
            let id = id(seed, Kind::Profile, number, prefix);
            Arc::new(Profile { id, settings })
        };
        Self {
            token: text(&mut rng(seed, Kind::Token, 0), "00", 42),
            token_revoked: false,
            oauth: OAuth::new(&switches, seed),
            directory: Directory::new(people, &switches, seed),
            profiles: numbered.map(profile).collect(),
            rate: Rate::new(&switches, seed),
            passing: rng(seed, Kind::Passing, 0),
            started: None,
            memory: Duration::from_millis(switches.index_lag_ms),
            back: Duration::ZERO,
            actor: Actor::Client,
            switches,
            seed,
        }
    }

    fn answer(&mut self, request: &SimRequest, now: Duration) -> Result<Reply, Problem> {
        let operation = Operation::of(request);
        if operation == Ok(Operation::Token) {
            return Ok(self.give_token(request, now));
        }
        let open = self.switches.well_known_open && operation == Ok(Operation::Organization);
        if !open {
            self.authorize(request, operation.as_ref().ok(), now)?;
        }
        let operation = operation?;
        check_content_type(request)?;
        self.carry_out(operation, &Context::of(request, now)?)
    }

    fn carry_out(&mut self, operation: Operation, context: &Context<'_>) -> Result<Reply, Problem> {
        match operation {
            // It is no call: nobody has a token yet.
            Operation::Token => Err(Problem::no_such_path()),
            Operation::Organization => Ok(self.organization(context)),
            Operation::ListUsers => self.list_users(context),
            Operation::GetUser(user) => {
                let horizon = self.horizon(context.now);
                Ok(Reply::ok(self.user(&user)?.view(&context.base, horizon)))
            }
            Operation::ListFactors(user) => self.list_factors(&user, context),
            Operation::Catalog(user) => self.catalog(&user, context),
            Operation::ListEnrollments(user) => self.enrollments(&user, context),
            Operation::GetEnrollment(user, id) => self.get_enrollment(&user, &id, context),
            Operation::DeleteEnrollment(user, id) => {
                self.delete_enrollment(&user, &id, context.now)
            }
            Operation::Enroll(user) => self.enroll(&user, context),
            Operation::GetFactor(user, factor) => self.get_factor(&user, &factor, context),
            Operation::Unenroll(user, factor) => self.unenroll(&user, &factor, context.now),
            Operation::Verify(user, factor) => self.verify(&user, &factor, context),
            Operation::Activate(user, factor) => self.activate(&user, &factor, context),
            Operation::ListAuthenticators => self.authenticators(context),
            Operation::GetAuthenticator(id) => {
                let profile = self.authenticator(&id)?;
                Ok(Reply::ok(profile.authenticator(&context.base)))
            }
            Operation::ListMethods(id) => {
                let method = self
                    .authenticator(&id)?
                    .method(&context.base, &self.switches);
                Ok(Reply::ok(json!([method])))
            }
            Operation::GetMethod(id) => {
                let method = self
                    .authenticator(&id)?
                    .method(&context.base, &self.switches);
                Ok(Reply::ok(method))
            }
            Operation::ListOrgFactors => self.org_factors(),
            Operation::ListHotpProfiles => {
                let view = |profile: &Arc<Profile>| profile.hotp_profile(&self.switches);
                let profiles = self.hotp_profiles()?.iter().map(view);
                Ok(Reply::ok(profiles.collect()))
            }
            Operation::GetHotpProfile(id) => {
                let profile = find(self.hotp_profiles()?, &id, "FactorProfile")?;
                Ok(Reply::ok(profile.hotp_profile(&self.switches)))
            }
        }
    }

    fn organization(&self, context: &Context<'_>) -> Reply {
        let pipeline = match self.switches.engine {
            Engine::Idx => "idx",
            Engine::V1 => "v1",
        };
        Reply::ok(json!({
            "id": id(self.seed, Kind::Organization, 0, "00o"), "pipeline": pipeline,
            "_links": {"organization": {"href": context.base}},
            "settings": {"analyticsCollectionEnabled": false, "bugReportingEnabled": false,
                "omEnabled": false, "pssoEnabled": false},
        }))
    }

    /// The moment whose state reads show.
    fn horizon(&self, now: Duration) -> Duration {
        now.saturating_sub(self.back)
    }

    fn user(&self, text: &str) -> Result<&User, Problem> {
        let index = self.directory.find(text);
        let user = index.and_then(|index| self.directory.users.get(index));
        user.ok_or_else(|| Problem::not_found(text, "User"))
    }

    /// The profiles among other authenticators.
    fn authenticators(&self, context: &Context<'_>) -> Result<Reply, Problem> {
        let password = json!({
            "type": "password", "id": id(self.seed, Kind::Organization, 1, "aut"),
            "key": "okta_password", "status": "ACTIVE", "name": "Password",
            "created": ids::CREATED, "lastUpdated": ids::CREATED,
        });
        let own = self
            .idx_profiles()?
            .iter()
            .map(|profile| profile.authenticator(&context.base));
        Ok(Reply::ok(std::iter::once(password).chain(own).collect()))
    }

    fn authenticator(&self, id: &str) -> Result<&Profile, Problem> {
        find(self.idx_profiles()?, id, "Authenticator")
    }

    fn idx_profiles(&self) -> Result<&[Arc<Profile>], Problem> {
        self.profiles_where(self.switches.engine == Engine::Idx)
    }

    fn hotp_profiles(&self) -> Result<&[Arc<Profile>], Problem> {
        let classic = self.switches.engine == Engine::V1;
        self.profiles_where(match self.switches.hotp_profiles {
            HotpProfiles::ClassicOnly => classic,
            HotpProfiles::Both => true,
            HotpProfiles::Off => false,
        })
    }

    fn profiles_where(&self, answers: bool) -> Result<&[Arc<Profile>], Problem> {
        if !self.switches.profiles_readable {
            return Err(Problem::no_permission());
        }
        self.answers(answers).map(|()| self.profiles.as_slice())
    }

    /// What an API says that only one of the engines has.
    fn answers(&self, answers: bool) -> Result<(), Problem> {
        match (answers, self.switches.missing_feature) {
            (true, _) => Ok(()),
            (false, MissingFeature::NotFound) => Err(Problem::no_such_path()),
            (false, MissingFeature::Feature) => Err(Problem::no_such_feature()),
        }
    }
}

fn find<'a>(profiles: &'a [Arc<Profile>], id: &str, kind: &str) -> Result<&'a Profile, Problem> {
    let found = profiles.iter().find(|profile| profile.id == id);
    found
        .map(Arc::as_ref)
        .ok_or_else(|| Problem::not_found(id, kind))
}

/// A body must say that it is JSON.
fn check_content_type(request: &SimRequest) -> Result<(), Problem> {
    let header = request.headers().get(CONTENT_TYPE);
    let text = header
        .and_then(|header| header.to_str().ok())
        .unwrap_or_default();
    let media_type = text.split(';').next().unwrap_or_default().trim();
    match request.body().is_empty() || media_type.eq_ignore_ascii_case("application/json") {
        true => Ok(()),
        false => Err(Problem::content_type()),
    }
}

impl Service for Okta {
    fn route(&self, request: &SimRequest) -> Route {
        Operation::of(request).map_or_else(|_| unknown(request), |operation| operation.route())
    }

    fn handle(&mut self, request: &SimRequest, now: Duration) -> SimResponse {
        self.started.get_or_insert(now);
        let bucket = Operation::of(request).map_or(Bucket::Other, |operation| operation.bucket());
        let stamp = self.rate.take(bucket, now);
        let answer = match stamp.refused {
            true => Err(Problem::too_many_requests()),
            false => self.answer(request, now),
        };
        self.respond(answer, stamp)
    }

    fn subject(&self, request: &SimRequest) -> Subject {
        self.subject_of(request)
    }

    fn act(&mut self, act: &Act, subject: &Subject, now: Duration) -> Result<(), String> {
        self.actor = Actor::Operator;
        let done = self.operate(act, subject, now);
        self.actor = Actor::Client;
        done
    }

    fn remember_for(&mut self, memory: Duration) {
        self.memory = memory.max(Duration::from_millis(self.switches.index_lag_ms));
    }

    fn look_back(&mut self, age: Duration) {
        self.back = age;
    }

    fn error(&mut self, status: u16, retry_after: Option<&str>, now: Duration) -> SimResponse {
        self.scripted(status, retry_after, now)
    }
}

fn unknown(request: &SimRequest) -> Route {
    match request.method().is_safe() {
        true => Route::read("unknown"),
        false => Route::write("unknown"),
    }
}
