//! A user's hardware tokens: reading them.

use http::Method;
use idp_http::{BadAnswer, BaseUrl, Body, Effect, Endpoint, Query, Request, Response};
use serde::Deserialize;

use crate::device::{WireDevice, object_id};
use crate::endpoint::{GraphEndpoint, request};
use crate::methods::{path, permission};
use crate::page::Start;
use crate::{Device, ObjectId, Page, PageLink, UserKey, wire};

/// A hardware token as an authentication method of its user. Its texts are
/// [`printable`](idp_http::printable).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OathMethod {
    /// The method's id; published samples show the same id for its device.
    pub id: ObjectId,
    /// When the user got it, as the service writes it (ISO 8601).
    pub created: Option<String>,
    /// When it was last used to sign in, as the service writes it (ISO 8601).
    pub last_used: Option<String>,
    /// The device. The service may leave it out: ask again with the devices, then read the device by
    /// the method's id with [`GetDevice`](crate::GetDevice).
    pub device: Option<Device>,
}

/// Lists a user's hardware tokens, page by page: those created through Graph and those uploaded as CSV.
#[derive(Clone, Debug)]
pub struct ListMethods {
    start: Start,
    permission: &'static str,
}

impl ListMethods {
    /// The tokens of a user, first page, with their devices where the service shows them unasked.
    #[must_use]
    pub fn of(user: &UserKey) -> Self {
        Self::asking(user, Query::new())
    }

    /// The tokens of a user, first page, with their devices (`$expand=device`).
    #[must_use]
    pub fn with_devices_of(user: &UserKey) -> Self {
        Self::asking(user, expand())
    }

    /// The page behind a link of a list of `user`.
    #[must_use]
    pub fn next(user: &UserKey, link: PageLink) -> Self {
        Self {
            start: Start::Next(link),
            permission: permission(user),
        }
    }

    fn asking(user: &UserKey, query: Query) -> Self {
        Self {
            start: Start::first(path(user, &[]), query),
            permission: permission(user),
        }
    }
}

impl Endpoint for ListMethods {
    type Output = Page<OathMethod>;
    const NAME: &'static str = "list a user's tokens";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        self.start.request(base)
    }

    fn response(&self, base: &BaseUrl, response: &Response) -> Result<Page<OathMethod>, BadAnswer> {
        self.start.page(base, response, WireMethod::read)
    }
}

impl GraphEndpoint for ListMethods {
    fn permission(&self) -> &'static str {
        self.permission
    }
}

/// Reads one of a user's tokens.
#[derive(Clone, Debug)]
pub struct GetMethod {
    /// Who has the token.
    pub user: UserKey,
    /// The user's method.
    pub method: ObjectId,
    /// Whether to ask for the device (`$expand=device`); without, the service may leave it out.
    pub with_device: bool,
}

impl Endpoint for GetMethod {
    type Output = OathMethod;
    const NAME: &'static str = "read a user's token";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        let query = if self.with_device {
            expand()
        } else {
            Query::new()
        };
        let path = path(&self.user, &[self.method.segment()]);
        request(Method::GET, base.uri(&path, &query), Body::empty())
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<OathMethod, BadAnswer> {
        let method = wire::decode::<WireMethod>(response.body())?.read()?;
        if method.id != self.method {
            return Err(BadAnswer::new("it shows another token"));
        }
        Ok(method)
    }
}

impl GraphEndpoint for GetMethod {
    fn permission(&self) -> &'static str {
        permission(&self.user)
    }
}

fn expand() -> Query {
    Query::new().with("$expand", "device")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMethod {
    id: Option<String>,
    created_date_time: Option<String>,
    last_used_date_time: Option<String>,
    device: Option<WireDevice>,
}

impl WireMethod {
    fn read(self) -> Result<OathMethod, BadAnswer> {
        Ok(OathMethod {
            id: object_id(self.id.as_deref(), "a method")?,
            created: wire::text(self.created_date_time.as_deref()),
            last_used: wire::text(self.last_used_date_time.as_deref()),
            device: self.device.map(WireDevice::read).transpose()?,
        })
    }
}
