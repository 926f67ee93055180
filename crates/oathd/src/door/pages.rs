//! The door's own pages.

use maud::{DOCTYPE, Markup, html};

use super::{Caller, Refusal};
use crate::ui::{self, Button, Field, Frame, Head, Notice, Tone};

pub(super) const SIGN_IN: &str = "/sign-in";

/// Where to sign in, to come back to this address afterwards.
pub(super) fn sign_in_address(back: &str) -> String {
    if back == "/" {
        return SIGN_IN.to_owned();
    }
    let query = form_urlencoded(back);
    format!("{SIGN_IN}?next={query}")
}

/// The one-time address: nothing happens before the button is pressed.
pub(super) fn start(key: &str) -> Markup {
    let frame = nobody();
    let content = html! {
        (ui::hidden("key", key))
        (ui::buttons(Button::primary("Open Oathkit")))
    };
    let form = ui::sign_in_now(&frame, "/start", content);
    page("Open Oathkit", &form)
}

/// A one-time address that is good no more.
pub(super) fn used() -> Markup {
    page(
        "This address is good no more",
        &html! {
            p { "The address that opens Oathkit is good once, and for ten minutes." }
            p {
                "Are you in already, in another window? Go on there. If not, start the program again: it \
                 prints a new address. "
                a href=(SIGN_IN) { "Or sign in with a password." }
            }
        },
    )
}

/// A new one-time address, for whoever is in.
pub(super) fn new_address(address: &str) -> Markup {
    page(
        "A new one-time address",
        &html! {
            p { "Open this in the other browser, within ten minutes. Whoever opens it is in, as you." }
            (ui::code_block("the address", address))
            p { a href="/" { "Go to the start page" } }
        },
    )
}

/// A form for a new one-time address.
pub(super) fn another(caller: &Caller) -> Markup {
    let frame = Frame {
        csrf: caller.csrf.to_string(),
        ..nobody()
    };
    let button = ui::buttons(Button::primary("Make an address"));
    page(
        "Another browser",
        &html! {
            p { "You are in. Make a one-time address to open Oathkit in another browser, too." }
            (ui::form(&frame, "/start/new", button))
            p { a href="/" { "Go to the start page" } }
        },
    )
}

pub(super) struct SignIn<'s> {
    pub(super) has_accounts: bool,
    pub(super) name: &'s str,
    pub(super) next: &'s str,
    /// What went wrong the last time.
    pub(super) wrong: Option<&'s str>,
}

pub(super) fn sign_in(with: &SignIn<'_>) -> Markup {
    if !with.has_accounts {
        return page("Sign in", &no_accounts());
    }
    let fields = html! {
        (ui::hidden("next", with.next))
        (Field::new("name", "Name").value(with.name).required().focus().mono().autocomplete("username").text())
        (Field::new("password", "Password").required().password())
        (ui::buttons(Button::primary("Sign in")))
    };
    let content = html! {
        @if let Some(wrong) = with.wrong { div role="alert" { (Notice::new(Tone::Bad, wrong)) } }
        (ui::form(&nobody(), SIGN_IN, fields))
    };
    let head = Head::new("Sign in").narrow().failed(with.wrong.is_some());
    ui::page(&nobody(), &head, content)
}

fn no_accounts() -> Markup {
    html! {
        p {
            "Open the address that the program printed at its start. It is good once, and for ten \
             minutes; after that, start the program again."
        }
        p { "Nobody has an account with a password yet. They are made under Settings." }
    }
}

/// Sends the browser to the same address again, this time from a page of ours.
pub(super) fn come_in(address: &str) -> Markup {
    // A path that begins with two slashes would lead to another site.
    leading_to(&format!("/{}", address.trim_start_matches(['/', '\\'])))
}

/// Leads the browser on, without a script.
pub(crate) fn leading_to(address: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="refresh" content=(format!("0;url={address}"));
                title { "Oathkit" }
            }
            body { p { a href=(address) { "Go on to Oathkit" } } }
        }
    }
}

pub(super) fn refused(refusal: &Refusal) -> Markup {
    page(
        &refusal.said(),
        &html! {
            p { (refusal.next()) }
            (ui::buttons(match refusal {
                Refusal::SignIn => Button::primary("Sign in").to(SIGN_IN),
                _ => Button::secondary("Go to the start page").to("/"),
            }))
        },
    )
}

/// Whoever is at the door is nobody yet, to the page.
fn nobody() -> Frame {
    Frame {
        sections: Vec::new(),
        ..Frame::default()
    }
}

fn page(title: &str, content: &Markup) -> Markup {
    ui::page(&nobody(), &Head::new(title).narrow(), content)
}

/// For one value of a query.
fn form_urlencoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~/".contains(&b);
    text.bytes().fold(String::new(), |mut query, b| {
        if plain(b) {
            query.push(char::from(b));
        } else {
            query.push('%');
            query.push_str(&data_encoding::HEXUPPER.encode(&[b]));
        }
        query
    })
}
