//! The cache of the access token: one sign-in at a time, for everybody who waits.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use http::HeaderValue;
use idp_http::Clock;
use tokio::sync::Mutex;

use crate::Error;

/// An access token, kept as the `Authorization` header that it becomes: marked sensitive, and shared
/// rather than copied by each request.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) authorization: HeaderValue,
    /// Until when it is used, on the monotonic clock.
    pub(crate) until: Duration,
    /// Graph has accepted it once.
    worked: Arc<AtomicBool>,
}

impl Token {
    pub(crate) fn new(authorization: HeaderValue, until: Duration) -> Self {
        Self {
            authorization,
            until,
            worked: Arc::default(),
        }
    }

    pub(crate) fn mark_worked(&self) {
        self.worked.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_worked(&self) -> bool {
        self.worked.load(Ordering::Relaxed)
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.worked, &other.worked)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
pub(crate) struct TokenCache {
    state: Mutex<State>,
    /// How many sign-ins have ended.
    ended: AtomicU64,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    /// How the last sign-in failed.
    failure: Option<Error>,
}

impl TokenCache {
    /// The cached token, or what `sign_in` brings.
    ///
    /// The lock is held over the sign-in. Who waited for it shares its end, a failure too: a wrong
    /// secret is tried once, not once for each of a hundred tasks.
    pub(crate) async fn get(
        &self,
        clock: &dyn Clock,
        sign_in: impl Future<Output = Result<Token, Error>> + Send,
    ) -> Result<Token, Error> {
        let ended = self.ended.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        if let Some(token) = &state.token
            && clock.monotonic() < token.until
        {
            return Ok(token.clone());
        }
        if let Some(failure) = &state.failure
            && ended != self.ended.load(Ordering::Acquire)
        {
            return Err(failure.copy());
        }
        let end = sign_in.await;
        self.ended.fetch_add(1, Ordering::Release);
        state.token = end.as_ref().ok().cloned();
        state.failure = end.as_ref().err().map(Error::copy);
        end
    }

    /// The token at hand, also one that is about to be replaced.
    pub(crate) async fn cached(&self) -> Option<Token> {
        self.state.lock().await.token.clone()
    }

    /// Forgets a token that Graph did not accept, unless a newer one has taken its place.
    pub(crate) async fn forget(&self, token: &Token) {
        let mut state = self.state.lock().await;
        if state.token.as_ref().is_some_and(|cached| cached.is(token)) {
            state.token = None;
        }
    }
}
