//! The beginning of an import: a seed file is sent, or pasted.

#[cfg(test)]
mod tests;
pub(super) mod waiting;

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use maud::{Markup, html};
use provisioner::{Goal, Problem};
use zeroize::Zeroizing;

use super::{Page, Stopped, draft, reading};
use crate::app::App;
use crate::door::{Role, Uploaded};
use crate::drafts::Wish;
use crate::places::Idp;
use crate::routes::Routes;
use crate::sandbox::SAMPLES;
use crate::ui::{self, Button, Field, Form, Head, Icon, Section};
use crate::upload::{About, MAX_BYTES, Reading};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new().get("/import", Role::Operator, show).upload(
        "/import",
        Role::Operator,
        MAX_BYTES,
        send,
    )
}

async fn show(page: Page) -> Markup {
    page.show(&head(), content(&page, &Reading::default(), None))
}

fn head() -> Head {
    Head::new("Import").section(Section::Import)
}

/// Why what was sent before came to nothing.
struct Refused<'p> {
    problem: &'p Problem,
    /// It was pasted.
    pasted: bool,
}

/// What was typed is there again, but no seed and no secret.
fn content(page: &Page, reading: &Reading, refused: Option<&Refused<'_>>) -> Markup {
    let samples = page.app.sandbox.is_some();
    html! {
        (ui::steps(&draft::STEPS, 0))
        @if let Some(refused) = refused { (ui::refused(refused.problem)) }
        (waiting::section(page))
        (form(page, reading, refused))
        @if samples { (ui::section("samples", "Sample files", sample_buttons(page))) }
    }
}

fn form(page: &Page, reading: &Reading, refused: Option<&Refused<'_>>) -> Markup {
    let hint = "CSV, JSON, links or PSKC, as the vendor sent it. It is kept sealed, and only as long as it is needed.";
    let again = refused.is_some_and(|refused| refused.pasted);
    let pasted = Field::new("text", "The lines of the file");
    let pasted = match again {
        true => pasted.hint("Paste it again: what holds seeds is not shown a second time."),
        false => pasted,
    };
    let pasted = pasted.mono().autocomplete("off").area(8);
    let content = html! {
        (Field::new("file", "Seed file").hint(hint).file(reading::ENDINGS))
        (ui::fold(Icon::Copy, "Paste it instead", "The whole file with its first line, or a few links.", again, pasted))
        (reading::fields(reading, refused.is_some()))
        (ui::buttons(Button::primary("Read it")))
        (ui::help("Nothing is sent to Entra ID or Okta yet."))
    };
    ui::upload(&page.frame, "/import", content)
}

fn sample_buttons(page: &Page) -> Markup {
    let sample = |name: &str| Button::secondary(format!("Use {name}")).value("sample", name);
    html! {
        @for file in &SAMPLES {
            p { (file.what) }
            (Form::new(&page.frame, "/import", html! { (sample(file.name)) }).files())
        }
    }
}

async fn send(page: Page, mut form: Uploaded) -> Response {
    let once = form.once.clone();
    let reading = reading::sent(&form).unwrap_or_default();
    let pasted = form.text("text").is_some();
    let led = match chosen(&mut form, page.app.sandbox.is_some()) {
        Err(problem) => Err(problem.into()),
        Ok((about, bytes)) => {
            let (app, by) = (Arc::clone(&page.app), page.caller.name.clone());
            let begin = async move {
                let wish = first_wish(&app);
                let draft = app.draft_file(&by, about, bytes, wish).await?;
                Ok(draft::address(&draft.id).to_string())
            };
            page.once(once.as_deref(), begin).await
        }
    };
    match led {
        Ok(redirect) => redirect.into_response(),
        Err(Stopped::Refused(refusal)) => refusal.into_response(),
        Err(Stopped::By(problem)) => {
            let problem = &problem;
            let content = content(&page, &reading, Some(&Refused { problem, pasted }));
            let page = page.show(&head().failed(true), content);
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    }
}

/// The bytes that were sent, from wherever they came, and all about them.
fn chosen(form: &mut Uploaded, samples: bool) -> Result<(About, Zeroizing<Vec<u8>>), Problem> {
    if let Some(name) = form.text("sample").filter(|_| samples) {
        return sample(name);
    }
    let pasted = form.text("text").map(|text| text.as_bytes().to_vec());
    match (pasted.map(Zeroizing::new), form.file("file").is_some()) {
        (Some(_), true) => Err(Problem::new(
            "two-files",
            "a file was chosen, and something was pasted, too",
            "leave one of them out",
        )),
        (Some(bytes), false) => {
            let about = About {
                name: "pasted lines".to_owned(),
                reading: reading::sent(form)?,
                users: None,
                rows: None,
            };
            Ok((about, bytes))
        }
        (None, _) => {
            let (about, file) = reading::file(form)?;
            Ok((about, file.content))
        }
    }
}

fn sample(name: &str) -> Result<(About, Zeroizing<Vec<u8>>), Problem> {
    let sample = SAMPLES.iter().find(|sample| sample.name == name);
    let sample = sample.ok_or_else(|| {
        Problem::new(
            "no-sample",
            "there is no such sample",
            "use one of the buttons",
        )
    })?;
    let about = About {
        name: sample.name.to_owned(),
        ..About::default()
    };
    Ok((about, Zeroizing::new(sample.bytes.to_vec())))
}

/// What most people want: tokens that work, at the first place that is connected.
fn first_wish(app: &App) -> Wish {
    let places = app.places.set_up();
    Wish {
        idp: places.first().copied().unwrap_or(Idp::Entra),
        goal: Goal::Activated,
    }
}
