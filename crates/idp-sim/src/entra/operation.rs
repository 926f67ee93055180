//! Which operation a request is, and what it needs.

use http::Method;

use super::batch;
use crate::query;
use crate::service::{Route, SimRequest};
use crate::transport::{GRAPH_HOST, LOGIN_HOST};

const DEVICES: [&str; 3] = [
    "directory",
    "authenticationMethodDevices",
    "hardwareOathDevices",
];
const POLICY: [&str; 4] = [
    "policies",
    "authenticationMethodsPolicy",
    "authenticationMethodConfigurations",
    "hardwareOath",
];

/// An operation with the names in its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Token {
        tenant: String,
    },
    DeviceCode {
        tenant: String,
    },
    Authorize {
        tenant: String,
    },
    /// A machine's tokens; `app_service` tells the platform.
    Identity {
        app_service: bool,
    },
    ListDevices,
    CreateDevice,
    BulkCreate,
    GetDevice {
        id: String,
    },
    UpdateDevice {
        id: String,
    },
    DeleteDevice {
        id: String,
    },
    ListMethods {
        user: String,
    },
    GetMethod {
        user: String,
        id: String,
    },
    Assign {
        user: String,
    },
    Activate {
        user: String,
        id: String,
    },
    Deactivate {
        user: String,
        id: String,
    },
    Unassign {
        user: String,
        id: String,
    },
    AssignAndActivate {
        user: String,
    },
    AssignAndActivateBySerial {
        user: String,
    },
    ListUsers,
    GetUser {
        user: String,
    },
    Organization,
    GetPolicy,
    UpdatePolicy,
    CountDevices,
    ListApplications,
    CreateApplication,
    GetApplication {
        id: String,
    },
    UpdateApplication {
        id: String,
    },
    ListPrincipals,
    CreatePrincipal,
    ListGrants {
        id: String,
    },
    Grant {
        id: String,
    },
    Batch {
        writes: bool,
    },
    Unknown {
        write: bool,
    },
}

/// In place of a user's name: whoever is signed in.
pub(super) const ME: &str = "me";

impl Operation {
    pub(super) fn of(request: &SimRequest) -> Self {
        let method = request.method();
        let unknown = Self::Unknown {
            write: *method != Method::GET,
        };
        let Some(segments) = query::segments(request.uri().path()) else {
            return unknown;
        };
        let segments = keyed(segments);
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let host = request.uri().host().unwrap_or_default();
        let found = match segments.as_slice() {
            [tenant, "oauth2", "v2.0", "token"] if host != GRAPH_HOST => Some(Self::Token {
                tenant: (*tenant).to_owned(),
            }),
            [tenant, "oauth2", "v2.0", "devicecode"] if host != GRAPH_HOST => {
                Some(Self::DeviceCode {
                    tenant: (*tenant).to_owned(),
                })
            }
            [tenant, "oauth2", "v2.0", "authorize"] if host != GRAPH_HOST => {
                Some(Self::Authorize {
                    tenant: (*tenant).to_owned(),
                })
            }
            ["metadata", "identity", "oauth2", "token"] if host != GRAPH_HOST => {
                Some(Self::Identity { app_service: false })
            }
            ["msi", "token"] if host != GRAPH_HOST => Some(Self::Identity { app_service: true }),
            ["beta" | "v1.0", "$batch"] if host != LOGIN_HOST && *method == Method::POST => {
                Some(Self::Batch {
                    writes: batch::writes(request.body()),
                })
            }
            ["beta", path @ ..] if host != LOGIN_HOST => Self::beta(method, path),
            ["v1.0", path @ ..] if host != LOGIN_HOST => Self::stable(method, path),
            _ => None,
        };
        found.unwrap_or(unknown)
    }

