//! What the keyboard can do.

use maud::{Markup, Render, html};

use crate::ui::form::{Form, hidden};
use crate::ui::{Button, Frame};

const KEYS: [(&str, &str); 6] = [
    ("/", "Go to the search field"),
    ("?", "Show these keys"),
    ("Shift + click", "Select the rows in between"),
    ("↑ ↓", "Go through the users that were found"),
    ("Enter", "Take the user, or send the form"),
    ("Esc", "Close a list or this window"),
];

/// Shown by the script. Without it there is a page with the same table.
pub(super) fn dialog(frame: &Frame) -> Markup {
    html! {
        dialog.keys data-keys-help aria-labelledby="keys-title" {
            div.title {
                h2 id="keys-title" { "Keyboard" }
                button.button.plain.small type="button" data-close { "Close" }
            }
            dl { @for (key, deed) in KEYS { dt { kbd { (key) } } dd { (deed) } } }
            (switch(frame))
        }
    }
}

fn switch(frame: &Frame) -> Markup {
    let (value, label) = if frame.keys {
        ("off", "Switch single keys off")
    } else {
        ("on", "Switch single keys on")
    };
    let content = html! {
        (hidden("back", &frame.back))
        (Button::secondary(label).value("keys", value).small())
    };
    Form::new(frame, "/look", content).class("inline").render()
}
