//! The catalogue of users.

use http::Method;
use idp_http::{BadAnswer, BaseUrl, Body, Effect, Endpoint, Query, Request, Response, Segment};
use serde::Deserialize;

use crate::device::object_id;
use crate::endpoint::{GraphEndpoint, OWN_USER, USERS, request};
use crate::page::{Manner, Start};
use crate::{ObjectId, Page, PageLink, UserKey, wire};

/// How many values one `in` list may hold: 15.
///
/// Microsoft's page on the `$filter` parameter gives this number for the `in` operator without
/// advanced queries; a sixteenth value was answered with 400, `Too many child clauses specified in
/// search filter expression containing 'OR' operators: 16. Max allowed: 15`
/// (microsoftgraph/microsoft-graph-docs issue 21098, 2023). The caller cuts longer lists.
pub const MAX_IN_VALUES: usize = 15;

/// The properties asked for; `accountEnabled` and `userType` come only when they are named.
const SELECT: &str = "id,displayName,userPrincipalName,mail,accountEnabled,userType";

/// Where a search looks.
const SEARCHED: [&str; 3] = ["userPrincipalName", "displayName", "mail"];

/// A user. Its texts are [`printable`](idp_http::printable).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// The object id.
    pub id: ObjectId,
    /// The user principal name.
    pub user_principal_name: Option<String>,
    /// The mail address.
    pub mail: Option<String>,
    /// The display name.
    pub display_name: Option<String>,
    /// False where sign-in is blocked.
    pub account_enabled: Option<bool>,
    /// `Member` or `Guest`.
    pub user_type: Option<String>,
}

impl User {
    /// True for a guest: guests cannot hold hardware tokens in the tenant that invited them.
    #[must_use]
    pub fn is_guest(&self) -> bool {
        let user_type = self.user_type.as_deref();
        user_type.is_some_and(|text| text.eq_ignore_ascii_case("guest"))
    }
}

/// Reads one user. The directory lags behind its writes: a fresh user may be missing.
#[derive(Clone, Debug)]
pub struct GetUser(pub UserKey);

impl Endpoint for GetUser {
    type Output = User;
    const NAME: &'static str = "read a user";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        let uri = base.uri(&self.0.path("v1.0", &[]), &select());
        request(Method::GET, uri, Body::empty())
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<User, BadAnswer> {
        wire::decode::<WireUser>(response.body())?.read()
    }
}

impl GraphEndpoint for GetUser {
    fn permission(&self) -> &'static str {
        if self.0.is_me() { OWN_USER } else { USERS }
    }
}

/// Users on a page of [`ListUsers::all`]: 999, the most that Graph's `$top` takes for users.
pub const USERS_PAGE: usize = 999;

/// Looks up or searches users, page by page.
///
/// The three look-ups take one to [`MAX_IN_VALUES`] values each; users that do not exist are missing
/// in the answer, and the order is the service's. The two searches find people by what somebody
/// typed; which of them is meant is for a person to say.
#[derive(Clone, Debug)]
pub struct ListUsers(Start);

impl ListUsers {
    /// Every user, [`USERS_PAGE`] on a page.
    #[must_use]
    pub fn all() -> Self {
        Self::in_pages_of(USERS_PAGE)
    }

    /// Every user, `page_size` (at most [`USERS_PAGE`]) on a page.
    #[must_use]
    pub fn in_pages_of(page_size: usize) -> Self {
        Self::select_with(|query| query, page_size)
    }

    /// Users whose principal name, display name or mail address begins with `text`, `page_size` (at
    /// most [`USERS_PAGE`]) on a page.
    #[must_use]
    pub fn starting_with(text: &str, page_size: usize) -> Self {
        let text = wire::literal(text);
        let filter = SEARCHED.map(|property| format!("startswith({property},{text})"));
        Self::select_with(
            |query| query.with("$filter", &filter.join(" or ")),
            page_size,
        )
    }

    /// Users in whose display name there are words that begin with the words of `text`, or whose
    /// principal name or mail address begins with it, `page_size` (at most [`USERS_PAGE`]) on a page.
    ///
    /// The service searches an index that lags behind (`ConsistencyLevel: eventual`, sent with each
    /// page).
    #[must_use]
    pub fn search(text: &str, page_size: usize) -> Self {
        let text = text.replace('\\', r"\\").replace('"', r#"\""#);
        let search = SEARCHED.map(|property| format!(r#""{property}:{text}""#));
        let Self(start) = Self::select_with(
            |query| query.with("$search", &search.join(" OR ")),
            page_size,
        );
        Self(start.in_manner(Manner {
            eventual: true,
            ..Manner::default()
        }))
    }

    /// Users with these user principal names.
    #[must_use]
    pub fn named(upns: &[String]) -> Self {
        let upns = upns.iter().map(String::as_str);
        Self::filtered(&wire::one_of("userPrincipalName", upns))
    }

    /// Users with these object ids.
    #[must_use]
    pub fn with_ids(ids: &[ObjectId]) -> Self {
        Self::filtered(&wire::one_of("id", ids.iter().map(ObjectId::as_str)))
    }

    /// Users with these mail addresses.
    #[must_use]
    pub fn with_mail(addresses: &[String]) -> Self {
        let addresses = addresses.iter().map(String::as_str);
        Self::filtered(&wire::one_of("mail", addresses))
    }

    /// The page behind a link.
    #[must_use]
    pub fn next(link: PageLink) -> Self {
        Self(Start::Next(link))
    }

    fn filtered(filter: &str) -> Self {
        Self(Start::first(path(), select().with("$filter", filter)))
    }

    fn select_with(condition: impl FnOnce(Query) -> Query, page_size: usize) -> Self {
        let top = page_size.clamp(1, USERS_PAGE).to_string();
        Self(Start::first(path(), condition(select()).with("$top", &top)))
    }
}

impl Endpoint for ListUsers {
    type Output = Page<User>;
    const NAME: &'static str = "look up users";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        self.0.request(base)
    }

    fn response(&self, base: &BaseUrl, response: &Response) -> Result<Page<User>, BadAnswer> {
        self.0.page(base, response, WireUser::read)
    }
}

impl GraphEndpoint for ListUsers {
    fn permission(&self) -> &'static str {
        USERS
    }
}

fn path() -> [Segment; 2] {
    ["v1.0", "users"].map(Segment::literal)
}

fn select() -> Query {
    Query::new().with("$select", SELECT)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireUser {
    id: Option<String>,
    user_principal_name: Option<String>,
    mail: Option<String>,
    display_name: Option<String>,
    account_enabled: Option<bool>,
    user_type: Option<String>,
}

impl WireUser {
    fn read(self) -> Result<User, BadAnswer> {
        Ok(User {
            id: object_id(self.id.as_deref(), "a user")?,
            user_principal_name: wire::text(self.user_principal_name.as_deref()),
            mail: wire::text(self.mail.as_deref()),
            display_name: wire::text(self.display_name.as_deref()),
            account_enabled: self.account_enabled,
            user_type: wire::text(self.user_type.as_deref()),
        })
    }
}
