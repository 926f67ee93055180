//! One user: what that one holds, and a token given from the stock.

use std::sync::Arc;

use axum::extract::{Path, Query as Params};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use provisioner::{FoundUser, InventoryToken, Problem, State, UserId};
use seedfile::{Serial, SerialError};
use serde::Deserialize;

use super::{head, holding};
use crate::desk::Fault;
use crate::door::{Role, Sent};
use crate::inventory::Query;
use crate::pages::Page;
use crate::pages::inventory::state;
use crate::pages::proof::{self, Proof, folded_seed};
use crate::pages::token::{errors, gives};
use crate::places::{Idp, Place};
use crate::trouble;
use crate::ui::{
    self, Address, Button, Column, Empty, Errors, Field, Head, Icon, Notice, Row, Table, Tone,
};

/// So many tokens of the stock are offered.
const OFFERED: usize = 12;

/// What the address says, and the form.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Form {
    serial: String,
    #[serde(flatten)]
    proof: Proof,
}

/// A user with all that the page says.
struct Sight {
    place: Arc<Place>,
    user: FoundUser,
    held: Vec<InventoryToken>,
}

impl Sight {
    async fn of(page: &Page, idp: Idp, id: &str) -> Result<Self, Problem> {
        let place = page.app.place(idp).await?;
        let holding = page.app.look_at_user(&place, id).await?;
        Ok(Self {
            place,
            user: holding.user,
            held: holding.tokens,
        })
    }

    fn idp(&self) -> Idp {
        self.place.idp
    }

    fn address(&self) -> Address {
        Address::of(["users", self.idp().name(), &self.user.id.0])
    }

    fn head(&self) -> Head {
        let title = match self.user.name.as_str() {
            "" => &self.user.login,
            name => name,
        };
        let users = Address::of(["users", self.idp().name()]);
        Head::new(title)
            .section(ui::Section::Users)
            .below("Users", "/users")
            .below(self.idp().title(), users)
    }

    fn most(&self) -> usize {
        self.place.provider.capabilities().tokens_per_user
    }

    fn is_full(&self) -> bool {
        self.held.len() >= self.most()
    }
}

pub(super) async fn show(
    page: Page,
    Path((idp, id)): Path<(Idp, String)>,
    Params(form): Params<Form>,
) -> Response {
    match Sight::of(&page, idp, &id).await {
        Ok(sight) => whole(&page, &sight, &form.serial, None).into_response(),
        Err(problem) => page.trouble(head(), &problem),
    }
}

fn whole(page: &Page, sight: &Sight, serial: &str, fault: Option<&Fault>) -> Markup {
    let gives = page.caller.may(Role::HelpDesk) && sight.user.problem.is_none();
    let content = html! {
        @if let Some(fault) = fault.filter(|fault| fault.field.is_empty()) { (ui::refused(&fault.problem)) }
        @if let Some(problem) = &sight.user.problem {
            (Notice::new(Tone::Warning, &*problem.message).next(&*problem.next))
        }
        (ui::section("facts", "What is known", facts(sight)))
        (ui::section("tokens", "Tokens", tokens(page, sight)))
        @if gives && sight.is_full() { (full(sight)) }
        @if gives && !sight.is_full() { (give_panel(page, sight, serial, &errors(fault))) }
    };
    page.show(&sight.head().failed(fault.is_some()), content)
}

fn facts(sight: &Sight) -> Markup {
    let user = &sight.user;
    let mail = user.mail.as_deref().unwrap_or_default();
    let text = |text: &str| html! { (text) };
    let facts = [
        ("Login", ui::copyable("login", &user.login)),
        ("Name", text(&user.name)),
        ("Mail", text(mail)),
        ("Status", text(&user.status)),
        ("Can hold a token", holding(user)),
        ("Id", html! { span.mono { (user.id.0) } }),
    ];
    let facts = facts.into_iter().filter(|(_, value)| !value.0.is_empty());
    ui::facts(&facts.collect::<Vec<_>>())
}

fn tokens(page: &Page, sight: &Sight) -> Markup {
    let mut columns = vec![
        Column::new("Serial").heads_rows().mono(),
        Column::new("State"),
        Column::new("Model"),
        Column::new("Last used"),
    ];
    let desks = page.caller.may(Role::HelpDesk);
    if desks {
        columns.push(Column::new("If it is lost"));
    }
    let rows = sight.held.iter().map(|token| row(sight, token, desks));
    let empty = Empty::new(
        Icon::Key,
        "No token",
        "This user has no hardware token here.",
    );
    html! { (Table::new("Tokens of this user", columns, rows.collect()).empty(empty)) }
}

