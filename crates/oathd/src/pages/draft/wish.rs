//! Where the tokens of a file go, and how far.

use maud::{Markup, html};
use provisioner::Goal;

use super::address;
use crate::drafts::{Draft, Look, Wish};
use crate::pages::{Page, nothing};
use crate::places::Idp;
use crate::ui::{self, Button, Choice, Field, Icon};

/// What can be wanted of a file: place and goal together, so that nothing can be chosen that there is not.
const ALL: [(Idp, Goal, &str, &str); 5] = [
    (
        Idp::Entra,
        Goal::Imported,
        "Import into Entra ID",
        "The tokens lie in the inventory; nobody has them yet.",
    ),
    (
        Idp::Entra,
        Goal::Assigned,
        "Import and assign in Entra ID",
        "Each user activates the token with a code of it.",
    ),
    (
        Idp::Entra,
        Goal::Activated,
        "Import, assign and activate in Entra ID",
        "Each user can sign in with the token at once.",
    ),
    (
        Idp::Okta,
        Goal::Activated,
        "Enrol in Okta",
        "Each user can sign in with the token at once.",
    ),
    (
        Idp::Okta,
        Goal::Proven,
        "Enrol in Okta, and prove by a code",
        "One more call a token: Okta has to accept a code of it.",
    ),
];

pub(super) fn section(page: &Page, draft: &Draft, look: &Look) -> Markup {
    let places = page.app.places.set_up();
    let content = if look.survey.accepted == 0 {
        html! { p { "The file has no token that could go anywhere." } }
    } else if places.is_empty() {
        html! {
            (nothing::connected(page, Icon::Link))
            (ui::help("The file is kept for an hour: come back when it is connected."))
        }
    } else {
        html! {
            (form(page, draft, &places))
        }
    };
    ui::panel("wish", "Where, and how far", content)
}

fn form(page: &Page, draft: &Draft, places: &[Idp]) -> Markup {
    let choices = ALL.iter().filter(|(idp, ..)| places.contains(idp));
    let choices = choices.map(|(idp, goal, label, hint)| {
        let wish = Wish {
            idp: *idp,
            goal: *goal,
        };
        Choice::new(word(wish), *label).hint(*hint)
    });
    let choices: Vec<Choice> = choices.collect();
    let field = Field::new("wish", "What is to be done").required();
    let content = html! {
        (field.value(word(draft.wish())).radios(&choices))
        (ui::buttons(Button::primary("Make the plan")))
        (ui::help("Users and tokens are read. Nothing is changed until you have seen the plan."))
    };
    ui::form(&page.frame, format!("{}/wish", address(&draft.id)), content)
}

/// The word that the form sends.
pub(super) fn word(wish: Wish) -> String {
    format!("{}-{}", wish.idp, wish.goal)
}

/// The wish of this word.
pub(super) fn named(name: &str) -> Option<Wish> {
    let wishes = ALL.iter().map(|(idp, goal, ..)| Wish {
        idp: *idp,
        goal: *goal,
    });
    wishes.into_iter().find(|wish| word(*wish) == name)
}
