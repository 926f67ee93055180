//! Another operator at work between any two of our calls.

use std::time::Duration;

use idp_sim::{Act, Actor, Fault, Idp, Rule, SimConfig};
use provisioner::{Goal, Outcome, Report, State, Stopped};

use crate::support::{Run, World, serial, user};
use crate::{Way, has_advice};

fn on_entra() -> Vec<Act> {
    let (serial, own, other) = (Some(serial(1)), Some(user(1)), Some(user(3)));
    let create = |user: Option<String>| Act::CreateDevice {
        serial: serial.clone(),
        secret: None,
        user,
    };
    vec![
        create(None),
        create(own.clone()),
        create(other.clone()),
        Act::AssignDevice {
            serial: serial.clone(),
            user: own.clone(),
        },
        Act::AssignDevice {
            serial: serial.clone(),
            user: other,
        },
        Act::ActivateDevice {
            serial: serial.clone(),
        },
        Act::UnassignDevice {
            serial: serial.clone(),
        },
        Act::DeleteDevice { serial },
        Act::DisableUser { user: own.clone() },
        Act::DeleteUser { user: own },
    ]
}

fn on_okta() -> Vec<Act> {
    let own = Some(user(1));
    vec![
        Act::EnrollFactor {
            user: own.clone(),
            secret: None,
        },
        Act::DeleteFactor { user: own.clone() },
        Act::SuspendUser { user: own.clone() },
        Act::DeactivateUser { user: own },
    ]
}

/// What the rows of the report say is what the service has, and nothing was taken from the other one.
#[track_caller]
pub(crate) fn judge(world: &World, idp: Idp, report: &Report, what: &str) {
    has_advice(report);
    let state = world.sim.state();
    for row in &report.rows {
        let (serial, user) = (
            row.serial.as_ref().unwrap().as_str(),
            row.user.as_ref().unwrap(),
        );
        let (usable, taken) = match idp {
            Idp::Entra => {
                let device = state.entra.devices.iter().find(|d| d.serial == serial);
                let usable = device.is_some_and(|device| {
                    device.status == "activated" && device.assigned_to.as_ref() == Some(user)
                });
                let taken = device.is_some_and(|device| {
                    device.assigned_by == Some(Actor::Client)
                        && device.assigned_to.as_ref() != Some(user)
                });
                (usable, taken)
            }
            Idp::Okta => {
                let factor = state
                    .okta
                    .factors
                    .iter()
                    .find(|factor| &factor.user == user);
                let usable = factor.is_some_and(|factor| factor.status == "ACTIVE");
                (usable, false)
            }
        };
        assert!(!taken, "{what}: {row:?}");
        let done = matches!(row.outcome, Outcome::Done | Outcome::Unchanged);
        assert!(!done || usable, "{what}: {row:?} {:?}", state.entra.devices);
    }
}

/// How many requests the way takes when nobody interferes.
async fn requests(way: Way) -> u64 {
    let world = way.world().await;
    let before = world.sim.calls().total;
    world.provision(way.idp()).await;
    world.sim.calls().total - before
}

/// Each act before each request, on the first row; the other rows are done whatever happens.
#[tokio::test(start_paused = true)]
async fn whatever_another_operator_does_nothing_is_taken_and_the_report_is_true() {
    for way in Way::ALL {
        let acts = if way.idp() == Idp::Entra {
            on_entra()
        } else {
            on_okta()
        };
        for act in &acts {
            for nth in 1..=requests(way).await {
                let world = way.world().await;
                world.faults(vec![Rule {
                    nth: Some(nth),
                    ..Rule::always(Fault::Interfere {
                        act: act.clone(),
                        after: false,
                    })
                }]);
                let what = format!("{way:?} {} before request {nth}", act.name());
                world.sim.start_trace();
                let run = world.provision(way.idp()).await;
                assert!(run.stopped.is_none(), "{what}: {:?}", run.stopped);
                // After the last look at the row a report cannot know.
                if !is_over(&world, &run, nth) {
                    judge(&world, way.idp(), &run.report, &what);
                }
                for row in run.report.rows.iter().skip(1) {
                    let done = matches!(row.outcome, Outcome::Done | Outcome::Unchanged);
                    assert!(done, "{what}: {row:?}");
                }
            }
        }
    }
}

