//! Who may sign in with a password.

mod one;

use std::sync::Arc;

use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use maud::{Markup, html};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{ACCOUNTS, head, roles, tabs, word};
use crate::app::App;
use crate::door::{Account, AccountError, Refusal, Role, Sent};
use crate::pages::Page;
use crate::routes::Routes;
use crate::ui::{self, Address, Button, Column, Empty, Errors, Field, Icon, Row, Table};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get("/settings/accounts", Role::Admin, show)
        .post("/settings/accounts", Role::Admin, add)
        .and(one::routes())
}

/// A new account. Its passwords are never shown again.
#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    name: String,
    role: Role,
    password: SecretString,
    again: SecretString,
}

async fn show(page: Page) -> Response {
    let content = listed(&page, "", Role::HelpDesk, &Errors::default());
    page.show(&head(ACCOUNTS), content).into_response()
}

async fn add(page: Page, Sent { once, form }: Sent<Typed>) -> Response {
    let (name, role) = (form.name.trim().to_owned(), form.role);
    let (door, who) = (Arc::clone(&page.door), name.clone());
    let added = async move {
        let password = chosen(form.password, &form.again)?;
        door.add_account(who, role, password).await?;
        Ok(format!("{ACCOUNTS}?said=saved"))
    };
    let led = page.once(once.as_deref(), added).await;
    answered(led, |errors| {
        let content = listed(&page, &name, role, errors);
        page.show(&head(ACCOUNTS).failed(true), content)
    })
}

/// Why an account is not changed.
enum Wrong {
    Refused(Refusal),
    /// A field, and what is wrong with it.
    Field(&'static str, String),
}

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<AccountError> for Wrong {
    fn from(error: AccountError) -> Self {
        let field = match error {
            AccountError::Short | AccountError::Long | AccountError::Weak | AccountError::Hash => {
                "password"
            }
            AccountError::LastAdmin(_) => "role",
            _ => "name",
        };
        Self::Field(field, ui::sentence(&error.to_string()))
    }
}

/// Where a form has led, or the form again with what is wrong.
fn answered(led: Result<Redirect, Wrong>, again: impl FnOnce(&Errors) -> Markup) -> Response {
    match led {
        Ok(redirect) => redirect.into_response(),
        Err(Wrong::Refused(refusal)) => refusal.into_response(),
        Err(Wrong::Field(field, what)) => {
            let mut errors = Errors::default();
            errors.add(field, what);
            (StatusCode::UNPROCESSABLE_ENTITY, again(&errors)).into_response()
        }
    }
}

/// A password that was typed twice.
fn chosen(password: SecretString, again: &SecretString) -> Result<SecretString, Wrong> {
    if password.expose_secret() == again.expose_secret() {
        return Ok(password);
    }
    let what = "The two are not the same: type the password twice.";
    Err(Wrong::Field("again", what.to_owned()))
}

fn listed(page: &Page, name: &str, role: Role, errors: &Errors) -> Markup {
    let accounts = page.door.accounts();
    html! {
        (tabs(ACCOUNTS))
        (errors.summary())
        (table(&accounts))
        (ui::panel("new", "A new account", form(page, name, role, errors)))
    }
}

fn table(accounts: &[Account]) -> Table {
    let columns = vec![Column::new("Name").heads_rows(), Column::new("Role")];
    let rows = accounts.iter().map(|account| {
        let address = Address::of(["settings", "accounts", &account.name]);
        Row::new(vec![
            html! { a href=(address) { (account.name) } },
            html! { (account.role.word()) },
        ])
    });
    let empty = Empty::new(
        Icon::Person,
        "Nobody has a password",
        "Whoever started this program opens it by its one-time address. Accounts are for the others.",
    );
    Table::new("Accounts", columns, rows.collect()).empty(empty)
}

fn form(page: &Page, name: &str, role: Role, errors: &Errors) -> Markup {
    let content = html! {
        (Field::new("name", "Name").value(name).required().autocomplete("off").errors(errors)
            .hint("To sign in with: a name or a mail address.").text())
        (Field::new("role", "Role").value(word(role)).errors(errors).select(&roles()))
        (passwords(errors))
        (ui::buttons(Button::primary("Add the account")))
    };
    ui::form(&page.frame, ACCOUNTS, content)
}

fn passwords(errors: &Errors) -> Markup {
    html! {
        (Field::new("password", "Password").required().errors(errors)
            .hint("At least 12 characters: a few words in a row.").new_password())
        (Field::new("again", "Password, once more").required().errors(errors).new_password())
    }
}
