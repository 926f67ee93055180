//! Wall time against what latency and quotas allow, and refusals that a paced client avoids.

use std::time::Duration;

use idp_sim::{Idp, SimConfig};

use crate::in_virtual_time;
use crate::size::Size;
use crate::support::{World, mixed_file};

/// One cell of the table.
struct Cell {
    idp: Idp,
    tokens: u32,
    latency_ms: u32,
    /// What the service's quotas are, as switches of the simulator.
    switches: &'static [(&'static str, &'static str)],
    quota: Quota,
}

/// What a quota lets through.
#[derive(Clone, Copy)]
enum Quota {
    None,
    /// So many at once, then so many a second.
    Bucket {
        burst: f64,
        rate: f64,
    },
    /// So many in each minute.
    Windows(u32),
}

impl Cell {
    /// The calls of a whole run: those that a quota meters, and in how many turns of latency all
    /// that must wait for each other are through.
    fn metered(&self) -> u32 {
        match self.idp {
            // Activations, and creations in hundreds.
            Idp::Entra => self.tokens + self.tokens.div_ceil(100),
            // Enrolments, and pages of users, which count together.
            Idp::Okta => self.tokens + self.tokens.div_ceil(200),
        }
    }

    fn turns(&self) -> u32 {
        match self.idp {
            // Sign-in, users, inventory, then creation before the first activation, and the inventory again.
            Idp::Entra => {
                let pages = self.tokens.div_ceil(999) + 1 + self.tokens.div_ceil(1000);
                1 + pages + 1 + self.metered().div_ceil(32)
            }
            // The organisation and its profiles, users.
            Idp::Okta => 6 + self.tokens.div_ceil(200) + self.tokens.div_ceil(15),
        }
    }

    /// Seconds that the whole run takes at least.
    fn model(&self) -> f64 {
        let latency = f64::from(self.latency_ms) / 1000.0;
        let by_latency = f64::from(self.turns()) * latency;
        let metered = f64::from(self.metered());
        let by_quota = match self.quota {
            Quota::None => 0.0,
            Quota::Bucket { burst, rate } => ((metered - burst) / rate).max(0.0),
            // The window in which the run begins is as good as over, at best.
            Quota::Windows(limit) => f64::from((self.metered() - 1) / limit) * 60.0,
        };
        by_latency.max(by_quota)
    }
}

/// What a run took.
struct Played {
    seconds: f64,
    /// When the quota refused a call, in seconds.
    refused: Vec<f64>,
}

async fn play(cell: &Cell) -> Played {
    let tokens = cell.tokens as usize;
    let mut config = SimConfig::with_people(tokens);
    config.latency = Duration::from_millis(u64::from(cell.latency_ms));
    for (name, value) in cell.switches {
        config.set(name, value).unwrap();
    }
    let world = World::with(config, mixed_file(tokens));
    world.sim.start_trace();
    let begun = world.clock.monotonic();
    let run = world.provision(cell.idp).await;
    let seconds = (world.clock.monotonic() - begun).as_secs_f64();
    assert_eq!(run.report.counts.done, tokens, "{:?}", run.stopped);
    let trace = world.sim.trace();
    let refused = trace.iter().filter(|event| event.end == "429");
    Played {
        seconds,
        refused: refused.map(|event| event.at_ms as f64 / 1000.0).collect(),
    }
}

/// Refusals that looking for more costs: after a quarter of an hour, and each time after twice as long.
fn searching(seconds: f64) -> usize {
    let (mut looks, mut next) = (0, 900.0);
    while next < seconds {
        looks += 1;
        next = 2.0 * next + 900.0;
    }
    12 * looks
}

const NO_QUOTA: (&[(&str, &str)], Quota) = (&[], Quota::None);
/// The published quota of identity and access for writes.
const PUBLISHED: (&[(&str, &str)], Quota) = (
    &[("entra.write_rate", "3000/150")],
    Quota::Bucket {
        burst: 3000.0,
        rate: 20.0,
    },
);
/// What people report from the field: 5.6 calls a second.
const FIELD: (&[(&str, &str)], Quota) = (
    &[("entra.write_rate", "56/10")],
    Quota::Bucket {
        burst: 56.0,
        rate: 5.6,
    },
);
const WORKFORCE: (&[(&str, &str)], Quota) = (
    &[
        ("okta.rate_users", "1200"),
        ("okta.rate", "workforce"),
        ("okta.rate_share", "100"),
    ],
    Quota::Windows(1200),
);
const HALF: (&[(&str, &str)], Quota) = (
    &[
        ("okta.rate_users", "1200"),
        ("okta.rate", "workforce"),
        ("okta.rate_share", "50"),
    ],
    Quota::Windows(600),
);
const FREE: (&[(&str, &str)], Quota) = (
    &[("okta.rate", "free"), ("okta.rate_share", "50")],
    Quota::Windows(50),
);

