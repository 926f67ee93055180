//! What runs want of tokens, in words.

use maud::{Markup, html};
use provisioner::{Decision, Goal, Operation, State, Step};

use crate::places::Idp;
use crate::ui::Badge;

/// `Import, assign and activate`
pub(super) fn deed(idp: &str, goal: Goal) -> &'static str {
    match goal {
        Goal::Imported => "Import",
        Goal::Assigned => "Assign",
        Goal::Activated if idp == Idp::Okta.name() => "Enrol",
        Goal::Activated => "Activate",
        Goal::Proven => "Enrol, and prove by a code",
        Goal::Adopted => "Take over, proved by a code",
        Goal::Deactivated => "Deactivate",
        Goal::Unassigned => "Take back",
        Goal::Deleted => "Delete",
        _ => "Change",
    }
}

/// The place, with its icon.
pub(super) fn place(idp: &str) -> Markup {
    html! { @match idp {
        "entra" => { (Badge::ENTRA) }
        "okta" => { (Badge::OKTA) }
        other => { (other) }
    } }
}

/// What will be done for a row: `import and assign, then activate`.
pub(super) fn steps(decision: &Decision) -> String {
    match decision {
        Decision::Steps { steps, .. } => {
            let steps: Vec<String> = steps.iter().map(step).collect();
            steps.join(", then ")
        }
        Decision::Unchanged { state } => {
            let state = state.map_or("not there", State::name);
            format!("nothing: {state} already")
        }
        Decision::Conflict { .. } | Decision::Rejected { .. } => "nothing".to_owned(),
    }
}

fn step(step: &Step) -> String {
    match step.0.as_slice() {
        [Operation::Import, .., Operation::Activate] => "enrol".to_owned(),
        _ => step.to_string().replace(" + ", " and "),
    }
}

/// What a run is about: `Activate in Entra ID`.
pub(super) fn run(idp: &str, goal: Goal) -> String {
    let place: Result<Idp, _> = idp.parse();
    let place = place.map_or_else(|_| idp.to_owned(), |idp| idp.title().to_owned());
    format!("{} in {place}", deed(idp, goal))
}
