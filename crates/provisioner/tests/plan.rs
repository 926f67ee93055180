//! The plan as a pure function: what it decides for every state of the world, and what never happens.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use std::collections::BTreeMap;

use oath_core::{Algorithm, Period};
use proptest::prelude::*;
use provisioner::entra::{EntraOptions, capabilities};
use provisioner::{
    Capabilities, Decision, Goal, Observed, Operation, Person, Plan, Roster, State, Tenant,
    TokenId, UserId, okta,
};
use seedfile::{ReadOptions, Serial};
use support::{file, line, serial, user};

fn tenant() -> Tenant {
    Tenant {
        idp: "test".to_owned(),
        id: "t".to_owned(),
    }
}

/// The plan for one token of user 1, of SHA-1 and 30 s.
fn decide(capabilities: &Capabilities, goal: Goal, observed: Option<Observed>) -> Decision {
    let content = file([line(1, &user(1), false, 30)]);
    let roster = Roster::read(content.as_bytes(), &ReadOptions::default()).unwrap();
    let people = BTreeMap::from([(user(1), Person::Found(UserId("u1".to_owned())))]);
    let there = observed
        .map(|observed| (Serial::new(&serial(1)).unwrap(), observed))
        .into_iter()
        .collect();
    let plan = Plan::new(&tenant(), capabilities, goal, &roster, &people, &there);
    plan.rows[0].decision.clone()
}

fn there(state: State, holder: Option<&str>) -> Observed {
    Observed {
        id: TokenId("d1".to_owned()),
        state,
        holder: holder.map(|id| UserId(id.to_owned())),
        code_accepted: false,
        proven: true,
        algorithm: Some(Algorithm::Sha1),
        period: Some(Period::THIRTY),
        fingerprint: None,
    }
}

fn words(decision: &Decision) -> String {
    match decision {
        Decision::Steps { steps, .. } => {
            let words: Vec<String> = steps.iter().map(ToString::to_string).collect();
            words.join(", ")
        }
        Decision::Unchanged { state } => {
            format!("unchanged {}", state.map_or("nothing", State::name))
        }
        Decision::Conflict { problem } => format!("conflict {}", problem.code),
        Decision::Rejected { problem } => format!("rejected {}", problem.code),
    }
}

#[test]
fn entra_gets_the_fewest_calls_from_every_state() {
    use Goal::{Activated, Assigned, Deactivated, Deleted, Imported, Unassigned};
    let entra = capabilities(EntraOptions::default());
    let free = || Some(there(State::Imported, None));
    let held = || Some(there(State::Assigned, Some("u1")));
    let live = || Some(there(State::Activated, Some("u1")));
    let other = || Some(there(State::Assigned, Some("u2")));
    for (goal, observed, wanted) in [
        (Imported, None, "import"),
        (Imported, free(), "unchanged imported"),
        (Imported, other(), "unchanged assigned"),
        (Assigned, None, "import + assign"),
        (Assigned, free(), "assign"),
        (Assigned, held(), "unchanged assigned"),
        (Assigned, live(), "unchanged activated"),
        (Activated, None, "import + assign, activate"),
        (Activated, free(), "assign + activate"),
        (Activated, held(), "activate"),
        (Activated, live(), "unchanged activated"),
        (Activated, other(), "conflict held-by-another"),
        (Deactivated, None, "rejected not-there"),
        (Deactivated, free(), "unchanged imported"),
        (Deactivated, other(), "unchanged assigned"),
        (Deactivated, live(), "deactivate"),
        (Unassigned, None, "rejected not-there"),
        (Unassigned, free(), "unchanged imported"),
        (Unassigned, other(), "unassign"),
        (Unassigned, live(), "unassign"),
        (Deleted, None, "unchanged nothing"),
        (Deleted, free(), "delete"),
        (Deleted, live(), "unassign, delete"),
    ] {
        let decision = decide(&entra, goal, observed.clone());
        assert_eq!(words(&decision), wanted, "{goal} from {observed:?}");
    }
}

