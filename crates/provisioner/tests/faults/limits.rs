//! What a run leaves to others.

use std::time::Duration;

use idp_sim::{Idp, SimConfig};
use provisioner::Limits;

use crate::plain_file;
use crate::support::{BOTH, World, counts};

fn world(tokens: usize, switches: &[(&str, &str)], limits: Limits) -> World {
    let mut config = SimConfig::with_people(tokens);
    config.latency = Duration::from_millis(60);
    for (name, value) in switches {
        config.set(name, value).unwrap();
    }
    let mut world = World::with(config, plain_file(tokens));
    world.limits = limits;
    world.sim.start_trace();
    world
}

/// When calls were made, sign-in aside.
fn calls(world: &World) -> Vec<u64> {
    let trace = world.sim.trace();
    let calls = trace.iter().filter(|event| event.route != "token");
    calls.map(|event| event.at_ms).collect()
}

/// The most calls within a time.
fn most_within(at: &[u64], ms: u64) -> usize {
    let from = |n: usize| {
        at[n..]
            .iter()
            .take_while(|then| **then < at[n] + ms)
            .count()
    };
    (0..at.len()).map(from).max().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_rate_that_was_asked_for_is_never_exceeded() {
    for idp in BOTH {
        for (rate, tokens) in [(0.5, 30), (4.0, 100), (25.0, 300)] {
            let limits = Limits {
                max_rate: Some(rate),
                ..Limits::default()
            };
            let world = world(tokens, &[], limits);
            let run = world.provision(idp).await;
            assert_eq!(counts(&run.report), (tokens, 0), "{:?}", run.stopped);
            // The plan has a pace of its own here, so that one more call may fall together.
            let at = calls(&world);
            for seconds in [1_u64, 5, 10] {
                let allowed = (rate * seconds as f64).ceil() as usize + 1;
                let most = most_within(&at, seconds * 1000);
                assert!(most <= allowed, "{idp:?} {rate}/s: {most} in {seconds} s");
            }
            // It is used, too. A wait for the next code is not the rate's doing.
            let took = run.report.elapsed_ms as f64 / 1000.0;
            let least = (tokens as f64) / rate;
            assert!(took <= 1.3 * least + 70.0, "{idp:?} {rate}/s: {took} s");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn of_an_announced_window_half_is_left() {
    let limits = Limits {
        max_capacity: 50,
        ..Limits::default()
    };
    let switches = [("okta.rate_users", "100"), ("okta.rate_share", "100")];
    let world = world(300, &switches, limits);
    let run = world.provision(Idp::Okta).await;
    assert_eq!(counts(&run.report), (300, 0), "{:?}", run.stopped);
    let users = ["factors.enroll", "factors.list", "users.list"];
    let trace = world.sim.trace();
    let calls = trace
        .iter()
        .filter(|event| users.contains(&event.route.as_str()));
    let at: Vec<u64> = calls.map(|event| event.at_ms).collect();
    // What is left of each window is used at its beginning; then the run waits for the next one.
    let windows = at.chunk_by(|one, next| next - one < 10_000);
    let windows: Vec<usize> = windows.map(<[u64]>::len).collect();
    println!("calls in each window of 100: {windows:?}");
    assert!(windows.iter().all(|calls| *calls <= 50), "{windows:?}");
    assert!(windows.len() <= 7, "{windows:?}");
    assert_eq!(run.report.calls.throttled, 0);
}

/// 20 calls a second are measured at their refusals.
#[tokio::test(start_paused = true)]
async fn of_a_measured_rate_half_is_left() {
    let mut took = Vec::new();
    for max_capacity in [100, 50] {
        let limits = Limits {
            max_capacity,
            ..Limits::default()
        };
        let world = world(1400, &[("entra.write_rate", "200/10")], limits);
        let run = world.provision(Idp::Entra).await;
        assert_eq!(counts(&run.report), (1400, 0), "{:?}", run.stopped);
        let trace = world.sim.trace();
        let accepted: Vec<u64> = trace
            .iter()
            .filter(|event| event.route == "methods.activate" && event.end == "204")
            .map(|event| event.at_ms)
            .collect();
        // The second half of them, when the rate is known.
        let late = &accepted[700..1400];
        let rate = 699.0 * 1000.0 / (late[699] - late[0]) as f64;
        println!("{max_capacity} %: {rate:.1} calls a second");
        took.push(rate);
    }
    assert!((17.0..=20.5).contains(&took[0]), "{took:?}");
    assert!(took[1] <= 10.3 && took[1] > 7.0, "{took:?}");
}
