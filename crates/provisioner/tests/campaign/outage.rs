//! A service that goes away in the middle of a run and comes back.

use std::time::Duration;

use idp_sim::{Fault, Idp, Rule, SimConfig};

use crate::in_virtual_time;
use crate::support::{World, mixed_file};

/// What a run through an outage of so many minutes took.
async fn outage(idp: Idp, minutes: u64) -> usize {
    let tokens = 300;
    let mut config = SimConfig::with_people(tokens);
    config.latency = Duration::from_millis(100);
    let world = World::with(config, mixed_file(tokens));
    let from = 900;
    let until = from + minutes * 60_000;
    world.faults(vec![Rule {
        from_ms: Some(from),
        until_ms: Some(until),
        ..Rule::always(Fault::ResetBefore)
    }]);
    world.sim.start_trace();
    let (report, sittings) = world.persist(idp).await;
    assert_eq!(report.counts.done + report.counts.unchanged, tokens);
    world.check(idp, &report).await;
    let trace = world.sim.trace();
    let hits = trace.iter().filter(|event| event.end == "reset").count() as u64;
    println!(
        "{idp:?}, {minutes} minutes away: {tokens} of {tokens} done, {sittings} sittings, {hits} calls to a dead service"
    );
    // What was in flight when it went, and then one in half a minute, and a few for each new sitting.
    assert!(hits <= 60 + minutes * 2 + 10 * sittings as u64, "{hits}");
    sittings
}

#[test]
fn ten_minutes_are_waited_out() {
    for idp in [Idp::Entra, Idp::Okta] {
        assert_eq!(in_virtual_time(outage(idp, 10)), 1);
    }
}

#[test]
fn after_six_hours_the_run_is_resumed() {
    for idp in [Idp::Entra, Idp::Okta] {
        assert!(in_virtual_time(outage(idp, 360)) > 1);
    }
}
