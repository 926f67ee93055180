//! The services' clocks, and the dates that their answers bear.

use std::time::Duration;

use crate::rng::Rng;
use crate::sign_in::Idp;
use crate::timestamp;

/// Separates the draws for dates from others of the same seed.
const STREAM: u64 = 0xda7e;

/// How one service tells the time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Front {
    /// By how many seconds its clock is ahead of the simulator's.
    pub(crate) offset_s: i64,
    /// Whether answers bear a date.
    pub(crate) header: bool,
    /// By how many seconds the machines that answer differ from its clock at most.
    pub(crate) spread_s: u64,
}

pub(crate) struct Dates {
    entra: Front,
    okta: Front,
    rng: Rng,
}

impl Dates {
    pub(crate) fn new(entra: Front, okta: Front, seed: u64) -> Self {
        Self {
            entra,
            okta,
            rng: Rng::new(seed, STREAM),
        }
    }

    fn front(&self, idp: Idp) -> Front {
        match idp {
            Idp::Entra => self.entra,
            Idp::Okta => self.okta,
        }
    }

    /// The time at the service.
    pub(crate) fn at(&self, idp: Idp, unix: Duration) -> Duration {
        shifted(unix, self.front(idp).offset_s)
    }

    /// The `Date` of an answer at the service's time `now`.
    pub(crate) fn header(&mut self, idp: Idp, now: Duration) -> Option<String> {
        let front = self.front(idp);
        if !front.header {
            return None;
        }
        let spread = i64::try_from(front.spread_s)
            .unwrap_or(i64::MAX / 4)
            .min(i64::MAX / 4);
        let off = match spread {
            0 => 0,
            _ => {
                i64::try_from(self.rng.next() % (2 * spread.unsigned_abs() + 1)).unwrap_or_default()
                    - spread
            }
        };
        timestamp::http_date(shifted(now, off))
    }
}

fn shifted(time: Duration, seconds: i64) -> Duration {
    let shift = Duration::from_secs(seconds.unsigned_abs());
    match seconds {
        0.. => time.saturating_add(shift),
        _ => time.saturating_sub(shift),
    }
}
