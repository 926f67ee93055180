//! Who is signed in. In memory only: a restart ends all sessions.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use zeroize::Zeroizing;

use super::moment::Moment;
use super::secret::{self, Hash};
use super::{Caller, Role, Via};
use crate::vault::Fill;

/// How long a session lasts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lasting {
    /// Without a request.
    pub(crate) idle: Duration,
    /// In all.
    pub(crate) whole: Duration,
}

impl Lasting {
    const fn minutes(idle: u64, whole: u64) -> Self {
        Self {
            idle: Duration::from_secs(idle * 60),
            whole: Duration::from_secs(whole * 60),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// For those who signed in with a password.
    pub(crate) account: Lasting,
    /// For the person at the desk where the program runs.
    pub(crate) desk: Lasting,
    /// Sessions at a time; the one that was used least recently makes room.
    pub(crate) sessions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            account: Lasting::minutes(15, 8 * 60),
            desk: Lasting::minutes(8 * 60, 12 * 60),
            sessions: 1000,
        }
    }
}

pub(super) struct Sessions {
    limits: Limits,
    live: Mutex<HashMap<Hash, Session>>,
}

struct Session {
    caller: Caller,
    begun: Moment,
    used: Moment,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl Sessions {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            live: Mutex::default(),
        }
    }

    /// Begins a session and gives its id, which only the browser keeps.
    pub(super) fn begin(
        &self,
        now: Moment,
        fill: &Fill,
        (name, role, via): (String, Role, Via),
    ) -> io::Result<Zeroizing<String>> {
        let (id, csrf) = (secret::word(fill)?, secret::word(fill)?);
        let caller = Caller {
            name,
            role,
            csrf,
            via,
        };
        let mut live = self.live();
        live.retain(|_, session| self.limits.hold(session, now));
        if live.len() >= self.limits.sessions {
            drop_least_recent(&mut live, now);
        }
        let (begun, used) = (now, now);
        let session = Session {
            caller,
            begun,
            used,
        };
        live.insert(secret::hash(&id), session);
        Ok(id)
    }

    /// Whose session this is; it has been used now.
    pub(super) fn caller(&self, now: Moment, id: &str) -> Option<Caller> {
        let hash = secret::hash(id);
        let mut live = self.live();
        let session = live.get_mut(&hash)?;
        if !self.limits.hold(session, now) {
            live.remove(&hash);
            return None;
        }
        session.used = now;
        Some(session.caller.clone())
    }

    /// Whether this session lasts. That is no use of it.
    pub(super) fn lasts(&self, now: Moment, id: &str) -> bool {
        let live = self.live();
        let session = live.get(&secret::hash(id));
        session.is_some_and(|session| self.limits.hold(session, now))
    }

    pub(super) fn end(&self, id: &str) {
        self.live().remove(&secret::hash(id));
    }

    /// Ends the sessions of an account: it is gone, or has another role or password.
    pub(super) fn end_all_of(&self, account: &str) {
        let is_theirs = |caller: &Caller| caller.via == Via::Password && caller.name == account;
        self.live().retain(|_, session| !is_theirs(&session.caller));
    }

    fn live(&self) -> MutexGuard<'_, HashMap<Hash, Session>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Limits {
    fn hold(&self, session: &Session, now: Moment) -> bool {
        let lasting = match session.caller.via {
            Via::OneTime => self.desk,
            Via::Password | Via::ApiToken => self.account,
        };
        now.since(session.used) < lasting.idle && now.since(session.begun) < lasting.whole
    }
}

fn drop_least_recent(live: &mut HashMap<Hash, Session>, now: Moment) {
    let oldest = live
        .iter()
        .max_by_key(|(_, session)| now.since(session.used));
    if let Some(hash) = oldest.map(|(hash, _)| *hash) {
        live.remove(&hash);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use idp_http::{Clock, TokioClock};

    use super::super::tests::fill;
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn who(name: &str, via: Via) -> (String, Role, Via) {
        (name.to_owned(), Role::Operator, via)
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_ends_after_idle_time_and_after_its_whole_time() {
        for (via, idle, whole) in [(Via::Password, 15, 8 * 60), (Via::OneTime, 8 * 60, 12 * 60)] {
            let clock = TokioClock::starting_at(Duration::from_secs(1_000_000));
            let sessions = Sessions::new(Limits::default());
            let begin = || {
                sessions
                    .begin(Moment::now(&clock), &fill(), who("ada", via))
                    .unwrap()
            };
            let caller = |id: &str| sessions.caller(Moment::now(&clock), id);
            let id = begin();
            clock.sleep(idle * MINUTE - Duration::from_secs(1)).await;
            assert_eq!(caller(&id).unwrap().name, "ada");
            clock.sleep(idle * MINUTE).await;
            assert_eq!(caller(&id), None, "idle");
            let id = begin();
            let mut minutes = 0;
            while caller(&id).is_some() {
                clock.sleep(5 * MINUTE).await;
                minutes += 5;
            }
            assert_eq!(minutes, whole);
            assert_eq!(sessions.live().len(), 0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn sessions_are_bounded_and_the_least_recent_makes_room() {
        let clock = TokioClock::starting_at(Duration::ZERO);
        let sessions = Sessions::new(Limits {
            sessions: 2,
            ..Limits::default()
        });
        let (fill, who) = (fill(), || who("ada", Via::Password));
        let mut ids = Vec::new();
        for _ in 0..3 {
            clock.sleep(MINUTE).await;
            ids.push(sessions.begin(Moment::now(&clock), &fill, who()).unwrap());
            clock.sleep(MINUTE).await;
            assert!(sessions.caller(Moment::now(&clock), &ids[0]).is_some());
        }
        let now = Moment::now(&clock);
        let live: Vec<bool> = ids
            .iter()
            .map(|id| sessions.caller(now, id).is_some())
            .collect();
        assert_eq!(live, [true, false, true]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_ended_session_is_dead_and_no_id_is_kept() {
        let clock = TokioClock::starting_at(Duration::ZERO);
        let (sessions, fill, now) = (
            Sessions::new(Limits::default()),
            fill(),
            Moment::now(&clock),
        );
        let begin = |name, via| sessions.begin(now, &fill, who(name, via)).unwrap();
        let (one, two) = (begin("ada", Via::Password), begin("bob", Via::Password));
        let desk = begin("ada", Via::OneTime);
        assert_ne!(one, two);
        assert!(one.len() >= 43, "256 bits");
        sessions.end(&two);
        assert_eq!(sessions.caller(now, &two), None);
        sessions.end_all_of("ada");
        assert_eq!(sessions.caller(now, &one), None);
        let caller = sessions.caller(now, &desk).unwrap();
        assert!(!format!("{sessions:?}{caller:?}").contains(caller.csrf.as_str()));
    }
}
