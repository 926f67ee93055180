//! A service that asks for less.

use std::time::Duration;

use idp_sim::{Fault, Idp, Rule, SimConfig};
use provisioner::Outcome;

use crate::support::{BOTH, World, counts, mixed_file};
use crate::{every, plain_file, status};

const LATENCY: Duration = Duration::from_millis(100);

/// Milliseconds between the first refusal of a route and the next request of its quota, of those that
/// were not on their way already.
async fn pause_after(idp: Idp, routes: [&str; 2], fault: Fault, offset: i64) -> u64 {
    let mut config = SimConfig::with_people(60);
    config.latency = LATENCY;
    config.entra.clock_offset_s = offset;
    config.okta.clock_offset_s = offset;
    let mut world = World::with(config, plain_file(60));
    world.limits.patience = Duration::from_secs(7200);
    world.faults(vec![Rule {
        times: Some(1),
        ..every(routes[0], fault)
    }]);
    world.sim.start_trace();
    let run = world.provision(idp).await;
    assert_eq!(counts(&run.report), (60, 0), "{:?}", run.stopped);
    world.check(idp, &run.report).await;
    let trace = world.sim.trace();
    let first = trace.iter().find(|event| event.end == "429").unwrap().at_ms;
    let in_flight = first + 100;
    let same = trace
        .iter()
        .filter(|event| routes.contains(&event.route.as_str()));
    let next = same.map(|event| event.at_ms).find(|at| *at > in_flight);
    next.unwrap() - first
}

/// The service's quota of enrolments, and that of activations.
const QUOTAS: [(Idp, [&str; 2]); 2] = [
    (Idp::Entra, ["methods.activate", "methods.assign-activate"]),
    (Idp::Okta, ["factors.enroll", "factors.list"]),
];

#[tokio::test(start_paused = true)]
async fn the_whole_quota_waits_as_long_as_was_asked() {
    for (idp, routes) in QUOTAS {
        for (asked, least, most) in [
            ("45", 45_000, 50_000),
            ("45.5", 45_500, 51_000),
            // A code that was refused is followed by the next one, in its time step.
            ("0", 1_000, 36_000),
            ("999999", 3_600_000, 3_606_000),
            ("1e300", 3_600_000, 3_606_000),
        ] {
            if idp == Idp::Okta && asked != "45" {
                // Okta tells a moment, below.
                continue;
            }
            let pause = pause_after(idp, routes, status(429, Some(asked)), 0).await;
            assert!(
                (least..most).contains(&pause),
                "{idp:?} {asked}: {pause} ms"
            );
        }
    }
}

