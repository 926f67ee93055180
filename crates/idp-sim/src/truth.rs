//! What really is, whatever the answers said.

use serde::Serialize;

use crate::entra::EntraTruth;
use crate::okta::OktaTruth;

/// The state of both services. It holds no seed, code or credential.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Truth {
    /// Entra's devices.
    pub entra: EntraTruth,
    /// Okta's factors.
    pub okta: OktaTruth,
}
