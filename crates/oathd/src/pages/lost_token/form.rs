//! The five fields, and what is about to happen.

use maud::{Markup, html};
use provisioner::InventoryToken;

use super::{At, Form, Said};
use crate::pages::Page;
use crate::pages::proof::folded_seed;
use crate::places::{Idp, Place};
use crate::ui::{self, Button, Choice, Errors, Field, Notice, Tone};

pub(super) fn content(
    page: &Page,
    (idp, at): At<'_>,
    form: &Form,
    said: &Said,
    errors: &Errors,
) -> Markup {
    let fields = html! {
        (errors.summary())
        (place(page, idp))
        (user(form, errors))
        (old(form, said, errors))
        (new(form, errors))
        (Field::new("code", "Code that the new one shows").hint("Have it read out, and send it at once: it lasts for a minute.").errors(errors).code())
        (folded_seed(errors, "Or paste its seed"))
        @if let Some(at) = at { (what_happens(at, form, said)) }
        (buttons())
    };
    html! {
        @if let Some(gap) = said.checked { (stands(gap)) }
        (ui::form(&page.frame, "/lost-token", fields))
    }
}

fn place(page: &Page, here: Idp) -> Markup {
    let places = page.app.places.set_up();
    let choices = places
        .iter()
        .map(|idp| Choice::new(idp.name(), idp.title()));
    let choices: Vec<Choice> = choices.collect();
    match choices.len() {
        0 | 1 => html! { (ui::hidden("idp", here.name())) },
        _ => Field::new("idp", "Place")
            .value(here.name())
            .radios(&choices),
    }
}

fn user(form: &Form, errors: &Errors) -> Markup {
    let field = Field::new("user", "User")
        .hint("A login. Type the beginning of it, or of the name, to see who there is.");
    let field = field.value(&*form.user).errors(errors);
    let field = if form.user.is_empty() {
        field.focus()
    } else {
        field
    };
    field.user("/users/suggest")
}

/// It is typed: whoever mistakes the token does not take another one away.
fn old(form: &Form, said: &Said, errors: &Errors) -> Markup {
    let hint = match &said.known {
        Some(known) => format!("{} has {}.", known.user.login, listed(&known.tokens)),
        None => "The one that is lost. “Check first” says what the user has.".to_owned(),
    };
    let field = Field::new("old", "Serial number of the lost token").hint(hint);
    let field = field.value(&*form.old).errors(errors).mono().short();
    match form.old.is_empty() && !form.user.is_empty() {
        true => field.focus().text(),
        false => field.text(),
    }
}

fn listed(held: &[InventoryToken]) -> String {
    let named = held.iter().filter_map(|token| {
        let serial = token.serial_or_id().ok()?;
        Some(format!("{serial} ({})", token.state))
    });
    let named: Vec<String> = named.collect();
    match named.is_empty() {
        true => "no token".to_owned(),
        false => named.join(", "),
    }
}

fn new(form: &Form, errors: &Errors) -> Markup {
    let field = Field::new("new", "Serial number of the new token");
    let field = field.hint("It stands on the back of the device.");
    let field = field.value(&*form.new).errors(errors).mono().short();
    let is_next = !form.user.is_empty() && !form.old.is_empty();
    match is_next && errors.is_empty() {
        true => field.focus().text(),
        false => field.text(),
    }
}

/// Who loses what, and when.
fn what_happens(at: &Place, form: &Form, said: &Said) -> Markup {
    let most = at.provider.capabilities().tokens_per_user;
    let known = said.known.as_ref();
    let who = known.map_or("the user", |known| known.user.login.as_str());
    let lost = match form.old.trim() {
        "" => "the lost token",
        old => old,
    };
    let is_full = known.map_or(most == 1, |known| known.tokens.len() >= most);
    html! {
        div.consequences {
            @if is_full {
                p { "First " (lost) " is taken back: " b { (who) } " cannot sign in with it any more." }
                p { "Then the new one is given. In between, " (who) " has neither: "
                    (ui::plural(most as u64, "token")) " at the most is possible in " (at.idp.title()) "." }
                p { "So the seed of the new one is needed: a code alone cannot be checked before that." }
            } @else {
                p { "First the new one is given and activated." }
                p { "When it works, " (lost) " is taken back: " b { (who) } " cannot sign in with it any more." }
                @if known.is_none() {
                    p { "Whoever has " (ui::plural(most as u64, "token")) " already loses the old one first." }
                }
            }
        }
    }
}

fn stands(gap: bool) -> Notice {
    let next = match gap {
        true => "Nothing was sent. Paste the seed again, and replace it.",
        false => "Nothing was sent. Type the code that it shows now, and replace it.",
    };
    Notice::new(Tone::Good, "Nothing stands against it.").next(next)
}

fn buttons() -> Markup {
    html! { div.buttons {
        (Button::primary("Replace"))
        (Button::secondary("Check first").value("do", "check"))
    } }
}
