//! A run that is asked to stop while the service is at its worst.

use std::sync::Arc;
use std::time::Duration;

use idp_sim::{Fault, Rule, SimConfig};
use provisioner::{Goal, Stopped};
use tokio_util::sync::CancellationToken;

use crate::support::{BOTH, World, counts, mixed_file};
use crate::{every, status};

/// Every worker is in the middle of a call that takes for ever, or waits because it was asked to.
#[tokio::test(start_paused = true)]
async fn a_stop_waits_half_a_minute_at_most_and_leaves_nothing_that_is_not_said() {
    for idp in BOTH {
        for fault in [
            Fault::HangAfter { ms: 3_600_000 },
            Fault::HangBefore { ms: 3_600_000 },
            status(429, Some("3000")),
            status(503, None),
        ] {
            let mut config = SimConfig::with_people(120);
            config.latency = Duration::from_millis(100);
            let world = World::with(config, mixed_file(120));
            let writes = ["methods.activate", "factors.enroll"];
            world.faults(
                writes
                    .map(|route| Rule {
                        skip: 20,
                        ..every(route, fault.clone())
                    })
                    .into(),
            );
            let stop = CancellationToken::new();
            let (clock, later) = (Arc::clone(&world.clock), stop.clone());
            let soon = async move {
                clock.sleep(Duration::from_secs(60)).await;
                later.cancel();
            };
            let provider = world.provider(idp).await;
            let begun = world.clock.monotonic();
            let (run, ()) = tokio::join!(world.run(&*provider, Goal::Activated, &stop), soon);
            let what = format!("{idp:?} {fault:?}");
            assert!(
                matches!(run.stopped, Some(Stopped::Interrupted)),
                "{what} {:?}",
                run.stopped
            );
            let took = world.clock.monotonic() - begun;
            assert!(took <= Duration::from_secs(91), "{what} {took:?}");
            assert!(run.report.counts.pending > 0, "{what}");
            world.faults(Vec::new());
            world.clock.sleep(Duration::from_secs(120)).await;
            let (report, stopped) = world.resume(idp, &world.ledger.last_run(), &run.plan).await;
            assert!(stopped.is_none(), "{what} {stopped:?}");
            assert_eq!(counts(&report), (120, 0), "{what}");
            world.check(idp, &report).await;
        }
    }
}
