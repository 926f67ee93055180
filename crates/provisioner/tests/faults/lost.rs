//! Answers that never come, although or because the work was or was not done.

use std::sync::Arc;
use std::time::Duration;

use idp_sim::{Fault, Idp, SimConfig};

use crate::support::{BOTH, World, counts, mixed_file};
use crate::wire::Wire;
use crate::{Way, all_done, all_work, every, hit, plain_file};

fn losses() -> Vec<Fault> {
    let mut losses = vec![
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::HangBefore { ms: 60_000 },
        Fault::HangAfter { ms: 60_000 },
        Fault::Delay { ms: 20_000 },
        Fault::DelayAfter { ms: 20_000 },
        Fault::Drip { ms: 10 },
    ];
    for status in [408, 500, 502, 503, 504] {
        for after_work in [false, true] {
            losses.push(Fault::Status {
                status,
                retry_after: None,
                after_work,
            });
        }
    }
    losses
}

async fn each_loss_is_overcome(way: Way, route: &str) {
    for fault in losses() {
        let world = way.world().await;
        let what = format!("{route} {fault:?}");
        world.faults(vec![hit(route, fault)]);
        let run = world.provision(way.idp()).await;
        all_done(&world, way, &run, &what).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_is_lost_is_settled_by_reading_and_done_once() {
    for way in Way::ALL {
        for route in way.writes() {
            each_loss_is_overcome(way, route).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_whose_answer_is_lost_is_made_again() {
    for way in Way::ALL {
        for route in way.reads() {
            each_loss_is_overcome(way, route).await;
        }
    }
}

/// The work is done after we looked and found nothing: also after the repetition.
#[tokio::test(start_paused = true)]
async fn work_that_is_done_after_our_look_is_not_done_twice() {
    for way in Way::ALL {
        for route in way.writes() {
            for seconds in [1, 5, 9, 11, 15, 25, 40, 100] {
                if route.contains("activate") && seconds > 9 {
                    // Below.
                    continue;
                }
                let world = way.world().await;
                world.faults(vec![hit(
                    route,
                    Fault::ResetThenWork { ms: seconds * 1000 },
                )]);
                let run = world.provision(way.idp()).await;
                world.clock.sleep(Duration::from_secs(200)).await;
                all_done(&world, way, &run, &format!("{route} {seconds} s")).await;
            }
        }
    }
}

/// A second code went out meanwhile: the token is activated by both, for the same user, and works.
#[tokio::test(start_paused = true)]
async fn an_activation_that_is_done_late_leaves_a_token_that_works() {
    for way in [Way::EntraMany, Way::EntraSingle, Way::EntraStock] {
        let route = way.writes().last().unwrap();
        for seconds in [11, 15, 25, 40] {
            let world = way.world().await;
            world.faults(vec![hit(
                route,
                Fault::ResetThenWork { ms: seconds * 1000 },
            )]);
            let run = world.provision(way.idp()).await;
            world.clock.sleep(Duration::from_secs(200)).await;
            all_work(&world, way, &run, &format!("{route} {seconds} s")).await;
        }
    }
}

/// The first call for a token is carried out when the run is over.
#[tokio::test(start_paused = true)]
async fn work_that_is_done_when_the_run_is_over_changes_nothing() {
    for way in Way::ALL {
        let route = way.writes()[0];
        let world = way.world().await;
        world.faults(vec![hit(route, Fault::ResetThenWork { ms: 3_600_000 })]);
        let run = world.provision(way.idp()).await;
        world.clock.sleep(Duration::from_secs(7200)).await;
        all_done(&world, way, &run, route).await;
    }
}

/// A bulk answer and an answer to a single call, of which only so many bytes are there.
#[tokio::test(start_paused = true)]
async fn an_answer_cut_at_any_byte_is_no_success_and_no_failure() {
    for way in [Way::EntraMany, Way::EntraSingle, Way::OktaNew] {
        let route = way.writes()[0];
        let mut cuts = 0;
        for bytes in 0.. {
            let mut world = World::new(3, plain_file(way.rows().min(2)));
            let wire = Arc::new(Wire::cutting(&world, bytes));
            world.transport = Arc::clone(&wire) as _;
            let run = world.provision(way.idp()).await;
            assert!(run.stopped.is_none(), "{route} {bytes}: {:?}", run.stopped);
            assert!(
                run.report.is_complete(),
                "{route} {bytes}: {:?}",
                run.report.rows
            );
            world.check(way.idp(), &run.report).await;
            if !wire.has_cut() {
                break;
            }
            cuts += 1;
        }
        assert!(cuts > 200, "{way:?}: {cuts}");
    }
}

/// No lost answer of a hundred is a second call without a look.
#[tokio::test(start_paused = true)]
async fn when_every_answer_to_a_write_is_lost_the_job_is_done_by_reading() {
    for idp in BOTH {
        for fault in [Fault::ResetAfter, Fault::HangAfter { ms: 60_000 }] {
            let mut config = SimConfig::with_people(100);
            config.latency = Duration::from_millis(50);
            let world = World::with(config, mixed_file(100));
            let writes = ["devices.bulk-create", "methods.activate", "factors.enroll"];
            world.faults(writes.map(|route| every(route, fault.clone())).into());
            let run = world.provision(idp).await;
            assert_eq!(counts(&run.report), (100, 0), "{idp:?} {:?}", run.stopped);
            world.check(idp, &run.report).await;
            assert!(run.report.calls.writes <= 220, "{:?}", run.report.calls);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_never_answers_ends_the_run_soon() {
    for fault in [Fault::ResetBefore, Fault::HangBefore { ms: 30_000 }] {
        for idp in BOTH {
            let world = World::new(3, mixed_file(3));
            world.faults(vec![every("*", fault.clone())]);
            let stopped = world.try_provision(idp).await.unwrap_err();
            let said = stopped.to_string().to_lowercase();
            assert!(said.contains("check the network"), "{stopped}");
            assert!(world.sim.calls().total <= 6);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bulk_answer_that_lists_some_tokens_leaves_the_others_in_doubt() {
    for status in ["200", "201"] {
        let mut config = SimConfig::with_people(20);
        config.set("entra.bulk_status", status).unwrap();
        let mut world = World::with(config, mixed_file(20));
        world.transport = Arc::new(Wire::forgetting(&world));
        let run = world.provision(Idp::Entra).await;
        assert_eq!(counts(&run.report), (20, 0), "{:?}", run.report.rows);
        world.check(Idp::Entra, &run.report).await;
        assert_eq!(world.sim.calls().on("devices.bulk-create"), 1);
    }
}
