//! What a user could enrol, and what he has enrolled by Identity Engine's own account.

use idp_http::{BadAnswer, BaseUrl, Effect, Endpoint, Query, Request, Response, Segment};
use serde::Deserialize;
use serde_json::Value;

use crate::factors::{CUSTOM, TOKEN_HOTP};
use crate::open::open_enum;
use crate::profiles::CUSTOM_OTP;
use crate::users::READ;
use crate::{FactorStatus, ProfileId, UserId, wire};

/// A kind of factor that a user's policy lets him have. Texts are [`printable`](idp_http::printable).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SupportedFactor {
    /// `token:hotp` for custom TOTP.
    #[serde(deserialize_with = "wire::text")]
    pub factor_type: String,
    /// `CUSTOM` for custom TOTP.
    #[serde(deserialize_with = "wire::text")]
    pub provider: String,
    /// Whether the policy demands it, where that is said.
    pub enrollment: Option<Requirement>,
    /// Whether the user has it, where that is said.
    pub status: Option<FactorStatus>,
}

impl SupportedFactor {
    /// True for the kind that [`EnrollFactor`](crate::EnrollFactor) makes.
    #[must_use]
    pub fn is_custom_totp(&self) -> bool {
        self.factor_type == TOKEN_HOTP && self.provider.eq_ignore_ascii_case(CUSTOM)
    }
}

open_enum! {
    /// Whether a policy demands a factor.
    Requirement {
        /// The user may have it.
        Optional = "OPTIONAL",
        /// The user must have it.
        Required = "REQUIRED",
    }
}

/// Lists the kinds of factors that a user's policy allows:
/// `GET /api/v1/users/{user}/factors/catalog`.
///
/// Okta judges the policy by where this request comes from, not the user. So a kind that is missing is
/// a warning before an enrolment, and only the enrolment itself proves it.
#[derive(Clone, Debug)]
pub struct ListSupportedFactors(
    /// Whose policy.
    pub UserId,
);

impl Endpoint for ListSupportedFactors {
    type Output = Vec<SupportedFactor>;
    const NAME: &'static str = "list what a user can enrol";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        let path = [
            Segment::literal("users"),
            self.0.segment(),
            Segment::literal("factors"),
            Segment::literal("catalog"),
        ];
        wire::list(wire::api(base, path, &Query::new()), READ)
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Self::Output, BadAnswer> {
        let is_ours = |value: &Value| wire::is(value, "factorType", TOKEN_HOTP);
        wire::known_items(
            wire::json(response)?,
            is_ours,
            "a token:hotp kind is incomplete",
        )
    }
}

/// An enrolment as Identity Engine keeps it. Texts are [`printable`](idp_http::printable).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "WireEnrollment")]
#[non_exhaustive]
pub struct Enrollment {
    /// Its id. Whether it is that of the factor is not documented, so it is no [`FactorId`](crate::FactorId).
    pub id: String,
    /// What kind of authenticator: `custom_otp` for hardware tokens.
    pub key: String,
    /// The authenticator's name, the same as the profile's.
    pub name: Option<String>,
    /// `ACTIVE` where it can be used; the words are not documented.
    pub status: String,
    /// The authenticator, which an enrolment names as its profile; `None` where no link names it.
    pub authenticator: Option<ProfileId>,
}

impl Enrollment {
    /// True for a hardware token.
    #[must_use]
    pub fn is_custom_otp(&self) -> bool {
        self.key == CUSTOM_OTP
    }
}

#[derive(Deserialize)]
struct WireEnrollment {
    #[serde(deserialize_with = "wire::text")]
    id: String,
    #[serde(deserialize_with = "wire::text")]
    key: String,
    #[serde(default, deserialize_with = "wire::optional_text")]
    name: Option<String>,
    #[serde(deserialize_with = "wire::text")]
    status: String,
    #[serde(rename = "_links")]
    links: Option<Value>,
}

impl From<WireEnrollment> for Enrollment {
    fn from(wire: WireEnrollment) -> Self {
        let link = |links: &Value| links.pointer("/authenticator/href").and_then(last_segment);
        Self {
            authenticator: wire.links.as_ref().and_then(link),
            id: wire.id,
            key: wire.key,
            name: wire.name,
            status: wire.status,
        }
    }
}

/// The id at the end of a link, which is read and never followed.
fn last_segment(href: &Value) -> Option<ProfileId> {
    let path = href.as_str()?.split(['?', '#']).next()?;
    ProfileId::parse(path.rsplit('/').next()?).ok()
}

/// Lists a user's enrolments on Identity Engine: `GET /api/v1/users/{user}/authenticator-enrollments`.
///
/// Unlike [`ListFactors`](crate::ListFactors) it is not described as filtered by policy, and says which
/// authenticator each belongs to. Classic does not have it.
#[derive(Clone, Debug)]
pub struct ListEnrollments(
    /// Whose.
    pub UserId,
);

impl Endpoint for ListEnrollments {
    type Output = Vec<Enrollment>;
    const NAME: &'static str = "list a user's enrolments";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        let path = [
            Segment::literal("users"),
            self.0.segment(),
            Segment::literal("authenticator-enrollments"),
        ];
        wire::list(wire::api(base, path, &Query::new()), READ)
    }

    /// Okta's description says an object, its example shows an array.
    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Self::Output, BadAnswer> {
        let is_ours = |value: &Value| wire::is(value, "key", CUSTOM_OTP);
        let incomplete = "a custom_otp enrolment is incomplete";
        match wire::json(response)? {
            Value::Array(values) => wire::known_items(values, is_ours, incomplete),
            // Whatever it is, it must be an enrolment: none at all is an empty list.
            one => wire::known_items(vec![one], |_| true, "no list of enrolments"),
        }
    }
}
