//! Users: one by id or login, all by page, some by search.

use http::HeaderValue;
use http::header::CONTENT_TYPE;
use idp_http::{
    BadAnswer, BaseUrl, Effect, Endpoint, Query, Request, Response, Segment, printable,
};
use serde::Deserialize;

use crate::open::open_enum;
use crate::page::{self, Page, PageLink};
use crate::{UserId, wire};

pub(crate) const READ: &str = "okta.users.read";
pub(crate) const MANAGE: &str = "okta.users.manage";

/// The largest page that Okta gives.
const PAGE: &str = "200";
const FIELDS: &str = "id,status,profile:(login,email)";
/// What a person needs to tell people apart.
const FIELDS_AND_NAMES: &str = "id,status,profile:(login,email,firstName,lastName)";
/// What a search for the beginning of something looks at.
const NAMES: [&str; 4] = [
    "profile.login",
    "profile.email",
    "profile.firstName",
    "profile.lastName",
];
/// Leaves out of the answer what Okta would have to look up elsewhere.
const BRIEF: HeaderValue = HeaderValue::from_static(
    "application/json; okta-response=\"omitCredentials,omitCredentialsLinks,omitTransitioningToStatus\"",
);

/// A user, as far as tokens are concerned. Texts are [`printable`](idp_http::printable).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// Stays the same when login or e-mail change.
    pub id: UserId,
    /// Where in life the account is.
    pub status: UserStatus,
    /// Unique in the org, without regard to case and accents.
    pub login: String,
    /// Not unique, and often not the login.
    pub email: Option<String>,
    /// First and last name; `None` where the answer has neither, as that of [`ListUsers::all`].
    pub name: Option<String>,
}

open_enum! {
    /// Where in life an account is.
    UserStatus {
        /// In use.
        Active = "ACTIVE",
        /// Deactivated: can hold no factor, and its factor list answers as not found.
        Deprovisioned = "DEPROVISIONED",
        /// Locked after too many failures.
        LockedOut = "LOCKED_OUT",
        /// In use, with a password to be renewed.
        PasswordExpired = "PASSWORD_EXPIRED",
        /// Activated; the first sign-in is still to come.
        Provisioned = "PROVISIONED",
        /// In a password reset.
        Recovery = "RECOVERY",
        /// Created, not activated.
        Staged = "STAGED",
        /// Suspended by an administrator.
        Suspended = "SUSPENDED",
    }
}

#[derive(Deserialize)]
struct WireUser {
    id: UserId,
    status: UserStatus,
    profile: WireProfile,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireProfile {
    #[serde(deserialize_with = "wire::text")]
    login: String,
    #[serde(default, deserialize_with = "wire::optional_text")]
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
}

impl WireProfile {
    fn name(&self) -> Option<String> {
        let parts = [&self.first_name, &self.last_name].into_iter().flatten();
        let words: Vec<&str> = parts.map(|part| part.trim()).collect();
        let name = words.join(" ");
        (!name.trim().is_empty()).then(|| printable(name.trim()))
    }
}

impl From<WireUser> for User {
    fn from(wire: WireUser) -> Self {
        Self {
            name: wire.profile.name(),
            id: wire.id,
            status: wire.status,
            login: wire.profile.login,
            email: wire.profile.email,
        }
    }
}

/// Reads one user by id or login: `GET /api/v1/users/{id or login}`.
///
/// Compare the login of the answer with the one asked for, without regard to case: Okta also takes
/// the part before the `@` where it is unambiguous (the short name), and `me` is [`GetUser::me`]. A
/// login with a slash can be found by a search only.
#[derive(Clone, Debug)]
pub struct GetUser(
    /// Id, login or short name.
    pub Segment,
);

impl GetUser {
    /// The owner of the API token: the cheapest way to see that it is accepted. A service app has
    /// no owner.
    #[must_use]
    pub fn me() -> Self {
        Self(Segment::literal("me"))
    }
}

/// A read of users that asks for no more than is used.
fn brief(mut request: Request) -> Request {
    request.headers_mut().insert(CONTENT_TYPE, BRIEF);
    request
}

impl Endpoint for GetUser {
    type Output = User;
    const NAME: &'static str = "read a user";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        let path = [Segment::literal("users"), self.0.clone()];
        brief(wire::get(wire::api(base, path, &Query::new()), READ))
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<User, BadAnswer> {
        wire::json(response).map(WireUser::into)
    }
}

/// Lists users, a page at a time: `GET /api/v1/users`.
#[derive(Clone, Debug)]
pub struct ListUsers(Start);

#[derive(Clone, Debug)]
enum Start {
    First(Query),
    Next(PageLink),
}

impl ListUsers {
    /// The first page of all users, without the deprovisioned ones: 200 users of four fields.
    #[must_use]
    pub fn all() -> Self {
        Self(Start::First(first(FIELDS)))
    }

    /// The page that an earlier one named.
    #[must_use]
    pub fn next(link: PageLink) -> Self {
        Self(Start::Next(link))
    }

    /// Users with this login, without regard to case.
    ///
    /// A search lags behind changes, usually by less than a second, and finds deprovisioned users,
    /// too. [`GetUser`] is better where the login is known.
    #[must_use]
    pub fn with_login(login: &str) -> Self {
        Self::search(FIELDS, &condition("profile.login", "eq", login))
    }

    /// Users with this e-mail address: any number, since it is not unique. See
    /// [`ListUsers::with_login`] for what a search finds.
    #[must_use]
    pub fn with_email(email: &str) -> Self {
        Self::search(FIELDS, &condition("profile.email", "eq", email))
    }

    /// Users whose login, e-mail address, first or last name begins so, for a person to choose from.
    /// With [`User::name`]; see [`ListUsers::with_login`] for what a search finds.
    #[must_use]
    pub fn beginning(text: &str) -> Self {
        let each = NAMES.map(|property| condition(property, "sw", text));
        Self::search(FIELDS_AND_NAMES, &each.join(" or "))
    }

    /// Up to 200 users that Okta finds by its simple query `q`: names or e-mail addresses that begin
    /// so, as Okta likes to understand it. For a person to choose from, never to assign by. With
    /// [`User::name`], without the deprovisioned, and without a next page.
    #[must_use]
    pub fn simple(text: &str) -> Self {
        Self(Start::First(first(FIELDS_AND_NAMES).with("q", text)))
    }

    fn search(fields: &str, expression: &str) -> Self {
        Self(Start::First(first(fields).with("search", expression)))
    }
}

/// The query of a first page.
fn first(fields: &str) -> Query {
    Query::new().with("limit", PAGE).with("fields", fields)
}

/// `property operator "value"`. A literal in a search expression is a JSON string.
fn condition(property: &str, operator: &str, value: &str) -> String {
    format!("{property} {operator} {}", serde_json::Value::from(value))
}

impl Endpoint for ListUsers {
    type Output = Page<User>;
    const NAME: &'static str = "list users";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        let uri = match &self.0 {
            Start::First(query) => wire::api(base, [Segment::literal("users")], query),
            Start::Next(link) => link.uri(base),
        };
        brief(wire::list(uri, READ))
    }

    fn response(&self, base: &BaseUrl, response: &Response) -> Result<Page<User>, BadAnswer> {
        let users: Vec<WireUser> = wire::json(response)?;
        let next = page::next(base, response.headers())?;
        match (&self.0, &next) {
            (Start::Next(this), Some(next)) if this == next => {
                return Err(BadAnswer::new("a page names itself as the next one"));
            }
            _ => {}
        }
        let items = users.into_iter().map(User::from).collect();
        Ok(Page { items, next })
    }
}