/// Every cell: within 5 % of the model, and no refusal from the second window of the quota on but for
/// those that looking for more costs.
#[test]
fn the_time_of_a_run_is_that_of_its_latency_or_its_quota() {
    let size = Size::chosen();
    let sizes: &[u32] = size.pick(&[100, 1000], &[100, 1000, 10_000, 100_000]);
    for latency_ms in [50, 150] {
        for (idp, name, (switches, quota), window) in [
            (Idp::Entra, "no quota", NO_QUOTA, 0.0),
            (Idp::Entra, "published 3000/150 s", PUBLISHED, 150.0),
            (Idp::Entra, "field 5.6/s", FIELD, 300.0),
            (Idp::Okta, "workforce", WORKFORCE, 0.0),
            (Idp::Okta, "half of workforce", HALF, 0.0),
            (Idp::Okta, "half of free", FREE, 0.0),
        ] {
            for &tokens in sizes {
                let cell = Cell {
                    idp,
                    tokens,
                    latency_ms,
                    switches,
                    quota,
                };
                let played = in_virtual_time(play(&cell));
                let (seconds, refused) = (played.seconds, played.refused);
                let ratio = seconds / cell.model();
                let late = refused.iter().filter(|at| **at > window).count();
                println!(
                    "{idp:?} {latency_ms:>3} ms, {name}, {tokens:>6} tokens: {seconds:.2} s, {ratio:.3} of the model; \
                     {} refused, {late} after the first window",
                    refused.len()
                );
                assert!(late <= searching(seconds), "{late} refusals were avoidable");
                // A code that was refused is not sent again: its token waits for the next time step,
                // which a short run does not hide.
                let waits = if tokens <= 100 && !refused.is_empty() {
                    60.0
                } else {
                    0.0
                };
                assert!(seconds <= 1.05 * cell.model() + waits, "{ratio}");
            }
        }
    }
}

/// Okta's free plan, of which one API token has half, announces what is left: nothing has to be found
/// out. So no call is refused, and none is made but the enrolments, the pages of users, and what it
/// takes to know the organisation.
#[test]
fn okta_is_asked_for_no_more_than_it_must_and_refuses_nothing() {
    let size = Size::chosen();
    let sizes: &[u32] = size.pick(&[100, 1000], &[100, 1000, 10_000]);
    for engine in ["idx", "v1"] {
        for &tokens in sizes {
            let (calls, refused) = in_virtual_time(free_plan(tokens, engine));
            let least = u64::from(tokens + tokens.div_ceil(200));
            let organisation = 6;
            println!(
                "{engine}, {tokens} tokens: {calls} calls, {least} at least; {refused} refused"
            );
            assert_eq!(refused, 0);
            assert!(calls <= least + organisation);
            assert!(tokens < 1000 || calls * 100 <= least * 105);
        }
    }
}

async fn free_plan(tokens: u32, engine: &str) -> (u64, u64) {
    let tokens = tokens as usize;
    let mut config = SimConfig::with_people(tokens);
    config.latency = Duration::from_millis(150);
    for (name, value) in [
        ("engine", engine),
        ("rate", "free"),
        ("rate_share", "50"),
        ("concurrency", "15"),
    ] {
        config.okta.set(name, value).unwrap();
    }
    let world = World::with(config, mixed_file(tokens));
    let run = world.provision(Idp::Okta).await;
    assert_eq!(run.report.counts.done, tokens, "{:?}", run.stopped);
    let calls = world.sim.calls();
    world.check(Idp::Okta, &run.report).await;
    let refused = calls.calls.iter().filter(|call| call.status == "429");
    (calls.total, refused.map(|call| call.count).sum())
}
