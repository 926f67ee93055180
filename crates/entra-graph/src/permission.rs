//! What an application has to be permitted, and no more.

use idp_http::BaseUrl;

use crate::endpoint::{INVENTORY, METHODS, ORGANIZATION, USERS};

/// What a person lets an application do: delegated permissions of Microsoft Graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scopes {
    /// Manage tokens, as this client's operations need it.
    #[default]
    Tokens,
    /// Register an application and grant it permissions.
    Registration,
}

impl Scopes {
    /// The permissions, least privileged.
    #[must_use]
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Tokens => &[INVENTORY, METHODS, USERS],
            Self::Registration => &[
                "Application.ReadWrite.All",
                "AppRoleAssignment.ReadWrite.All",
            ],
        }
    }

    /// The permissions below Graph's root, and that the sign-in lasts.
    pub(crate) fn of(self, graph: &BaseUrl) -> String {
        let root = graph.origin();
        let names = self.names().iter();
        let scopes: String = names.map(|name| format!("{root}/{name} ")).collect();
        scopes + "offline_access"
    }
}

/// An application permission of Microsoft Graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Permission {
    /// The name, as in the token's `roles`.
    pub name: &'static str,
    /// The id of the role, by which it is granted.
    pub role_id: &'static str,
    /// What it allows here, as the rest of a sentence.
    pub allows: &'static str,
    /// Whether tokens can be managed without it.
    pub optional: bool,
}

impl Permission {
    /// The application id of Microsoft Graph in every tenant: whose permissions these are.
    pub const GRAPH_APP_ID: &'static str = "00000003-0000-0000-c000-000000000000";

    /// The inventory of devices and the policy.
    pub const INVENTORY: Self = Self {
        name: INVENTORY,
        role_id: "29c18626-4985-4dcd-85c0-193eef327366",
        allows: "import, list and delete tokens",
        optional: false,
    };

    /// The methods of users.
    pub const METHODS: Self = Self {
        name: METHODS,
        role_id: "50483e42-d915-4231-9639-7fdb7fd190e5",
        allows: "assign, activate and unassign tokens",
        optional: false,
    };

    /// The catalogue of users.
    pub const USERS: Self = Self {
        name: USERS,
        role_id: "df021288-bdef-4463-88db-98f22de89214",
        allows: "find the users of a file",
        optional: false,
    };

    /// The tenant's name.
    pub const ORGANIZATION: Self = Self {
        name: ORGANIZATION,
        role_id: "498476ce-e0fe-48b0-b801-37ba7e2685c6",
        allows: "show the tenant's name",
        optional: true,
    };

    /// All of them, those that are needed first.
    pub const ALL: [Self; 4] = [
        Self::INVENTORY,
        Self::METHODS,
        Self::USERS,
        Self::ORGANIZATION,
    ];
}
