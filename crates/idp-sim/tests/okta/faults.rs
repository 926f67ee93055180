use std::time::Duration;

use idp_http::Clock;
use idp_sim::{Act, Actor, Fault, Page, Rule, SimConfig};

use crate::org::{Org, START, factors, login};

const USERS: &str = "/api/v1/users?limit=2";

fn enrollment(user: Option<usize>) -> Act {
    Act::EnrollFactor {
        user: user.map(login),
        secret: None,
    }
}

#[tokio::test(start_paused = true)]
async fn another_operator_enrols_first() {
    let org = Org::new(&[]);
    let fault = |after| Fault::Interfere {
        act: enrollment(None),
        after,
    };
    org.faults(vec![Rule::nth("factors.enroll", 1, fault(false))]);
    assert_eq!(org.enroll(1).await.unwrap().status, 400);
    let factor = org.truth(1).unwrap();
    assert_eq!(factor.made_by, Actor::Operator);
    assert_eq!((factor.enrollments, factor.operator_enrollments), (1, 1));

    let removal = Fault::Interfere {
        act: Act::DeleteFactor { user: None },
        after: true,
    };
    org.faults(vec![Rule::always(removal)]);
    assert_eq!(org.enroll(2).await.unwrap().status, 200);
    assert_eq!(org.truth(2), None);
    assert_eq!(org.sim.calls().total, 2);
}

#[tokio::test(start_paused = true)]
async fn users_are_suspended_and_deactivated_meanwhile() {
    let org = Org::new(&[]);
    let user = |number| Some(login(number));
    org.sim
        .interfere(&Act::SuspendUser { user: user(1) })
        .unwrap();
    org.sim
        .interfere(&Act::DeactivateUser { user: user(2) })
        .unwrap();
    let status = async |number| {
        org.get(&format!("/api/v1/users/{}", login(number)))
            .await
            .body
    };
    assert_eq!(status(1).await["status"], "SUSPENDED");
    assert_eq!(org.enroll(2).await.unwrap().status, 403);
    // He keeps to the rules.
    org.sim.interfere(&enrollment(Some(3))).unwrap();
    for act in [
        enrollment(Some(3)),
        enrollment(Some(2)),
        enrollment(Some(9)),
        enrollment(None),
        Act::DeleteFactor { user: user(4) },
    ] {
        assert!(!org.sim.interfere(&act).unwrap_err().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn reads_show_what_was() {
    let org = Org::new(&[]);
    let stale = |route| Rule::nth(route, 1, Fault::Stale { ms: 5000 });
    let second = Rule {
        nth: Some(2),
        ..stale("users.list")
    };
    org.faults(vec![stale("factors.list"), second]);
    org.enroll(1).await.unwrap();
    org.clock.sleep(Duration::from_secs(2)).await;
    assert_eq!(org.get(&factors(1)).await.body.as_array().unwrap().len(), 0);
    assert_eq!(org.get(&factors(1)).await.body.as_array().unwrap().len(), 1);

    org.sim
        .interfere(&Act::SuspendUser {
            user: Some(login(1)),
        })
        .unwrap();
    let listed = async || org.get(USERS).await.body[0]["status"].clone();
    assert_eq!(listed().await, "SUSPENDED");
    assert_eq!(listed().await, "ACTIVE");
    assert_eq!(listed().await, "SUSPENDED");
}

#[tokio::test(start_paused = true)]
async fn both_kinds_of_429_are_on_order() {
    for (kind, limit) in [("window", "300"), ("concurrent", "0")] {
        let org = Org::new(&[("throttle", kind), ("rate", "enterprise")]);
        let throttled = Fault::Status {
            status: 429,
            retry_after: Some("7".into()),
            after_work: false,
        };
        org.faults(vec![Rule::always(throttled)]);
        let answer = org.get(USERS).await;
        assert_eq!(
            (answer.status, answer.body["errorCode"].as_str()),
            (429, Some("E0000047"))
        );
        assert_eq!(answer.header("x-rate-limit-limit"), limit);
        assert_eq!(answer.header("x-rate-limit-remaining"), "0");
        assert_eq!(answer.header("x-rate-limit-reset"), (START + 7).to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn more_requests_than_may_be_in_flight_are_refused() {
    let mut config = SimConfig::with_people(5);
    config.latency = Duration::from_millis(200);
    config.okta.set("concurrency", "2").unwrap();
    let org = Org::with(config);
    let (one, two, three) = tokio::join!(org.get(USERS), org.get(USERS), org.get(USERS));
    assert_eq!((one.status, two.status, three.status), (200, 200, 429));
    assert_eq!(three.header("x-rate-limit-limit"), "0");
    assert_eq!(three.header("x-rate-limit-remaining"), "0");
    assert_eq!(org.get(USERS).await.status, 200);

    // A client that no longer waits gives its place back.
    tokio::select! {
        _ = org.get(USERS) => panic!("it was answered early"),
        () = org.clock.sleep(Duration::from_millis(50)) => {}
    }
    let (one, two) = tokio::join!(org.get(USERS), org.get(USERS));
    assert_eq!((one.status, two.status), (200, 200));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_waits_for_the_window_is_never_refused() {
    let org = Org::new(&[("rate", "free")]);
    let mut remaining: Option<(u64, u64)> = None;
    for _ in 0..230 {
        if let Some((0, reset)) = remaining {
            let wait = reset - org.clock.unix().as_secs();
            assert!(wait <= 60);
            org.clock.sleep(Duration::from_secs(wait)).await;
        }
        let answer = org.get(&factors(1)).await;
        assert_eq!(answer.status, 200);
        let number = |name| answer.header(name).parse::<u64>().unwrap();
        // The token's half of 100.
        assert_eq!(number("x-rate-limit-limit"), 50);
        let now = (
            number("x-rate-limit-remaining"),
            number("x-rate-limit-reset"),
        );
        if let Some((left, _)) = remaining.filter(|(_, reset)| *reset == now.1) {
            assert_eq!(now.0 + 1, left);
        }
        remaining = Some(now);
    }
    // 4 windows were used up, so at least 3 whole ones went by.
    assert!(org.clock.unix().as_secs() >= START + 180);
}

#[tokio::test(start_paused = true)]
async fn lists_go_wrong_page_by_page() {
    let org = Org::new(&[]);
    let next = |page: Page| {
        let org = org.clone();
        async move {
            org.faults(vec![Rule::nth("users.list", 1, Fault::Page { how: page })]);
            let answer = org.get(USERS).await;
            let mut links = answer.headers.get_all("link").iter();
            let link = links.find_map(|link| {
                let text = link.to_str().unwrap().strip_suffix(">; rel=\"next\"")?;
                text.strip_prefix('<').map(str::to_owned)
            });
            (link, answer.body.as_array().unwrap().len())
        }
    };
    let own = format!("https://okta.sim.test{USERS}");
    assert_eq!(next(Page::NextIsItself).await, (Some(own.clone()), 2));
    assert_eq!(next(Page::Again).await, (Some(format!("{own}&again=1")), 2));
    assert_eq!(next(Page::Empty).await, (Some(format!("{own}&again=1")), 0));
    assert_eq!(next(Page::NoNext).await, (None, 2));
    assert_eq!(next(Page::Gap).await.1, 1);
    let origin = "http://okta.sim.test@evil.test:81".to_owned();
    let hostile = next(Page::NextAt {
        origin: origin.clone(),
    })
    .await;
    assert_eq!(hostile.0, Some(origin + USERS));
}
