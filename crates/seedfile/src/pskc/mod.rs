//! PSKC (RFC 6030): keys of tokens in XML, in clear or encrypted.
//!
//! [`read`] hands out one [`KeyPackage`] after the other and keeps none of them. [`write()`] makes a container that others read.
//! What is read and why no more than that: `docs/adr/0014` of the repository.

mod crypto;
mod envelope;
mod error;
mod key;
mod package;
mod read;
mod vault;
mod write;
mod xml;

pub use envelope::MAX_ITERATIONS;
pub use error::{PskcProblem, PskcRefusal};
pub use key::{PskcKey, PskcKeyError};
pub use package::{KeyPackage, OtpKey, Value};
pub use read::read;
pub use write::{DEFAULT_ITERATIONS, NewKey, Protection, is_writable, is_writable_secret, write};

/// The namespace of RFC 6030.
const NAMESPACE: &str = "urn:ietf:params:xml:ns:keyprov:pskc";
