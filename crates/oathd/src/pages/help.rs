//! What to do when one does not know.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use maud::html;

use super::Page;
use crate::app::App;
use crate::door::Role;
use crate::routes::Routes;
use crate::ui::{self, Head, Section};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new().get("/help", Role::Viewer, help)
}

async fn help(page: Page) -> Response {
    let tasks = [
        (
            "Make the tokens of a delivery usable",
            Section::Import,
            "Import the vendor's seed file.",
        ),
        (
            "Somebody lost a token",
            Section::HelpDesk,
            "One page takes the old one back and gives the new one.",
        ),
        (
            "See who has what",
            Section::Inventory,
            "Filter, sort and export; the address is the view.",
        ),
        (
            "See what was done, and by whom",
            Section::Audit,
            "Each record holds the hash of the one before it.",
        ),
    ];
    let content = html! {
        (ui::section("tasks", "What do you want to do?", html! {
            ul.plain { @for (task, section, how) in tasks { li {
                // A link that would be refused helps nobody.
                @if page.frame.sections.contains(&section) { a href=(section.href()) { (task) } ": " (how) }
                @else { (task) ": ask an operator." }
            } } }
        }))
        (ui::section("keys", "Keyboard", html! {
            p { "Every page works with the keyboard alone." }
            dl.facts {
                div { dt { kbd { "/" } } dd { "Go to the search field." } }
                div { dt { kbd { "?" } } dd { "Show the keys." } }
            }
        }))
    };
    page.show(&Head::new("Help"), content).into_response()
}
