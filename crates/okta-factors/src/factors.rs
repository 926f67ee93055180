//! Factors: enrol, list, read, delete.

use http::{Method, StatusCode};
use idp_http::{BadAnswer, BaseUrl, Effect, Endpoint, Query, Request, Response, Segment};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::open::open_enum;
use crate::users::{MANAGE, READ};
use crate::{FactorId, ProfileId, UserId, wire};

/// The type of custom TOTP factors. The name misleads: they are TOTP.
pub(crate) const TOKEN_HOTP: &str = "token:hotp";
pub(crate) const CUSTOM: &str = "CUSTOM";

/// A user's factor. Okta gives back neither secret, nor serial number, nor the profile's id.
/// Texts are [`printable`](idp_http::printable).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Factor {
    /// The only handle on the enrolment.
    pub id: FactorId,
    /// `token:hotp` for custom TOTP; anything else for other factors.
    #[serde(deserialize_with = "wire::text")]
    pub factor_type: String,
    /// `CUSTOM` for custom TOTP.
    #[serde(deserialize_with = "wire::text")]
    pub provider: String,
    /// The profile's name, the only hint which profile a custom TOTP factor was enrolled with.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub vendor_name: Option<String>,
    /// Whether it can be used.
    pub status: FactorStatus,
    /// When it was enrolled, as Okta writes it (RFC 3339, UTC).
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub created: Option<String>,
}

impl Factor {
    /// True for a hardware token with a factor profile: the kind that [`EnrollFactor`] makes.
    #[must_use]
    pub fn is_custom_totp(&self) -> bool {
        self.factor_type == TOKEN_HOTP && self.provider.eq_ignore_ascii_case(CUSTOM)
    }
}

open_enum! {
    /// Whether a factor can be used.
    FactorStatus {
        /// In use.
        Active = "ACTIVE",
        /// Switched off by policy.
        Disabled = "DISABLED",
        /// Enrolled.
        Enrolled = "ENROLLED",
        /// Expired.
        Expired = "EXPIRED",
        /// Not in use.
        Inactive = "INACTIVE",
        /// Available to the user, not enrolled.
        NotSetup = "NOT_SETUP",
        /// Enrolled, not activated.
        PendingActivation = "PENDING_ACTIVATION",
    }
}

/// `/api/v1/users/{user}/factors/…`.
pub(crate) fn path(base: &BaseUrl, user: &UserId, query: &Query) -> http::Uri {
    let path = [
        Segment::literal("users"),
        user.segment(),
        Segment::literal("factors"),
    ];
    wire::api(base, path, query)
}

fn path_of(base: &BaseUrl, user: &UserId, factor: &FactorId) -> http::Uri {
    let path = [
        Segment::literal("users"),
        user.segment(),
        Segment::literal("factors"),
        factor.segment(),
    ];
    wire::api(base, path, &Query::new())
}

fn items(values: Vec<Value>) -> Result<Vec<Factor>, BadAnswer> {
    let is_ours = |value: &Value| wire::is(value, "factorType", TOKEN_HOTP);
    wire::known_items(values, is_ours, "a token:hotp factor is incomplete")
}

/// Enrols and activates a custom TOTP factor: `POST /api/v1/users/{user}/factors?activate=true`.
///
/// The profile alone decides algorithm, digits, period, drift and encoding; a token that differs
/// from it enrols without complaint and never works. A user has one custom TOTP factor at most.
/// Enrolling is not idempotent: where the outcome is in doubt, read the user's factors first.
#[derive(Clone, Debug)]
pub struct EnrollFactor {
    /// Who gets the token.
    pub user: UserId,
    /// The profile that the token was made for.
    pub profile: ProfileId,
    /// The token's seed in the profile's encoding.
    pub shared_secret: SecretString,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireEnroll<'a> {
    factor_type: &'static str,
    provider: &'static str,
    factor_profile_id: &'a str,
    profile: WireSecret<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireSecret<'a> {
    shared_secret: &'a str,
}

impl Endpoint for EnrollFactor {
    type Output = Factor;
    const NAME: &'static str = "enrol a factor";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let content = WireEnroll {
            factor_type: TOKEN_HOTP,
            provider: CUSTOM,
            factor_profile_id: self.profile.as_str(),
            profile: WireSecret {
                shared_secret: self.shared_secret.expose_secret(),
            },
        };
        let uri = path(base, &self.user, &Query::new().with("activate", "true"));
        wire::post_secret(uri, MANAGE, &content, &self.shared_secret)
    }

    /// Okta documents an object; an array with exactly one custom TOTP factor is taken, too.
    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Factor, BadAnswer> {
        let mut factors = items(wire::one_or_many(wire::json(response)?))?;
        factors.retain(Factor::is_custom_totp);
        match (factors.pop(), factors.is_empty()) {
            (Some(factor), true) => Ok(factor),
            _ => Err(BadAnswer::new("not exactly one custom TOTP factor")),
        }
    }
}

/// Lists a user's factors: `GET /api/v1/users/{user}/factors`.
///
/// Okta leaves out what the user's policy does not allow, judged by where the request comes from.
/// So a factor that is not listed may be enrolled all the same; [`GetFactor`] tells.
#[derive(Clone, Debug)]
pub struct ListFactors(
    /// Whose factors.
    pub UserId,
);

impl Endpoint for ListFactors {
    type Output = Vec<Factor>;
    const NAME: &'static str = "list a user's factors";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        wire::list(path(base, &self.0, &Query::new()), READ)
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Vec<Factor>, BadAnswer> {
        items(wire::json(response)?)
    }
}

/// Reads one factor: `GET /api/v1/users/{user}/factors/{factor}`.
#[derive(Clone, Debug)]
pub struct GetFactor {
    /// Who has it.
    pub user: UserId,
    /// Which.
    pub factor: FactorId,
}

impl Endpoint for GetFactor {
    type Output = Factor;
    const NAME: &'static str = "read a factor";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        wire::get(path_of(base, &self.user, &self.factor), READ)
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Factor, BadAnswer> {
        let factor: Factor = wire::json(response)?;
        if factor.id != self.factor {
            return Err(BadAnswer::new("another factor than the one asked for"));
        }
        Ok(factor)
    }
}

/// Removes a factor: `DELETE /api/v1/users/{user}/factors/{factor}`.
///
/// Afterwards [`GetFactor`] answers as not found. Refused for a deprovisioned user.
#[derive(Clone, Debug)]
pub struct DeleteFactor {
    /// Who has it.
    pub user: UserId,
    /// Which.
    pub factor: FactorId,
}

impl Endpoint for DeleteFactor {
    type Output = ();
    const NAME: &'static str = "delete a factor";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let uri = path_of(base, &self.user, &self.factor);
        wire::request(Method::DELETE, uri, MANAGE)
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<(), BadAnswer> {
        match response.status() {
            StatusCode::NO_CONTENT => Ok(()),
            status => Err(BadAnswer::new(format!("{status} where 204 is documented"))),
        }
    }
}
