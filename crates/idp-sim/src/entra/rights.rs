//! What an operation needs: permissions, and of a person a directory role.

use super::operation::{ME, Operation};

/// What it takes to see applications.
pub(super) const READ_APPLICATIONS: [&str; 4] = [
    "Application.Read.All",
    "Application.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];

/// What it takes to give a token to a user, also while it is created.
pub(super) const ASSIGN: &str = "UserAuthenticationMethod.ReadWrite.All";

impl Operation {
    /// The application permissions of which one is needed; none for no permission.
    pub(super) fn permissions(&self) -> &'static [&'static str] {
        match self {
            Self::Token { .. }
            | Self::DeviceCode { .. }
            | Self::Authorize { .. }
            | Self::Identity { .. }
            | Self::Unknown { .. }
            | Self::Batch { .. } => &[],
            // Reading the inventory: what scripts use [F].
            Self::ListDevices | Self::CountDevices | Self::GetDevice { .. } => {
                &["Policy.ReadWrite.AuthenticationMethod", "Policy.Read.All"]
            }
            Self::CreateDevice
            | Self::BulkCreate
            | Self::UpdateDevice { .. }
            | Self::DeleteDevice { .. }
            | Self::UpdatePolicy => &["Policy.ReadWrite.AuthenticationMethod"],
            Self::GetPolicy => &[
                "Policy.ReadWrite.AuthenticationMethod",
                "Policy.Read.AuthenticationMethod",
                "Policy.Read.All",
            ],
            Self::ListMethods { .. } | Self::GetMethod { .. } => &[
                "UserAuthenticationMethod.ReadWrite.All",
                "UserAuthenticationMethod.Read.All",
            ],
            Self::Assign { .. }
            | Self::Activate { .. }
            | Self::Deactivate { .. }
            | Self::Unassign { .. }
            | Self::AssignAndActivate { .. }
            | Self::AssignAndActivateBySerial { .. } => &[ASSIGN],
            Self::ListUsers | Self::GetUser { .. } => &[
                "User.Read.All",
                "User.ReadWrite.All",
                "Directory.Read.All",
                "Directory.ReadWrite.All",
            ],
            Self::ListApplications
            | Self::GetApplication { .. }
            | Self::ListPrincipals
            | Self::ListGrants { .. } => &READ_APPLICATIONS,
            Self::CreateApplication | Self::UpdateApplication { .. } | Self::CreatePrincipal => {
                &["Application.ReadWrite.All"]
            }
            Self::Grant { .. } => &["AppRoleAssignment.ReadWrite.All"],
            Self::Organization => &[
                "Organization.Read.All",
                "Directory.Read.All",
                "Directory.ReadWrite.All",
            ],
        }
    }

    /// The delegated permission that is enough for one's own.
    pub(super) fn own_permission(&self) -> Option<&'static str> {
        match (self.user() == Some(ME), self) {
            (false, _) => None,
            (true, Self::GetUser { .. }) => Some("User.Read"),
            (true, Self::ListMethods { .. } | Self::GetMethod { .. }) => {
                Some("UserAuthenticationMethod.Read")
            }
            (true, _) => Some("UserAuthenticationMethod.ReadWrite"),
        }
    }

    /// The directory roles of which a person needs one \[D\]; none for any person.
    pub(super) fn directory_roles(&self) -> &'static [&'static str] {
        match self {
            Self::CreateApplication | Self::UpdateApplication { .. } | Self::CreatePrincipal => &[
                "Application Administrator",
                "Cloud Application Administrator",
                "Global Administrator",
            ],
            // Of Graph's own permissions; for others less is enough.
            Self::Grant { .. } => &["Privileged Role Administrator", "Global Administrator"],
            _ => &[],
        }
    }
}
