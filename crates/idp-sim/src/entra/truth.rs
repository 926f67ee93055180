//! What Entra really holds.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::act::Actor;

/// Entra's part of the truth.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntraTruth {
    /// The devices in the inventory, in the order of creation.
    pub devices: Vec<EntraDevice>,
    /// The applications that were registered, in the order of registration; the first one of the tenant
    /// is not among them.
    #[serde(default)]
    pub applications: Vec<EntraApplication>,
}

/// One application that was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntraApplication {
    /// Its name.
    pub name: String,
    /// Its client id.
    pub app_id: String,
    /// How many certificates it may sign in with.
    pub certificates: usize,
    /// Whether it has a service principal.
    pub has_service_principal: bool,
    /// The permissions that it asks for, by id.
    pub asks_for: Vec<String>,
    /// The permissions that it was granted, by name.
    pub granted: Vec<String>,
}

/// One device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntraDevice {
    /// Its serial number.
    pub serial: String,
    /// Its id, which is the method's id too.
    pub id: String,
    /// `available`, `assigned`, `activated` or `failedActivation`.
    pub status: String,
    /// The user principal name of who has it.
    pub assigned_to: Option<String>,
    /// By how many time steps it is known to be ahead (or, negative, behind).
    pub drift: i64,
    /// How often this device was activated.
    pub activations: u64,
    /// How many of its activations were another operator's.
    pub operator_activations: u64,
    /// How often a device with this serial was created.
    pub creations: u64,
    /// How many of these creations were another operator's.
    pub operator_creations: u64,
    /// Who created it.
    pub made_by: Actor,
    /// Who gave it to its holder.
    pub assigned_by: Option<Actor>,
    /// Who activated it.
    pub activated_by: Option<Actor>,
    /// Its manufacturer.
    pub manufacturer: String,
    /// Its model.
    pub model: String,
    /// The name it is shown by.
    pub display_name: Option<String>,
    /// The length of its time step in seconds.
    pub period: u32,
    /// `hmacsha1` or `hmacsha256`.
    pub hash: String,
    /// Whether it was uploaded as CSV: in the other of the two stores.
    #[serde(default)]
    pub legacy: bool,
}

/// What a client needs to reach Entra.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntraAccess {
    /// The login service, without a path.
    pub login_url: String,
    /// Graph, without a version.
    pub graph_url: String,
    /// The tenant.
    pub tenant_id: String,
    /// The application.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// What App Service gives a program as `IDENTITY_HEADER`; the endpoint is `/msi/token`.
    pub identity_header: String,
}

/// Without the secrets.
impl fmt::Debug for EntraAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("EntraAccess");
        debug
            .field("login_url", &self.login_url)
            .field("graph_url", &self.graph_url)
            .field("tenant_id", &self.tenant_id)
            .field("client_id", &self.client_id);
        debug.finish_non_exhaustive()
    }
}
