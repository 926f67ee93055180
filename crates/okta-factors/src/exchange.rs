//! One request and its answer, with the org's time learned on the way.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use idp_http::{Clock, IdpTime, Request, Response, Transport, TransportError, printable};

pub(crate) struct Exchange {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) time: IdpTime,
}

impl Exchange {
    pub(crate) async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let sent = self.now();
        let response = self.transport.send(request).await?;
        self.time.learn(&*self.clock, response.headers(), sent);
        Ok(response)
    }

    /// The org's time, since the Unix epoch.
    pub(crate) fn unix(&self) -> Duration {
        self.time.unix(&*self.clock)
    }

    /// The earliest that the org's time can be: what is signed for it is not from the future.
    pub(crate) fn earliest_unix(&self) -> Duration {
        let uncertainty = self.time.uncertainty(&*self.clock);
        self.unix().saturating_sub(uncertainty)
    }

    /// Monotonic.
    pub(crate) fn now(&self) -> Duration {
        self.clock.monotonic()
    }
}

/// Okta's name for the call, for its support.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("x-okta-request-id")?.to_str().ok()?;
    Some(printable(value))
}
