//! Calls for many tokens that take fewer, or that one of them spoils.

use idp_sim::{Fault, Idp, Rule, SimConfig};
use provisioner::Outcome;

use crate::support::{World, counts, user};
use crate::{code, ends, plain_file};

const ROUTES: [&str; 2] = ["devices.bulk-create", "devices.create"];

fn creating(world: &World) -> u64 {
    ROUTES.iter().map(|route| world.sim.calls().on(route)).sum()
}

fn config(people: usize, switches: &[(&str, &str)]) -> SimConfig {
    let mut config = SimConfig::with_people(people);
    for (name, value) in switches {
        config.set(&format!("entra.{name}"), value).unwrap();
    }
    config
}

/// A tenant in which user 10 has five tokens already, of which no list tells: the sixth is refused by
/// the service.
fn with_a_full_user(rows: usize, switches: &[(&str, &str)]) -> World {
    let old: Vec<String> = (0..5).map(|n| format!("{}:{n}", user(10))).collect();
    let mut config = config(rows, switches);
    config.set("entra.legacy_tokens", &old.join(",")).unwrap();
    World::with(config, plain_file(rows))
}

#[tokio::test(start_paused = true)]
async fn a_service_that_takes_twenty_gets_at_most_twenty() {
    let world = World::with(config(200, &[("bulk_max", "20")]), plain_file(200));
    let run = world.provision(Idp::Entra).await;
    assert_eq!(counts(&run.report), (200, 0), "{:?}", run.stopped);
    world.check(Idp::Entra, &run.report).await;
    // Refused: both of 100, which are on their way at once, then calls of 50 and of 25. Then 13 each.
    let calls = creating(&world);
    println!("{calls} calls create 200 tokens, 20 at most in each");
    assert!(calls <= 30, "{calls}");
}

#[tokio::test(start_paused = true)]
async fn one_bad_row_of_a_hundred_is_found_by_halving() {
    let world = with_a_full_user(100, &[("bulk_errors", "atomic")]);
    let before = creating(&world);
    let run = world.provision(Idp::Entra).await;
    assert_eq!(counts(&run.report), (99, 0), "{:?}", run.stopped);
    assert_eq!(run.report.rows[9].outcome, Outcome::Failed);
    assert_eq!(code(&run.report, 9), "service-refused");
    let calls = creating(&world) - before;
    println!("{calls} calls for a hundred tokens of which one is refused");
    // 2 * log2(100) is 13.3, the first call and the proof included.
    assert!(calls <= 15, "{calls}");
}

#[tokio::test(start_paused = true)]
async fn a_bad_row_and_a_service_that_takes_few_at_once() {
    let switches = [("bulk_errors", "atomic"), ("bulk_max", "20")];
    let world = with_a_full_user(100, &switches);
    let before = creating(&world);
    let run = world.provision(Idp::Entra).await;
    assert_eq!(counts(&run.report), (99, 0), "{:?}", run.stopped);
    assert_eq!(ends(&run.report, Outcome::Failed), 1);
    let calls = creating(&world) - before;
    println!("{calls} calls for both at once");
    assert!(calls <= 25, "{calls}");
}

#[tokio::test(start_paused = true)]
async fn a_bad_row_that_is_refused_alone_costs_the_others_nothing() {
    let world = with_a_full_user(100, &[("bulk_errors", "partial")]);
    let before = creating(&world);
    let run = world.provision(Idp::Entra).await;
    assert_eq!(counts(&run.report), (99, 0), "{:?}", run.stopped);
    assert!(creating(&world) - before <= 3);
}

/// Halves of which the first answer is lost, or throttled.
#[tokio::test(start_paused = true)]
async fn halving_survives_lost_answers() {
    for fault in [
        Fault::ResetAfter,
        Fault::ResetBefore,
        crate::status(429, Some("2")),
        crate::status(503, None),
    ] {
        for nth in 1..=6 {
            let switches = [("bulk_errors", "atomic"), ("bulk_max", "20")];
            let world = with_a_full_user(100, &switches);
            world.faults(vec![Rule::nth("devices.bulk-create", nth, fault.clone())]);
            let run = world.provision(Idp::Entra).await;
            assert_eq!(
                counts(&run.report),
                (99, 0),
                "{fault:?} {nth} {:?}",
                run.stopped
            );
            let truth = world.truth(Idp::Entra);
            // Those of user 10 were uploaded, and never made by a call.
            assert!(
                truth.values().all(|token| token.made <= 1),
                "{fault:?} {nth}"
            );
        }
    }
}