/// True where the first row's own last request was made before the act.
fn is_over(world: &World, run: &Run, nth: u64) -> bool {
    let row = &run.plan.rows[0];
    let user = row.user.as_ref().map_or("nobody", |user| &user.0);
    let trace = world.sim.trace();
    let requests = trace.iter().filter(|event| event.route != "operator");
    let own = (1..).zip(requests).filter(|(_, event)| {
        event.request.contains(row.token.serial.as_str()) || event.request.contains(user)
    });
    own.last().is_some_and(|(last, _)| nth > last)
}

#[tokio::test(start_paused = true)]
async fn a_token_that_another_operator_gave_to_another_user_stays_there() {
    for after in [false, true] {
        let world = Way::EntraStock.world().await;
        let act = Act::AssignDevice {
            serial: Some(serial(1)),
            user: Some(user(3)),
        };
        world.faults(vec![crate::hit(
            "devices.list",
            Fault::Interfere { act, after },
        )]);
        let run = world.provision(Idp::Entra).await;
        let row = &run.report.rows[0];
        assert_eq!(row.outcome, Outcome::Conflict, "{row:?}");
        assert_eq!(crate::code(&run.report, 0), "held-by-another");
        let truth = world.truth(Idp::Entra);
        assert_eq!(truth[&serial(1)].holder, Some(user(3)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_factor_that_another_operator_enrolled_first_stays_and_is_a_conflict() {
    let world = Way::OktaNew.world().await;
    let act = Act::EnrollFactor {
        user: None,
        secret: None,
    };
    world.faults(vec![crate::hit(
        "factors.enroll",
        Fault::Interfere { act, after: false },
    )]);
    let run = world.provision(Idp::Okta).await;
    let conflicts = crate::ends(&run.report, Outcome::Conflict);
    assert_eq!(conflicts, 1, "{:?}", run.report.rows);
    assert_eq!(crate::ends(&run.report, Outcome::Done), 2);
    let state = world.sim.state();
    let his = state
        .okta
        .factors
        .iter()
        .filter(|factor| factor.made_by == Actor::Operator);
    assert_eq!(his.count(), 1);
}

/// A serial whose device was deleted is refused for a quarter of an hour.
#[tokio::test(start_paused = true)]
async fn a_serial_that_was_just_deleted_waits_and_later_works() {
    for error in ["409", "400", "try_again"] {
        let mut config = SimConfig::with_people(3);
        config.set("entra.duplicate_error", error).unwrap();
        let world = Way::EntraMany.world_with(config).await;
        let stop = tokio_util::sync::CancellationToken::new();
        world.run(&world.entra(), Goal::Imported, &stop).await;
        let act = Act::DeleteDevice {
            serial: Some(serial(1)),
        };
        world.sim.interfere(&act).unwrap();
        let run = world.provision(Idp::Entra).await;
        assert!(run.stopped.is_none());
        let rows = &run.report.rows;
        assert_eq!(rows[0].outcome, Outcome::Pending, "{:?}", rows[0]);
        let problem = rows[0].error.as_ref().unwrap();
        assert!(problem.to_string().contains("15 minutes"), "{problem}");
        assert_eq!(crate::ends(&run.report, Outcome::Done), 2);
        world.clock.sleep(Duration::from_secs(930)).await;
        let again = world.provision(Idp::Entra).await;
        assert!(again.report.is_complete(), "{:?}", again.report.rows);
        assert!(world.truth(Idp::Entra)[&serial(1)].active);
    }
}

/// The user leaves when the token is assigned and not yet usable.
#[tokio::test(start_paused = true)]
async fn a_token_that_cannot_be_activated_is_reported_as_assigned_and_left_there() {
    let world = Way::EntraMany.world().await;
    world.faults(vec![crate::every(
        "methods.activate",
        crate::status(404, None),
    )]);
    let run = world.provision(Idp::Entra).await;
    assert!(!matches!(run.stopped, Some(Stopped::Ledger(_))));
    for row in &run.report.rows {
        assert_eq!(row.outcome, Outcome::Failed, "{row:?}");
        assert_eq!(row.state, Some(State::Assigned));
    }
    has_advice(&run.report);
    let truth = world.truth(Idp::Entra);
    assert!(truth.values().all(|token| token.holder.is_some()));
}
