//! One request and its answer, with the service's time learned on the way.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use idp_http::{Clock, IdpTime, Request, Response, Transport, TransportError};

use crate::wire::first_line;

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

    /// The service's time, since the Unix epoch.
    pub(crate) fn unix(&self) -> Duration {
        self.time.unix(&*self.clock)
    }

    /// True where [`Exchange::unix`] is the service's word, and not this machine's.
    pub(crate) fn knows_time(&self) -> bool {
        self.ahead_millis().is_some()
    }

    /// How far this machine's clock is ahead of the service's.
    pub(crate) fn ahead_millis(&self) -> Option<i64> {
        self.time.ahead_millis(&*self.clock)
    }

    /// Monotonic.
    pub(crate) fn now(&self) -> Duration {
        self.clock.monotonic()
    }
}

/// The service's name for the request: `request-id` from Graph, `x-ms-request-id` from sign-in.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = ["request-id", "x-ms-request-id"]
        .iter()
        .find_map(|name| headers.get(*name))?;
    let id = first_line(id.to_str().ok()?);
    (!id.is_empty()).then_some(id)
}
