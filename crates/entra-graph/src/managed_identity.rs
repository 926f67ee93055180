//! A managed identity: the platform gives the program its tokens.

use std::fmt;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{Either, select};
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use idp_http::{Body, Clock, Query, Request, Response, Transport};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use crate::wire;
use crate::{AccessToken, SourceError, TokenSource};

/// The Azure Instance Metadata Service. It has this address and no TLS; it is reachable from the
/// machine itself only.
const IMDS: &str = "http://169.254.169.254/metadata/identity/oauth2/token";
/// Its path at another address.
const IMDS_PATH: &str = "/metadata/identity/oauth2/token";
/// How long the metadata service has to show that it is there: the Azure SDKs' time, too.
const PROBE: Duration = Duration::from_secs(1);

/// Reads the file that Azure Arc names in its challenge: who can read it may have a token.
pub type ArcChallenge = Arc<dyn Fn(&str) -> Result<SecretString, SourceError> + Send + Sync>;

/// A source of access tokens on Azure's own machines and on machines joined by Azure Arc.
pub struct ManagedIdentity {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    endpoint: Uri,
    platform: Platform,
    client_id: Option<String>,
    /// It is not known yet whether anything answers.
    unproven: AtomicBool,
}

enum Platform {
    /// App Service, Functions, Container Apps.
    AppService(SecretString),
    /// Virtual machines, Kubernetes.
    Imds,
    Arc(ArcChallenge),
}

/// An address for tokens that could be heard by others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an identity endpoint: plain http is for loopback and 169.254.0.0/16 only (IDENTITY_ENDPOINT, AZURE_POD_IDENTITY_AUTHORITY_HOST)"
)]
pub struct InvalidIdentityEndpoint;

impl ManagedIdentity {
    /// On a virtual machine: the metadata service at its fixed address.
    #[must_use]
    pub fn imds(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        let endpoint = Uri::from_static(IMDS);
        Self::new(transport, clock, endpoint, Platform::Imds)
    }

    /// The metadata service at another address, which `AZURE_POD_IDENTITY_AUTHORITY_HOST` names.
    ///
    /// # Errors
    /// [`InvalidIdentityEndpoint`] for an address that leads out of this machine without TLS.
    pub fn imds_at(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        host: &str,
    ) -> Result<Self, InvalidIdentityEndpoint> {
        let endpoint = local(&format!("{}{IMDS_PATH}", host.trim().trim_end_matches('/')))?;
        Ok(Self::new(transport, clock, endpoint, Platform::Imds))
    }

    /// In App Service, Functions or Container Apps: `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`.
    ///
    /// # Errors
    /// [`InvalidIdentityEndpoint`] for an address that leads out of this machine without TLS.
    pub fn app_service(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        endpoint: &str,
        header: SecretString,
    ) -> Result<Self, InvalidIdentityEndpoint> {
        let platform = Platform::AppService(header);
        Ok(Self::new(transport, clock, local(endpoint)?, platform))
    }

    /// On a machine joined by Azure Arc: `IDENTITY_ENDPOINT`, and a way to read the file that the
    /// answer names.
    ///
    /// # Errors
    /// [`InvalidIdentityEndpoint`] for an address that leads out of this machine without TLS.
    pub fn azure_arc(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        endpoint: &str,
        challenge: ArcChallenge,
    ) -> Result<Self, InvalidIdentityEndpoint> {
        let platform = Platform::Arc(challenge);
        Ok(Self::new(transport, clock, local(endpoint)?, platform))
    }

    fn new(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        endpoint: Uri,
        platform: Platform,
    ) -> Self {
        Self {
            transport,
            clock,
            endpoint,
            platform,
            client_id: None,
            unproven: AtomicBool::new(false),
        }
    }

    /// For a machine that may have no identity: asks first whether anything answers there, for a
    /// second. Where nothing does, each attempt to get a token fails at once.
    #[must_use]
    pub fn probing(mut self) -> Self {
        self.unproven = AtomicBool::new(true);
        self
    }

    /// The identity with this client id, where the machine has several.
    #[must_use]
    pub fn with_client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    fn request(&self, resource: &str) -> Request {
        let version = match self.platform {
            Platform::AppService(_) => "2019-08-01",
            Platform::Imds => "2018-02-01",
            Platform::Arc(_) => "2019-11-01",
        };
        let mut query = Query::new()
            .with("api-version", version)
            .with("resource", resource);
        if let Some(client_id) = &self.client_id {
            query = query.with("client_id", client_id);
        }
        let mut request = Request::new(Body::empty());
        *request.method_mut() = Method::GET;
        *request.uri_mut() = with_query(&self.endpoint, &query);
        let (name, value) = match &self.platform {
            Platform::AppService(header) => ("x-identity-header", header.expose_secret()),
            Platform::Imds | Platform::Arc(_) => ("metadata", "true"),
        };
        put(&mut request, HeaderName::from_static(name), value);
        request
    }

    /// Any answer proves that the service is there; what is asked gets no token.
    async fn probe(&self) -> Result<(), SourceError> {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = self.endpoint.clone();
        let answer = pin!(self.transport.send(request));
        match select(answer, self.clock.sleep(PROBE)).await {
            Either::Left((Ok(_), _)) => {
                self.unproven.store(false, Ordering::Relaxed);
                Ok(())
            }
            _ => Err(SourceError::new(
                "no credential is set, and no managed identity answers on this machine",
                "set AZURE_CLIENT_CERTIFICATE_PATH or another credential, or run this on a machine with a managed identity",
            )),
        }
    }

