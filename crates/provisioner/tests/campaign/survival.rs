//! Runs while a share of all calls fails: every token ends as wanted, once, and at what cost.

use idp_sim::{Faults, Idp, SimConfig};
use provisioner::Report;

use crate::in_virtual_time;
use crate::size::Size;
use crate::support::{World, mixed_file};

/// The fewest calls for so many tokens: every one for which there is no way around.
fn minimum(idp: Idp, tokens: u64) -> u64 {
    match idp {
        // Users in pages of 999, the inventory twice in pages of 1000, creation in hundreds.
        Idp::Entra => {
            tokens.div_ceil(999) + 1 + tokens.div_ceil(1000) + tokens.div_ceil(100) + tokens
        }
        // The organisation, its profiles, users in pages of 200.
        Idp::Okta => 6 + tokens.div_ceil(200) + tokens,
    }
}

/// What one run through bad weather came to.
struct Voyage {
    calls: u64,
    sittings: usize,
    seconds: f64,
}

/// Plans and carries out until every row has its end; whatever stops a sitting, the next one resumes.
async fn voyage(idp: Idp, tokens: usize, share: f64, seed: u64) -> Voyage {
    let mut config = SimConfig::with_people(tokens);
    config.seed = 100 + seed;
    config.latency = std::time::Duration::from_millis(50);
    let world = World::with(config, mixed_file(tokens));
    world.sim.set_faults(Faults::mix(share));
    let begun = world.clock.monotonic();
    let (report, sittings) = world.persist(idp).await;
    let seconds = (world.clock.monotonic() - begun).as_secs_f64();
    let calls = world.sim.calls().total;
    let (done, unchanged) = (report.counts.done, report.counts.unchanged);
    assert_eq!(
        done + unchanged,
        tokens,
        "{idp:?} seed {seed}: {:?}",
        worst(&report)
    );
    world.sim.set_faults(Faults::default());
    world.check(idp, &report).await;
    Voyage {
        calls,
        sittings,
        seconds,
    }
}

fn worst(report: &Report) -> Vec<String> {
    let open = report.rows.iter().filter(|row| row.error.is_some());
    open.take(3).map(|row| format!("{row:?}")).collect()
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn cost(idp: Idp, tokens: usize, calls: u64) -> f64 {
    calls as f64 / minimum(idp, tokens as u64) as f64
}

/// Three calls in ten fail, in every way.
#[test]
fn with_three_in_ten_calls_failing_every_token_ends_as_wanted() {
    let size = Size::chosen();
    let tokens = size.pick(400, 10_000);
    for idp in [Idp::Entra, Idp::Okta] {
        // A second factor is refused, so a lost enrolment is read and proved by a code, token by token.
        let most = match idp {
            Idp::Entra => 1.5,
            Idp::Okta => 1.7,
        };
        for seed in 1..=size.pick(2, 20) {
            let Voyage {
                calls,
                sittings,
                seconds,
            } = in_virtual_time(voyage(idp, tokens, 0.3, seed));
            let cost = cost(idp, tokens, calls);
            println!(
                "{idp:?} seed {seed}: {tokens} of {tokens}, lost 0, doubled 0, misreported 0; {calls} calls, \
                 {cost:.3} of the minimum, {sittings} sittings, {seconds:.0} s"
            );
            assert!(cost <= size.pick(most + 0.3, most), "{cost}");
        }
    }
}

/// The curve from calm to six calls in ten.
#[test]
fn sweep() {
    let size = Size::chosen();
    let tokens = size.pick(100, 2000);
    for idp in [Idp::Entra, Idp::Okta] {
        for percent in (0..=60).step_by(size.pick(30, 5)) {
            let share = f64::from(percent) / 100.0;
            let voyage = in_virtual_time(voyage(idp, tokens, share, 77));
            println!(
                "{idp:?} {percent:>2} % failing: {tokens} of {tokens}, {:.3} of the minimum, {} sittings, {:.0} s",
                cost(idp, tokens, voyage.calls),
                voyage.sittings,
                voyage.seconds
            );
        }
    }
}
