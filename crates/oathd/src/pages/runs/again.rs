//! The failed rows once more: as a new draft, for which the file is sent again. No run keeps seeds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use provisioner::{FileDigest, Problem};
use seedfile::{SeedFile, Serial, Strategy};
use serde::Deserialize;

use super::files::is_failed;
use super::{Shown, address, find, rows};
use crate::app::App;
use crate::desk::blocking;
use crate::door::{Role, Sent, Uploaded};
use crate::drafts::Wish;
use crate::jobs::{self, other_file};
use crate::pages::{Page, Stopped, draft, reading};
use crate::places::Idp;
use crate::reports::RunReport;
use crate::routes::Routes;
use crate::ui::{self, Address, Button, Field, Icon};
use crate::upload::{About, MAX_BYTES, Reading, Users};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .upload("/runs/{run}/again", Role::Operator, MAX_BYTES, with_file)
        .post("/runs/{run}/retry", Role::Operator, without_file)
}

pub(super) fn section(page: &Page, shown: &Shown) -> Markup {
    let report = &shown.known.report;
    if report.is_complete() || !page.caller.may(Role::Operator) {
        return html! {};
    }
    if shown.known.had_codes {
        return with_code(shown);
    }
    let content = match shown.known.needs_seeds || has_unreadable(shown) {
        true => file_form(page, shown),
        false => {
            let to = format!("{}/retry", address(&shown.run));
            ui::post_button(&page.frame, to, &Button::secondary("Plan these rows again"))
        }
    };
    let next = "Only those that are not as wanted; you see a new plan first.";
    ui::fold(
        Icon::Runs,
        "Run the failed rows again",
        next,
        false,
        content,
    )
}

/// A code that was read off a token is good once: a new one is typed on the token's own page.
fn with_code(shown: &Shown) -> Markup {
    let idp = &*shown.known.summary.tenant.idp;
    let failed = shown.known.report.rows.iter().filter(|row| is_failed(row));
    let serials: Vec<&Serial> = failed.filter_map(|row| row.serial.as_ref()).collect();
    let content = html! {
        p { "A code is good once. Read a new one off the token, and enter it on the token's page:" }
        ul { @for serial in serials {
            li { a href=(Address::of(["tokens", idp, serial.as_str()])) { (serial) } }
        } }
    };
    let next = "With a new code of the token.";
    ui::fold(Icon::Runs, "Try it again", next, false, content)
}

/// Rows without a serial number come from a file, and nowhere else.
fn has_unreadable(shown: &Shown) -> bool {
    shown
        .known
        .report
        .rows
        .iter()
        .any(|row| row.serial.is_none())
}

fn file_form(page: &Page, shown: &Shown) -> Markup {
    let hint = "The very file that the run began with: its seeds were not kept.";
    let content = html! {
        (Field::new("file", "Seed file").hint(hint).required().file(reading::ENDINGS))
        (reading::fields(&Reading::default(), false))
        (ui::buttons(Button::secondary("Take the failed rows")))
    };
    ui::upload(
        &page.frame,
        format!("{}/again", address(&shown.run)),
        content,
    )
}

async fn with_file(page: Page, Path(id): Path<String>, mut form: Uploaded) -> Response {
    let shown = match find(&page, &id).await {
        Ok(shown) => shown,
        Err(response) => return response,
    };
    let sent = reading::file(&mut form);
    let (app, by) = (Arc::clone(&page.app), page.caller.name.clone());
    let known = Arc::clone(&shown.known);
    let work = async move {
        let (about, file) = sent?;
        let wish = wish(&app, &known).await?;
        let taken = move || Ok((failed_rows(&known, about, &file.content)?, file.content));
        let (about, bytes) = blocking(taken).await?;
        let draft = app.draft_file(&by, about, bytes, wish).await?;
        Ok(draft::address(&draft.id).to_string())
    };
    led(&page, &shown, page.once(form.once.as_deref(), work).await)
}

#[derive(Deserialize)]
struct Nothing {}

async fn without_file(page: Page, Path(id): Path<String>, sent: Sent<Nothing>) -> Response {
    let shown = match find(&page, &id).await {
        Ok(shown) => shown,
        Err(response) => return response,
    };
    let (app, by) = (Arc::clone(&page.app), page.caller.name.clone());
    let known = Arc::clone(&shown.known);
    let work = async move {
        let wish = wish(&app, &known).await?;
        let draft = app.draft_tokens(&by, tokens(&known), wish)?;
        app.plan_draft(&draft);
        Ok(draft::address(&draft.id).to_string())
    };
    led(&page, &shown, page.once(sent.once.as_deref(), work).await)
}

fn led(page: &Page, shown: &Shown, led: Result<axum::response::Redirect, Stopped>) -> Response {
    match led {
        Ok(redirect) => redirect.into_response(),
        Err(Stopped::Refused(refusal)) => refusal.into_response(),
        Err(Stopped::By(problem)) => shown.page(page, &rows::View::default(), Some(&problem)),
    }
}

/// What was wanted then, where it was wanted: users of another tenant may have the same names.
async fn wish(app: &App, known: &RunReport) -> Result<Wish, Problem> {
    let idp: Result<Idp, _> = known.report.idp.parse();
    let idp = idp.map_err(|error| {
        Problem::new(
            "other-place",
            error,
            "run them again where the run was begun",
        )
    })?;
    let place = app.connected(idp).await?;
    let tenant = &known.summary.tenant;
    if place.provider.tenant() != tenant {
        return Err(jobs::elsewhere(tenant));
    }
    Ok(Wish {
        idp,
        goal: known.report.wanted,
    })
}

/// The failed tokens, with their users where they are given to somebody.
fn tokens(known: &RunReport) -> BTreeMap<Serial, Option<String>> {
    let failed = known.report.rows.iter().filter(|row| is_failed(row));
    let gives = known.report.wanted.gives();
    let token = failed.filter_map(|row| {
        let user = row.user.clone().filter(|_| gives);
        Some((row.serial.clone()?, user))
    });
    token.collect()
}

/// The file with its failed rows alone: they keep their places, and it stays the file that the person has.
fn failed_rows(known: &RunReport, mut about: About, bytes: &[u8]) -> Result<About, Problem> {
    if FileDigest::of(bytes) != known.file {
        return Err(other_file());
    }
    let failed = known.report.rows.iter().filter(|row| is_failed(row));
    about.rows = Some(failed.map(|row| row.row).collect());
    about.users = users(known, &about.file(bytes)?);
    about.name = format!("failed rows of {}", about.name);
    Ok(about)
}

/// The users whom a list gave the tokens of the run: the file itself does not name them.
fn users(known: &RunReport, file: &SeedFile) -> Option<Users> {
    let free = file.tokens.iter().filter(|token| token.user.is_none());
    let free: BTreeSet<&Serial> = free.map(|token| &token.serial).collect();
    let mut list = String::new();
    for row in known.report.rows.iter().filter(|row| is_failed(row)) {
        let serial = row.serial.as_ref().filter(|serial| free.contains(serial));
        if let Some((user, serial)) = row.user.as_ref().zip(serial) {
            let _ = writeln!(list, "\"{}\",{serial}", user.replace('"', "\"\""));
        }
    }
    (!list.is_empty()).then(|| Users {
        list,
        strategy: Strategy::Mapping.name().to_owned(),
    })
}
