#![doc = include_str!("../README.md")]

mod act;
mod calls;
mod config;
#[cfg(feature = "serve")]
mod control;
mod dates;
mod entra;
mod fate;
mod faults;
mod garble;
mod okta;
mod paging;
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
mod token;
mod trace;
mod transport;
mod truth;
mod world;

pub use act::{Act, Actor};
pub use calls::{Call, Calls};
pub use config::SimConfig;
pub use entra::{EntraAccess, EntraApplication, EntraDevice, EntraSwitches, EntraTruth};
pub use faults::{Fault, Faults, Rule};
pub use garble::Garble;
pub use okta::{OktaAccess, OktaFactor, OktaProfile, OktaSwitches, OktaTruth};
pub use paging::Page;
pub use people::Person;
#[cfg(feature = "serve")]
pub use serve::{Addresses, Ready, Serving, serve, serve_beyond_loopback};
pub use sign_in::{Idp, SignIn, SignInAnswer};
pub use sim::Sim;
pub use switch::{Rate, Switch};
pub use token::Token;
pub use trace::Event;
pub use transport::SimTransport;
pub use truth::Truth;

/// The values that switches take.
pub mod switches {
    /// Those of [`EntraSwitches`](crate::EntraSwitches).
    pub mod entra {
        pub use crate::entra::switches::{
            AccessTokenForm, BatchOrder, Browser, BulkErrors, BulkItemShape, CombinedFailure,
            CreateStatus, DuplicateError, InlineDevice, MethodId, QuotaForm, ReplayPolicy,
            RetryAfter,
        };
    }

    /// Those of [`OktaSwitches`](crate::OktaSwitches).
    pub mod okta {
        pub use crate::okta::switches::{
            Deprovisioned, Dpop, Engine, EnrollAnswer, HotpProfiles, MissingFeature, Profiles,
            RatePlan, Replay, Right, SecretForms, SettingsCase, SettingsPlace, Statuses, Throttle,
            Whom,
        };
    }
}
