//! The cache of the access token: one sign-in at a time, for everybody who waits.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;

use crate::Clock;

/// How long before its end a token is replaced.
const EARLY: Duration = Duration::from_secs(300);
/// No token is used longer, whatever the answer says.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// An access token, in the form `T` in which requests carry it. Clones share what became of it.
#[derive(Clone)]
pub struct Token<T> {
    /// What requests carry. `Debug` does not show it.
    pub value: T,
    /// Until when it is used, on the monotonic clock.
    until: Duration,
    /// The service has accepted it once.
    worked: Arc<AtomicBool>,
}

impl<T> Token<T> {
    /// A token that was asked for at `sent` ([`Clock::monotonic`]) and is good for `lifetime` from
    /// then on. It is used until five minutes before its end, a short one for half of its life.
    #[must_use]
    pub fn new(value: T, sent: Duration, lifetime: Duration) -> Self {
        Self {
            value,
            until: sent.saturating_add(use_for(lifetime)),
            worked: Arc::default(),
        }
    }

    /// The service has accepted it.
    pub fn mark_worked(&self) {
        self.worked.store(true, Ordering::Relaxed);
    }

    /// Whether the service has ever accepted it: then a refusal means that its time is over, and a
    /// new one will do.
    #[must_use]
    pub fn has_worked(&self) -> bool {
        self.worked.load(Ordering::Relaxed)
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.worked, &other.worked)
    }
}

impl<T> fmt::Debug for Token<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// How long a token of this lifetime is used.
fn use_for(lifetime: Duration) -> Duration {
    let lifetime = lifetime.min(LONGEST);
    lifetime.saturating_sub(EARLY.min(lifetime / 2))
}

/// The token at hand. One task at a time signs in, for all that wait.
pub struct TokenCache<T, E> {
    state: Mutex<State<T, E>>,
    /// How many sign-ins have ended.
    ended: AtomicU64,
}

struct State<T, E> {
    token: Option<Token<T>>,
    /// How the last sign-in failed.
    failure: Option<E>,
}

impl<T, E> Default for TokenCache<T, E> {
    fn default() -> Self {
        let state = State {
            token: None,
            failure: None,
        };
        Self {
            state: Mutex::new(state),
            ended: AtomicU64::new(0),
        }
    }
}

impl<T, E> fmt::Debug for TokenCache<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").finish_non_exhaustive()
    }
}

impl<T: Clone + Send, E: Clone + Send> TokenCache<T, E> {
    /// The cached token, or what `sign_in` brings.
    ///
    /// The lock is held over the sign-in. Who waited for it shares its end, a failure too: a wrong
    /// secret is tried once, not once for each of a hundred tasks.
    ///
    /// # Errors
    /// That of the sign-in.
    pub async fn get(
        &self,
        clock: &dyn Clock,
        sign_in: impl Future<Output = Result<Token<T>, E>> + Send,
    ) -> Result<Token<T>, E> {
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
            return Err(failure.clone());
        }
        let end = sign_in.await;
        self.ended.fetch_add(1, Ordering::Release);
        state.token = end.as_ref().ok().cloned();
        state.failure = end.as_ref().err().cloned();
        end
    }

    /// The token at hand, also one that is about to be replaced.
    pub async fn cached(&self) -> Option<Token<T>> {
        self.state.lock().await.token.clone()
    }

    /// Forgets a token that the service did not accept, unless a newer one has taken its place.
    pub async fn forget(&self, token: &Token<T>) {
        let mut state = self.state.lock().await;
        if state.token.as_ref().is_some_and(|cached| cached.is(token)) {
            state.token = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_used_until_five_minutes_before_its_end() {
        let used = |seconds| use_for(Duration::from_secs(seconds)).as_secs();
        assert_eq!(used(3599), 3299);
        assert_eq!(used(100), 50);
        assert_eq!(used(0), 0);
        assert_eq!(used(u64::MAX), 24 * 3600 - 300);
    }
}
