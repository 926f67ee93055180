//! How far a run has come, for whoever watches.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use provisioner::{Counts, Event, Outcome, Problem, State};
use seedfile::Serial;
use serde::Serialize;
use tokio::sync::watch;

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// Calls are made.
    Going,
    /// Nothing is sent for a while: the service asked for it, or the next code of a token is awaited.
    Waiting,
    /// The calls in flight are finished.
    Stopping,
    /// Somebody paused it.
    Paused,
    /// Something stands in the way; somebody may let it go on.
    Stopped,
    /// It has come to its end.
    Ended,
}

/// How far a run has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Progress {
    pub(crate) status: Status,
    pub(crate) counts: Counts,
    /// Rows for which calls have succeeded, and whose end is not known yet: it is read later, in bulk.
    pub(crate) under_way: usize,
    /// At the present pace, in milliseconds.
    pub(crate) time_left_ms: Option<u64>,
    /// How long nothing is sent, in milliseconds.
    pub(crate) waiting_ms: Option<u64>,
    /// Why it stopped.
    pub(crate) problem: Option<Problem>,
}

/// A row that came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) serial: Serial,
    pub(crate) outcome: Outcome,
    /// What the provider has.
    pub(crate) state: Option<State>,
    /// Why it is not as wanted.
    pub(crate) error: Option<Problem>,
}

/// Where progress is written down and watched.
#[derive(Debug)]
pub(crate) struct Board {
    progress: watch::Sender<Progress>,
    /// Rows that had ended before: places in the list count from there on, also after a restart.
    base: usize,
    /// Rows in the order in which they ended.
    settled: Mutex<Vec<Settled>>,
    /// Steps that have succeeded in the engine's present round.
    successes: AtomicUsize,
}

impl Board {
    pub(super) fn new(counts: Counts) -> Self {
        let progress = Progress {
            status: Status::Going,
            counts,
            under_way: 0,
            time_left_ms: None,
            waiting_ms: None,
            problem: None,
        };
        Self {
            progress: watch::Sender::new(progress),
            base: counts.rows.saturating_sub(counts.pending),
            settled: Mutex::default(),
            successes: AtomicUsize::new(0),
        }
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    pub(crate) fn now(&self) -> Progress {
        self.progress.borrow().clone()
    }

    /// The place behind the last row that ended.
    pub(crate) fn place(&self) -> usize {
        self.base + self.settled().len()
    }

    /// The rows that ended from this place on; `None` where they are not known here any more.
    pub(crate) fn settled_from(&self, place: usize) -> Option<Vec<Settled>> {
        let rows = place.checked_sub(self.base)?;
        Some(self.settled().get(rows..)?.to_vec())
    }

    /// How these rows ended, as far as they did here.
    pub(crate) fn ends_of(&self, serials: &[&Serial]) -> BTreeMap<Serial, Settled> {
        let settled = self.settled();
        let wanted = settled.iter().filter(|row| serials.contains(&&row.serial));
        wanted
            .map(|row| (row.serial.clone(), row.clone()))
            .collect()
    }

    pub(super) fn set(&self, status: Status, problem: Option<Problem>) {
        self.progress.send_modify(|progress| {
            progress.status = status;
            progress.problem = problem;
            progress.waiting_ms = None;
            progress.time_left_ms = None;
            progress.under_way = 0;
        });
    }

    pub(super) fn set_counts(&self, counts: Counts) {
        self.progress
            .send_modify(|progress| progress.counts = counts);
    }

    pub(super) fn show(&self, event: &Event) {
        match event {
            Event::Settled {
                serial,
                outcome,
                state,
                error,
                ..
            } => {
                self.settled().push(Settled {
                    serial: serial.clone(),
                    outcome: *outcome,
                    state: *state,
                    error: error.clone(),
                });
                self.progress.send_modify(|progress| {
                    count(&mut progress.counts, *outcome);
                    progress.set_under_way(progress.under_way.saturating_sub(1));
                });
            }
            Event::Answered {
                successes,
                time_left,
                ..
            } => self.progress.send_modify(|progress| {
                let before = self.successes.swap(*successes, Ordering::Relaxed);
                // A new round counts from its own begin.
                let new = successes.checked_sub(before).unwrap_or(*successes);
                progress.going();
                progress.set_under_way(progress.under_way + new);
                progress.time_left_ms = u64::try_from(time_left.as_millis()).ok();
            }),
            Event::Waiting { wait } => self.progress.send_modify(|progress| {
                if progress.status == Status::Going {
                    progress.status = Status::Waiting;
                }
                let wait = u64::try_from(wait.as_millis()).ok();
                progress.waiting_ms = wait;
                progress.time_left_ms = progress.time_left_ms.max(wait);
            }),
            _ => {}
        }
    }

    fn settled(&self) -> MutexGuard<'_, Vec<Settled>> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    fn going(&mut self) {
        if self.status == Status::Waiting {
            self.status = Status::Going;
        }
        self.waiting_ms = None;
    }

    /// A row of several steps is under way once.
    fn set_under_way(&mut self, rows: usize) {
        self.under_way = rows.min(self.counts.pending);
    }
}

fn count(counts: &mut Counts, outcome: Outcome) {
    if outcome == Outcome::Pending {
        return;
    }
    counts.pending = counts.pending.saturating_sub(1);
    match outcome {
        Outcome::Done => counts.done += 1,
        Outcome::Unchanged => counts.unchanged += 1,
        Outcome::Failed => counts.failed += 1,
        Outcome::Conflict => counts.conflict += 1,
        Outcome::Rejected => counts.rejected += 1,
        Outcome::Pending => {}
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn board(pending: usize) -> Board {
        Board::new(Counts {
            rows: pending,
            pending,
            ..Counts::default()
        })
    }

    fn answered(successes: usize) -> Event {
        Event::Answered {
            step: provisioner::Step(vec![provisioner::Operation::Activate]),
            successes,
            time_left: Duration::from_secs(9),
        }
    }

    fn settled(serial: &str) -> Event {
        Event::Settled {
            serial: Serial::new(serial).unwrap(),
            outcome: Outcome::Done,
            state: Some(State::Activated),
            error: None,
            settled: 0,
            total: 0,
        }
    }

    #[test]
    fn what_is_under_way_is_seen_before_its_end_is_read() {
        let board = board(3);
        let mut seen = Vec::new();
        let mut show = |event| {
            board.show(&event);
            seen.push(board.now().under_way);
        };
        // All are activated, then read; the last one is called again in a round of its own.
        for successes in 1..=3 {
            show(answered(successes));
        }
        show(settled("1"));
        show(settled("2"));
        show(answered(1));
        show(settled("3"));
        assert_eq!(seen, [1, 2, 3, 2, 1, 1, 0]);
    }

    #[test]
    fn the_time_left_is_not_shorter_than_what_is_waited_for() {
        let board = Board::new(Counts::default());
        let wait = Duration::from_secs(30);
        board.show(&Event::Waiting { wait });
        let now = board.now();
        assert_eq!(now.status, Status::Waiting);
        assert_eq!(
            (now.waiting_ms, now.time_left_ms),
            (Some(30_000), Some(30_000))
        );
    }
}
