//! The client against recorded answers; no server.
#![expect(clippy::needless_pass_by_value, reason = "json! makes values")]

#[cfg(test)]
mod answers;
#[cfg(test)]
mod bulk;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod log;
#[cfg(test)]
mod places;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod simulated;
#[cfg(test)]
mod support;
#[cfg(test)]
mod user_sign_in;
