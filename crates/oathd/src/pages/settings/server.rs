//! What this server is, how it is opened, and how its pages look.

use std::path::Path;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::{SERVER, head, tabs};
use crate::app::App;
use crate::door::Role;
use crate::pages::Page;
use crate::routes::Routes;
use crate::ui::{self, Button, Choice, Field, Theme};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new().get("/settings/server", Role::Admin, show)
}

async fn show(page: Page) -> Response {
    let content = html! {
        (tabs(SERVER))
        (ui::panel("server", "This server", about(&page.app)))
        (ui::panel("browser", "Another browser", another(&page)))
        (ui::panel("looks", "How pages look to you", looks(&page)))
    };
    page.show(&head(SERVER), content).into_response()
}

fn about(app: &App) -> Markup {
    let kept = app.kept();
    let path = |path: &Path| html! { span.mono { (path.display()) } };
    let sealed = match &kept.key_file {
        Some(file) => path(file),
        None => html! { "a key that ends with this program" },
    };
    let kind = match app.sandbox {
        Some(_) => "the sandbox: Entra ID and Okta are simulated",
        None => "the real thing",
    };
    let about = &app.about;
    let tls = match (&about.tls_cert, &about.proxy) {
        (Some(certificate), _) => path(certificate),
        (None, Some(proxy)) => html! { "the proxy at " (proxy) },
        (None, None) => html! { "nobody: it is for this machine alone" },
    };
    let trusted = match &about.ca_bundle {
        Some(bundle) => html! { "the system's certificates, and those in " (path(bundle)) },
        None => html! { "the system's certificates" },
    };
    html! {
        (ui::facts(&[
            ("Version", html! { "oathd " (env!("CARGO_PKG_VERSION")) }),
            ("This is", html! { (kind) }),
            ("Address", html! { span.mono { (about.here) } }),
            ("Encrypted by", tls),
            ("State directory", path(kept.state.path())),
            ("Sealed with", sealed),
            ("Trusts", trusted),
        ]))
        p.hint { "A backup takes the state directory and, kept apart from it, the key: without the key nothing "
            "that is sealed can be opened." }
    }
}

fn another(page: &Page) -> Markup {
    html! {
        p { "Make an address that opens this server once, within ten minutes, in another browser. Whoever opens it "
            "is in, as you." }
        (ui::buttons(ui::post_button(&page.frame, "/start/new", &Button::secondary("Make an address"))))
    }
}

fn looks(page: &Page) -> Markup {
    let themes = Theme::ALL.map(|theme| {
        Choice::new(
            theme.name(),
            match theme {
                Theme::Auto => "as the device",
                Theme::Light => "light",
                Theme::Dark => "dark",
            },
        )
    });
    let keys = [
        Choice::new("on", "on: / goes to the search field, ? shows the keys"),
        Choice::new("off", "off"),
    ];
    let is_on = if page.frame.keys { "on" } else { "off" };
    let content = html! {
        (ui::hidden("back", "/settings/server?said=saved"))
        (Field::new("theme", "Colours").value(page.frame.theme.name()).select(&themes))
        (Field::new("keys", "Single keys").value(is_on).select(&keys))
        (ui::buttons(Button::secondary("Save")))
    };
    ui::form(&page.frame, "/look", content)
}
