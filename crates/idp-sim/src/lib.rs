#![doc = include_str!("../README.md")]

mod calls;
mod config;
mod entra;
mod faults;
mod okta;
mod people;
mod rng;
mod service;
mod sign_in;
mod sim;
mod query;
mod switch;
mod timestamp;
mod transport;
mod truth;
mod world;

pub use calls::{Call, Calls};
pub use config::SimConfig;
pub use entra::{EntraAccess, EntraDevice, EntraSwitches, EntraTruth};
pub use faults::{Fault, Faults, Rule};
pub use okta::{OktaAccess, OktaProfile, OktaSwitches, OktaTruth};
pub use people::Person;
pub use sign_in::{Idp, SignIn, SignInAnswer};
pub use sim::Sim;
pub use switch::{Rate, Switch};
pub use transport::SimTransport;
pub use truth::Truth;
