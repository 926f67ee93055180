//! The inventory of one place: filter, sort, choose, export. The address is the view.

mod choose;
mod export;
mod give;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::{Path, Query as Params};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use provisioner::{InventoryToken, Problem, State};
use serde::Deserialize;

use super::{Page, nothing};
use crate::app::App;
use crate::door::Role;
use crate::inventory::{Found, Listing, Query, Seen, Sort};
use crate::places::{Idp, Place};
use crate::routes::Routes;
use crate::ui::{
    self, Address, Badge, Button, Choice, Column, Empty, Field, Head, Icon, Notice, Pager, Row,
    Section, Tab, Table, Tone,
};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get("/inventory", Role::Viewer, first)
        .get("/inventory/{idp}", Role::Viewer, show)
        .get("/inventory/{idp}/tokens.csv", Role::Viewer, export::csv)
        .get("/inventory/{idp}/tokens.json", Role::Viewer, export::json)
        .post("/inventory/{idp}/refresh", Role::Viewer, refresh)
        .post("/inventory/{idp}/choose", Role::Operator, choose::choose)
        .post("/inventory/{idp}/give", Role::Operator, give::give)
}

/// Tokens on a page.
const ROWS: usize = 50;
/// Of the list of a service that keeps none itself.
const ON_RECORD: &str = "Okta keeps no serial numbers: this is what Oathkit has on record. A token's own page \
    asks Okta; tokens that others enrolled are on their user's page.";
/// The form that the checkboxes belong to.
const FORM: &str = "chosen";

/// The view, as it stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct View {
    q: String,
    state: String,
    model: String,
    sort: String,
    after: usize,
}

impl View {
    pub(crate) fn query(&self) -> Query {
        let states = [State::Imported, State::Assigned, State::Activated];
        let (sort, descending) = match self.sort.strip_prefix('-') {
            Some(name) => (name, true),
            None => (self.sort.as_str(), false),
        };
        Query {
            state: states.into_iter().find(|state| state.name() == self.state),
            model: (!self.model.is_empty()).then(|| self.model.clone()),
            text: self.q.clone(),
            sort: Sort::named(sort),
            descending,
        }
    }

    fn address(&self, idp: Idp) -> Address {
        self.parameters(Address::of(["inventory", idp.name()]))
            .with("after", number(self.after))
    }

    /// The view without the place in it.
    fn parameters(&self, address: Address) -> Address {
        address
            .with("q", &*self.q)
            .with("state", &*self.state)
            .with("model", &*self.model)
            .with("sort", &*self.sort)
    }
}

fn number(number: usize) -> String {
    match number {
        0 => String::new(),
        number => number.to_string(),
    }
}

/// The inventory of the first place that is connected.
async fn first(page: Page) -> Response {
    match page.app.places.set_up().first() {
        Some(idp) => {
            Redirect::to(&Address::of(["inventory", idp.name()]).to_string()).into_response()
        }
        None => {
            let empty = nothing::connected(&page, Icon::Inventory);
            page.show(&head(), empty).into_response()
        }
    }
}

fn head() -> Head {
    Head::new("Inventory").section(Section::Inventory)
}

async fn show(page: Page, Path(idp): Path<Idp>, Params(view): Params<View>) -> Response {
    let place = match page.app.place(idp).await {
        Ok(place) => place,
        Err(problem) => return page.trouble_below(head(), &problem, tabs(&page, idp)),
    };
    whole(&page, &place, &view, None).into_response()
}

/// The page, with what keeps a choice from being taken up.
fn whole(page: &Page, place: &Place, view: &View, problem: Option<&Problem>) -> Markup {
    let (idp, seen) = (place.idp, place.shelf.look());
    let content = html! {
        (tabs(page, idp))
        @if let Some(problem) = problem { (ui::refused(problem)) }
        @if let Some(problem) = &seen.failed { (unread(page, idp, problem)) }
        @match &seen.listing {
            Some(listing) => { (listed(page, place, view, listing, &seen)) }
            None => { (reading(&seen)) }
        }
    };
    let head = head().failed(problem.is_some());
    let head = match (&seen.listing, problem, seen.reading) {
        // Nobody loses what is chosen or typed there.
        (Some(_), ..) => head.actions(exports(idp, view)),
        // The answer to a form is at an address that cannot be asked for again.
        (None, None, Some(_)) => head.reload(2),
        (None, ..) => head,
    };
    page.show(&head, content)
}

