//! One operation of a service: a pure request and a pure reading of the answer.

use crate::{BaseUrl, Request, Response};

/// Whether an operation changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Reads only; repeating it harms nobody.
    Read,
    /// Changes something; after an unclear end the state is read before it is repeated.
    Write,
}

/// One operation of a service.
///
/// Building the request and reading the answer are pure, so both are tested without a server. The
/// client adds the credential, sends the request once and turns refusals into its own error.
pub trait Endpoint: Send + Sync {
    /// What a success carries.
    type Output;

    /// What the operation does, for messages: `create devices`.
    const NAME: &'static str;

    /// Whether it changes anything.
    const EFFECT: Effect;

    /// The request, without credential.
    fn request(&self, base: &BaseUrl) -> Request;

    /// Reads an answer whose status is a success (2xx). `base` is what links are checked against.
    ///
    /// # Errors
    /// [`BadAnswer`] when the answer does not have the documented shape.
    fn response(&self, base: &BaseUrl, response: &Response) -> Result<Self::Output, BadAnswer>;

    /// Reads a refusal (not 2xx) that is an outcome of the operation and not an error, such as a
    /// wrong code where a code is checked. Most operations have none.
    fn refusal(&self, _response: &Response) -> Option<Self::Output> {
        None
    }
}

/// A success whose content is not what the service documents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the answer is not what the service documents: {0}")]
pub struct BadAnswer(String);

impl BadAnswer {
    /// What is wrong, without quoting the answer.
    pub fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}
