//! The client against recorded answers.

#[cfg(test)]
mod addresses;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod lives;
#[cfg(test)]
mod log;
#[cfg(test)]
mod org;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod search;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod service_app;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod sign_in_refused;
#[cfg(test)]
mod simulated;
#[cfg(test)]
mod users;
#[cfg(test)]
mod wire;
