//! By how much a device's clock is off.

use oath_core::{Key, Totp, Unmatched, Window, false_match_probability};
use provisioner::Problem;
use seedfile::Serial;
use serde::Serialize;

use super::{Fault, proof};
use crate::places::{Hidden, Place};
use crate::upload::Reading;

/// How far a device's clock is looked for, each way: a day.
const DAY: u64 = 24 * 60 * 60;

/// What two codes of a device told: `oathkit.drift/1`, as the command line writes it.
#[derive(Debug, Serialize)]
pub(crate) struct Drift {
    schema: &'static str,
    found: bool,
    /// The time step of the second code.
    step: u64,
    /// By how many time steps the device's clock is ahead.
    pub(crate) drift: i64,
    pub(crate) drift_seconds: Option<Offset>,
    /// The service's time, in Unix seconds.
    at: u64,
    period: u32,
    window: Steps,
    false_match_probability: f64,
    error: Option<Problem>,
}

/// The seconds by which a clock is ahead, at least and at most.
#[derive(Debug, Serialize)]
pub(crate) struct Offset {
    pub(crate) min: i64,
    pub(crate) max: i64,
}

#[derive(Debug, Serialize)]
struct Steps {
    past: u64,
    future: u64,
}

/// Looks for two codes that a device showed one after the other, the second one now. Nothing is asked of
/// the service but its time, and nothing is kept.
pub(crate) fn measure(
    place: &Place,
    serial: &Serial,
    seed: &Hidden,
    reading: &Reading,
    [first, second]: [&Hidden; 2],
) -> Result<Drift, Fault> {
    let roster = proof::pasted(serial, seed, reading);
    let roster = roster.map_err(|problem| Fault::at("seed", problem))?;
    let first = proof::code(first).map_err(|problem| Fault::at("first", problem))?;
    let second = proof::code(second).map_err(|problem| Fault::at("second", problem))?;
    let token = roster.tokens().first();
    let found = token.zip(roster.seed(serial));
    let (token, seed) = found.ok_or_else(|| Fault::at("seed", not_found()))?;
    let key = Key::new(token.algorithm, seed.expose());
    let totp = Totp::new(token.digits, token.period);
    let window = Window::lasting(DAY, token.period);
    let at = place.provider.unix().as_secs();
    let found = totp.measure(&key, at, window, &first, &second);
    let found = found.map_err(|why| Fault::at("second", unmatched(why, totp)))?;
    let seconds = totp.clock_offset(at, found.step);
    let seconds = seconds.map(std::ops::RangeInclusive::into_inner);
    Ok(Drift {
        schema: "oathkit.drift/1",
        found: true,
        step: found.step,
        drift: found.drift,
        drift_seconds: seconds.map(|(min, max)| Offset { min, max }),
        at,
        period: token.period.seconds(),
        window: Steps {
            past: window.past,
            future: window.future,
        },
        false_match_probability: false_match_probability(token.digits, 2, window.size()),
        error: None,
    })
}

fn unmatched(why: Unmatched, totp: Totp) -> Problem {
    match why {
        Unmatched::Length => Problem::new(
            "wrong-length",
            format!("this token shows codes of {} digits", totp.digits()),
            "type all digits of both codes",
        ),
        Unmatched::Repeated => Problem::new(
            "repeated",
            "both codes are the same",
            "wait until the device shows the next one, and type that as the second",
        ),
        Unmatched::Reversed => Problem::new(
            "reversed",
            "the second code came before the first",
            "type them in the order in which the device showed them",
        ),
        Unmatched::Absent => not_found(),
    }
}

fn not_found() -> Problem {
    Problem::new(
        "not-found",
        "these are no two codes of this seed that follow each other, within a day of now",
        "read two codes off the device, one after the other, and type them in that order; see that the \
         seed is of this device",
    )
}
