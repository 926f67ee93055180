//! What to do when one does not know.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use maud::html;

use super::Page;
use crate::app::App;
use crate::door::Role;
use crate::routes::Routes;
use crate::ui::{self, Head};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new().get("/help", Role::Viewer, help)
}

async fn help(page: Page) -> Response {
    let tasks = [
        (
            "Make the tokens of a delivery usable",
            "/import",
            "Import the vendor's seed file.",
        ),
        (
            "Somebody lost a token",
            "/lost-token",
            "One page takes the old one back and gives the new one.",
        ),
        (
            "See who has what",
            "/inventory",
            "Filter, sort and export; the address is the view.",
        ),
        (
            "See what was done, and by whom",
            "/audit",
            "Each record holds the hash of the one before it.",
        ),
    ];
    let content = html! {
        (ui::section("tasks", "What do you want to do?", html! {
            ul.plain { @for (task, href, how) in tasks { li { a href=(href) { (task) } ": " (how) } } }
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
