//! A ready-made mixture of faults.

use super::{Fault, Faults, Rule};
use crate::garble::Garble;

/// The parts of the mixture, of 30.
fn parts() -> Vec<(f64, Fault)> {
    let status = |status, retry_after: Option<&str>| Fault::Status {
        status,
        retry_after: retry_after.map(str::to_owned),
        after_work: false,
    };
    vec![
        (12.0, status(429, Some("1"))),
        (1.5, status(500, None)),
        (1.5, status(502, None)),
        (1.5, status(503, None)),
        (1.5, status(504, None)),
        (4.0, Fault::ResetAfter),
        (4.0, Fault::HangAfter { ms: 60_000 }),
        (
            1.0,
            Fault::Garble {
                how: Some(Garble::Truncated),
            },
        ),
        (1.0, Fault::Garble { how: None }),
        (2.0, Fault::Stale { ms: 3000 }),
    ]
}

impl Faults {
    /// A mixture that hits `share` (0 to 1) of all requests, those for access tokens included.
    ///
    /// Of 30 faults 12 are 429 with `Retry-After: 1`, 6 are 5xx without work, 4 break the connection after the work,
    /// 4 fall silent after it for a minute, 2 damage the answer's body, and 2 show the state of three seconds ago
    /// (to a write: break the connection after the work). Which requests are hit is drawn from the simulator's seed,
    /// for each request anew: over many requests the shares come true.
    #[must_use]
    pub fn mix(share: f64) -> Self {
        let share = share.clamp(0.0, 1.0);
        let mut left = 1.0;
        let mut rules = Vec::new();
        for (part, fault) in parts() {
            let own = share * part / 30.0;
            // A rule is asked only where none before it fired.
            let rate = if left > 0.0 { own / left } else { 1.0 };
            left -= own;
            rules.push(Rule {
                rate: Some(rate),
                ..Rule::always(fault)
            });
        }
        Self { rules }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::super::Script;
    use super::*;
    use crate::service::Route;
    use crate::sign_in::Idp;

    const CALLS: u32 = 100_000;

    fn hits(share: f64, seed: u64) -> BTreeMap<&'static str, u32> {
        let mut script = Script::new(Faults::mix(share), seed);
        let mut hits = BTreeMap::new();
        for _ in 0..CALLS {
            let fault = script.next(Idp::Entra, Route::read("devices.list"), Duration::ZERO);
            *hits
                .entry(fault.map_or("none", |fault| fault.kind()))
                .or_default() += 1;
        }
        hits
    }

    #[test]
    fn the_shares_are_those_promised() {
        for (share, seed) in [(0.05, 1), (0.3, 2), (0.6, 3)] {
            let hits = hits(share, seed);
            let promised = [
                ("status", 18.0),
                ("reset-after", 4.0),
                ("hang-after", 4.0),
                ("garble", 2.0),
                ("stale", 2.0),
            ];
            for (kind, part) in promised {
                let wanted = f64::from(CALLS) * share * part / 30.0;
                let off = (f64::from(hits[kind]) - wanted).abs();
                // Four standard deviations at most.
                assert!(off < 4.0 * wanted.sqrt(), "{kind} at {share}: {hits:?}");
            }
            let failed = f64::from(CALLS - hits["none"]) / f64::from(CALLS);
            assert!((failed - share).abs() < 0.006, "{share}: {failed}");
        }
    }

    #[test]
    fn none_and_all_can_fail() {
        assert_eq!(hits(0.0, 1)["none"], CALLS);
        assert_eq!(hits(1.0, 1).get("none"), None);
        assert_eq!(hits(7.0, 1).get("none"), None);
    }
}
