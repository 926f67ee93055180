//! What stands where there is nothing yet, by what the reader can do about it.

use maud::html;

use super::Page;
use crate::door::Role;
use crate::ui::{Button, Empty, Icon};

/// Nothing is there before somebody imports.
pub(super) fn imported(page: &Page, icon: Icon, title: &str) -> Empty {
    match page.caller.may(Role::Operator) {
        true => Empty::new(icon, title, "Import a seed file to begin.")
            .actions(html! { (Button::primary("Import a seed file").to("/import")) }),
        false => Empty::new(icon, title, "Ask an operator to import a seed file."),
    }
}

/// Nothing is there before somebody connects a place.
pub(super) fn connected(page: &Page, icon: Icon) -> Empty {
    let title = "Nothing is connected yet";
    match page.caller.may(Role::Admin) {
        true => Empty::new(icon, title, "Connect Entra ID or Okta in the settings.")
            .actions(html! { (Button::primary("Connect one").to("/setup")) }),
        false => Empty::new(icon, title, "Ask an admin to connect Entra ID or Okta."),
    }
}
