//! One account: its role, a new password, its end.

use std::sync::Arc;

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use secrecy::SecretString;
use serde::Deserialize;

use super::{Wrong, answered, chosen, passwords};
use crate::app::App;
use crate::door::{Account, Refusal, Role, Sent};
use crate::pages::Page;
use crate::pages::settings::{ACCOUNTS, below, roles, word};
use crate::routes::Routes;
use crate::ui::{self, Address, Button, Confirm, Errors, Field};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get("/settings/accounts/{name}", Role::Admin, show)
        .post("/settings/accounts/{name}/role", Role::Admin, role)
        .post("/settings/accounts/{name}/password", Role::Admin, password)
        .post("/settings/accounts/{name}/remove", Role::Admin, remove)
}

fn find(page: &Page, name: &str) -> Result<Account, Refusal> {
    let accounts = page.door.accounts().into_iter();
    let mut named = accounts.filter(|account| account.name == name);
    named.next().ok_or(Refusal::NoSuchPage)
}

async fn show(page: Page, Path(name): Path<String>) -> Result<Response, Refusal> {
    let account = find(&page, &name)?;
    Ok(shown(&page, &account, &Errors::default()).into_response())
}

fn shown(page: &Page, account: &Account, errors: &Errors) -> Markup {
    let head = below(&*account.name, ("Accounts", ACCOUNTS)).failed(!errors.is_empty());
    let content = html! {
        (errors.summary())
        (ui::panel("role", "Role", role_form(page, account, errors)))
        (ui::panel("password", "Password", password_form(page, account, errors)))
        (ui::section("remove", "Remove", removal(page, account, errors)))
    };
    page.show(&head, content)
}

fn address(account: &Account, what: &str) -> Address {
    Address::of(["settings", "accounts", &account.name, what])
}

fn role_form(page: &Page, account: &Account, errors: &Errors) -> Markup {
    let content = html! {
        (Field::new("role", "Role").value(word(account.role)).errors(errors)
            .hint("Whoever is signed in with this account has to sign in again.").select(&roles()))
        (ui::buttons(Button::secondary("Change the role")))
    };
    ui::form(&page.frame, address(account, "role"), content)
}

fn password_form(page: &Page, account: &Account, errors: &Errors) -> Markup {
    let content = html! {
        (passwords(errors))
        (ui::buttons(Button::secondary("Set the password")))
    };
    ui::form(&page.frame, address(account, "password"), content)
}

fn removal(page: &Page, account: &Account, errors: &Errors) -> Markup {
    let deed = format!("remove the account {}", account.name);
    let confirm = Confirm::new(
        &page.frame,
        address(account, "remove"),
        &*account.name,
        deed,
    );
    let confirm = confirm.consequences(html! {
        p { (account.name) " cannot sign in any more, and is signed out at once. What they did stays in the audit." }
    });
    html! { (confirm.errors(errors)) }
}

#[derive(Deserialize)]
struct NewRole {
    role: Role,
}

async fn role(
    page: Page,
    Path(name): Path<String>,
    Sent { form, .. }: Sent<NewRole>,
) -> Result<Response, Refusal> {
    let account = find(&page, &name)?;
    let door = Arc::clone(&page.door);
    let changed = async move {
        door.set_role(name, form.role).await?;
        Ok("/settings/accounts?said=saved")
    };
    Ok(done(&page, &account, changed).await)
}

#[derive(Deserialize)]
struct NewPassword {
    password: SecretString,
    again: SecretString,
}

async fn password(
    page: Page,
    Path(name): Path<String>,
    Sent { form, .. }: Sent<NewPassword>,
) -> Result<Response, Refusal> {
    let account = find(&page, &name)?;
    let door = Arc::clone(&page.door);
    let changed = async move {
        let password = chosen(form.password, &form.again)?;
        door.set_password(name, password).await?;
        Ok("/settings/accounts?said=saved")
    };
    Ok(done(&page, &account, changed).await)
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    typed: String,
}

async fn remove(
    page: Page,
    Path(name): Path<String>,
    Sent { form, .. }: Sent<Typed>,
) -> Result<Response, Refusal> {
    let account = find(&page, &name)?;
    let door = Arc::clone(&page.door);
    let removed = async move {
        if form.typed.trim() != name {
            let what = format!("Type {name} to remove the account.");
            return Err(Wrong::Field("typed", what));
        }
        door.remove_account(name).await?;
        Ok("/settings/accounts?said=removed")
    };
    Ok(done(&page, &account, removed).await)
}

/// Sent twice, it comes to the same.
async fn done(
    page: &Page,
    account: &Account,
    work: impl Future<Output = Result<&'static str, Wrong>>,
) -> Response {
    let led = work.await.map(Redirect::to);
    answered(led, |errors| shown(page, account, errors))
}