/// A page about a choice of tokens.
fn titled(title: &str, idp: Idp) -> Head {
    let place = Address::of(["inventory", idp.name()]);
    Head::new(title)
        .section(Section::Inventory)
        .below("Inventory", "/inventory")
        .below(idp.title(), place)
}

/// Files of what the filter matches.
fn exports(idp: Idp, view: &View) -> Markup {
    let file = |name: &str| view.parameters(Address::of(["inventory", idp.name(), name]));
    let button = |label: &str| Button::secondary(label).icon(Icon::Download);
    html! {
        (button("CSV").about("of all that match").download(file("tokens.csv")))
        (button("JSON").about("of all that match").download(file("tokens.json")))
    }
}

fn tabs(page: &Page, here: Idp) -> Markup {
    let places = page.app.places.set_up().into_iter();
    let tabs: Vec<Tab> = places
        .map(|idp| {
            Tab::new(
                idp.title(),
                Address::of(["inventory", idp.name()]),
                idp == here,
            )
        })
        .collect();
    html! { @if tabs.len() > 1 { (ui::tabs("Places", &tabs)) } }
}

/// What is said while there is nothing to show yet.
pub(super) fn reading(seen: &Seen) -> Markup {
    let so_far = seen.reading.filter(|count| *count > 0);
    let so_far = so_far.map(|count| format!(": {} so far", ui::plural(count as u64, "token")));
    let what = format!("The inventory is being read{}.", so_far.unwrap_or_default());
    html! { @if seen.failed.is_none() { (Notice::new(Tone::Info, what)) } }
}

/// Why it could not be read, and the button to try again.
pub(super) fn unread(page: &Page, idp: Idp, problem: &Problem) -> Notice {
    let what = format!(
        "The inventory of {} could not be read: {}",
        idp.title(),
        problem.message
    );
    let again = format!("/inventory/{idp}/refresh");
    let again = ui::post_button(&page.frame, again, &Button::secondary("Read it again"));
    Notice::new(Tone::Bad, what)
        .next(&*problem.next)
        .actions(again)
}

fn listed(page: &Page, place: &Place, view: &View, listing: &Listing, seen: &Seen) -> Markup {
    let idp = place.idp;
    let found = listing.find(&view.query(), view.after, ROWS);
    let address = view.address(idp);
    ui::list(html! {
        (filter(idp, view, listing))
        (as_of(page, view, idp, listing, seen))
        @if idp == Idp::Okta { (ui::help(ON_RECORD)) }
        (table(page, idp, &address, &found, listing))
        (pager(idp, view, &found))
        @if page.caller.may(Role::Operator) && !found.tokens.is_empty() {
            (choose::bulk(page, place, view, found.total))
        }
    })
}

fn filter(idp: Idp, view: &View, listing: &Listing) -> Markup {
    let states = [
        ("", "Any"),
        ("imported", "Imported"),
        ("assigned", "Assigned"),
        ("activated", "Activated"),
    ];
    let states: Vec<Choice> = states
        .map(|(value, label)| Choice::new(value, label))
        .into();
    let models = listing.models();
    let any = std::iter::once(Choice::new("", "Any"));
    let models = any.chain(models.iter().filter(|(model, _)| !model.is_empty()).map(
        |(model, count)| Choice::new(model, format!("{model} ({})", ui::number(*count as u64))),
    ));
    let models: Vec<Choice> = models.collect();
    let content = html! {
        (Field::new("q", "Search").value(&*view.q)
            .hint("Serial number, holder's name, model. By login: Users.").search())
        (Field::new("state", "State").value(&*view.state).select(&states))
        (Field::new("model", "Model").value(&*view.model).select(&models))
    };
    let clear = Address::of(["inventory", idp.name()]);
    ui::filter(&view.address(idp), &["sort"], &clear, content)
}

