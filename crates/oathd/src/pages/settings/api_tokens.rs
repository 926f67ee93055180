//! What scripts come in with.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Query as Params;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use maud::{Markup, html};
use provisioner::Problem;
use serde::Deserialize;

use super::{API_TOKENS, below, head, roles, sentence, tabs, word};
use crate::app::App;
use crate::door::{ApiToken, Refusal, Role, Sent};
use crate::pages::Page;
use crate::routes::Routes;
use crate::ui::{
    self, Address, Badge, Button, Choice, Column, Confirm, Empty, Errors, Field, Icon, Notice, Row,
    Table, Tone,
};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get("/settings/api-tokens", Role::Admin, show)
        .post("/settings/api-tokens", Role::Admin, issue)
        .get("/settings/api-tokens/revoke", Role::Admin, confirm)
        .post("/settings/api-tokens/revoke", Role::Admin, revoke)
}

const DAY: Duration = Duration::from_secs(86_400);
/// For how many days a token may be good.
const DAYS: [u32; 3] = [30, 90, 365];

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    name: String,
    role: Role,
    days: u32,
}

impl Typed {
    fn nothing() -> Self {
        Self {
            name: String::new(),
            role: Role::Viewer,
            days: 90,
        }
    }
}

async fn show(page: Page) -> Response {
    let content = listed(&page, &Typed::nothing(), &Errors::default());
    page.show(&head(API_TOKENS), content).into_response()
}

/// The answer shows the token, this once: it leads nowhere, since nothing that shows it again is kept.
async fn issue(page: Page, Sent { form, .. }: Sent<Typed>) -> Response {
    let now = page.app.clock.unix();
    let days = if DAYS.contains(&form.days) {
        form.days
    } else {
        90
    };
    let issued = page
        .door
        .api_tokens()
        .issue(&form.name, form.role, now, DAY * days);
    match issued {
        Ok(token) => issued_one(&page, &form.name, &token),
        Err(error) => {
            let mut errors = Errors::default();
            errors.add("name", sentence(&error.to_string()));
            let shown = page.show(
                &head(API_TOKENS).failed(true),
                listed(&page, &form, &errors),
            );
            (StatusCode::UNPROCESSABLE_ENTITY, shown).into_response()
        }
    }
}

fn issued_one(page: &Page, name: &str, token: &str) -> Response {
    let content = html! {
        (Notice::new(Tone::Warning, "Copy the token now: it is not shown again.")
            .next("Keep it where the script finds it, and nobody else."))
        (ui::code_block("the token", token))
        p { "Send it as the header " span.mono { "Authorization: Bearer …" } " with each request below "
            span.mono { "/api/v1" } "." }
        (ui::buttons(Button::secondary("Back to the tokens").to(API_TOKENS)))
    };
    let head = below(format!("The token {name}"), ("API tokens", API_TOKENS));
    page.show(&head, content).into_response()
}

fn listed(page: &Page, typed: &Typed, errors: &Errors) -> Markup {
    let now = page.app.clock.unix().as_secs();
    html! {
        (tabs(API_TOKENS))
        (errors.summary())
        (table(&page.door.api_tokens().list(), now))
        (ui::panel("new", "A new token", form(page, typed, errors)))
    }
}

fn table(tokens: &[ApiToken], now: u64) -> Table {
    let columns = vec![
        Column::new("Name").heads_rows(),
        Column::new("Role"),
        Column::new("Made"),
        Column::new("Good until"),
        Column::new("Last used"),
        Column::new("Revoke"),
    ];
    let rows = tokens.iter().map(|token| row(token, now)).collect();
    let empty = Empty::new(
        Icon::Key,
        "There is no token",
        "Make one for each script that uses the API.",
    );
    Table::new("API tokens", columns, rows).empty(empty)
}

fn row(token: &ApiToken, now: u64) -> Row {
    let revoke = Address::of(["settings", "api-tokens", "revoke"]).with("name", &*token.name);
    Row::new(vec![
        html! { (token.name) },
        html! { (token.role.word()) },
        ui::moment(token.created),
        html! { span {
            (ui::moment(token.expires))
            @if token.expires <= now { " " (Badge::new(Tone::Warning, Icon::Warning, "expired")) }
        } },
        html! { @match token.used {
            Some(used) => { (ui::moment(used)) }
            None => { "never" }
        } },
        html! { (Button::quiet("Revoke…").about(&*token.name).small().to(revoke)) },
    ])
}

fn form(page: &Page, typed: &Typed, errors: &Errors) -> Markup {
    let days = DAYS.map(|days| Choice::new(days.to_string(), format!("{days} days")));
    let content = html! {
        (Field::new("name", "Name").value(&*typed.name).required().autocomplete("off").errors(errors)
            .hint("What uses it: nightly import.").text())
        (Field::new("role", "Role").value(word(typed.role)).select(&roles()))
        (Field::new("days", "Good for").value(typed.days.to_string()).select(&days))
        (ui::buttons(Button::primary("Make the token")))
    };
    ui::form(&page.frame, API_TOKENS, content)
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
    #[serde(default)]
    typed: String,
}

async fn confirm(
    page: Page,
    Params(Named { name, .. }): Params<Named>,
) -> Result<Response, Refusal> {
    let tokens = page.door.api_tokens().list();
    let is_there = tokens.iter().any(|token| token.name == name);
    is_there.then_some(()).ok_or(Refusal::NoSuchPage)?;
    Ok(asked(&page, &name, &Errors::default(), StatusCode::OK))
}

fn asked(page: &Page, name: &str, errors: &Errors, status: StatusCode) -> Response {
    let address = "/settings/api-tokens/revoke";
    let content = Confirm::new(
        &page.frame,
        address,
        name,
        format!("revoke the token {name}"),
    )
    .consequences(html! { p { "Whatever comes with this token is refused from then on." } })
    .hidden(ui::hidden("name", name))
    .errors(errors)
    .back(API_TOKENS);
    let head = below(format!("Revoke {name}"), ("API tokens", API_TOKENS));
    let shown = page.show(&head.failed(!errors.is_empty()), content);
    (status, shown).into_response()
}

async fn revoke(page: Page, Sent { form, .. }: Sent<Named>) -> Response {
    let Named { name, typed } = form;
    if typed.trim() != name.trim() {
        let mut errors = Errors::default();
        errors.add("typed", format!("Type {name} to revoke it."));
        return asked(&page, &name, &errors, StatusCode::UNPROCESSABLE_ENTITY);
    }
    match page.door.api_tokens().revoke(&name) {
        Ok(()) => Redirect::to("/settings/api-tokens?said=revoked").into_response(),
        Err(error) => {
            let next = "see that the state directory can be written";
            let problem = Problem::new("vault", error.to_string(), next);
            page.trouble(head(API_TOKENS), &problem)
        }
    }
}
