#![doc = include_str!("../README.md")]

mod calls;
mod config;
#[cfg(feature = "serve")]
mod control;
mod entra;
mod faults;
mod okta;
mod people;
mod query;
mod rng;
#[cfg(feature = "serve")]
mod serve;
mod service;
mod sign_in;
mod sim;
mod switch;
mod timestamp;
mod transport;
mod truth;
mod world;

pub use calls::{Call, Calls};
pub use config::SimConfig;
pub use entra::{EntraAccess, EntraDevice, EntraSwitches, EntraTruth};
pub use faults::{Fault, Faults, Rule};
pub use okta::{OktaAccess, OktaFactor, OktaProfile, OktaSwitches, OktaTruth};
pub use people::Person;
#[cfg(feature = "serve")]
pub use serve::{Addresses, Ready, Serving, serve, serve_beyond_loopback};
pub use sign_in::{Idp, SignIn, SignInAnswer};
pub use sim::Sim;
pub use switch::{Rate, Switch};
pub use transport::SimTransport;
pub use truth::Truth;

/// The values that switches take.
pub mod switches {
    /// Those of [`EntraSwitches`](crate::EntraSwitches).
    pub mod entra {
        pub use crate::entra::switches::{
            BulkErrors, BulkItemShape, CombinedFailure, CreateStatus, DuplicateError, InlineDevice,
            ReplayPolicy, RetryAfter,
        };
    }

    /// Those of [`OktaSwitches`](crate::OktaSwitches).
    pub mod okta {
        pub use crate::okta::switches::{
            Deprovisioned, Engine, EnrollAnswer, HotpProfiles, MissingFeature, Profiles, RatePlan,
            Replay, Right, SecretForms, SettingsCase, SettingsPlace, Statuses, Throttle, Whom,
        };
    }
}
