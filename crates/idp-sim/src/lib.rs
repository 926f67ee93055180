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
pub use entra::{
    BulkErrors, BulkItemShape, CombinedFailure, CreateStatus, DuplicateError, EntraAccess,
    EntraDevice, EntraSwitches, EntraTruth, InlineDevice, ReplayPolicy, RetryAfter,
};
pub use faults::{Fault, Faults, Rule};
pub use okta::{OktaAccess, OktaProfile, OktaSwitches, OktaTruth};
pub use people::Person;
#[cfg(feature = "serve")]
pub use serve::{Addresses, Ready, Serving, serve, serve_beyond_loopback};
pub use sign_in::{Idp, SignIn, SignInAnswer};
pub use sim::Sim;
pub use switch::{Rate, Switch};
pub use transport::SimTransport;
pub use truth::Truth;
