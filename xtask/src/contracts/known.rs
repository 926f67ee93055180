//! What the clients send although the descriptions do not have it: each with the reason why that is right.

use std::fmt;

use super::Request;
use super::description::{fit, with_slashes};

#[derive(Debug)]
pub(super) struct Gap {
    pub(super) service: &'static str,
    pub(super) method: &'static str,
    /// The path, or a template of it.
    pub(super) path: &'static str,
    /// Exactly what the check says.
    pub(super) problem: &'static str,
    pub(super) why: &'static str,
}

impl Gap {
    pub(super) fn covers(&self, request: &Request, problem: &str) -> bool {
        self.service == request.service
            && self.method == request.method
            && self.problem == problem
            && fit(self.path, &with_slashes(&request.path)).is_some()
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            service,
            method,
            path,
            ..
        } = self;
        write!(f, "{service:<5}  {method:<6} {path}")
    }
}

const OTHER_VERSION: &str = "described below another path than /v1.0";
const STABLE_TOO: &str =
    "beta is the description's only server; it says that this path is under v1.0, too";

/// A request that registers an application.
const fn registration(method: &'static str, path: &'static str) -> Gap {
    Gap {
        service: "entra",
        method,
        path,
        problem: "no such path",
        why: "another part of Graph; the description has tokens, users and the organization only",
    }
}

pub(super) const GAPS: &[Gap] = &[
    Gap {
        service: "entra",
        method: "POST",
        path: "/{tenant}/oauth2/v2.0/token",
        problem: "no such path",
        why: "signing in is another service; the description only names the address (`tokenUrl`)",
    },
    Gap {
        service: "entra",
        method: "GET",
        path: "/v1.0/users",
        problem: OTHER_VERSION,
        why: STABLE_TOO,
    },
    Gap {
        service: "entra",
        method: "GET",
        path: "/v1.0/users/{user-id}",
        problem: OTHER_VERSION,
        why: STABLE_TOO,
    },
    Gap {
        service: "entra",
        method: "GET",
        path: "/v1.0/organization",
        problem: OTHER_VERSION,
        why: STABLE_TOO,
    },
    Gap {
        service: "entra",
        method: "POST",
        path: "/v1.0/$batch",
        problem: OTHER_VERSION,
        why: "a batch is below the version of its requests",
    },
    Gap {
        service: "entra",
        method: "GET",
        path: "/v1.0/me",
        problem: "no such path",
        why: "who is signed in; the description has only the tokens below it",
    },
    Gap {
        service: "entra",
        method: "GET",
        path: "/beta/directory/authenticationMethodDevices/hardwareOathDevices",
        problem: "query $skiptoken: no such parameter",
        why: "the service writes the link to the next page; what one of this list holds is not described",
    },
    registration("GET", "/v1.0/applications"),
    registration("POST", "/v1.0/applications"),
    registration("GET", "/v1.0/applications/{id}"),
    registration("PATCH", "/v1.0/applications/{id}"),
    registration("GET", "/v1.0/servicePrincipals"),
    registration("POST", "/v1.0/servicePrincipals"),
    registration("GET", "/v1.0/servicePrincipals/{id}/appRoleAssignments"),
    registration("POST", "/v1.0/servicePrincipals/{id}/appRoleAssignments"),
    Gap {
        service: "okta",
        method: "GET",
        path: "/.well-known/okta-organization",
        problem: "no such path",
        why: "not part of Okta's management API; an org's engine is told nowhere else",
    },
    Gap {
        service: "okta",
        method: "GET",
        path: "/api/v1/org/factors/hotp/profiles",
        problem: "no such path",
        why: "Okta does not document it for the public; without it an administrator names the profile",
    },
    Gap {
        service: "okta",
        method: "GET",
        path: "/api/v1/org/factors",
        problem: "no such path",
        why: "Okta does not document it for the public; without it nothing is known of what is switched on",
    },
    Gap {
        service: "okta",
        method: "POST",
        path: "/api/v1/users/{userId}/factors/{factorId}/verify",
        problem: "body: several alternatives of `oneOf` fit",
        why: "an alternative for each kind of factor, most of them alike: the factor in the path decides",
    },
];