/// A minute after the start, as a service says it whose clock is right, or two hours ahead.
#[tokio::test(start_paused = true)]
async fn a_date_is_read_by_the_answers_own_clock() {
    for (offset, date) in [
        (0, "Fri, 15 Jan 2027 08:01:07 GMT"),
        (7200, "Fri, 15 Jan 2027 10:01:07 GMT"),
    ] {
        let (idp, routes) = QUOTAS[0];
        let pause = pause_after(idp, routes, status(429, Some(date)), offset).await;
        assert!((55_000..66_000).contains(&pause), "{offset}: {pause} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_or_is_over_or_missing_is_waited_for_a_moment() {
    for asked in [
        Some("Fri, 15 Jan 2027 07:00:00 GMT"),
        Some("soon"),
        Some("-5"),
        Some(""),
        None,
    ] {
        for (idp, routes) in QUOTAS {
            let pause = pause_after(idp, routes, status(429, asked), 0).await;
            assert!(
                (1_000..66_000).contains(&pause),
                "{idp:?} {asked:?}: {pause} ms"
            );
        }
    }
}

/// Okta names the moment at which its window ends, by its own clock.
#[tokio::test(start_paused = true)]
async fn oktas_window_is_waited_out_by_its_own_clock_and_never_overrun() {
    for offset in ["0", "7200", "-90"] {
        let mut config = SimConfig::with_people(300);
        for (name, value) in [
            ("rate_users", "100"),
            ("rate_share", "100"),
            ("clock_offset_s", offset),
        ] {
            config.set(&format!("okta.{name}"), value).unwrap();
        }
        config.latency = LATENCY;
        let world = World::with(config, mixed_file(300));
        let run = world.provision(Idp::Okta).await;
        assert_eq!(counts(&run.report), (300, 0), "{:?}", run.stopped);
        assert!(run.report.calls.throttled <= 1, "{:?}", run.report.calls);
        assert!(run.report.elapsed_ms < 260_000, "{}", run.report.elapsed_ms);
    }
}

#[tokio::test(start_paused = true)]
async fn too_many_calls_at_once_are_fewer_from_then_on() {
    let mut config = SimConfig::with_people(200);
    config.set("okta.concurrency", "5").unwrap();
    config.latency = LATENCY;
    let world = World::with(config, mixed_file(200));
    let run = world.provision(Idp::Okta).await;
    assert_eq!(counts(&run.report), (200, 0), "{:?}", run.stopped);
    assert!(run.report.calls.throttled < 40, "{:?}", run.report.calls);
    world.check(Idp::Okta, &run.report).await;
}

/// However often, with a wait named and without one.
#[tokio::test(start_paused = true)]
async fn being_throttled_is_no_failure_of_a_row() {
    for (idp, route) in [
        (Idp::Entra, "devices.create"),
        (Idp::Okta, "factors.enroll"),
    ] {
        for asked in [Some("20"), None] {
            let mut world = World::new(1, plain_file(1));
            world.limits.patience = Duration::from_secs(24 * 3600);
            world.faults(vec![Rule {
                times: Some(60),
                ..every(route, status(429, asked))
            }]);
            let run = world.provision(idp).await;
            assert_eq!(
                counts(&run.report),
                (1, 0),
                "{idp:?} {asked:?} {:?}",
                run.report.rows
            );
            assert!(run.report.calls.throttled >= 60);
            world.check(idp, &run.report).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_named_wait_the_pauses_grow_up_to_a_minute() {
    let mut world = World::new(1, plain_file(1));
    world.limits.patience = Duration::from_secs(24 * 3600);
    world.faults(vec![Rule {
        times: Some(12),
        ..every("factors.enroll", status(429, None))
    }]);
    world.sim.start_trace();
    world.provision(Idp::Okta).await;
    let trace = world.sim.trace();
    let at: Vec<u64> = trace
        .iter()
        .filter(|event| event.route == "factors.enroll")
        .map(|event| event.at_ms)
        .collect();
    let gaps: Vec<u64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(
        gaps.iter().all(|gap| (1_000..=66_000).contains(gap)),
        "{gaps:?}"
    );
}

/// A service that answers nothing but errors for ten minutes.
#[tokio::test(start_paused = true)]
async fn a_service_that_is_down_is_asked_every_half_minute() {
    for idp in BOTH {
        for fault in [
            status(503, None),
            status(500, None),
            Fault::ResetBefore,
            Fault::HangBefore { ms: 30_000 },
        ] {
            let mut config = SimConfig::with_people(100);
            config.latency = LATENCY;
            let world = World::with(config, mixed_file(100));
            world.faults(vec![Rule {
                from_ms: Some(900),
                until_ms: Some(600_900),
                ..Rule::always(fault.clone())
            }]);
            world.sim.start_trace();
            let run = world.provision(idp).await;
            assert_eq!(
                ends_done(&run.report),
                100,
                "{idp:?} {fault:?} {:?}",
                run.stopped
            );
            world.check(idp, &run.report).await;
            let trace = world.sim.trace();
            // Calls that were on their way when it went down have an end by then.
            let down = trace
                .iter()
                .filter(|event| (120_000..600_900).contains(&event.at_ms));
            let at: Vec<u64> = down.map(|event| event.at_ms).collect();
            let close = at
                .windows(2)
                .filter(|pair| pair[1] - pair[0] < 29_900)
                .count();
            assert_eq!(close, 0, "{idp:?} {fault:?} {at:?}");
        }
    }
}

fn ends_done(report: &provisioner::Report) -> usize {
    crate::ends(report, Outcome::Done)
}

/// A tenant under load when the run begins.
#[tokio::test(start_paused = true)]
async fn being_throttled_at_first_contact_ends_no_plan() {
    let world = World::new(40, crate::support::mixed_file(40));
    world.faults(vec![Rule {
        times: Some(6),
        ..Rule::always(Fault::Status {
            status: 429,
            retry_after: Some("1".to_owned()),
            after_work: false,
        })
    }]);
    let run = world.provision(Idp::Entra).await;
    assert_eq!(run.report.counts.done, 40);
}