/// When it was read, and the button to read it again.
fn as_of(page: &Page, view: &View, idp: Idp, listing: &Listing, seen: &Seen) -> Markup {
    let again = format!("/inventory/{idp}/refresh");
    let as_of = html! { "As of " (ui::moment(listing.read_at)) "." };
    html! {
        div.buttons.hint {
            @match seen.reading {
                Some(count) => { p {
                    (as_of) " It is being read again: " (ui::number(count as u64)) " so far. "
                    a href=(view.address(idp)) { "Show it" }
                } }
                None => {
                    p { (as_of) }
                    (ui::post_button(&page.frame, again, &Button::quiet("Read it again").small()))
                }
            }
        }
    }
}

fn table(page: &Page, idp: Idp, address: &Address, found: &Found<'_>, listing: &Listing) -> Markup {
    let columns = vec![
        Column::new("Serial")
            .heads_rows()
            .mono()
            .sort("serial", address),
        Column::new("State").sort("state", address),
        Column::new("Holder").sort("holder", address),
        Column::new("Model").sort("model", address).wide_only(),
        Column::new("Last used")
            .sort("last-used", address)
            .wide_only(),
    ];
    let rows = found.tokens.iter().map(|token| row(idp, token)).collect();
    let none = match idp {
        Idp::Entra => "No tokens yet",
        Idp::Okta => "No token is on record",
    };
    let empty = match listing.tokens().is_empty() {
        true => nothing::imported(page, Icon::Inventory, none),
        false => Empty::new(
            Icon::Inventory,
            "No token fits",
            "Search for less, or clear the filter.",
        ),
    };
    let table = Table::new("Tokens", columns, rows).empty(empty);
    match page.caller.may(Role::Operator) {
        true => html! { (table.selectable(FORM, "serial")) },
        false => html! { (table) },
    }
}

fn row(idp: Idp, token: &InventoryToken) -> Row {
    let named = token.serial_or_id().map(|serial| serial.to_string());
    let named = named.unwrap_or_else(|_| token.id.0.clone());
    Row::new(vec![
        html! { a href=(Address::of(["tokens", idp.name(), &named])) { (named) } },
        state(token),
        holder(idp, token),
        html! { (token.model) },
        html! { @if let Some(used) = &token.last_used { (ui::time_text(used)) } },
    ])
    .named(named)
}

/// The state, and the provider's own word where that says more.
pub(crate) fn state(token: &InventoryToken) -> Markup {
    html! {
        @if token.status == InventoryToken::UNREADABLE { (Badge::UNREADABLE) }
        @else { (Badge::from(token.state)) }
        @if token.uploaded { " (uploaded as CSV)" }
    }
}

pub(crate) fn holder(idp: Idp, token: &InventoryToken) -> Markup {
    html! { @if let Some(holder) = &token.holder {
        a href=(Address::of(["users", idp.name(), &holder.id.0])) {
            (holder.name.as_deref().unwrap_or(&holder.id.0))
        }
    } }
}

fn pager(idp: Idp, view: &View, found: &Found<'_>) -> Pager {
    let at = |after: usize| {
        let view = view.clone();
        View { after, ..view }.address(idp).to_string()
    };
    let (shown, total) = (found.tokens.len(), found.total);
    Pager::of("token", (view.after, ROWS), (shown, total), at)
}

async fn refresh(page: Page, Path(idp): Path<Idp>) -> Response {
    match page.app.places.get(idp).await {
        Ok(place) => {
            page.app.read_inventory(&place);
            Redirect::to(&format!("/inventory/{idp}?said=refreshing")).into_response()
        }
        Err(problem) => page.trouble(head(), &problem),
    }
}
