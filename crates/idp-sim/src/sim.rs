//! The core: both services behind one clock, with faults and a record of all calls.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use idp_http::Clock;

use crate::calls::Calls;
use crate::config::SimConfig;
use crate::entra::EntraAccess;
use crate::faults::{Fault, Faults, Script};
use crate::okta::OktaAccess;
use crate::service::SimRequest;
use crate::sign_in::{Idp, SignIn, SignInAnswer};
use crate::transport::SimTransport;
use crate::truth::Truth;
use crate::world::{Outcome, World};

/// Entra ID and Okta, simulated. Clones share one state.
#[derive(Clone)]
pub struct Sim(Arc<Shared>);

struct Shared {
    clock: Arc<dyn Clock>,
    latency: Duration,
    seed: u64,
    world: Mutex<World>,
}

impl Sim {
    /// A simulator whose services have the time of `clock`, shifted by their switch `clock_offset_s`.
    #[must_use]
    pub fn new(config: SimConfig, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared {
            latency: config.latency,
            seed: config.seed,
            world: Mutex::new(World::new(config)),
            clock,
        }))
    }

    /// A way in without sockets, for the URLs of [`Sim::entra`] and [`Sim::okta`].
    #[must_use]
    pub fn transport(&self) -> SimTransport {
        SimTransport::new(self.clone())
    }

    /// What a client needs to reach Entra through [`Sim::transport`].
    #[must_use]
    pub fn entra(&self) -> EntraAccess {
        self.world().entra.access()
    }

    /// What a client needs to reach Okta through [`Sim::transport`].
    #[must_use]
    pub fn okta(&self) -> OktaAccess {
        self.world().okta.access()
    }

    /// Replaces all fault rules.
    pub fn set_faults(&self, faults: Faults) {
        self.world().script = Script::new(faults, self.0.seed);
    }

    /// What the services hold now.
    #[must_use]
    pub fn state(&self) -> Truth {
        let unix = self.0.clock.unix();
        self.world().truth(unix)
    }

    /// What was asked of the services.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.world().log.report()
    }

    /// Judges a code as the real sign-in would, and remembers what it learned from it.
    #[must_use]
    pub fn sign_in(&self, attempt: &SignIn) -> SignInAnswer {
        let unix = self.0.clock.unix();
        self.world().sign_in(attempt, unix)
    }

    /// Carries out one request, with the faults that are due.
    pub(crate) async fn answer(&self, idp: Idp, request: SimRequest) -> Outcome {
        let half = self.0.latency / 2;
        self.pause(half).await;
        let (route, fault) = self.world().meet(idp, &request);
        if let Some(Fault::Delay { ms }) = fault {
            self.pause(Duration::from_millis(ms)).await;
        }
        let unix = self.0.clock.unix();
        let outcome = self
            .world()
            .carry_out(idp, route, request, fault.as_ref(), unix);
        if let Some(Fault::DelayAfter { ms }) = fault {
            self.pause(Duration::from_millis(ms)).await;
        }
        self.pause(self.0.latency.saturating_sub(half)).await;
        outcome
    }

    pub(crate) async fn pause(&self, time: Duration) {
        if !time.is_zero() {
            self.0.clock.sleep(time).await;
        }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim").finish_non_exhaustive()
    }
}
