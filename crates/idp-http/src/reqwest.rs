//! A transport over real sockets: reqwest with rustls.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::url::is_loopback;
use crate::{Request, Response, ResponseLimit, Sent, Transport, TransportError};

/// How the transport connects. TLS verification cannot be switched off.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReqwestOptions {
    /// Longest time to connect, TLS included (10 s).
    pub connect_timeout: Duration,
    /// Longest time for a whole exchange (60 s).
    pub timeout: Duration,
    /// The `User-Agent` of every request; Okta asks for a real one.
    pub user_agent: String,
    /// Certificates (PEM, one or many) that are trusted besides the system's, for a proxy that
    /// opens TLS.
    pub ca_bundle: Option<Vec<u8>>,
}

impl Default for ReqwestOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            user_agent: concat!("oathkit/", env!("CARGO_PKG_VERSION")).to_owned(),
            ca_bundle: None,
        }
    }
}

/// The transport could not be set up: no usable certificate store, or a damaged CA bundle.
#[derive(Debug, thiserror::Error)]
#[error("the HTTPS client could not be set up: {0}")]
pub struct ReqwestError(String);

/// Sends each request exactly once: no redirect, no retry, no decompression, no cookie.
///
/// `HTTPS_PROXY`, `NO_PROXY` and `SSL_CERT_FILE` are honoured; a request to a loopback address or to
/// `localhost` never goes through a proxy, and neither does plain http, which is for loopback only
/// (see [`BaseUrl`](crate::BaseUrl)).
#[derive(Debug, Clone)]
pub struct ReqwestTransport {
    outward: reqwest::Client,
    loopback: reqwest::Client,
}

impl ReqwestTransport {
    /// A transport with its own connection pool.
    ///
    /// # Errors
    /// [`ReqwestError`] when the certificate store or the CA bundle cannot be read.
    pub fn new(options: &ReqwestOptions) -> Result<Self, ReqwestError> {
        let bundle = match &options.ca_bundle {
            Some(pem) => certificates(pem)?,
            None => Vec::new(),
        };
        let build = |direct: bool| {
            let mut builder = reqwest::Client::builder()
                .connect_timeout(options.connect_timeout)
                .timeout(options.timeout)
                .user_agent(&options.user_agent)
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never());
            if direct {
                builder = builder.no_proxy();
            }
            for certificate in &bundle {
                builder = builder.add_root_certificate(certificate.clone());
            }
            // With a good bundle, only the system's certificate store is left to fail.
            builder.build().map_err(|error| {
                ReqwestError(innermost(&error).unwrap_or_else(|| error.to_string()))
            })
        };
        Ok(Self {
            outward: build(false)?,
            loopback: build(true)?,
        })
    }
}

/// The certificates of a CA bundle: at least one, all of them readable.
fn certificates(pem: &[u8]) -> Result<Vec<reqwest::Certificate>, ReqwestError> {
    let damaged = || ReqwestError("the CA bundle holds a damaged certificate".to_owned());
    let bundle = reqwest::Certificate::from_pem_bundle(pem).map_err(|_| damaged())?;
    if bundle.is_empty() {
        return Err(ReqwestError(
            "the CA bundle holds no certificate in PEM form".to_owned(),
        ));
    }
    // A certificate is read in full only when a client is built with it.
    reqwest::Client::builder()
        .tls_certs_only(bundle.iter().cloned())
        .build()
        .map_err(|_| damaged())?;
    Ok(bundle)
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let limit = ResponseLimit::of(&request).0;
        let (parts, body) = request.into_parts();
        tracing::trace!(method = %parts.method, host = parts.uri.host(), path = parts.uri.path(), bytes = body.len(), "request");
        let direct =
            parts.uri.scheme_str() == Some("http") || parts.uri.host().is_some_and(is_loopback);
        let client = if direct {
            &self.loopback
        } else {
            &self.outward
        };
        let request = http::Request::from_parts(parts, Bytes::from_owner(body));
        let request = reqwest::Request::try_from(request).map_err(|e| failure(&e))?;
        let answer = client.execute(request).await.map_err(|e| failure(&e))?;
        tracing::trace!(status = answer.status().as_u16(), "answer");
        read(answer, limit).await
    }
}

/// Reads an answer to its end, but never more than `limit` bytes.
async fn read(mut answer: reqwest::Response, limit: usize) -> Result<Response, TransportError> {
    let too_long = || {
        TransportError::new(
            Sent::Unknown,
            format!("the answer is longer than {limit} bytes and was not read"),
        )
    };
    if answer.content_length().is_some_and(|n| n > limit as u64) {
        return Err(too_long());
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| failure(&e))? {
        if body.len() + chunk.len() > limit {
            return Err(too_long());
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = http::Response::new(body);
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(response)
}

/// What went wrong, and whether a byte of the request can have left.
fn failure(error: &reqwest::Error) -> TransportError {
    let sent = if error.is_connect() || error.is_builder() {
        Sent::No
    } else {
        Sent::Unknown
    };
    TransportError::new(sent, causes(error))
}

/// What went wrong, for people. The outermost text is left out: it would repeat the URL and its query.
fn causes(error: &reqwest::Error) -> String {
    let text = match (error.is_connect(), error.is_timeout()) {
        (true, true) => "no connection in time",
        (true, false) => "no connection",
        (false, true) => "no answer in time",
        (false, false) => "the connection failed",
    };
    match innermost(error) {
        Some(cause) if !error.is_timeout() => format!("{text}: {cause}"),
        _ => text.to_owned(),
    }
}

/// The innermost cause is the one that helps: `connection refused`, `invalid peer certificate`.
fn innermost(error: &reqwest::Error) -> Option<String> {
    let mut cause = error.source()?;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    Some(cause.to_string())
}
