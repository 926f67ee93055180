//! What is done with many tokens at once: they become a draft, which is planned, looked at and confirmed
//! on its own page.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use provisioner::{Goal, InventoryToken, Operation, Problem};
use seedfile::Serial;
use serde::Deserialize;

use super::{FORM, View, give, head, whole};
use crate::desk::Fault;
use crate::door::Sent;
use crate::drafts::Wish;
use crate::pages::Page;
use crate::places::{Idp, Place};
use crate::trouble;
use crate::ui::{self, Address, Bulk, Button};

/// Which tokens, as the list and the page after it send them.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Chosen {
    /// `yes` for all that match the filter.
    all: String,
    /// How many those were when they were offered.
    matching: Option<usize>,
    serial: Vec<String>,
    #[serde(rename = "do")]
    deed: String,
    pub(super) users: String,
    // Not flattened: everything would be text then.
    q: String,
    state: String,
    model: String,
    sort: String,
}

impl Chosen {
    pub(super) fn view(&self) -> View {
        View {
            q: self.q.clone(),
            state: self.state.clone(),
            model: self.model.clone(),
            sort: self.sort.clone(),
            after: 0,
        }
    }

    /// The fields that say the same to the next page.
    pub(super) fn hidden(&self) -> maud::Markup {
        let matching = self.matching.map(|count| count.to_string());
        let (view, kept) = (self.view(), [("all", &self.all)]);
        let serials = if self.is_all() { &[][..] } else { &self.serial };
        html! {
            @for (name, value) in kept { (ui::hidden(name, value)) }
            @if let Some(matching) = matching { (ui::hidden("matching", &matching)) }
            @for (name, value) in view.parameters(Address::default()).parameters() { (ui::hidden(name, value)) }
            @for serial in serials { (ui::hidden("serial", serial)) }
        }
    }

    fn is_all(&self) -> bool {
        self.all == "yes"
    }

    /// The tokens that are meant, in the order in which they were shown.
    pub(super) fn tokens(&self, place: &Place) -> Result<Vec<Serial>, Problem> {
        let serials = match self.is_all() {
            true => self.matching(place)?,
            false => self.named(),
        };
        match serials.is_empty() {
            true => Err(nothing_chosen()),
            false => Ok(serials),
        }
    }

    fn named(&self) -> Vec<Serial> {
        let serials = self.serial.iter();
        serials
            .filter_map(|serial| Serial::new(serial).ok())
            .collect()
    }

    fn matching(&self, place: &Place) -> Result<Vec<Serial>, Problem> {
        let listing = place.shelf.look().listing.ok_or_else(not_read)?;
        let query = self.view().query();
        let found = listing.all(&query);
        let found: Vec<&InventoryToken> = found.collect();
        match self.matching {
            Some(count) if count == found.len() => {
                Ok(found.into_iter().filter_map(named).collect())
            }
            offered => Err(others_match(offered, found.len())),
        }
    }
}

fn named(token: &InventoryToken) -> Option<Serial> {
    token.serial_or_id().ok()
}

/// The bar below the list.
pub(super) fn bulk<'p>(page: &'p Page, place: &Place, view: &View, total: usize) -> Bulk<'p> {
    let offers = |operation| place.offers(operation);
    let action = |label: &str, deed: &str| Button::secondary(label).value("do", deed);
    let mut buttons = Vec::new();
    if offers(Operation::Assign) {
        buttons.push(action("Assign…", "assign"));
    }
    buttons.push(action("Take back…", "unassign"));
    if offers(Operation::Deactivate) {
        buttons.push(action("Deactivate…", "deactivate"));
    }
    if offers(Operation::Delete) {
        buttons.push(Button::danger("Delete…").value("do", "delete"));
    }
    let kept = view.parameters(Address::default());
    let hidden = html! { @for (name, value) in kept.parameters() { (ui::hidden(name, value)) } };
    let address = format!("/inventory/{}/choose", place.idp);
    Bulk::new(&page.frame, FORM, address, buttons).matching(total as u64, hidden)
}

fn goal(place: &Place, deed: &str) -> Option<Goal> {
    match deed {
        "unassign" => Some(place.provider.capabilities().taken_back()),
        "deactivate" => Some(Goal::Deactivated),
        "delete" => Some(Goal::Deleted),
        _ => None,
    }
}

pub(super) async fn choose(
    page: Page,
    Path(idp): Path<Idp>,
    Sent { once, form }: Sent<Chosen>,
) -> Response {
    let place = match page.app.place(idp).await {
        Ok(place) => place,
        Err(problem) => return page.trouble(head(), &problem),
    };
    let serials = match form.tokens(&place) {
        Ok(serials) => serials,
        Err(problem) => return again(&page, &place, &form, &problem),
    };
    if form.deed == "assign" {
        return give::ask(&page, idp, &form, &serials, None).into_response();
    }
    let Some(goal) = goal(&place, &form.deed) else {
        return again(&page, &place, &form, &nothing_asked());
    };
    let source = serials.into_iter().map(|serial| (serial, None)).collect();
    match draft(&page, once.as_deref(), Wish { idp, goal }, source).await {
        Ok(draft) => draft.into_response(),
        Err(problem) => again(&page, &place, &form, &problem),
    }
}

/// The list again.
fn again(page: &Page, place: &Place, form: &Chosen, problem: &Problem) -> Response {
    let page = whole(page, place, &form.view(), Some(problem));
    trouble::again(problem, page)
}

/// Makes a draft of these tokens, begins to plan it, and goes to its page.
pub(super) async fn draft(
    page: &Page,
    once: Option<&str>,
    wish: Wish,
    tokens: BTreeMap<Serial, Option<String>>,
) -> Result<Redirect, Problem> {
    let (app, by) = (page.app.clone(), page.caller.name.clone());
    let work = async move {
        let draft = app.draft_tokens(&by, tokens, wish)?;
        app.plan_draft(&draft);
        Ok::<_, Fault>(Address::of(["drafts", &draft.id]).to_string())
    };
    Ok(page.once(once, work).await?)
}

fn nothing_chosen() -> Problem {
    let next = "select tokens in the list, then press the button again";
    Problem::new("nothing-chosen", "no token is selected", next)
}

fn nothing_asked() -> Problem {
    let message = "nothing was asked of the selected tokens";
    Problem::new("nothing-asked", message, "press one of the buttons")
}

fn not_read() -> Problem {
    let message = "the inventory is still being read";
    Problem::new("not-read", message, "wait, and try again")
}

fn others_match(offered: Option<usize>, now: usize) -> Problem {
    let offered = ui::plural(offered.unwrap_or_default() as u64, "token");
    let message = format!(
        "{offered} matched when you chose, and {} do now",
        ui::number(now as u64)
    );
    let next = "look at the list, and choose again; nothing was sent";
    Problem::new("others-match", message, next)
}