#[test]
fn okta_enrols_in_one_call_and_proves_what_it_finds() {
    let okta = okta::capabilities_of_any_profile();
    let found = Observed {
        code_accepted: false,
        proven: false,
        ..there(State::Activated, Some("u1"))
    };
    for (goal, observed, wanted) in [
        (Goal::Activated, None, "import + assign + activate"),
        (Goal::Activated, Some(found), "verify"),
        (
            Goal::Activated,
            Some(there(State::Activated, Some("u1"))),
            "unchanged activated",
        ),
        (Goal::Imported, None, "rejected not-offered"),
        (Goal::Assigned, None, "rejected not-offered"),
    ] {
        assert_eq!(words(&decide(&okta, goal, observed)), wanted);
    }
}

fn any_state() -> impl Strategy<Value = State> {
    prop_oneof![
        Just(State::Imported),
        Just(State::Assigned),
        Just(State::Activated)
    ]
}

fn any_goal() -> impl Strategy<Value = Goal> {
    prop_oneof![
        Just(Goal::Imported),
        Just(Goal::Assigned),
        Just(Goal::Activated),
        Just(Goal::Deactivated),
        Just(Goal::Unassigned),
        Just(Goal::Deleted)
    ]
}

prop_compose! {
    fn any_observed()(
        state in any_state(),
        holder in prop_oneof![Just("u1"), Just("u2")],
        algorithm in prop::option::of(prop_oneof![Just(Algorithm::Sha1), Just(Algorithm::Sha256)]),
        period in prop::option::of(prop_oneof![Just(Period::THIRTY), Just(Period::SIXTY)]),
    ) -> Observed {
        let holder = (state > State::Imported).then_some(holder);
        Observed { algorithm, period, ..there(state, holder) }
    }
}

/// What is there after the steps.
fn after(observed: Option<Observed>, decision: &Decision) -> Option<Observed> {
    let Decision::Steps { steps, .. } = decision else {
        return observed;
    };
    let mut now = observed.unwrap_or_else(|| there(State::Imported, None));
    let mut is_there = true;
    for operation in steps.iter().flat_map(|step| &step.0) {
        match operation {
            Operation::Import => {}
            Operation::Deactivate => now.state = State::Assigned,
            Operation::Unassign => {
                now.state = State::Imported;
                now.holder = None;
            }
            Operation::Delete => is_there = false,
            Operation::Assign => {
                now.state = State::Assigned;
                now.holder = Some(UserId("u1".to_owned()));
            }
            _ => now.state = State::Activated,
        }
    }
    is_there.then_some(now)
}

proptest! {
    #[test]
    fn after_a_finished_plan_nothing_is_left_to_do(
        goal in any_goal(),
        observed in prop::option::of(any_observed()),
    ) {
        let entra = capabilities(EntraOptions::default());
        let decision = decide(&entra, goal, observed.clone());
        let again = decide(&entra, goal, after(observed, &decision));
        prop_assert!(!matches!(again, Decision::Steps { .. }), "{decision:?} then {again:?}");
        if matches!(decision, Decision::Steps { .. }) {
            let reached = matches!(again, Decision::Unchanged { state } if goal.is_met_by(state));
            prop_assert!(reached, "{decision:?} then {again:?}");
        }
    }

    #[test]
    fn nothing_is_planned_for_a_token_that_another_user_holds_or_that_differs(
        goal in any_goal(),
        observed in any_observed(),
    ) {
        let entra = capabilities(EntraOptions::default());
        let differs = observed.algorithm == Some(Algorithm::Sha256)
            || observed.period == Some(Period::SIXTY);
        let foreign = goal.gives() && observed.holder == Some(UserId("u2".to_owned()));
        if differs || foreign {
            let decision = decide(&entra, goal, Some(observed));
            prop_assert!(matches!(decision, Decision::Conflict { .. }), "{decision:?}");
        }
    }
}
