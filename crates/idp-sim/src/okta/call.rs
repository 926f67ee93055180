//! Which operation a request is.

use http::Method;

use super::errors::Problem;
use super::rate::Bucket;
use crate::query;
use crate::service::{Route, SimRequest};

/// An operation with the parts of its path, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    Token,
    Organization,
    ListUsers,
    GetUser(String),
    ListFactors(String),
    Catalog(String),
    ListEnrollments(String),
    GetEnrollment(String, String),
    DeleteEnrollment(String, String),
    Enroll(String),
    GetFactor(String, String),
    Unenroll(String, String),
    Verify(String, String),
    Activate(String, String),
    ListAuthenticators,
    GetAuthenticator(String),
    ListMethods(String),
    GetMethod(String),
    ListOrgFactors,
    ListHotpProfiles,
    GetHotpProfile(String),
}

impl Operation {
    /// # Errors
    /// An unknown path, or a known one with another method.
    pub(crate) fn of(request: &SimRequest) -> Result<Self, Problem> {
        let segments = segments(request.uri().path()).ok_or_else(Problem::no_such_path)?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let method = request.method();
        match segments.as_slice() {
            [".well-known", "okta-organization"] => only(method, &Method::GET, Self::Organization),
            ["oauth2", "v1", "token"] => only(method, &Method::POST, Self::Token),
            ["api", "v1", rest @ ..] => Self::below_api(method, rest),
            _ => Err(Problem::no_such_path()),
        }
    }

    fn below_api(method: &Method, path: &[&str]) -> Result<Self, Problem> {
        let get = |operation| only(method, &Method::GET, operation);
        let post = |operation| only(method, &Method::POST, operation);
        let own = |text: &&str| (*text).to_owned();
        match path {
            ["users"] => get(Self::ListUsers),
            // A login with a slash never finds its user, however it is escaped.
            ["users", user, ..] if user.contains('/') => Err(Problem::method()),
            ["users", user] => get(Self::GetUser(own(user))),
            ["users", user, "factors"] => match *method {
                Method::GET => Ok(Self::ListFactors(own(user))),
                _ => post(Self::Enroll(own(user))),
            },
            ["users", user, "factors", "catalog"] => get(Self::Catalog(own(user))),
            ["users", user, "authenticator-enrollments"] => get(Self::ListEnrollments(own(user))),
            ["users", user, "authenticator-enrollments", id] => match *method {
                Method::GET => Ok(Self::GetEnrollment(own(user), own(id))),
                _ => only(
                    method,
                    &Method::DELETE,
                    Self::DeleteEnrollment(own(user), own(id)),
                ),
            },
            ["users", user, "factors", factor] => match *method {
                Method::GET => Ok(Self::GetFactor(own(user), own(factor))),
                _ => only(
                    method,
                    &Method::DELETE,
                    Self::Unenroll(own(user), own(factor)),
                ),
            },
            ["users", user, "factors", factor, "verify"] => {
                post(Self::Verify(own(user), own(factor)))
            }
            ["users", user, "factors", factor, "lifecycle", "activate"] => {
                post(Self::Activate(own(user), own(factor)))
            }
            ["authenticators"] => get(Self::ListAuthenticators),
            ["authenticators", id] => get(Self::GetAuthenticator(own(id))),
            ["authenticators", id, "methods"] => get(Self::ListMethods(own(id))),
            ["authenticators", id, "methods", "otp"] => get(Self::GetMethod(own(id))),
            ["org", "factors"] => get(Self::ListOrgFactors),
            ["org", "factors", "hotp", "profiles"] => get(Self::ListHotpProfiles),
            ["org", "factors", "hotp", "profiles", id] => get(Self::GetHotpProfile(own(id))),
            _ => Err(Problem::no_such_path()),
        }
    }

    pub(crate) const fn route(&self) -> Route {
        match self {
            Self::Token => Route::read("token"),
            Self::Organization => Route::read("organization.get"),
            Self::ListUsers => Route::read("users.list"),
            Self::GetUser(_) => Route::read("users.get"),
            Self::ListFactors(_) => Route::read("factors.list"),
            Self::Catalog(_) => Route::read("factors.catalog"),
            Self::ListEnrollments(_) => Route::read("factors.enrollments"),
            Self::GetEnrollment(..) => Route::read("factors.enrollment"),
            Self::DeleteEnrollment(..) => Route::write("factors.delete-enrollment"),
            Self::Enroll(_) => Route::write("factors.enroll"),
            Self::GetFactor(..) => Route::read("factors.get"),
            Self::Unenroll(..) => Route::write("factors.delete"),
            Self::Verify(..) => Route::write("factors.verify"),
            Self::Activate(..) => Route::write("factors.activate"),
            Self::ListAuthenticators => Route::read("authenticators.list"),
            Self::GetAuthenticator(_) => Route::read("authenticators.get"),
            Self::ListMethods(_) => Route::read("authenticators.methods"),
            Self::GetMethod(_) => Route::read("authenticators.otp"),
            Self::ListOrgFactors => Route::read("org_factors.list"),
            Self::ListHotpProfiles => Route::read("profiles.list"),
            Self::GetHotpProfile(_) => Route::read("profiles.get"),
        }
    }

    /// Whose factors it reads or changes.
    pub(crate) fn factors_of(&self) -> Option<&str> {
        match self {
            Self::ListFactors(user)
            | Self::Catalog(user)
            | Self::ListEnrollments(user)
            | Self::GetEnrollment(user, _)
            | Self::DeleteEnrollment(user, _)
            | Self::Enroll(user)
            | Self::GetFactor(user, _)
            | Self::Unenroll(user, _)
            | Self::Verify(user, _)
            | Self::Activate(user, _) => Some(user),
            _ => None,
        }
    }

