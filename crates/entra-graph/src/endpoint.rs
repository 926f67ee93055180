//! What the operations have in common.

use http::{HeaderValue, Method, Uri, header};
use idp_http::{Body, Endpoint, Request, Segment};
use secrecy::{ExposeSecret, SecretString};

/// Application permission for the inventory of devices.
pub(crate) const INVENTORY: &str = "Policy.ReadWrite.AuthenticationMethod";
/// Application permission for users' methods.
pub(crate) const METHODS: &str = "UserAuthenticationMethod.ReadWrite.All";
/// Delegated permission for one's own methods.
pub(crate) const OWN_METHODS: &str = "UserAuthenticationMethod.ReadWrite (delegated)";
/// Both, for a creation that assigns in the same call.
pub(crate) const INVENTORY_AND_METHODS: &str =
    "Policy.ReadWrite.AuthenticationMethod and UserAuthenticationMethod.ReadWrite.All";
/// Application permission for the catalogue of users.
pub(crate) const USERS: &str = "User.Read.All";
/// Delegated permission for one's own account.
pub(crate) const OWN_USER: &str = "User.Read (delegated)";
/// Delegated permission for applications and service principals.
pub(crate) const APPLICATIONS: &str = "Application.ReadWrite.All (delegated)";
/// Delegated permission to grant permissions.
pub(crate) const GRANTS: &str = "AppRoleAssignment.ReadWrite.All (delegated)";
/// Application permission for the organization.
pub(crate) const ORGANIZATION: &str = "Organization.Read.All";

/// An operation of Graph: an [`Endpoint`] below the service's root that knows its permission.
///
/// An own operation can be sent, too:
///
/// ```
/// use entra_graph::GraphEndpoint;
/// use idp_http::{BadAnswer, BaseUrl, Body, Effect, Endpoint, Query, Request, Response, Segment};
///
/// /// Reads the policy of all authentication methods, as text.
/// struct GetPolicies;
///
/// impl Endpoint for GetPolicies {
///     type Output = String;
///     const NAME: &'static str = "read the policies";
///     const EFFECT: Effect = Effect::Read;
///
///     fn request(&self, base: &BaseUrl) -> Request {
///         let path = ["v1.0", "policies", "authenticationMethodsPolicy"];
///         let mut request = Request::new(Body::empty());
///         *request.uri_mut() = base.uri(&path.map(Segment::literal), &Query::new());
///         request
///     }
///
///     fn response(&self, _: &BaseUrl, response: &Response) -> Result<String, BadAnswer> {
///         String::from_utf8(response.body().clone()).map_err(|_| BadAnswer::new("not UTF-8"))
///     }
/// }
///
/// impl GraphEndpoint for GetPolicies {
///     fn permission(&self) -> &'static str {
///         "Policy.Read.AuthenticationMethod"
///     }
/// }
/// ```
pub trait GraphEndpoint: Endpoint {
    /// The permission that the operation needs, for messages: of the application, or delegated where
    /// it says so.
    fn permission(&self) -> &'static str;

    /// True where what is addressed exists wherever the service knows the operation: a 404 then says
    /// that it does not ([`ServiceError::unknown_api`](crate::ServiceError::unknown_api)).
    ///
    /// False by default: a user or a token may be gone.
    #[must_use]
    fn always_exists(&self) -> bool {
        false
    }

    /// Takes the request's own seeds and codes, as they were spelt, out of text that the service
    /// sent back.
    ///
    /// Nothing by default; an operation that sends a secret overrides it.
    #[must_use]
    fn conceal(&self, text: String) -> String {
        text
    }
}

/// `text` without `secret`.
pub(crate) fn conceal(text: String, secret: &SecretString) -> String {
    let secret = secret.expose_secret();
    if secret.is_empty() || !text.contains(secret) {
        return text;
    }
    text.replace(secret, "[redacted]")
}

/// A request without credential.
pub(crate) fn request(method: Method, uri: Uri, body: Body) -> Request {
    let json = HeaderValue::from_static("application/json");
    let has_body = !body.is_empty();
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    headers.insert(header::ACCEPT, json.clone());
    if has_body {
        headers.insert(header::CONTENT_TYPE, json);
    }
    request
}

/// The path of the inventory.
pub(crate) fn inventory() -> [Segment; 4] {
    [
        "beta",
        "directory",
        "authenticationMethodDevices",
        "hardwareOathDevices",
    ]
    .map(Segment::literal)
}

/// The path of something in the inventory.
pub(crate) fn inventory_below(last: Segment) -> Vec<Segment> {
    let mut path = inventory().to_vec();
    path.push(last);
    path
}
