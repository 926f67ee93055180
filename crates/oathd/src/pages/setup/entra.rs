//! Entra ID: who the application is, and what it signs in with.

mod typed;

use std::sync::Arc;

use axum::response::{IntoResponse, Redirect, Response};
use entra_graph::{Certificate, Registration};
use http::StatusCode;
use maud::{Markup, html};

use self::typed::{FILE, MADE, SECRET, Typed};
use super::{STEPS, capacity_field, certificate, check, head};
use crate::app::App;
use crate::door::{Role, Uploaded};
use crate::pages::Page;
use crate::places::Idp;
use crate::routes::Routes;
use crate::ui::{self, Button, Choice, Errors, Field, Icon};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new().get("/setup/entra", Role::Admin, show).upload(
        "/setup/entra",
        Role::Admin,
        MOST,
        save,
    )
}

/// A certificate with its chain is a few kilobytes.
const MOST: usize = 256 * 1024;
const TITLE: &str = "Connect Entra ID";

async fn show(page: Page) -> Response {
    let typed = Typed::of(page.app.places.settings(Idp::Entra).as_ref());
    let shown = shown(&page, &typed, &Errors::default());
    page.show(&head(TITLE), shown).into_response()
}

async fn save(page: Page, sent: Uploaded) -> Response {
    let typed = Typed::sent(&sent);
    let settings = match typed.settings(&page.app, &sent) {
        Ok(settings) => settings,
        Err(errors) => {
            let head = head(TITLE).failed(true);
            let shown = page.show(&head, shown(&page, &typed, &errors));
            return (StatusCode::UNPROCESSABLE_ENTITY, shown).into_response();
        }
    };
    let app = &page.app;
    let kept = app
        .places
        .set(settings)
        .and_then(|()| match typed.with == MADE {
            true => certificate::taken(&app.vault),
            false => Ok(()),
        });
    match kept {
        Ok(()) => Redirect::to(&check::of(Idp::Entra).to_string()).into_response(),
        Err(problem) => page.trouble(head(TITLE), &problem),
    }
}

fn shown(page: &Page, typed: &Typed, errors: &Errors) -> Markup {
    let made = certificate::waiting(&page.app.vault);
    let made = match &made {
        Ok(pem) => pem
            .as_ref()
            .and_then(|pem| Certificate::from_pem(pem.as_bytes()).ok()),
        Err(problem) => return html! { (ui::problem(problem)) },
    };
    html! {
        (ui::steps(&STEPS, 1))
        (errors.summary())
        (registration(page, made.as_ref()))
        (ui::panel("sign-in", "What it signs in with", form(page, typed, made.is_some(), errors)))
    }
}

/// How the application comes to be, for whoever has none yet.
fn registration(page: &Page, made: Option<&Certificate>) -> Markup {
    let script = Registration {
        name: "Oathkit".to_owned(),
        certificate: "oathkit".to_owned(),
        days: certificate::DAYS,
        has_certificate: made.is_some(),
        optional: false,
    }
    .script();
    let content = html! {
        p { "It takes an application in your tenant, which an administrator registers once. Best it signs in with a "
            "certificate: make one here, and its key never leaves this server." }
        (own_certificate(page, made))
        (ui::fold(Icon::Copy, "Commands that register the application", "For an administrator of the tenant.", false, html! {
            @if made.is_some() { p { "Run them where you saved " span.mono { "oathkit.crt" } "." } }
            @else { p { "They make a key where they run. Afterwards choose the file " span.mono { "oathkit.pem" } " below." } }
            (ui::code_block("the commands", &script))
        }))
    };
    ui::panel("application", "The application", content)
}

fn own_certificate(page: &Page, made: Option<&Certificate>) -> Markup {
    let again = "/setup/entra/certificate";
    html! { @match made {
        None => { (ui::buttons(ui::post_button(&page.frame, again, &Button::secondary("Make a certificate here").icon(Icon::Key)))) }
        Some(made) => {
            (ui::facts(&[
                ("Made here", html! { "thumbprint " span.mono { (made.thumbprint_sha1()) } }),
                ("Good until", ui::moment(made.not_after().as_secs())),
            ]))
            div.buttons {
                (Button::secondary("Download its public part").icon(Icon::Download).download("/setup/entra/oathkit.crt"))
                (ui::post_button(&page.frame, again, &Button::quiet("Make another one instead")))
            }
        }
    } }
}

fn form(page: &Page, typed: &Typed, is_made: bool, errors: &Errors) -> Markup {
    let set = Typed::of(page.app.places.settings(Idp::Entra).as_ref()).with;
    let mut ways = vec![
        Choice::new(SECRET, "A client secret"),
        Choice::new(FILE, "A certificate with its key, from a file"),
    ];
    if is_made {
        ways.push(Choice::new(MADE, "The certificate that was made here"));
    }
    let with = match typed.with.as_str() {
        "" if is_made => MADE,
        "" => SECRET,
        with => with,
    };
    let content = html! {
        (Field::new("tenant", "Tenant").value(&*typed.tenant).required().mono().errors(errors)
            .hint("The tenant's id, or one of its domains: contoso.onmicrosoft.com.").text())
        (Field::new("client_id", "Application").value(&*typed.client_id).required().mono().errors(errors)
            .hint("The application (client) id: a GUID.").text())
        (Field::new("with", "It signs in with").value(with).errors(errors).radios(&ways))
        (Field::new("secret", "Client secret").errors(errors)
            .hint("The secret's value, not its id. It is sealed on this machine and never shown again.")
            .secret(set == SECRET))
        (Field::new("file", "Certificate file").errors(errors)
            .hint(if set == FILE { "One is set, and not shown. Choose none to keep it." }
                else { "PEM, with the certificate and its plain private key." })
            .file(".pem,.crt,.cer,.key"))
        (capacity_field(&typed.max_capacity, errors))
        (advanced(typed, errors))
        (ui::buttons(Button::primary("Save and check")))
    };
    ui::upload(&page.frame, "/setup/entra", content)
}

fn advanced(typed: &Typed, errors: &Errors) -> Markup {
    let open = !typed.authority.is_empty() || !typed.graph.is_empty();
    let content = html! {
        (Field::new("authority", "Sign-in service").optional().value(&*typed.authority).errors(errors)
            .hint("Another one than https://login.microsoftonline.com.").url())
        (Field::new("graph", "Graph").optional().value(&*typed.graph).errors(errors)
            .hint("Where it is not the one that belongs to the sign-in service.").url())
    };
    let next = "Other addresses of the sign-in service and of Graph.";
    ui::fold(Icon::Settings, "National clouds", next, open, content)
}
