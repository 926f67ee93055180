//! The page between a choice of tokens and its draft that asks who gets them.

use std::collections::{BTreeMap, HashSet};

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use provisioner::{Goal, Problem};
use seedfile::Serial;

use super::choose::{Chosen, draft};
use super::{head, whole};
use crate::desk::Fault;
use crate::door::Sent;
use crate::drafts::Wish;
use crate::pages::Page;
use crate::pages::token::errors;
use crate::places::Idp;
use crate::trouble;
use crate::ui::{self, Button, Field};

/// So many serial numbers are shown.
const SHOWN: usize = 200;

pub(super) fn ask(
    page: &Page,
    idp: Idp,
    form: &Chosen,
    serials: &[Serial],
    fault: Option<&Fault>,
) -> Markup {
    let errors = errors(fault);
    let users = Field::new("users", "Users")
        .hint("A line for each token: the login of whoever gets it, in the order below; or its serial number, a comma and the login.");
    let content = html! {
        (errors.summary())
        (form.hidden())
        (users.value(&*form.users).errors(&errors).mono().required().focus().area(10))
        (ui::buttons(html! {
            (Button::primary("Go on"))
            (Button::secondary("Cancel").to(form.view().address(idp)))
        }))
    };
    let rest = serials.len().saturating_sub(SHOWN);
    let content = html! {
        (ui::help("Nothing is sent yet: the next page shows what will be done."))
        (ui::form(&page.frame, format!("/inventory/{idp}/give"), content))
        (ui::section("chosen", "The selected tokens", html! {
            ol.plain.mono { @for serial in serials.iter().take(SHOWN) { li { (serial) } } }
            @if rest > 0 { p.hint { "and " (ui::number(rest as u64)) " more" } }
        }))
    };
    let title = format!("Assign {}", ui::plural(serials.len() as u64, "token"));
    let head = super::titled(&title, idp).failed(fault.is_some());
    page.show(&head, content)
}

pub(super) async fn give(
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
        Err(problem) => {
            let list = whole(&page, &place, &form.view(), Some(&problem));
            return trouble::again(&problem, list);
        }
    };
    let goal = Goal::Assigned;
    let led = match pairs(&serials, &form.users) {
        Ok(pairs) => draft(&page, once.as_deref(), Wish { idp, goal }, pairs).await,
        Err(problem) => Err(problem),
    };
    match led {
        Ok(draft) => draft.into_response(),
        Err(problem) => {
            let fault = Fault::at("users", problem);
            let again = ask(&page, idp, &form, &serials, Some(&fault));
            trouble::again(&fault.problem, again)
        }
    }
}

/// Who gets which of these tokens.
fn pairs(serials: &[Serial], text: &str) -> Result<BTreeMap<Serial, Option<String>>, Problem> {
    let pairs = match text.contains(',') {
        true => named(serials, text)?,
        false => in_order(serials, text)?,
    };
    if pairs.is_empty() {
        return Err(wrong("nobody is named", "write a login into each line"));
    }
    let mut given = BTreeMap::new();
    for (serial, user) in pairs {
        let again = given.insert(serial.clone(), Some(user)).is_some();
        if again {
            let message = format!("the token {serial} is named twice");
            return Err(wrong(message, "leave one of the lines out"));
        }
    }
    Ok(given)
}

fn named(serials: &[Serial], text: &str) -> Result<Vec<(Serial, String)>, Problem> {
    let next = "write a serial number, a comma and a login into each line, or logins alone";
    let pairs = provisioner::pairs(text).map_err(|error| wrong(error.to_string(), next))?;
    let chosen: HashSet<&Serial> = serials.iter().collect();
    let other = pairs.iter().find(|(serial, _)| !chosen.contains(serial));
    match other {
        Some((serial, _)) => Err(wrong(
            format!("the token {serial} is not one of the selected ones"),
            "leave the line out, or select the token, too",
        )),
        None => Ok(pairs),
    }
}

fn in_order(serials: &[Serial], text: &str) -> Result<Vec<(Serial, String)>, Problem> {
    let users = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let users: Vec<String> = users.map(str::to_owned).collect();
    if users.len() > serials.len() {
        let (users, tokens) = (users.len() as u64, serials.len() as u64);
        let (users, tokens) = (ui::plural(users, "user"), ui::plural(tokens, "token"));
        let message = format!("these are {users} for {tokens}");
        return Err(wrong(message, "leave users out, or select more tokens"));
    }
    Ok(serials.iter().cloned().zip(users).collect())
}

fn wrong(message: impl Into<String>, next: &str) -> Problem {
    Problem::new("users-unusable", message, next)
}