fn row(sight: &Sight, token: &InventoryToken, desks: bool) -> Row {
    let named = token.serial_or_id().map(|serial| serial.to_string());
    let named = named.unwrap_or_else(|_| token.id.0.clone());
    let idp = sight.idp().name();
    // A list by serial numbers may not have it: it is found by its holder.
    let address = Address::of(["tokens", idp, &named]).with("holder", &*sight.user.id.0);
    let model = if token.model.is_empty() {
        &token.name
    } else {
        &token.model
    };
    let mut cells = vec![
        html! { a href=(address) { (named) } },
        state(token),
        html! { (model) },
        html! { @if let Some(used) = &token.last_used { (ui::time_text(used)) } },
    ];
    if desks {
        let lost = Address::of(["lost-token"]).with("idp", idp);
        let lost = lost.with("user", &*sight.user.login).with("old", &*named);
        let button = Button::secondary("Replace…").icon(Icon::Replace).small();
        cells.push(html! { (button.about(&*named).to(lost)) });
    }
    Row::new(cells).named(named)
}

fn full(sight: &Sight) -> Notice {
    let most = ui::plural(sight.most() as u64, "token");
    let what = format!("{} has all that is possible: {most}.", sight.user.login);
    Notice::new(Tone::Info, what).next("Take one back first, or replace one.")
}

fn give_panel(page: &Page, sight: &Sight, serial: &str, errors: &Errors) -> Markup {
    let keeps_stock = sight.place.provider.capabilities().serials;
    let code = Field::new("code", "Code that the device shows").errors(errors);
    let code = match keeps_stock {
        true => code.hint("Leave this empty, and the user activates it later."),
        false => code.hint("It tells whether the device's clock is right."),
    };
    let content = html! {
        (errors.summary())
        (Field::new("serial", "Serial number").value(serial).errors(errors).mono().short().text())
        @if keeps_stock { (offers(sight)) }
        (code.optional().code())
        @if keeps_stock { (folded_seed(errors, "It is new here, or nobody has it at hand? Paste its seed")) }
        @else { (proof::seed(errors)) }
        (ui::buttons(Button::primary("Give it")))
    };
    let form = ui::form(&page.frame, format!("{}/give", sight.address()), content);
    ui::panel("give", "Give a token", form)
}

/// Tokens that nobody holds, as the inventory was last read.
fn offers(sight: &Sight) -> Markup {
    let free = Query {
        state: Some(State::Imported),
        ..Query::default()
    };
    let listing = sight.place.shelf.look().listing;
    let serials = listing.map(|listing| {
        let found = listing.find(&free, 0, OFFERED);
        found
            .tokens
            .into_iter()
            .map(|token| token.serial.clone())
            .collect::<Vec<_>>()
    });
    let serials = serials.unwrap_or_default();
    html! { @if !serials.is_empty() {
        p.hint { "In stock: " @for (at, serial) in serials.iter().enumerate() {
            @if at > 0 { ", " }
            a.mono href=(sight.address().with("serial", &**serial)) { (serial) }
        } }
    } }
}

pub(super) async fn give(
    page: Page,
    Path((idp, id)): Path<(Idp, String)>,
    Sent { once, form }: Sent<Form>,
) -> Response {
    let typed = form.serial.clone();
    let fault = match begin(&page, (idp, id.clone()), once.as_deref(), form).await {
        Ok(run) => return run.into_response(),
        // Who it is was not typed here.
        Err(fault) if fault.field == "user" => Fault::at("serial", fault.problem),
        Err(fault) => fault.or_at("serial"),
    };
    match Sight::of(&page, idp, &id).await {
        Ok(sight) => {
            let again = whole(&page, &sight, &typed, Some(&fault));
            trouble::again(&fault.problem, again)
        }
        Err(problem) => page.trouble(head(), &problem),
    }
}

/// Gives a token of the inventory, or one that is new to the place, of which the seed was pasted.
async fn begin(
    page: &Page,
    (idp, id): (Idp, String),
    once: Option<&str>,
    form: Form,
) -> Result<Redirect, Fault> {
    let serial = Serial::new(form.serial.trim()).map_err(|error| unusable(&error))?;
    let shown = form.proof.shown()?;
    let (app, place) = (page.app.clone(), page.app.place(idp).await?);
    if !place.provider.capabilities().serials && !shown.has_seed() {
        return Err(Fault::at("seed", seed_needed()));
    }
    let prepare = {
        let place = place.clone();
        async move {
            // The login is what plans and reports name.
            let user = app.user(&place, &UserId(id)).await?.login;
            app.prepare_held(&place, (&serial, None), gives(user, shown))
                .await
        }
    };
    page.begin(once, &place, prepare).await
}

fn unusable(error: &SerialError) -> Fault {
    let next = "type the number on the back of the device";
    Fault::at("serial", Problem::new("serial", error.to_string(), next))
}

fn seed_needed() -> Problem {
    let message = "Okta is given the seed of a token, whoever gets it";
    Problem::new("seed-needed", message, "paste its line of the seed file")
}
