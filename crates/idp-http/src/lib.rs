#![doc = include_str!("../README.md")]

mod clock;
mod endpoint;
mod exchange;
#[cfg(feature = "reqwest")]
mod reqwest;
mod retry;
#[cfg(feature = "sign-in")]
mod sign_in;
mod text;
mod transport;
mod url;

#[cfg(feature = "tokio-clock")]
pub use clock::TokioClock;
pub use clock::{Clock, Hold, IdpTime};
pub use endpoint::{BadAnswer, Effect, Endpoint};
pub use exchange::Exchange;
pub use http;
pub use retry::{Retry, date, retry_after};
#[cfg(feature = "sign-in")]
pub use sign_in::{Form, Token, TokenCache};
pub use text::printable;
pub use transport::{
    Body, Request, Response, ResponseLimit, Sent, Transport, TransportError, WithTransport,
};
pub use url::{BaseUrl, ForeignLink, InvalidBaseUrl, InvalidSegment, Query, Segment};

#[cfg(feature = "reqwest")]
pub use crate::reqwest::{ReqwestError, ReqwestOptions, ReqwestTransport};
