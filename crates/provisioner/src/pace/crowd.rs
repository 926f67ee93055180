//! How many calls are in flight: as many as help, by the time that answers take.

use std::time::Duration;

/// Calls in flight at the start at most; more come with each answer.
const AT_FIRST: usize = 32;
/// Answers that take so much longer than the quickest ones show that calls wait at the service.
const SLOWED: u32 = 3;
/// Refusals of calls that were in flight together come within this time.
const BURST: Duration = Duration::from_secs(2);
/// Rounds of good answers after which one call more is tried.
const CALM: usize = 20;
/// What differs between quick answers in any case.
const NOISE: Duration = Duration::from_millis(50);

/// The seats for calls in flight.
#[derive(Debug)]
pub(crate) struct Crowd {
    /// What was asked for.
    cap: usize,
    /// The most that the service takes, as far as it is known.
    most: usize,
    /// Seats now.
    seats: usize,
    taken: usize,
    /// Answers since the seats last changed.
    answers: usize,
    /// When the service last said that there were too many, and answers since.
    reduced_at: Option<Duration>,
    calm: usize,
}

/// How long answers take for one kind of call.
#[derive(Debug, Default)]
pub(crate) struct Latency {
    quickest: Option<Duration>,
    usual: Duration,
}

impl Latency {
    /// Takes the time that an answer took.
    pub(crate) fn note(&mut self, took: Duration) {
        self.usual = match self.quickest {
            Some(_) => (self.usual * 7 + took) / 8,
            None => took,
        };
        // What was quick once need not be so for ever.
        let ageing = |quickest: Duration| quickest + quickest / 64;
        self.quickest = Some(
            self.quickest
                .map_or(took, |quickest| ageing(quickest).min(took)),
        );
    }

    /// The time that answers usually take; zero before the first one.
    pub(crate) fn usual(&self) -> Duration {
        self.usual
    }

    fn is_slowed(&self) -> bool {
        let quickest = self.quickest.unwrap_or(self.usual);
        self.usual > quickest.saturating_mul(SLOWED) + NOISE
    }
}

impl Crowd {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            cap: most,
            most: most.max(1),
            seats: most.clamp(1, AT_FIRST),
            taken: 0,
            answers: 0,
            reduced_at: None,
            calm: 0,
        }
    }

    /// Allows at most so many.
    pub(crate) fn cap(&mut self, most: usize) {
        if most != self.cap {
            let taken = self.taken;
            *self = Self {
                taken,
                ..Self::new(most)
            };
        }
    }

    /// The most that are ever taken.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// Takes a seat, if there is one.
    pub(crate) fn enter(&mut self) -> bool {
        let free = self.taken < self.seats;
        self.taken += usize::from(free);
        free
    }

    pub(crate) fn leave(&mut self) {
        self.taken = self.taken.saturating_sub(1);
    }

    /// An answer came: more calls while answers come as quickly as ever, fewer when they slow down.
    pub(crate) fn answered(&mut self, latency: &Latency) {
        self.answers += 1;
        self.calm += 1;
        if self.most < self.cap && self.calm >= CALM * self.most {
            self.calm = 0;
            self.most += 1;
        }
        if !latency.is_slowed() {
            self.seats = (self.seats + 1).min(self.most);
        } else if self.answers >= self.seats {
            self.answers = 0;
            self.seats = (self.seats - self.seats / 8).max(1);
        }
    }

    /// The service refused a call because too many were in flight: fewer from now on. Calls that
    /// were in flight together are refused together, and count once.
    pub(crate) fn refused(&mut self, now: Duration) {
        let same = |at: Duration| now.saturating_sub(at) < BURST;
        self.calm = 0;
        if self.reduced_at.is_some_and(same) {
            return;
        }
        self.reduced_at = Some(now);
        self.most = (self.taken * 3 / 4).clamp(1, self.most);
        self.seats = self.seats.min(self.most);
    }
}
