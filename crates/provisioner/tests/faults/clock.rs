//! Clocks that are off: this machine's, the service's, and those of its front ends.

use std::time::Duration;

use idp_sim::{Fault, Idp, Rule, SimConfig};

use crate::support::{BOTH, World, counts, file, line, mixed_file, user};

fn config(people: usize, switches: &[(&str, String)]) -> SimConfig {
    let mut config = SimConfig::with_people(people);
    config.latency = Duration::from_millis(120);
    for (name, value) in switches {
        config.set(name, value).unwrap();
    }
    config
}

/// Activation calls for 40 tokens, each of which works afterwards.
async fn activations(switches: &[(&str, String)]) -> u64 {
    let world = World::with(config(40, switches), mixed_file(40));
    let run = world.provision(Idp::Entra).await;
    assert_eq!(
        counts(&run.report),
        (40, 0),
        "{switches:?} {:?}",
        run.stopped
    );
    world.check(Idp::Entra, &run.report).await;
    let state = world.sim.state();
    for device in &state.entra.devices {
        assert!(
            device.drift.abs() <= 1,
            "{switches:?}: drift {}",
            device.drift
        );
    }
    world.sim.calls().on("methods.activate")
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_off_costs_no_call_and_leaves_no_drift() {
    for offset in [-86_400, -10_800, -90, -1, 0, 1, 90, 10_800, 86_400] {
        let calls = activations(&[("entra.clock_offset_s", offset.to_string())]).await;
        assert_eq!(calls, 40, "{offset}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_date_this_machines_clock_counts() {
    let none = ("entra.date_header", "false".to_owned());
    assert_eq!(activations(&[none]).await, 40);
}

#[tokio::test(start_paused = true)]
async fn front_ends_that_disagree_cost_no_token() {
    for spread in [1, 5] {
        for offset in ["0", "-90", "90"] {
            let calls = activations(&[
                ("entra.date_spread_s", spread.to_string()),
                ("entra.clock_offset_s", offset.to_owned()),
            ])
            .await;
            assert!(calls <= 44, "{spread} {offset}: {calls}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_found_at_its_user_is_proved_by_the_services_time() {
    for offset in ["-7200", "-90", "0", "90", "7200"] {
        let switches = [("okta.clock_offset_s", offset.to_owned())];
        let world = World::with(config(20, &switches), mixed_file(20));
        world.provision(Idp::Okta).await;
        world.ledger.lose();
        world.clock.sleep(Duration::from_secs(90)).await;
        let run = world.provision(Idp::Okta).await;
        assert_eq!(
            counts(&run.report),
            (0, 20),
            "{offset} {:?}",
            run.report.rows[0]
        );
        assert_eq!(world.sim.calls().on("factors.verify"), 20, "{offset}");
    }
}

/// The first of them says something absurd.
#[tokio::test(start_paused = true)]
async fn one_absurd_date_does_not_count() {
    for date in [
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "yesterday",
        "",
    ] {
        let world = World::with(config(40, &[]), mixed_file(40));
        world.faults(vec![Rule {
            route: Some("devices.list".to_owned()),
            ..Rule::always(Fault::Header {
                name: "date".to_owned(),
                value: Some(date.to_owned()),
            })
        }]);
        let run = world.provision(Idp::Entra).await;
        assert_eq!(counts(&run.report), (40, 0), "{date:?} {:?}", run.stopped);
        world.check(Idp::Entra, &run.report).await;
    }
}

/// No code goes out twice, not even when its call is refused or lost.
#[tokio::test(start_paused = true)]
async fn a_code_is_sent_once() {
    for fault in [
        crate::status(429, Some("1")),
        crate::status(503, None),
        Fault::ResetBefore,
    ] {
        let world = World::new(1, file([line(1, &user(1), false, 30)]));
        world.faults(vec![Rule {
            times: Some(3),
            ..crate::every("methods.activate", fault.clone())
        }]);
        world.sim.start_trace();
        let run = world.provision(Idp::Entra).await;
        assert_eq!(counts(&run.report), (1, 0), "{fault:?}");
        let trace = world.sim.trace();
        let tries = trace
            .iter()
            .filter(|event| event.route == "methods.activate");
        let start = crate::support::START * 1000;
        let steps: Vec<u64> = tries.map(|event| (start + event.at_ms) / 30_000).collect();
        assert!(
            steps.windows(2).all(|pair| pair[0] < pair[1]),
            "{fault:?} {steps:?}"
        );
    }
}

/// The service remembers used codes in three ways; with none of them a token is lost.
#[tokio::test(start_paused = true)]
async fn codes_that_count_as_used_are_followed_by_the_next_one() {
    for policy in ["same_step", "up_to_step", "allow"] {
        for after_work in [false, true] {
            let switches = [("entra.replay_policy", policy.to_owned())];
            let world = World::with(config(10, &switches), mixed_file(10));
            world.faults(vec![Rule {
                every: Some(3),
                ..crate::every(
                    "methods.activate",
                    Fault::Status {
                        status: 503,
                        retry_after: None,
                        after_work,
                    },
                )
            }]);
            let run = world.provision(Idp::Entra).await;
            assert_eq!(
                counts(&run.report),
                (10, 0),
                "{policy} {:?}",
                run.report.rows
            );
            world.check(Idp::Entra, &run.report).await;
        }
    }
    for replay in ["error", "result"] {
        let switches = [("okta.replay", replay.to_owned())];
        let world = World::with(config(10, &switches), mixed_file(10));
        world.provision(Idp::Okta).await;
        world.clock.sleep(Duration::from_secs(90)).await;
        for _ in 0..2 {
            // Two proofs within one time step.
            world.ledger.lose();
            let run = world.provision(Idp::Okta).await;
            assert_eq!(
                counts(&run.report),
                (0, 10),
                "{replay} {:?}",
                run.report.rows[0]
            );
        }
    }
    assert_eq!(BOTH.len(), 2);
}
