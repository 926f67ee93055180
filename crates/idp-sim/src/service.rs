//! What a simulated service is to the core: something that names, carries out and refuses requests.

use std::time::Duration;

use crate::act::{Act, Subject};

/// A request with an absolute URI: what the client used.
pub(crate) type SimRequest = http::Request<Vec<u8>>;

/// An answer, complete but for its `Date`.
pub(crate) type SimResponse = http::Response<Vec<u8>>;

/// Which operation a request is, for counting and fault rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// A stable name, such as `devices.bulk-create`.
    pub(crate) name: &'static str,
    /// Whether it may change something.
    pub(crate) write: bool,
}

impl Route {
    pub(crate) const fn read(name: &'static str) -> Self {
        Self { name, write: false }
    }

    pub(crate) const fn write(name: &'static str) -> Self {
        Self { name, write: true }
    }
}

/// One simulated identity provider.
pub(crate) trait Service: Send {
    /// Names the operation.
    fn route(&self, request: &SimRequest) -> Route;

    /// Carries the request out at the service's time `now` (Unix) and answers, with all headers but `Date`.
    fn handle(&mut self, request: &SimRequest, now: Duration) -> SimResponse;

    /// What a request is about.
    fn subject(&self, request: &SimRequest) -> Subject;

    /// Another operator does something; `subject` says what the act leaves out. The error says what hindered him.
    fn act(&mut self, act: &Act, subject: &Subject, now: Duration) -> Result<(), String>;

    /// From now on, keeps what reads would have shown so long ago.
    fn remember_for(&mut self, memory: Duration);

    /// Until it is called again, reads show the state of so long ago.
    fn look_back(&mut self, age: Duration);

    /// The service's own answer with `status`, as when it throttles: its error format and headers.
    fn error(&mut self, status: u16, retry_after: Option<&str>, now: Duration) -> SimResponse;
}