    fn beta(method: &Method, path: &[&str]) -> Option<Self> {
        if let Some(rest) = path.strip_prefix(&DEVICES) {
            return Self::on_devices(method, rest);
        }
        if let [
            "users",
            user,
            "authentication",
            "hardwareOathMethods",
            rest @ ..,
        ] = path
        {
            return Self::on_methods(method, user, rest);
        }
        if let ["me", "authentication", "hardwareOathMethods", rest @ ..] = path {
            return Self::on_methods(method, ME, rest);
        }
        match (method.as_str(), path) {
            ("GET", path) if path == POLICY => Some(Self::GetPolicy),
            ("PATCH", path) if path == POLICY => Some(Self::UpdatePolicy),
            _ => Self::stable(method, path),
        }
    }

    fn on_devices(method: &Method, rest: &[&str]) -> Option<Self> {
        Some(match (method.as_str(), rest) {
            ("GET", []) => Self::ListDevices,
            ("POST", []) => Self::CreateDevice,
            ("PATCH", []) => Self::BulkCreate,
            ("GET", ["$count"]) => Self::CountDevices,
            ("GET", [id]) => Self::GetDevice {
                id: (*id).to_owned(),
            },
            ("PATCH", [id]) => Self::UpdateDevice {
                id: (*id).to_owned(),
            },
            ("DELETE", [id]) => Self::DeleteDevice {
                id: (*id).to_owned(),
            },
            _ => return None,
        })
    }

    fn on_methods(method: &Method, user: &str, rest: &[&str]) -> Option<Self> {
        let user = user.to_owned();
        let own = |id: &str| id.to_owned();
        Some(match (method.as_str(), rest) {
            ("GET", []) => Self::ListMethods { user },
            ("POST", []) => Self::Assign { user },
            ("POST", ["assignAndActivate"]) => Self::AssignAndActivate { user },
            ("POST", ["assignAndActivateBySerialNumber"]) => {
                Self::AssignAndActivateBySerial { user }
            }
            ("GET", [id]) => Self::GetMethod { user, id: own(id) },
            ("DELETE", [id]) => Self::Unassign { user, id: own(id) },
            ("POST", [id, "activate"]) => Self::Activate { user, id: own(id) },
            ("POST", [id, "deactivate"]) => Self::Deactivate { user, id: own(id) },
            _ => return None,
        })
    }

    fn stable(method: &Method, path: &[&str]) -> Option<Self> {
        Some(match (method.as_str(), path) {
            ("GET", ["users"]) => Self::ListUsers,
            ("GET", ["users", user]) => Self::GetUser {
                user: (*user).to_owned(),
            },
            ("GET", ["me"]) => Self::GetUser {
                user: ME.to_owned(),
            },
            ("GET", ["organization"]) => Self::Organization,
            ("GET", ["applications"]) => Self::ListApplications,
            ("POST", ["applications"]) => Self::CreateApplication,
            ("GET", ["applications", id]) => Self::GetApplication {
                id: (*id).to_owned(),
            },
            ("PATCH", ["applications", id]) => Self::UpdateApplication {
                id: (*id).to_owned(),
            },
            ("GET", ["servicePrincipals"]) => Self::ListPrincipals,
            ("POST", ["servicePrincipals"]) => Self::CreatePrincipal,
            ("GET", ["servicePrincipals", id, "appRoleAssignments"]) => Self::ListGrants {
                id: (*id).to_owned(),
            },
            ("POST", ["servicePrincipals", id, "appRoleAssignments"]) => Self::Grant {
                id: (*id).to_owned(),
            },
            _ => return None,
        })
    }

