//! Answers that are not what the service documents.

use std::sync::Arc;

use idp_sim::{Fault, Garble, Idp};
use provisioner::{Outcome, Stopped};

use crate::operators::judge;
use crate::support::{BOTH, World, counts, mixed_file};
use crate::wire::Wire;
use crate::{Way, all_done, every, has_advice, hit};

fn garble(how: Garble) -> Fault {
    Fault::Garble { how: Some(how) }
}

#[tokio::test(start_paused = true)]
async fn a_damaged_answer_to_a_write_is_in_doubt_and_settled_by_reading() {
    for way in Way::ALL {
        for route in way.writes() {
            for how in Garble::ALL {
                let world = way.world().await;
                world.faults(vec![hit(route, garble(how))]);
                let run = world.provision(way.idp()).await;
                all_done(&world, way, &run, &format!("{route} {how:?}")).await;
            }
        }
    }
}

/// Even if every answer to a write is damaged.
#[tokio::test(start_paused = true)]
async fn damaged_answers_to_all_writes_hide_no_success() {
    for way in [
        Way::EntraMany,
        Way::EntraSingle,
        Way::EntraStock,
        Way::OktaNew,
    ] {
        for how in Garble::ALL {
            let world = way.world().await;
            let writes = way.writes().iter();
            world.faults(writes.map(|route| every(route, garble(how))).collect());
            let run = world.provision(way.idp()).await;
            all_done(&world, way, &run, &format!("{how:?}")).await;
        }
    }
}

/// Once, or for ever: then the run ends with an error that names what is wrong, or does what it can.
#[tokio::test(start_paused = true)]
async fn a_damaged_answer_to_a_read_is_never_a_success() {
    for way in Way::ALL {
        for route in way.reads() {
            for how in Garble::ALL {
                for fault in [hit(route, garble(how)), every(route, garble(how))] {
                    let world = way.world().await;
                    let what = format!("{way:?} {route} {how:?} {:?}", fault.nth);
                    world.faults(vec![fault]);
                    match world.try_provision(way.idp()).await {
                        Ok(report) => {
                            has_advice(&report);
                            judge(&world, way.idp(), &report, &what);
                        }
                        Err(Stopped::Provider(failure)) => {
                            assert!(!failure.problem.next.is_empty(), "{what}");
                        }
                        Err(other) => panic!("{what}: {other:?}"),
                    }
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_of_a_proxy_is_not_taken_for_the_service() {
    for idp in BOTH {
        let world = World::new(3, mixed_file(3));
        world.faults(vec![every(
            "*",
            Fault::Replace {
                status: 200,
                content_type: "text/html".to_owned(),
                body: "<html>Sign in to the proxy</html>".to_owned(),
            },
        )]);
        let stopped = world.try_provision(idp).await.unwrap_err();
        let Stopped::Provider(failure) = &stopped else {
            panic!("{stopped:?}");
        };
        let next = &failure.problem.next;
        assert!(
            next.contains("answer") || next.contains("HTTPS_PROXY"),
            "{stopped}"
        );
        assert!(world.truth(idp).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn fields_and_values_that_nobody_knows_do_no_harm() {
    for (way, find, put) in [
        (
            Way::OktaNew,
            "\"status\"",
            "\"news\":[{\"a\":1e99}],\"status\"",
        ),
        (
            Way::OktaNew,
            "\"vendorName\"",
            "\"vendorName2\":null,\"vendorName\"",
        ),
        (
            Way::EntraMany,
            "\"serialNumber\"",
            "\"news\":{\"a\":[]},\"serialNumber\"",
        ),
        (Way::EntraMany, "\"hmacsha1\"", "\"hmacsha3\""),
        (Way::EntraMany, "\"assigned\"", "\"onItsWay\""),
    ] {
        let world = way.world().await;
        world.faults(vec![every(
            "*",
            Fault::Rewrite {
                find: find.to_owned(),
                put: put.to_owned(),
            },
        )]);
        let run = world.provision(way.idp()).await;
        all_done(&world, way, &run, put).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_enrolment_may_be_answered_with_an_array_of_one_and_nothing_else() {
    for (shape, enrolments) in [("object", 3), ("array", 3)] {
        let mut config = idp_sim::SimConfig::with_people(3);
        config.set("okta.enroll_answer", shape).unwrap();
        config.set("okta.extra_factors", "true").unwrap();
        let world = World::with(config, mixed_file(3));
        let run = world.provision(Idp::Okta).await;
        assert_eq!(counts(&run.report), (3, 0));
        assert_eq!(world.sim.calls().on("factors.enroll"), enrolments);
        assert_eq!(
            world.sim.calls().on("factors.list"),
            0,
            "{shape}: none was in doubt"
        );
    }
}

const ELSEWHERE: [&str; 5] = [
    "https://evil.test/beta",
    "//evil.test/beta",
    "http://graph.sim.test/beta",
    "https://graph.sim.test:8443/beta",
    "/beta/elsewhere",
];

/// Of a redirect nothing is followed: neither the credential nor a seed goes anywhere.
#[tokio::test(start_paused = true)]
async fn a_redirect_gets_no_request_and_stops_the_run() {
    for way in Way::ALL {
        for route in way.writes().iter().chain(way.reads()) {
            for (status, location) in [301, 302, 303, 307, 308].into_iter().zip(ELSEWHERE) {
                let mut world = way.world().await;
                let wire = Arc::new(Wire::listening(&world));
                world.transport = Arc::clone(&wire) as _;
                let before = world.sim.calls().on(route);
                world.faults(vec![every(
                    route,
                    Fault::Redirect {
                        status,
                        location: location.to_owned(),
                    },
                )]);
                let what = format!("{way:?} {route} {status}");
                let ended = world.try_provision(way.idp()).await;
                assert!(wire.is_at_home(), "{what}: {:?}", wire.origins());
                let Err(Stopped::Provider(failure)) = ended else {
                    panic!("{what}: {ended:?}");
                };
                assert!(
                    failure.problem.to_string().contains("redirect"),
                    "{what}: {}",
                    failure.problem
                );
                let asked = world.sim.calls().on(route) - before;
                assert!(asked <= way.rows() as u64, "{what}: {asked}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_end_is_cut_off() {
    for way in Way::ALL {
        let route = way.writes()[0];
        let world = way.world().await;
        world.faults(vec![hit(route, Fault::Flood { bytes: 40_000_000 })]);
        let run = world.provision(way.idp()).await;
        all_done(&world, way, &run, route).await;
    }
    for (idp, route) in [(Idp::Entra, "users.list"), (Idp::Okta, "users.*")] {
        let world = World::new(3, mixed_file(3));
        world.faults(vec![every(route, Fault::Flood { bytes: 40_000_000 })]);
        assert!(world.try_provision(idp).await.is_err());
        assert!(world.sim.calls().on("users.list") < 40);
    }
}

/// What the answer says of a token that is not its own is not taken for it.
#[tokio::test(start_paused = true)]
async fn a_success_that_names_another_token_is_read_back() {
    let world = Way::EntraMany.world().await;
    world.faults(vec![hit(
        "devices.bulk-create",
        Fault::Rewrite {
            find: "60000001".to_owned(),
            put: "60000009".to_owned(),
        },
    )]);
    let run = world.provision(Idp::Entra).await;
    assert_eq!(crate::ends(&run.report, Outcome::Done), 3);
    world.check(Idp::Entra, &run.report).await;
}
