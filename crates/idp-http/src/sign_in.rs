//! What the sign-ins of identity providers have in common (OAuth 2.0, RFC 6749).

mod form;
mod token;

pub use form::Form;
pub use token::{Token, TokenCache};
