//! Codes at every moment of a time step, over lines of every slowness, with clocks that are off.

use std::time::Duration;

use idp_sim::{Idp, SimConfig};
use provisioner::State;

use crate::in_virtual_time;
use crate::size::Size;
use crate::support::{START, World, file, line, user};

/// Tokens of one case.
const TOKENS: usize = 4;

/// Activation calls of one case: all tokens with one period, begun `offset` seconds into a time step.
async fn activations(offset: u64, latency_ms: u64, clock_offset: i64, period: u32) -> u64 {
    let lines = (1..=TOKENS).map(|n| line(n, &user(n), n % 2 == 0, period));
    let mut config = SimConfig::with_people(TOKENS);
    config.seed = 7 + offset;
    config.latency = Duration::from_millis(latency_ms);
    config.entra.clock_offset_s = clock_offset;
    let world = World::with(config, file(lines));
    let into = (START.cast_signed() + clock_offset).rem_euclid(i64::from(period));
    let wait =
        (i64::from(period) + offset.cast_signed() - into).cast_unsigned() % u64::from(period);
    world.clock.sleep(Duration::from_secs(wait)).await;
    let run = world.provision(Idp::Entra).await;
    assert_eq!(run.report.counts.done, TOKENS, "{:?}", run.stopped);
    assert!(
        run.report
            .rows
            .iter()
            .all(|row| row.state == Some(State::Activated))
    );
    world.check(Idp::Entra, &run.report).await;
    let state = world.sim.state();
    for device in &state.entra.devices {
        assert_eq!(device.drift, 0, "a drift that the token does not have");
    }
    world.sim.calls().on("methods.activate")
}

/// 30 moments × 7 latencies × 5 clocks × 2 periods.
#[test]
fn one_code_is_enough_at_any_moment() {
    let size = Size::chosen();
    let (mut cases, mut calls, mut most) = (0_u64, 0, 0);
    for offset in (0..30).step_by(size.pick(7, 1)) {
        for latency_ms in (0..=6000).step_by(size.pick(2000, 1000)) {
            for clock in [-7200, -90, 0, 90, 86_400] {
                for period in [30_u32, 60] {
                    let moment = offset * u64::from(period) / 30;
                    let made = in_virtual_time(activations(moment, latency_ms, clock, period));
                    cases += 1;
                    calls += made;
                    most = most.max(made.div_ceil(TOKENS as u64));
                    assert!(
                        made <= 2 * TOKENS as u64,
                        "{made} at {moment} s, {latency_ms} ms, clock {clock} s, period {period} s"
                    );
                }
            }
        }
    }
    let mean = calls as f64 / (cases * TOKENS as u64) as f64;
    println!(
        "{cases} cases: {mean:.4} activation calls a token, at most {most}; no drift stored that was not there"
    );
    assert!(mean <= 1.05);
}