    /// Whom it is about.
    pub(crate) fn user(&self) -> Option<&str> {
        match self {
            Self::GetUser(user) => Some(user),
            other => other.factors_of(),
        }
    }

    pub(crate) const fn bucket(&self) -> Bucket {
        match self {
            Self::GetUser(_) => Bucket::User,
            Self::ListUsers
            | Self::ListFactors(_)
            | Self::Catalog(_)
            | Self::ListEnrollments(_)
            | Self::GetEnrollment(..)
            | Self::DeleteEnrollment(..)
            | Self::Enroll(_)
            | Self::GetFactor(..)
            | Self::Unenroll(..)
            | Self::Verify(..)
            | Self::Activate(..) => Bucket::Users,
            _ => Bucket::Other,
        }
    }
}

fn only(method: &Method, wanted: &Method, operation: Operation) -> Result<Operation, Problem> {
    if method == wanted {
        Ok(operation)
    } else {
        Err(Problem::method())
    }
}

/// The decoded segments, dots folded as a server's URL parser does it: user `.` yields the list.
fn segments(path: &str) -> Option<Vec<String>> {
    let mut folded = Vec::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        match query::decode(segment)? {
            dot if dot == "." => {}
            dots if dots == ".." => drop(folded.pop()),
            name => folded.push(name),
        }
    }
    Some(folded)
}

/// The query's pairs.
pub(crate) fn query(request: &SimRequest) -> Result<Vec<(String, String)>, Problem> {
    let text = request.uri().query().unwrap_or_default();
    query::pairs(text).ok_or_else(|| Problem::of_status(400))
}

/// The first value of a query parameter.
pub(crate) fn parameter<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = query.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str())
}

/// Scheme and authority of the request: what links in the answer begin with.
pub(crate) fn base(request: &SimRequest) -> String {
    let scheme = request.uri().scheme_str().unwrap_or("http");
    let host = request.headers().get(http::header::HOST);
    let host = host.and_then(|host| host.to_str().ok());
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    format!("{scheme}://{}", authority.or(host).unwrap_or("localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(method: &str, path: &str) -> Result<Operation, Problem> {
        let uri = format!("https://org.test{path}");
        Operation::of(
            &http::Request::builder()
                .method(method)
                .uri(uri)
                .body(Vec::new())
                .unwrap(),
        )
    }

    #[test]
    fn paths_and_methods_name_operations() {
        for (method, path, name) in [
            ("GET", "/.well-known/okta-organization", "organization.get"),
            ("GET", "/api/v1/users?limit=2", "users.list"),
            ("GET", "/api/v1/users/a%40b", "users.get"),
            ("GET", "/api/v1/users/1/factors", "factors.list"),
            (
                "POST",
                "/api/v1/users/1/factors?activate=true",
                "factors.enroll",
            ),
            ("GET", "/api/v1/users/1/factors/catalog", "factors.catalog"),
            (
                "GET",
                "/api/v1/users/1/authenticator-enrollments",
                "factors.enrollments",
            ),
            (
                "GET",
                "/api/v1/users/1/authenticator-enrollments/2",
                "factors.enrollment",
            ),
            (
                "DELETE",
                "/api/v1/users/1/authenticator-enrollments/2",
                "factors.delete-enrollment",
            ),
            ("GET", "/api/v1/org/factors", "org_factors.list"),
            ("GET", "/api/v1/users/1/factors/2", "factors.get"),
            ("DELETE", "/api/v1/users/1/factors/2", "factors.delete"),
            ("POST", "/api/v1/users/1/factors/2/verify", "factors.verify"),
            (
                "POST",
                "/api/v1/users/1/factors/2/lifecycle/activate",
                "factors.activate",
            ),
            ("GET", "/api/v1/authenticators", "authenticators.list"),
            ("GET", "/api/v1/authenticators/1", "authenticators.get"),
            (
                "GET",
                "/api/v1/authenticators/1/methods",
                "authenticators.methods",
            ),
            (
                "GET",
                "/api/v1/authenticators/1/methods/otp",
                "authenticators.otp",
            ),
            ("GET", "/api/v1/org/factors/hotp/profiles", "profiles.list"),
            ("GET", "/api/v1/org/factors/hotp/profiles/1", "profiles.get"),
        ] {
            let route = operation(method, path).unwrap().route();
            assert_eq!((route.name, route.write), (name, method != "GET"));
        }
    }

    #[test]
    fn a_segment_is_decoded_once_and_dots_fold() {
        let user = |text: &str| Ok(Operation::GetUser(text.to_owned()));
        assert_eq!(
            operation("GET", "/api/v1/users/a%2Bb%40c.test"),
            user("a+b@c.test")
        );
        assert_eq!(operation("GET", "/api/v1/users/a%2541"), user("a%41"));
        assert_eq!(
            operation("GET", "/api/v1/users/%2e"),
            Ok(Operation::ListUsers)
        );
        assert_eq!(
            operation("GET", "/api/v1/users/a%2Fb"),
            Err(Problem::method())
        );
        assert_eq!(operation("PUT", "/api/v1/users/a"), Err(Problem::method()));
        assert_eq!(
            operation("GET", "/api/v1/groups"),
            Err(Problem::no_such_path())
        );
    }

    #[test]
    fn a_plus_in_a_query_is_a_blank() {
        let uri = "https://org.test/api/v1/users?search=a+b%2Bc&limit=5&fields";
        let request = http::Request::get(uri).body(Vec::new()).unwrap();
        let query = query(&request).unwrap();
        assert_eq!(parameter(&query, "search"), Some("a b+c"));
        assert_eq!(parameter(&query, "fields"), Some(""));
        assert_eq!(parameter(&query, "after"), None);
    }
}
