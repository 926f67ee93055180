//! How one request travels: a trait of one method over `http` types.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use zeroize::Zeroizing;

/// A request ready to be sent. The URI is absolute.
pub type Request = http::Request<Body>;

/// An answer, read to its end.
pub type Response = http::Response<Vec<u8>>;

/// The bytes of a request. They may hold a seed, so they are wiped when dropped and never printed.
#[derive(Default)]
pub struct Body(Zeroizing<Vec<u8>>);

impl Body {
    /// A request without content.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// How many bytes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True where there is no content.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

/// How many bytes of an answer may be read; an extension of the request.
///
/// A transport refuses a longer answer instead of reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseLimit(pub usize);

impl ResponseLimit {
    /// Enough for one object: 256 KiB.
    pub const SINGLE: Self = Self(256 * 1024);
    /// Enough for a page of a list: 8 MiB.
    pub const LIST: Self = Self(8 * 1024 * 1024);

    /// The limit that a request carries, [`ResponseLimit::SINGLE`] where it carries none.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        request.extensions().get().copied().unwrap_or(Self::SINGLE)
    }
}

/// Whether the service may have received a request that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// No byte of the request left: it can be repeated.
    No,
    /// Something may have arrived and may have been carried out.
    Unknown,
}

/// A request that got no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TransportError {
    sent: Sent,
    message: String,
}

impl TransportError {
    /// A failure, with a sentence for people that holds neither a body nor a query.
    pub fn new(sent: Sent, message: impl Into<String>) -> Self {
        Self {
            sent,
            message: message.into(),
        }
    }

    /// Whether the service may have received the request.
    #[must_use]
    pub fn sent(&self) -> Sent {
        self.sent
    }
}

/// Sends a request once and reads the answer to its end.
///
/// An implementation follows no redirect, repeats nothing by itself, verifies TLS certificates and
/// keeps to the request's [`ResponseLimit`].
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends `request` once.
    ///
    /// # Errors
    /// [`TransportError`] when no complete answer came back; it says whether the request may have
    /// arrived.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;
}

#[async_trait]
impl<T: Transport + ?Sized> Transport for Arc<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        (**self).send(request).await
    }
}

/// A transport made of a function: for golden tests and recordings.
pub struct WithTransport<F>(pub F);

impl<F> fmt::Debug for WithTransport<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WithTransport")
    }
}

#[async_trait]
impl<F> Transport for WithTransport<F>
where
    F: Fn(Request) -> Result<Response, TransportError> + Send + Sync,
{
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        (self.0)(request)
    }
}
