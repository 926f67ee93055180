//! The core: both services behind one clock, with faults and a record of all calls.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use idp_http::Clock;

use crate::act::{Act, Subject};
use crate::calls::Calls;
use crate::config::SimConfig;
use crate::entra::EntraAccess;
use crate::faults::Faults;
use crate::okta::OktaAccess;
use crate::service::SimRequest;
use crate::sign_in::{Idp, SignIn, SignInAnswer};
use crate::trace::Event;
use crate::transport::SimTransport;
use crate::truth::Truth;
use crate::world::{Moment, Outcome, World};

/// Entra ID and Okta, simulated. Clones share one state.
#[derive(Clone)]
pub struct Sim(Arc<Shared>);

struct Shared {
    clock: Arc<dyn Clock>,
    /// The clock's monotonic time at the start.
    started: Duration,
    latency: Duration,
    world: Mutex<World>,
}

impl Sim {
    /// A simulator whose services have the time of `clock`, shifted by their switch `clock_offset_s`.
    #[must_use]
    pub fn new(config: SimConfig, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared {
            started: clock.monotonic(),
            latency: config.latency,
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
        self.world().set_faults(faults);
    }

    /// Another operator does something, now.
    ///
    /// # Errors
    /// A sentence for people where the service does not let him, or where the act names no serial or user.
    pub fn interfere(&self, act: &Act) -> Result<(), String> {
        let moment = self.moment();
        self.world().interfere(act, &Subject::default(), moment)
    }

    /// Records from now on what happens, in place of an earlier record. It takes memory for each request.
    pub fn start_trace(&self) {
        self.world().trace.start();
    }

    /// What happened since [`Sim::start_trace`], in order. Two runs with the same seed, clock and requests have equal
    /// traces.
    #[must_use]
    pub fn trace(&self) -> Vec<Event> {
        self.world().trace.events()
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
        let place = self.world().enter(idp).then(|| Place { sim: self, idp });
        let half = self.0.latency / 2;
        self.pause(half).await;
        let outcome = match place {
            Some(_) => self.serve(idp, request).await,
            None => {
                let moment = self.moment();
                self.world().turn_away(idp, &request, moment)
            }
        };
        self.pause(self.0.latency.saturating_sub(half)).await;
        outcome
    }

    /// Carries out a request that has its place.
    async fn serve(&self, idp: Idp, request: SimRequest) -> Outcome {
        let age = self.moment().age;
        let fault = self.world().meet(idp, &request, age);
        let (before, after) = fault.as_ref().map_or_else(Default::default, |fault| {
            (fault.wait_before(), fault.wait_after())
        });
        self.pause(before).await;
        let moment = self.moment();
        let outcome = self.world().carry_out(idp, request, fault.as_ref(), moment);
        self.pause(after).await;
        outcome
    }

    fn moment(&self) -> Moment {
        Moment {
            unix: self.0.clock.unix(),
            age: self.0.clock.monotonic().saturating_sub(self.0.started),
        }
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

/// A request's place at the service, also where its client stops waiting.
struct Place<'a> {
    sim: &'a Sim,
    idp: Idp,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.sim.world().leave(self.idp);
    }
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim").finish_non_exhaustive()
    }
}
