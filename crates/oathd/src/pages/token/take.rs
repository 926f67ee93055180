//! Taking something away: each on a page that says who loses what, and that asks for the serial number.

use std::sync::Arc;

use axum::extract::{Path, Query as Params};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use provisioner::{Goal, Operation, Problem, State};
use seedfile::Serial;

use super::act::carry_out;
use super::{Form, Sight, Where, errors, missing};
use crate::app::App;
use crate::desk::{Action, Fault, NO_ANSWER};
use crate::door::Sent;
use crate::pages::Page;
use crate::places::{Idp, Place};
use crate::routes::Routes;
use crate::trouble;
use crate::ui::{self, Confirm};

/// What is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    TakeBack,
    Deactivate,
    Delete,
}

impl Deed {
    pub(super) const ALL: [Self; 3] = [Self::Deactivate, Self::TakeBack, Self::Delete];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::TakeBack => "take-back",
            Self::Deactivate => "deactivate",
            Self::Delete => "delete",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::TakeBack => "Take back",
            Self::Deactivate => "Deactivate",
            Self::Delete => "Delete",
        }
    }

    /// What the button does, after "Type the serial number to".
    fn words(self) -> &'static str {
        match self {
            Self::TakeBack => "take it back",
            Self::Deactivate => "deactivate it",
            Self::Delete => "delete it",
        }
    }

    fn action(self) -> Action {
        match self {
            Self::TakeBack => Action::TakeBack,
            Self::Deactivate => Action::Deactivate,
            Self::Delete => Action::Delete,
        }
    }

    /// How the token is left.
    fn goal(self, place: &Place) -> Goal {
        match self {
            Self::TakeBack => place.provider.capabilities().taken_back(),
            Self::Deactivate => Goal::Deactivated,
            Self::Delete => Goal::Deleted,
        }
    }

    /// Whether the place does this, the token's state has something to take away, and this caller may.
    pub(super) fn fits(self, page: &Page, sight: &Sight) -> bool {
        let (place, token) = (&sight.place, &sight.token);
        match self {
            Self::TakeBack => token.holder.is_some(),
            Self::Deactivate => {
                token.state == State::Activated && place.offers(Operation::Deactivate)
            }
            Self::Delete => {
                page.caller.may(self.action().needs()) && place.offers(Operation::Delete)
            }
        }
    }
}

/// A page for each, which asks and which is sent: each with its least role.
pub(super) fn routes() -> Routes<Arc<App>> {
    pages("/tokens/{idp}/{serial}/take-back", Deed::TakeBack)
        .and(pages("/tokens/{idp}/{serial}/deactivate", Deed::Deactivate))
        .and(pages("/tokens/{idp}/{serial}/delete", Deed::Delete))
}

fn pages(path: &'static str, deed: Deed) -> Routes<Arc<App>> {
    let role = deed.action().needs();
    let show =
        async move |page: Page, at: At, params: Params<Where>| show(page, at, params, deed).await;
    let take = async move |page: Page, at: At, params: Params<Where>, sent: Sent<Form>| {
        taken(page, at, params, sent, deed).await
    };
    Routes::new().get(path, role, show).post(path, role, take)
}

type At = Path<(Idp, String)>;

async fn show(
    page: Page,
    Path((idp, serial)): At,
    Params(at): Params<Where>,
    deed: Deed,
) -> Response {
    match Sight::of(&page, (idp, &serial), &at).await {
        Ok(sight) => ask(&page, &sight, deed, None).into_response(),
        Err(problem) => missing(&page, idp, &serial, &problem),
    }
}

fn ask(page: &Page, sight: &Sight, deed: Deed, fault: Option<&Fault>) -> Markup {
    let action = sight.address(&[deed.name()]);
    let confirm = Confirm::new(&page.frame, action, sight.serial.as_str(), deed.words());
    let confirm = confirm
        .consequences(consequences(sight, deed))
        .errors(&errors(fault))
        .back(sight.address(&[]));
    let content = html! {
        @if let Some(fault) = fault.filter(|fault| fault.field != "typed") { (ui::refused(&fault.problem)) }
        (confirm)
    };
    let head = sight.head_of(deed.label());
    page.show(&head.failed(fault.is_some()), content)
}

/// Who loses what.
fn consequences(sight: &Sight, deed: Deed) -> Markup {
    let goal = deed.goal(&sight.place);
    let others = sight.token.holder.as_ref().map(|_| sight.others.len());
    let place = sight.idp().title();
    html! {
        @match sight.who() {
            Some(who) if sight.token.state == State::Activated => {
                p { b { (who) } " cannot sign in with it any more." }
            }
            Some(who) => { p { b { (who) } " does not have it any more." } }
            None => { p { "Nobody holds it." } }
        }
        @match others {
            Some(0) => { p { "It is the only token that this user has." } }
            Some(count) => { p { "This user has " (ui::plural(count as u64, "other token")) "." } }
            None => {}
        }
        @match goal {
            Goal::Deactivated => { p { "It stays with its holder, and works again once it is activated." } }
            Goal::Unassigned => { p { "It stays in " (place) ", for somebody else." } }
            _ => { p { "It is gone from " (place) ": to bring it back takes its seed." } }
        }
    }
}

async fn taken(
    page: Page,
    Path((idp, serial)): At,
    Params(at): Params<Where>,
    Sent { once, form }: Sent<Form>,
    deed: Deed,
) -> Response {
    let address = (idp, serial.as_str());
    let action = confirmed(&form.typed, &serial).map(|()| deed.action());
    let fault = match carry_out(&page, address, &at, once.as_deref(), action).await {
        Ok(run) => return run.into_response(),
        Err(fault) => fault,
    };
    if fault.problem.code == NO_ANSWER {
        return missing(&page, idp, &serial, &fault.problem);
    }
    match Sight::of(&page, address, &at).await {
        Ok(sight) => {
            let again = ask(&page, &sight, deed, Some(&fault));
            trouble::again(&fault.problem, again)
        }
        Err(problem) => missing(&page, idp, &serial, &problem),
    }
}

fn confirmed(typed: &str, serial: &str) -> Result<(), Fault> {
    let typed = Serial::new(typed.trim()).ok();
    let is_it = typed.is_some() && typed == Serial::new(serial).ok();
    let problem = || {
        let message = "this is not the serial number of the token";
        Problem::new(
            "not-confirmed",
            message,
            "nothing was sent; type it as it stands here",
        )
    };
    is_it
        .then_some(())
        .ok_or_else(|| Fault::at("typed", problem()))
}
