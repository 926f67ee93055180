//! The client against recorded answers, and against the simulator; no server.
#![expect(clippy::needless_pass_by_value, reason = "json! makes values")]

#[cfg(test)]
mod answers;
#[cfg(test)]
mod batch;
#[cfg(test)]
mod bulk;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod log;
#[cfg(test)]
mod operations;
#[cfg(test)]
#[cfg(test)]
mod places;
#[cfg(test)]
mod registration;
#[cfg(test)]
mod rehearsed;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod simulated;
#[cfg(test)]
mod support;
#[cfg(test)]
#[path = "../readme/tenant.rs"]
mod tenant;
#[cfg(test)]
mod user_sign_in;
#[cfg(test)]
mod wire;
