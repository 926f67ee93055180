//! Users: one by id or login, all by page, some by search.

use idp_http::{BadAnswer, BaseUrl, Effect, Endpoint, Query, Request, Response, Segment};
use serde::Deserialize;

use crate::open::open_enum;
use crate::page::{self, Page, PageLink};
use crate::{UserId, wire};

pub(crate) const READ: &str = "okta.users.read";
pub(crate) const MANAGE: &str = "okta.users.manage";

/// The largest page that Okta gives.
const PAGE: &str = "200";
const FIELDS: &str = "id,status,profile:(login,email)";

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
struct WireProfile {
    #[serde(deserialize_with = "wire::text")]
    login: String,
    #[serde(default, deserialize_with = "wire::optional_text")]
    email: Option<String>,
}

impl From<WireUser> for User {
    fn from(wire: WireUser) -> Self {
        Self {
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
/// the part before the `@` where it is unambiguous, and `me` is the token's owner.
#[derive(Clone, Debug)]
pub struct GetUser(
    /// Id or login.
    pub Segment,
);

impl Endpoint for GetUser {
    type Output = User;
    const NAME: &'static str = "read a user";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        let path = [Segment::literal("users"), self.0.clone()];
        wire::get(wire::api(base, path, &Query::new()), READ)
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<User, BadAnswer> {
        wire::json(response).map(WireUser::into)
    }
}

/// Lists users, a page at a time: `GET /api/v1/users`.
#[derive(Clone, Debug)]
pub struct ListUsers(Which);

#[derive(Clone, Debug)]
enum Which {
    All,
    Next(PageLink),
    Search(String),
}

impl ListUsers {
    /// The first page of all users, without the deprovisioned ones: 200 users of four fields.
    #[must_use]
    pub fn all() -> Self {
        Self(Which::All)
    }

    /// The page that an earlier one named.
    #[must_use]
    pub fn next(link: PageLink) -> Self {
        Self(Which::Next(link))
    }

    /// Users with this login, without regard to case.
    ///
    /// A search lags behind changes, usually by less than a second, and finds deprovisioned users,
    /// too. [`GetUser`] is better where the login is known.
    #[must_use]
    pub fn with_login(login: &str) -> Self {
        Self::search("profile.login", login)
    }

    /// Users with this e-mail address: any number, since it is not unique. See
    /// [`ListUsers::with_login`] for what a search finds.
    #[must_use]
    pub fn with_email(email: &str) -> Self {
        Self::search("profile.email", email)
    }

    /// A literal in a search expression is a JSON string.
    fn search(property: &str, value: &str) -> Self {
        let literal = serde_json::Value::from(value);
        Self(Which::Search(format!("{property} eq {literal}")))
    }
}

impl Endpoint for ListUsers {
    type Output = Page<User>;
    const NAME: &'static str = "list users";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        let query = Query::new().with("limit", PAGE).with("fields", FIELDS);
        let users = |query| wire::api(base, [Segment::literal("users")], &query);
        let uri = match &self.0 {
            Which::All => users(query),
            Which::Search(expression) => users(query.with("search", expression)),
            Which::Next(link) => link.uri(base),
        };
        wire::list(uri, READ)
    }

    fn response(&self, base: &BaseUrl, response: &Response) -> Result<Page<User>, BadAnswer> {
        let users: Vec<WireUser> = wire::json(response)?;
        let next = page::next(base, response.headers())?;
        match (&self.0, &next) {
            (Which::Next(this), Some(next)) if this == next => {
                return Err(BadAnswer::new("a page names itself as the next one"));
            }
            _ => {}
        }
        let items = users.into_iter().map(User::from).collect();
        Ok(Page { items, next })
    }
}
