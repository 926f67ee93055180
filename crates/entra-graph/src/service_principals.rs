//! Service principals: what an application is in a tenant, and what it was granted there.

use http::Method;
use idp_http::{BadAnswer, BaseUrl, Effect, Endpoint, Query, Request, Response, Segment};
use serde::Deserialize;
use serde_json::json;

use crate::device::object_id;
use crate::endpoint::{APPLICATIONS, GRANTS, GraphEndpoint, request};
use crate::page::Start;
use crate::{ObjectId, Page, PageLink, wire};

/// An application in the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServicePrincipal {
    /// The id of its object in the directory.
    pub id: ObjectId,
    /// The application's (client) id.
    pub app_id: ObjectId,
}

/// Looks for the service principal of an application: one, or none.
#[derive(Clone, Debug)]
pub struct ListServicePrincipals(Start);

impl ListServicePrincipals {
    /// That of the application with this client id.
    #[must_use]
    pub fn of(app_id: &ObjectId) -> Self {
        let filter = format!("appId eq {}", wire::literal(app_id.as_str()));
        let query = Query::new()
            .with("$select", "id,appId")
            .with("$filter", &filter);
        Self(Start::first(path(), query))
    }

    /// The page behind a link.
    #[must_use]
    pub fn next(link: PageLink) -> Self {
        Self(Start::Next(link))
    }
}

impl Endpoint for ListServicePrincipals {
    type Output = Page<ServicePrincipal>;
    const NAME: &'static str = "look for a service principal";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        self.0.request(base)
    }

    fn response(&self, base: &BaseUrl, response: &Response) -> Result<Self::Output, BadAnswer> {
        self.0.page(base, response, WirePrincipal::read)
    }
}

impl GraphEndpoint for ListServicePrincipals {
    fn permission(&self) -> &'static str {
        APPLICATIONS
    }
}

/// Makes the service principal of an application. There is one at most: a second one is refused
/// ([`ServiceError::is_there_already`](crate::ServiceError::is_there_already)). Where the application
/// is new, the directory may not know it yet
/// ([`ServiceError::may_not_be_known_yet`](crate::ServiceError::may_not_be_known_yet)).
#[derive(Clone, Debug)]
pub struct CreateServicePrincipal {
    /// The application's (client) id.
    pub app_id: ObjectId,
}

impl Endpoint for CreateServicePrincipal {
    type Output = ServicePrincipal;
    const NAME: &'static str = "make the service principal";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let body = json!({"appId": self.app_id});
        let uri = base.uri(&path(), &Query::new());
        request(Method::POST, uri, wire::encode(&body))
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Self::Output, BadAnswer> {
        wire::decode::<WirePrincipal>(response.body())?.read()
    }
}

impl GraphEndpoint for CreateServicePrincipal {
    fn permission(&self) -> &'static str {
        APPLICATIONS
    }
}

/// A permission that a service principal was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GrantedRole {
    /// The service principal whose permission it is, such as Microsoft Graph's.
    pub resource: ObjectId,
    /// The permission ([`Permission::role_id`](crate::Permission::role_id)).
    pub role: ObjectId,
}

/// Lists what a service principal was granted, page by page.
#[derive(Clone, Debug)]
pub struct ListGrantedRoles(Start);

impl ListGrantedRoles {
    /// What this service principal was granted.
    #[must_use]
    pub fn of(principal: &ObjectId) -> Self {
        Self(Start::first(grants(principal), Query::new()))
    }

    /// The page behind a link.
    #[must_use]
    pub fn next(link: PageLink) -> Self {
        Self(Start::Next(link))
    }
}

impl Endpoint for ListGrantedRoles {
    type Output = Page<GrantedRole>;
    const NAME: &'static str = "list granted permissions";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        self.0.request(base)
    }

    fn response(&self, base: &BaseUrl, response: &Response) -> Result<Self::Output, BadAnswer> {
        self.0.page(base, response, WireGrant::read)
    }
}

impl GraphEndpoint for ListGrantedRoles {
    fn permission(&self) -> &'static str {
        APPLICATIONS
    }
}

/// Grants a service principal a permission of an application: an administrator's consent. What was
/// granted before is refused, and a new service principal may not be known yet, as in
/// [`CreateServicePrincipal`].
#[derive(Clone, Debug)]
pub struct GrantRole {
    /// Who gets the permission.
    pub principal: ObjectId,
    /// The service principal whose permission it is, such as Microsoft Graph's.
    pub resource: ObjectId,
    /// The permission.
    pub role: ObjectId,
}

impl Endpoint for GrantRole {
    type Output = ();
    const NAME: &'static str = "grant a permission";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let body = json!({"principalId": self.principal, "resourceId": self.resource,
            "appRoleId": self.role});
        let uri = base.uri(&grants(&self.principal), &Query::new());
        request(Method::POST, uri, wire::encode(&body))
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<(), BadAnswer> {
        let granted = wire::decode::<WireGrant>(response.body())?.read()?;
        if (granted.resource, granted.role) != (self.resource.clone(), self.role.clone()) {
            return Err(BadAnswer::new("it shows another permission"));
        }
        Ok(())
    }
}

impl GraphEndpoint for GrantRole {
    fn permission(&self) -> &'static str {
        GRANTS
    }
}

fn path() -> [Segment; 2] {
    ["v1.0", "servicePrincipals"].map(Segment::literal)
}

fn grants(principal: &ObjectId) -> Vec<Segment> {
    let last = Segment::literal("appRoleAssignments");
    [&path()[..], &[principal.segment(), last]].concat()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePrincipal {
    id: Option<String>,
    app_id: Option<String>,
}

impl WirePrincipal {
    fn read(self) -> Result<ServicePrincipal, BadAnswer> {
        Ok(ServicePrincipal {
            id: object_id(self.id.as_deref(), "a service principal")?,
            app_id: object_id(self.app_id.as_deref(), "a service principal's application")?,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireGrant {
    resource_id: Option<String>,
    app_role_id: Option<String>,
}

impl WireGrant {
    fn read(self) -> Result<GrantedRole, BadAnswer> {
        // All zeros is a role, too: the one of applications that have none.
        let role = ObjectId::parse(&self.app_role_id.unwrap_or_default());
        Ok(GrantedRole {
            resource: object_id(
                self.resource_id.as_deref(),
                "a granted permission's resource",
            )?,
            role: role.map_err(|_| BadAnswer::new("a granted permission has no id"))?,
        })
    }
}
