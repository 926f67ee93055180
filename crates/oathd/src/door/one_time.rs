//! The address that opens the program once: for the person at the desk, who has no password.

use std::fmt;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::TempPath;
use zeroize::Zeroizing;

use super::Who;
use super::moment::Moment;
use super::secret::{self, Hash};
use crate::vault::Fill;

const VALID: Duration = Duration::from_secs(10 * 60);

/// At most one key is good at a time.
#[derive(Default)]
pub(super) struct OneTime(Mutex<Option<Live>>);

struct Live {
    hash: Hash,
    made: Moment,
    /// Whom it lets in.
    who: Who,
    /// Has the key in it, and is removed with it.
    file: Option<TempPath>,
}

impl fmt::Debug for OneTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTime(..)")
    }
}

impl OneTime {
    /// Makes a key; the one before it is void.
    pub(super) fn issue(
        &self,
        now: Moment,
        fill: &Fill,
        who: Who,
    ) -> io::Result<Zeroizing<String>> {
        let key = secret::word(fill)?;
        *self.live() = Some(Live {
            hash: secret::hash(&key),
            made: now,
            who,
            file: None,
        });
        Ok(key)
    }

    /// Keeps a file that has the key in it as long as the key is good.
    pub(super) fn keep(&self, file: TempPath) {
        if let Some(live) = &mut *self.live() {
            live.file = Some(file);
        }
    }

    /// Makes the key void.
    pub(super) fn revoke(&self) {
        *self.live() = None;
    }

    /// Whom this key lets in. It does so once; a wrong one takes nothing away.
    pub(super) fn claim(&self, now: Moment, key: &str) -> Option<Who> {
        let mut live = self.live();
        live.take_if(|live| now.since(live.made) >= VALID);
        let good = |live: &mut Live| secret::same(&live.hash, &secret::hash(key));
        live.take_if(good).map(|live| live.who)
    }

    fn live(&self) -> MutexGuard<'_, Option<Live>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use idp_http::{Clock, TokioClock};

    use super::super::tests::fill;
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_key_is_good_once_and_for_ten_minutes() {
        let clock = TokioClock::starting_at(Duration::ZERO);
        let (one_time, fill) = (OneTime::default(), fill());
        let issue = || one_time.issue(Moment::now(&clock), &fill, Who::Desk);
        let issue = || issue().unwrap();
        let claim = |key: &str| one_time.claim(Moment::now(&clock), key).is_some();
        assert!(!claim(""));
        let key = issue();
        assert!(!claim(""));
        assert!(!claim(&key[1..]));
        clock.sleep(VALID - Duration::from_secs(1)).await;
        assert!(claim(&key));
        assert!(!claim(&key), "used");
        let key = issue();
        clock.sleep(VALID).await;
        assert!(!claim(&key), "too old");
        let (void, key) = (issue(), issue());
        assert!(!claim(&void), "another took its place");
        assert!(claim(&key));
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_with_the_key_in_it_goes_with_the_key() {
        let now = Moment::now(&TokioClock::starting_at(Duration::ZERO));
        let (one_time, fill) = (OneTime::default(), fill());
        let issue = || {
            let key = one_time.issue(now, &fill, Who::Desk).unwrap();
            let file = tempfile::NamedTempFile::new().unwrap().into_temp_path();
            let path = file.to_path_buf();
            one_time.keep(file);
            (key, path)
        };
        let (_, void) = issue();
        let (key, file) = issue();
        assert!(!void.exists());
        assert!(one_time.claim(now, "x").is_none() && file.exists());
        assert!(one_time.claim(now, &key).is_some() && !file.exists());
        let (_, file) = issue();
        one_time.revoke();
        assert!(!file.exists());
    }
}
