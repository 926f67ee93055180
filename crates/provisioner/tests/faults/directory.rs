//! People who are not there, not clear, not active, or not to be touched.

use idp_sim::{Fault, Idp, Rule, SimConfig};
use provisioner::{Decision, Goal, Outcome, Stopped};

use crate::support::{World, counts, user};
use crate::{code, every, has_advice, plain_file};

/// The wanted end is reached before anything is sent: the plan names every such row.
#[tokio::test(start_paused = true)]
async fn whoever_cannot_hold_a_token_is_named_in_the_plan_before_anything_is_sent() {
    for (idp, change, reason) in [
        (Idp::Entra, "gone", "user-unknown"),
        (Idp::Entra, "guest", "user-guest"),
        (Idp::Entra, "twice", "user-ambiguous"),
        (Idp::Okta, "gone", "user-unknown"),
        (Idp::Okta, "twice", "user-ambiguous"),
        (Idp::Okta, "SUSPENDED", "user-inactive"),
        (Idp::Okta, "DEPROVISIONED", "user-inactive"),
        (Idp::Okta, "STAGED", "user-inactive"),
    ] {
        let mut config = SimConfig::with_people(4);
        let (somebody, other) = (user(2), "somebody@example.com".to_owned());
        match change {
            "gone" => {
                config.people[1].login = other.clone();
                config.people[1].mail = Some(other);
            }
            "guest" => config.people[1].guest = true,
            "twice" => {
                config.people[1].login = other;
                config.people[2].mail = Some(somebody);
            }
            status => config
                .set("okta.user_status", &format!("{somebody}={status}"))
                .unwrap(),
        }
        let world = World::with(config, plain_file(2));
        let before = world.sim.calls().writes;
        let plan = world.plan(idp, Goal::Activated).await.unwrap();
        assert_eq!(world.sim.calls().writes, before);
        let Decision::Rejected { problem } = &plan.rows[1].decision else {
            panic!("{idp:?} {change}: {:?}", plan.rows[1].decision);
        };
        assert_eq!(problem.code, reason, "{change}");
        let run = world.provision(idp).await;
        assert_eq!(counts(&run.report), (1, 0), "{change}");
        assert_eq!(run.report.rows[1].outcome, Outcome::Rejected);
        assert_eq!(world.truth(idp).len(), 1);
        has_advice(&run.report);
    }
}

#[tokio::test(start_paused = true)]
async fn users_out_of_reach_or_shut_out_by_a_policy_fail_alone() {
    for (idp, switch) in [
        (Idp::Entra, "entra.protected_users"),
        (Idp::Okta, "okta.restricted_users"),
        (Idp::Okta, "okta.policy_forbids"),
    ] {
        let mut config = SimConfig::with_people(40);
        config
            .set(switch, &format!("{},{}", user(3), user(20)))
            .unwrap();
        let world = World::with(config, plain_file(40));
        let run = world.provision(idp).await;
        assert!(run.stopped.is_none(), "{switch} {:?}", run.stopped);
        assert_eq!(counts(&run.report), (38, 0), "{switch}");
        for row in [2, 19] {
            assert_eq!(run.report.rows[row].outcome, Outcome::Failed, "{switch}");
        }
        has_advice(&run.report);
    }
}

/// The plan does not read the policy; the service's words reach every row.
#[tokio::test(start_paused = true)]
async fn where_the_policy_is_off_no_token_is_given_out_and_the_rows_say_why() {
    let mut config = SimConfig::with_people(100);
    config.set("entra.policy_enabled", "false").unwrap();
    config.set("entra.policy_required", "true").unwrap();
    let world = World::with(config, plain_file(100));
    let run = world.provision(Idp::Entra).await;
    assert_eq!(run.report.counts.done, 0);
    for row in &run.report.rows {
        let error = row.error.as_ref().unwrap();
        assert!(error.message.contains("policy is not enabled"), "{error}");
    }
    let truth = world.truth(Idp::Entra);
    assert!(truth.values().all(|token| token.holder.is_none()));
}

/// Between the plan and the call everything about a user may have changed.
#[tokio::test(start_paused = true)]
async fn a_refusal_for_one_user_is_one_row_whatever_its_status() {
    for (idp, route) in [
        (Idp::Entra, "methods.activate"),
        (Idp::Okta, "factors.enroll"),
    ] {
        for status in [400, 404, 409, 412, 422] {
            let world = World::new(60, plain_file(60));
            world.faults(vec![Rule {
                every: Some(25),
                ..every(route, crate::status(status, None))
            }]);
            let run = world.provision(idp).await;
            assert!(run.stopped.is_none(), "{idp:?} {status} {:?}", run.stopped);
            assert!(run.report.counts.done >= 58, "{idp:?} {status}");
            has_advice(&run.report);
            world.check(idp, &run.report).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_may_not_be_read_stops_before_anything_is_sent() {
    for (idp, route) in [(Idp::Entra, "users.list"), (Idp::Okta, "users.*")] {
        let world = World::new(5, plain_file(5));
        world.faults(vec![every(route, crate::status(403, None))]);
        let stopped = world.try_provision(idp).await.unwrap_err();
        let Stopped::Provider(failure) = &stopped else {
            panic!("{stopped:?}");
        };
        assert_eq!(failure.problem.code, "permission");
        assert!(world.truth(idp).is_empty());
    }
}

/// A search that finds too much, as where the service matches generously.
#[tokio::test(start_paused = true)]
async fn a_user_of_a_similar_name_is_not_the_one_that_is_meant() {
    let world = World::new(2, plain_file(1));
    world.faults(vec![every(
        "users.*",
        Fault::Rewrite {
            find: user(1),
            put: format!("x{}", user(1)),
        },
    )]);
    for idp in crate::support::BOTH {
        let run = world.provision(idp).await;
        assert_eq!(run.report.rows[0].outcome, Outcome::Rejected);
        assert!(code(&run.report, 0).starts_with("user-"), "{idp:?}");
    }
}

/// Whatever goes wrong while somebody is looked up, it says nothing about whether the user exists.
#[tokio::test(start_paused = true)]
async fn a_lookup_that_fails_is_not_a_user_who_is_not_there() {
    let page = Fault::Replace {
        status: 404,
        content_type: "text/html".to_owned(),
        body: "<html>no such page</html>".to_owned(),
    };
    let statuses = [400, 401, 403, 429, 500, 503].map(|status| crate::status(status, None));
    let mut others = vec![page, Fault::ResetAfter, Fault::HangBefore { ms: 120_000 }];
    others.extend(statuses);
    for idp in crate::support::BOTH {
        for fault in &others {
            for rows in [1, 5] {
                let world = World::new(5, plain_file(rows));
                world.faults(vec![every("users.*", fault.clone())]);
                let plan = world.plan(idp, Goal::Activated).await;
                let what = format!("{idp:?} {fault:?} {rows}");
                let Err(Stopped::Provider(failure)) = &plan else {
                    panic!("{what}: {plan:?}");
                };
                assert_ne!(failure.problem.code, "user-unknown", "{what}");
                assert!(!failure.problem.next.is_empty(), "{what}");
            }
        }
    }
}