    async fn send(&self, request: Request) -> Result<Response, SourceError> {
        self.transport.send(request).await.map_err(|error| {
            let message = format!("the managed identity's endpoint: {error}");
            let next = "run this on a machine with a managed identity, or sign in by other means";
            SourceError::new(message, next).passing(None)
        })
    }

    /// Arc names a file that only its agents' users can read.
    async fn answer_challenge(
        &self,
        refused: &Response,
        challenge: &ArcChallenge,
        resource: &str,
    ) -> Result<Response, SourceError> {
        let file = refused.headers().get(header::WWW_AUTHENTICATE);
        let file = file.and_then(|value| value.to_str().ok()?.split_once("realm="));
        let Some((_, file)) = file else {
            return Err(refusal(refused));
        };
        let key = challenge(file.trim().trim_matches('"'))?;
        let mut request = self.request(resource);
        let basic = Zeroizing::new(format!("Basic {}", key.expose_secret()));
        put(&mut request, header::AUTHORIZATION, &basic);
        self.send(request).await
    }

    fn read(&self, response: &Response) -> Result<AccessToken, SourceError> {
        let answer: WireToken = wire::decode(response.body()).map_err(|bad| {
            let next = "something other than Azure may answer there";
            SourceError::new(format!("the managed identity: {bad}"), next)
        })?;
        let now = self.clock.unix();
        let until = |at: u32| Duration::from_secs(at.into()).saturating_sub(now);
        let lifetime = match (answer.expires_in, answer.expires_on) {
            (Some(seconds), _) => Duration::from_secs(seconds.into()),
            (None, at) => at.map_or(Duration::ZERO, until),
        };
        Ok(AccessToken {
            token: answer.access_token.into(),
            lifetime,
        })
    }
}

#[async_trait]
impl TokenSource for ManagedIdentity {
    async fn token(&self, resource: &str) -> Result<AccessToken, SourceError> {
        if self.unproven.load(Ordering::Relaxed) {
            self.probe().await?;
        }
        let mut response = self.send(self.request(resource)).await?;
        if let (Platform::Arc(challenge), StatusCode::UNAUTHORIZED) =
            (&self.platform, response.status())
        {
            response = self
                .answer_challenge(&response, challenge, resource)
                .await?;
        }
        if !response.status().is_success() {
            return Err(refusal(&response));
        }
        let token = self.read(&response);
        response.body_mut().zeroize();
        token
    }
}

impl fmt::Debug for ManagedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagedIdentity")
            .field("endpoint", &self.endpoint)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

fn put(request: &mut Request, name: HeaderName, value: &str) {
    if let Ok(mut value) = HeaderValue::from_str(value) {
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
    }
}

/// An address on this machine, or one with TLS.
fn local(endpoint: &str) -> Result<Uri, InvalidIdentityEndpoint> {
    let uri: Uri = endpoint
        .trim()
        .parse()
        .map_err(|_| InvalidIdentityEndpoint)?;
    let authority = uri.authority().ok_or(InvalidIdentityEndpoint)?.as_str();
    let stays = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => uri.host().is_some_and(is_local),
        _ => false,
    };
    if stays && !authority.contains('@') && uri.query().is_none() {
        Ok(uri)
    } else {
        Err(InvalidIdentityEndpoint)
    }
}

/// Loopback, or link-local: a router does not pass it on (RFC 3927 section 7).
fn is_local(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || match bare.parse() {
            Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_link_local(),
            Ok(IpAddr::V6(ip)) => ip.is_loopback(),
            Err(_) => false,
        }
}

fn with_query(endpoint: &Uri, query: &Query) -> Uri {
    format!("{endpoint}{query}").parse().unwrap_or_default()
}

fn refusal(response: &Response) -> SourceError {
    let status = response.status();
    let after = idp_http::retry_after(response.headers());
    let message = format!("the managed identity gave no token ({})", status.as_u16());
    let next = match status.as_u16() {
        400 => {
            "give this machine a managed identity, or set AZURE_CLIENT_ID to the one of its identities that is meant"
        }
        401 | 403 => "let this program's user ask the machine's identity for tokens",
        _ => "wait a moment, then repeat",
    };
    let error = SourceError::new(message, next);
    // 404 and 410 are what the metadata service says while it is renewed.
    let passes = matches!(status.as_u16(), 404 | 410 | 429) || status.is_server_error();
    if passes { error.passing(after) } else { error }
}

#[derive(Deserialize)]
struct WireToken {
    access_token: String,
    #[serde(default, deserialize_with = "wire::number")]
    expires_in: Option<u32>,
    /// Unix time.
    #[serde(default, deserialize_with = "wire::number")]
    expires_on: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for good in [
            "http://127.0.0.1:41741/msi/token/",
            "http://localhost:42356/msi/token",
            "http://169.254.129.6:8081/msi/token",
            "http://[::1]/x",
            "https://identity.example/token",
        ] {
            assert!(local(good).is_ok(), "{good}");
        }
        for bad in [
            "http://10.0.0.1/msi/token",
            "http://169.254.169.254.evil.test/",
            "http://169.253.1.1/",
            "http://user@127.0.0.1/",
            "http://127.0.0.1/?x=1",
            "ftp://127.0.0.1/",
            "/msi/token",
            "",
        ] {
            assert!(local(bad).is_err(), "{bad}");
        }
    }
}
