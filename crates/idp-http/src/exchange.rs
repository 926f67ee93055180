//! One request and its answer, with the service's time learned on the way.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::{Clock, IdpTime, Request, Response, Transport, TransportError};

/// A transport and a clock that learn the service's time from its answers.
pub struct Exchange {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    time: IdpTime,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").finish_non_exhaustive()
    }
}

impl Exchange {
    /// With one service, of whose time nothing is known yet.
    pub fn new(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        Self {
            transport,
            clock,
            time: IdpTime::default(),
        }
    }

    /// Sends one request, once.
    ///
    /// # Errors
    /// [`TransportError`] where no answer came.
    pub async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let sent = self.clock.monotonic();
        let response = self.transport.send(request).await?;
        self.time.learn(&*self.clock, response.headers(), sent);
        Ok(response)
    }

    /// The clock of this machine.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// What is known of the service's time.
    #[must_use]
    pub fn time(&self) -> &IdpTime {
        &self.time
    }

    /// The service's time since the Unix epoch; this machine's before the first answer.
    #[must_use]
    pub fn unix(&self) -> Duration {
        self.time.unix(&*self.clock)
    }

    /// By how much [`Exchange::unix`] may be off.
    #[must_use]
    pub fn unix_uncertainty(&self) -> Duration {
        self.time.uncertainty(&*self.clock)
    }

    /// The earliest that the service's time can be: what is signed for it is not from the future.
    #[must_use]
    pub fn earliest_unix(&self) -> Duration {
        self.unix().saturating_sub(self.unix_uncertainty())
    }

    /// How far this machine's clock is ahead of the service's, in milliseconds; `None` where no answer
    /// has told the time.
    #[must_use]
    pub fn ahead_millis(&self) -> Option<i64> {
        self.time.ahead_millis(&*self.clock)
    }
}
