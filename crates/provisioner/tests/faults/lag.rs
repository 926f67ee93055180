//! Reads that lag behind writes.

use std::time::Duration;

use idp_sim::{Fault, Idp, Rule, SimConfig};
use provisioner::Outcome;

use crate::support::{BOTH, World, counts};
use crate::{Way, all_done, all_work, ends, has_advice, plain_file};

fn lagging(seconds: u64) -> SimConfig {
    let mut config = SimConfig::with_people(3);
    for name in ["entra.visibility_lag_ms", "okta.factor_lag_ms"] {
        config.set(name, &(seconds * 1000).to_string()).unwrap();
    }
    config
}

#[tokio::test(start_paused = true)]
async fn what_shows_within_two_minutes_is_waited_for() {
    for way in Way::ALL {
        for seconds in [1, 3, 10, 30, 60, 90, 115] {
            let world = way.world_with(lagging(seconds)).await;
            let run = world.provision(way.idp()).await;
            all_done(&world, way, &run, &format!("{seconds} s")).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_shows_late_after_a_lost_answer_is_not_made_twice() {
    for way in Way::ALL {
        for route in way.writes() {
            for seconds in [3, 30, 60, 90] {
                let world = way.world_with(lagging(seconds)).await;
                world.faults(vec![crate::hit(route, Fault::ResetAfter)]);
                let run = world.provision(way.idp()).await;
                all_work(&world, way, &run, &format!("{route} {seconds} s")).await;
            }
        }
    }
}

/// Longer than anybody waits: the report says so, nothing is made twice, and later all is well.
#[tokio::test(start_paused = true)]
async fn what_does_not_show_in_time_is_reported_and_never_made_twice() {
    for idp in BOTH {
        for seconds in [130, 180, 300] {
            for lost in [false, true] {
                let world = World::with(lagging(seconds), plain_file(3));
                if lost {
                    let writes = [
                        "devices.create",
                        "devices.bulk-create",
                        "methods.activate",
                        "factors.enroll",
                    ];
                    let lose = |route| crate::every(route, Fault::ResetAfter);
                    world.faults(writes.map(lose).into());
                }
                let run = world.provision(idp).await;
                let what = format!("{idp:?} {seconds} s, lost {lost}");
                assert!(run.stopped.is_none(), "{what} {:?}", run.stopped);
                has_advice(&run.report);
                let truth = world.truth(idp);
                assert!(
                    truth.values().all(|token| token.made == 1),
                    "{what} {truth:?}"
                );
                assert!(run.report.elapsed_ms < 900_000, "{what}");
                world.clock.sleep(Duration::from_secs(600)).await;
                world.faults(Vec::new());
                let again = world.provision(idp).await;
                let (done, unchanged) = counts(&again.report);
                assert_eq!(done + unchanged, 3, "{what} {:?}", again.report.rows);
                let truth = world.truth(idp);
                assert!(
                    truth.values().all(|token| token.made == 1),
                    "{what} {truth:?}"
                );
            }
        }
    }
}

/// One read shows what was a while ago.
#[tokio::test(start_paused = true)]
async fn a_read_that_shows_an_old_state_repeats_nothing() {
    for way in Way::ALL {
        for ms in [1000, 5000, 60_000] {
            for nth in 1..=4 {
                let world = way.world().await;
                let rules = way
                    .reads()
                    .iter()
                    .map(|route| Rule::nth(route, nth, Fault::Stale { ms }));
                world.faults(rules.collect());
                let run = world.provision(way.idp()).await;
                all_done(&world, way, &run, &format!("{ms} ms, read {nth}")).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn new_users_are_found_although_the_index_is_behind() {
    let mut config = SimConfig::with_people(5);
    config.set("okta.index_lag_ms", "5000").unwrap();
    config.set("okta.new_users", "true").unwrap();
    let world = World::with(config, plain_file(5));
    let run = world.provision(Idp::Okta).await;
    assert_eq!(ends(&run.report, Outcome::Done), 5);
}
