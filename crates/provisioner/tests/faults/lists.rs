//! Lists whose pages lead round in circles, elsewhere, or nowhere.

use std::sync::Arc;

use idp_sim::{Fault, Idp, Page, Rule, SimConfig};
use provisioner::{Goal, Report, Stopped};
use tokio_util::sync::CancellationToken;

use crate::support::{World, counts, mixed_file};
use crate::wire::Wire;
use crate::{every, has_advice};

const TOKENS: usize = 40;

/// A tenant whose users and devices fill several pages. The tokens are there already, in Okta as well
/// as in Entra, so that a list that is not read whole can do harm.
async fn with_pages(idp: Idp) -> World {
    with_pages_of(idp, TOKENS).await
}

async fn with_pages_of(idp: Idp, tokens: usize) -> World {
    let mut config = SimConfig::with_people(60);
    for (name, value) in [("device_page_size", "9"), ("user_page_size", "15")] {
        config.set(&format!("entra.{name}"), value).unwrap();
    }
    let world = World::with(config, mixed_file(tokens));
    if idp == Idp::Entra {
        let stop = CancellationToken::new();
        world.run(&world.entra(), Goal::Imported, &stop).await;
    }
    world
}

fn page(route: &str, how: Page, times: Option<u64>) -> Rule {
    Rule {
        times,
        ..every(route, Fault::Page { how })
    }
}

const LISTS: [(Idp, &str); 3] = [
    (Idp::Entra, "users.list"),
    (Idp::Entra, "devices.list"),
    (Idp::Okta, "users.list"),
];

/// Whatever the list said: what is reported is so, and what is not done has its reason.
async fn judge(world: &World, idp: Idp, ended: Result<Report, Stopped>, what: &str) {
    match ended {
        Ok(report) => {
            has_advice(&report);
            world.check(idp, &report).await;
        }
        Err(Stopped::Provider(failure)) => {
            assert!(!failure.problem.next.is_empty(), "{what}");
            let truth = world.truth(idp);
            assert!(truth.values().all(|token| !token.active), "{what}");
        }
        Err(other) => panic!("{what}: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_leads_round_in_a_circle_ends() {
    for (idp, route) in LISTS {
        for how in [Page::NextIsItself, Page::NextIsFirst] {
            // The first page, every page, or every second one: from there it goes round and round.
            for (times, every) in [(Some(1), None), (None, None), (None, Some(2))] {
                let world = with_pages(idp).await;
                let what = format!("{route} {how:?} {times:?} {every:?}");
                let before = world.sim.calls().on(route);
                world.faults(vec![Rule {
                    every,
                    ..page(route, how.clone(), times)
                }]);
                let ended = world.try_provision(idp).await;
                assert!(world.sim.calls().on(route) - before < 200, "{what}");
                judge(&world, idp, ended, &what).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn empty_pages_without_end_end() {
    for (idp, route) in LISTS {
        let world = with_pages(idp).await;
        world.faults(vec![page(route, Page::Empty, None)]);
        let ended = world.try_provision(idp).await;
        assert!(world.sim.calls().on(route) <= 400, "{route}");
        judge(&world, idp, ended, route).await;
    }
}

#[tokio::test(start_paused = true)]
async fn some_empty_pages_are_passed_over() {
    for (idp, route) in LISTS {
        let world = with_pages(idp).await;
        world.faults(vec![page(route, Page::Empty, Some(5))]);
        let run = world.provision(idp).await;
        assert_eq!(
            counts(&run.report),
            (TOKENS, 0),
            "{route} {:?}",
            run.stopped
        );
        world.check(idp, &run.report).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_that_comes_twice_is_one() {
    // Few users are asked for by name, many are listed.
    for (tokens, (idp, route)) in [5, 25, TOKENS]
        .into_iter()
        .flat_map(|n| LISTS.map(|list| (n, list)))
    {
        let world = with_pages_of(idp, tokens).await;
        world.faults(vec![page(route, Page::Again, Some(2))]);
        let run = world.provision(idp).await;
        assert_eq!(
            counts(&run.report),
            (tokens, 0),
            "{route} {:?}",
            run.report.rows[0]
        );
        world.check(idp, &run.report).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_that_is_left_out_is_found_later_and_not_made_twice() {
    for (idp, route) in LISTS {
        for how in [Page::Gap, Page::NoNext] {
            let world = with_pages(idp).await;
            world.faults(vec![page(route, how.clone(), Some(1))]);
            let run = world.provision(idp).await;
            let done = counts(&run.report);
            assert_eq!(done, (TOKENS, 0), "{route} {how:?} {:?}", run.stopped);
            world.check(idp, &run.report).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_to_another_place_gets_no_request() {
    for (idp, route) in LISTS {
        let own = if idp == Idp::Entra {
            "graph.sim.test"
        } else {
            "okta.sim.test"
        };
        for origin in [
            "https://evil.test".to_owned(),
            "//evil.test".to_owned(),
            format!("http://{own}"),
            format!("https://{own}:8443"),
            format!("https://{own}@evil.test"),
            format!("https://{own}.evil.test"),
            "https://gr\u{430}ph.sim.test".to_owned(),
            "file://".to_owned(),
        ] {
            let mut world = with_pages(idp).await;
            let wire = Arc::new(Wire::listening(&world));
            world.transport = Arc::clone(&wire) as _;
            let how = Page::NextAt {
                origin: origin.clone(),
            };
            world.faults(vec![page(route, how, None)]);
            let ended = world.try_provision(idp).await;
            let what = format!("{route} {origin}");
            assert!(wire.is_at_home(), "{what}: {:?}", wire.origins());
            judge(&world, idp, ended, &what).await;
        }
    }
}
