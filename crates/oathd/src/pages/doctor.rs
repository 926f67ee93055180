//! Whether a sign-in can do its job: what was looked at, in red and green, and what to do.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use provisioner::{Finding, Health, Problem};

use super::Page;
use crate::app::App;
use crate::desk::NO_ANSWER;
use crate::door::Role;
use crate::places::Idp;
use crate::routes::Routes;
use crate::ui::{self, Address, Button, Head, Notice, Section, Tone};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new().get("/settings/{idp}/doctor", Role::Viewer, doctor)
}

/// So long a page can wait.
const PATIENCE: Duration = Duration::from_secs(60);

async fn doctor(page: Page, Path(idp): Path<Idp>) -> Response {
    let here = Address::of(["settings", idp.name(), "doctor"]);
    let mut head = Head::new(format!("Doctor: {}", idp.title()))
        .lead(html! { "Only reads: nothing is changed." })
        .actions(html! { (Button::secondary("Look again").to(here)) });
    if page.caller.may(Role::Admin) {
        head = head
            .below("Settings", "/settings")
            .section(Section::Settings);
    }
    match examined(&page, idp).await {
        Ok(findings) => page.show(&head, shown(&findings)).into_response(),
        Err(problem) => page.trouble(head, &problem),
    }
}

/// Looks now. Whoever asks a service that does not answer is not left waiting.
pub(super) async fn examined(page: &Page, idp: Idp) -> Result<Vec<Finding>, Problem> {
    tokio::select! {
        found = page.app.places.examine(idp) => found,
        () = page.app.clock.sleep(PATIENCE) => Err(Problem::new(
            NO_ANSWER,
            format!("{} did not answer within a minute", idp.title()),
            "see that its address is right and can be reached from this machine, and look again",
        )),
    }
}

pub(super) fn worst(findings: &[Finding]) -> Health {
    let all = findings.iter().map(|finding| finding.health);
    all.max().unwrap_or(Health::Good)
}

pub(super) fn shown(findings: &[Finding]) -> Markup {
    html! {
        (verdict(findings))
        ul.findings { @for finding in findings { (ui::finding(finding)) } }
    }
}

fn verdict(findings: &[Finding]) -> Notice {
    let worst = worst(findings);
    let tone = Tone::from(worst);
    match worst {
        Health::Good => Notice::new(tone, "Everything is as it should be."),
        Health::Warning => Notice::new(tone, "Tokens can be managed.")
            .next("Somebody ought to look at what is marked as a warning."),
        Health::Bad => Notice::new(tone, "Something will not work.")
            .next("Put right what is marked as bad, then look again."),
    }
}