    pub(super) fn route(&self) -> Route {
        match self {
            Self::Token { .. } => Route::read("token"),
            Self::DeviceCode { .. } => Route::read("device-code"),
            Self::Authorize { .. } => Route::read("authorize"),
            Self::Identity { .. } => Route::read("identity"),
            Self::ListDevices => Route::read("devices.list"),
            Self::CreateDevice => Route::write("devices.create"),
            Self::BulkCreate => Route::write("devices.bulk-create"),
            Self::GetDevice { .. } => Route::read("devices.get"),
            Self::UpdateDevice { .. } => Route::write("devices.update"),
            Self::DeleteDevice { .. } => Route::write("devices.delete"),
            Self::ListMethods { .. } => Route::read("methods.list"),
            Self::GetMethod { .. } => Route::read("methods.get"),
            Self::Assign { .. } => Route::write("methods.assign"),
            Self::Activate { .. } => Route::write("methods.activate"),
            Self::Deactivate { .. } => Route::write("methods.deactivate"),
            Self::Unassign { .. } => Route::write("methods.unassign"),
            Self::AssignAndActivate { .. } => Route::write("methods.assign-activate"),
            Self::AssignAndActivateBySerial { .. } => {
                Route::write("methods.assign-activate-by-serial")
            }
            Self::ListUsers => Route::read("users.list"),
            Self::GetUser { .. } => Route::read("users.get"),
            Self::Organization => Route::read("organization.get"),
            Self::GetPolicy => Route::read("policy.get"),
            Self::UpdatePolicy => Route::write("policy.update"),
            Self::CountDevices => Route::read("devices.count"),
            Self::ListApplications => Route::read("applications.list"),
            Self::CreateApplication => Route::write("applications.create"),
            Self::GetApplication { .. } => Route::read("applications.get"),
            Self::UpdateApplication { .. } => Route::write("applications.update"),
            Self::ListPrincipals => Route::read("service-principals.list"),
            Self::CreatePrincipal => Route::write("service-principals.create"),
            Self::ListGrants { .. } => Route::read("grants.list"),
            Self::Grant { .. } => Route::write("grants.create"),
            Self::Batch { writes } => Route {
                name: "batch",
                write: *writes,
            },
            Self::Unknown { write } => Route {
                name: "unknown",
                write: *write,
            },
        }
    }

    /// Whose it is.
    pub(super) fn user(&self) -> Option<&str> {
        match self {
            Self::ListMethods { user }
            | Self::GetMethod { user, .. }
            | Self::Assign { user }
            | Self::Activate { user, .. }
            | Self::Deactivate { user, .. }
            | Self::Unassign { user, .. }
            | Self::AssignAndActivate { user }
            | Self::AssignAndActivateBySerial { user }
            | Self::GetUser { user } => Some(user),
            _ => None,
        }
    }

    /// The same for `user` in place of whoever is signed in.
    pub(super) fn by(mut self, user: &str) -> Self {
        match &mut self {
            Self::ListMethods { user: own }
            | Self::GetMethod { user: own, .. }
            | Self::Assign { user: own }
            | Self::Activate { user: own, .. }
            | Self::Deactivate { user: own, .. }
            | Self::Unassign { user: own, .. }
            | Self::AssignAndActivate { user: own }
            | Self::AssignAndActivateBySerial { user: own }
            | Self::GetUser { user: own } => user.clone_into(own),
            _ => {}
        }
        self
    }

    /// The id of the device in its path.
    pub(super) fn device(&self) -> Option<&str> {
        match self {
            Self::GetDevice { id }
            | Self::UpdateDevice { id }
            | Self::DeleteDevice { id }
            | Self::GetMethod { id, .. }
            | Self::Activate { id, .. }
            | Self::Deactivate { id, .. }
            | Self::Unassign { id, .. } => Some(id),
            _ => None,
        }
    }

    /// Whether it tries a code.
    pub(super) fn activates(&self) -> bool {
        matches!(
            self,
            Self::Activate { .. }
                | Self::AssignAndActivate { .. }
                | Self::AssignAndActivateBySerial { .. }
        )
    }
}

/// `users('name')` as the two segments that it stands for, in which a quote is written twice. A name that begins with
/// `$` can only be written so \[D\]: between slashes it is no segment that the service knows.
fn keyed(mut segments: Vec<String>) -> Vec<String> {
    let Some(second) = segments.get(1) else {
        return segments;
    };
    let name = second
        .strip_prefix("users('")
        .and_then(|rest| rest.strip_suffix("')"));
    if let Some(name) = name {
        let name = name.replace("''", "'");
        segments.splice(1..2, ["users".to_owned(), name]);
    } else if second == "users" && segments.get(2).is_some_and(|name| name.starts_with('$')) {
        segments.truncate(1);
    }
    segments
}
