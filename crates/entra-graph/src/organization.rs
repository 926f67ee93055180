//! The tenant.

use http::Method;
use idp_http::{BadAnswer, BaseUrl, Body, Effect, Endpoint, Query, Request, Response, Segment};
use serde::Deserialize;

use crate::ObjectId;
use crate::device::object_id;
use crate::endpoint::{GraphEndpoint, ORGANIZATION, request};
use crate::wire::{self, Collection, Items};

/// The tenant. Its texts are [`printable`](idp_http::printable).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Organization {
    /// The tenant id.
    pub id: ObjectId,
    /// The name.
    pub display_name: Option<String>,
    /// The domains that are proved to be the tenant's own.
    pub domains: Vec<Domain>,
}

/// A domain of the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Domain {
    /// The domain, such as `contoso.com`.
    pub name: String,
    /// New users get it.
    pub is_default: bool,
    /// The one that the tenant began with, such as `contoso.onmicrosoft.com`.
    pub is_initial: bool,
}

/// Reads the tenant's id, name and domains: the test that a sign-in leads where it should.
#[derive(Clone, Copy, Debug)]
pub struct GetOrganization;

impl Endpoint for GetOrganization {
    type Output = Organization;
    const NAME: &'static str = "read the organization";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        let path = ["v1.0", "organization"].map(Segment::literal);
        let query = Query::new().with("$select", "id,displayName,verifiedDomains");
        request(Method::GET, base.uri(&path, &query), Body::empty())
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Organization, BadAnswer> {
        let list: Collection<WireOrganization> = wire::decode(response.body())?;
        let one: Result<[WireOrganization; 1], _> = list.value.0.try_into();
        let [one] = one.map_err(|_| BadAnswer::new("it does not show exactly one organization"))?;
        one.read()
    }
}

impl GraphEndpoint for GetOrganization {
    fn permission(&self) -> &'static str {
        ORGANIZATION
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOrganization {
    id: Option<String>,
    display_name: Option<String>,
    verified_domains: Option<Items<WireDomain>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDomain {
    name: Option<String>,
    is_default: Option<bool>,
    is_initial: Option<bool>,
}

impl WireOrganization {
    fn read(self) -> Result<Organization, BadAnswer> {
        let domains = self.verified_domains.map(|items| items.0);
        let domains = domains.unwrap_or_default().into_iter();
        Ok(Organization {
            id: object_id(self.id.as_deref(), "the organization")?,
            display_name: wire::text(self.display_name.as_deref()),
            domains: domains.filter_map(WireDomain::read).collect(),
        })
    }
}

impl WireDomain {
    fn read(self) -> Option<Domain> {
        Some(Domain {
            name: wire::text(self.name.as_deref())?,
            is_default: self.is_default.unwrap_or(false),
            is_initial: self.is_initial.unwrap_or(false),
        })
    }
}
