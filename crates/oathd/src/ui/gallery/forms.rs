//! Forms and their fields.

use maud::{Markup, Render, html};

use super::Say;
use crate::ui::*;

pub(super) fn gallery(frame: &Frame, say: Say<'_>) -> Markup {
    let mut errors = Errors::default();
    errors.add(
        "tenant",
        say("The tenant is no GUID. Copy it from the overview of Entra ID."),
    );
    errors.add("mode", say("Nothing is chosen. Choose one."));
    let connect = panel(
        "connect",
        &say("Connect Entra ID"),
        html! {
            (errors.summary())
            (form(frame, say("/settings/entra"), connect(&errors, say)))
        },
    );
    let code = html! {
        (Field::new("code", say("Code on the device")).hint(say("Six or eight digits.")).code())
        (buttons(Button::primary(say("Activate"))))
    };
    columns(
        connect,
        html! {
            (panel("code", &say("Code"), Form::new(frame, say("/activate"), code).id("typed-code")))
            (confirm(frame, say))
            (panel("more", &say("Further kinds"), further(frame, say)))
        },
    )
}

fn connect(errors: &Errors, say: Say<'_>) -> Markup {
    let choice = |value: &str, label, hint| Choice::new(value, say(label)).hint(say(hint));
    let modes = [
        choice(
            "import",
            "Import",
            "The tokens are in the inventory, without holders.",
        ),
        choice(
            "assign",
            "Assign",
            "Users hold them, and activate them on their own.",
        ),
        choice("activate", "Activate", "They work at the next sign-in."),
    ];
    let tenant = Field::new("tenant", say("Tenant")).hint(say("The directory's id: a GUID."));
    let secret = Field::new("secret", say("Client secret")).hint(say("Sealed on this machine."));
    let mode = Field::new("mode", say("How far"))
        .value("assign")
        .errors(errors);
    let log = Field::new("log", say("Log each call")).hint(say("Without secrets."));
    let user = Field::new("user", say("User")).hint(say("Name or login."));
    html! {
        (tenant.value(say("7d1c")).mono().required().errors(errors).text())
        (secret.secret(true))
        (mode.radios(&modes))
        (log.checkbox(true))
        (user.value(say("anna")).user(say("/users/suggest")))
        (buttons(html! {
            (Button::primary(say("Connect")))
            (Button::secondary(say("Check")).value("check", say("yes")))
            (Button::quiet(say("Back")).to(say("/settings")))
        }))
    }
}

fn confirm(frame: &Frame, say: Say<'_>) -> Markup {
    let mut errors = Errors::default();
    errors.add("typed", say("This is not 12."));
    let harm = say("Three of them are in use: their holders can no longer sign in.");
    let confirm = Confirm::new(frame, say("/delete"), say("12"), say("delete 12 tokens"));
    confirm
        .consequences(html! { p { (harm) } })
        .hidden(hidden("draft", &say("d-1")))
        .errors(&errors)
        .back(say("/inventory"))
        .render()
}

fn further(frame: &Frame, say: Say<'_>) -> Markup {
    let file = Field::new("file", say("Seed file")).hint(say("CSV, JSON or PSKC, at most 20 MB."));
    let list = Field::new("list", say("Pairs")).optional().mono();
    let okta = Field::new("org", say("Organisation")).value(say("https://contoso.okta.com"));
    let fields = html! {
        (file.file(".csv,.json,.xml"))
        (list.value(say("serial,user")).area(3))
        (Field::new("days", say("Days")).short().value("30").number())
        (Field::new("from", say("From")).value("2026-11-22").date())
        (okta.url())
        (Field::new("new", say("New password")).new_password())
        (buttons(html! {
            (Button::primary(say("Upload")))
            (Button::danger(say("Forget it")).small())
        }))
    };
    html! {
        (upload(frame, say("/import"), fields))
        (Button::secondary(say("Send")).form("typed-code"))
    }
}
