//! Whether the audit is whole.

use std::sync::Arc;

use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use ledger::{Head as Anchor, Verification};
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::App;
use crate::chain::{Check, Ended};
use crate::door::{Role, Sent};
use crate::pages::Page;
use crate::routes::Routes;
use crate::ui::{self, Button, Empty, Errors, Field, Head, Icon, Notice, Section, Tone};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new().get("/audit/verify", Role::Viewer, show).post(
        "/audit/verify",
        Role::Viewer,
        begin,
    )
}

#[derive(Default, Deserialize)]
struct Form {
    #[serde(default)]
    anchor: String,
}

fn head() -> Head {
    Head::new("Verify the audit")
        .section(Section::Audit)
        .below("Audit", "/audit")
        .lead(html! {
            "Every record is compared with the one before it, with the entry of the ledger that it is about, "
            "and the last one with the anchor beside the ledger."
        })
}

async fn show(page: Page) -> Response {
    let check = page.app.chain.look();
    let is_going_on = matches!(check, Check::GoingOn);
    let content = html! {
        (shown(&check))
        @if !is_going_on { (form(&page, "", &Errors::default())) }
    };
    let head = if is_going_on {
        head().reload(1)
    } else {
        head()
    };
    page.show(&head, content).into_response()
}

async fn begin(page: Page, Sent { form: typed, .. }: Sent<Form>) -> Response {
    let anchor = typed.anchor.trim();
    let anchor = match anchor {
        "" => None,
        text => match text.parse::<Anchor>() {
            Ok(anchor) => Some(anchor),
            Err(why) => {
                let mut errors = Errors::default();
                errors.add("anchor", format!("This is no anchor: {why}."));
                let content = html! { (errors.summary()) (form(&page, text, &errors)) };
                let shown = page.show(&head().failed(true), content);
                return (StatusCode::UNPROCESSABLE_ENTITY, shown).into_response();
            }
        },
    };
    // Where a check goes on already, the page shows that one.
    drop(page.app.check_audit(anchor));
    Redirect::to("/audit/verify").into_response()
}

fn form(page: &Page, anchor: &str, errors: &Errors) -> Markup {
    let content = html! {
        (Field::new("anchor", "An anchor that you kept elsewhere").optional().mono().value(anchor)
            .hint("SEQ:HASH, as it was shown after an earlier check. It finds an end that was cut off, too.")
            .errors(errors).text())
        (ui::buttons(Button::primary("Verify now")))
    };
    ui::form(&page.frame, "/audit/verify", content)
}

fn shown(check: &Check) -> Markup {
    html! { @match check {
        Check::Never => { (Empty::new(
            Icon::Audit,
            "Nobody has verified the audit since this server was started",
            "It takes some seconds for a million records.",
        )) }
        Check::GoingOn => { (Notice::new(Tone::Info, "The audit is being verified.")
            .next("This page shows what came of it; you can go on working meanwhile.")) }
        Check::Ended(Ended { at, found }) => {
            @match found {
                Ok(found) => { (verdict(found)) (facts(*at, found)) }
                Err(problem) => { (ui::problem(problem)) }
            }
        }
    } }
}

fn verdict(found: &Verification) -> Markup {
    if found.is_whole() {
        return html! { (Notice::new(Tone::Good, match found.records {
            0 => "There are no records.",
            _ => "The audit is whole.",
        })) };
    }
    let next = "Keep the state directory as it is, and compare it with a backup.";
    html! {
        (Notice::new(Tone::Bad, "The audit is not whole: something was changed after it was written.").next(next))
        (ui::section("findings", "What is wrong", html! {
            ul.plain { @for finding in &found.findings { li {
                @if let Some(seq) = finding.seq { b { "Record " (seq) ": " } }
                (finding.message)
            } } }
            @if found.more_findings > 0 { p { "And " (ui::number(found.more_findings)) " more." } }
        }))
    }
}

fn facts(at: u64, found: &Verification) -> Markup {
    let mut facts = vec![
        ("Verified", ui::moment(at)),
        ("Records", html! { (ui::number(found.records)) }),
    ];
    if !found.is_whole() {
        return ui::facts(&facts);
    }
    let confirmed = match found.anchored {
        Some(seq) => format!(
            "up to record {}; {} came after it",
            ui::number(u64::try_from(seq).unwrap_or_default()),
            ui::number(found.after_anchor)
        ),
        None => "no".to_owned(),
    };
    facts.push(("Confirmed by an anchor", html! { (confirmed) }));
    if let Some(head) = &found.head {
        let anchor = ui::copyable("the anchor", &head.to_string());
        facts.push(("Anchor to keep", anchor));
    }
    ui::facts(&facts)
}
