//! The org itself: its engine, and what Classic has switched on.

use idp_http::{BadAnswer, BaseUrl, Effect, Endpoint, Query, Request, Response, Segment};
use serde::Deserialize;

use crate::factors::TOKEN_HOTP;
use crate::open::open_enum;
use crate::wire;

open_enum! {
    /// Which of Okta's two engines an org runs on.
    Engine {
        /// Identity Engine: factor profiles are authenticators, see
        /// [`ListAuthenticators`](crate::ListAuthenticators).
        Identity = "idx",
        /// Classic Engine: see [`ListHotpProfiles`](crate::ListHotpProfiles).
        Classic = "v1",
    }
}

/// An org.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Organization {
    /// The org's id (`00o…`).
    #[serde(deserialize_with = "wire::text")]
    pub id: String,
    /// Its engine.
    #[serde(rename = "pipeline")]
    pub engine: Engine,
}

/// Reads which engine the org runs on: `GET /.well-known/okta-organization`.
#[derive(Clone, Copy, Debug)]
pub struct GetOrganization;

impl Endpoint for GetOrganization {
    type Output = Organization;
    const NAME: &'static str = "read the org's engine";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        let path = [".well-known", "okta-organization"];
        wire::get(base.uri(&path.map(Segment::literal), &Query::new()), "")
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Organization, BadAnswer> {
        wire::json(response)
    }
}

/// A kind of factor that a Classic org can switch on and off. Texts are
/// [`printable`](idp_http::printable).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OrgFactor {
    /// `token:hotp` for custom TOTP.
    #[serde(deserialize_with = "wire::text")]
    pub factor_type: String,
    /// Whose it is, where that is said.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub provider: Option<String>,
    /// `ACTIVE` where it is switched on.
    #[serde(deserialize_with = "wire::text")]
    pub status: String,
}

impl OrgFactor {
    /// True for custom TOTP, and where it is switched on.
    #[must_use]
    pub fn is_active_custom_totp(&self) -> bool {
        self.factor_type == TOKEN_HOTP && self.status.eq_ignore_ascii_case("ACTIVE")
    }
}

/// Lists the kinds of factors of a Classic org: `GET /api/v1/org/factors`.
///
/// Okta does not document this path for the public: it may change or be missing, which says nothing.
#[derive(Clone, Copy, Debug)]
pub struct ListOrgFactors;

impl Endpoint for ListOrgFactors {
    type Output = Vec<OrgFactor>;
    const NAME: &'static str = "list the org's factors";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        let path = ["org", "factors"].map(Segment::literal);
        wire::list(wire::api(base, path, &Query::new()), "")
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Vec<OrgFactor>, BadAnswer> {
        let is_ours = |value: &serde_json::Value| wire::is(value, "factorType", TOKEN_HOTP);
        wire::known_items(
            wire::json(response)?,
            is_ours,
            "a token:hotp kind is incomplete",
        )
    }
}
