//! The pages: one file a screen.

mod audit;
mod calls;
mod doctor;
mod draft;
mod events;
mod goals;
mod health;
mod help;
mod home;
mod import;
mod inventory;
mod look;
mod lost_token;
mod nothing;
mod proof;
mod reading;
mod runs;
mod settings;
mod setup;
#[cfg(test)]
mod spreadsheets;
mod token;
mod users;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use maud::{Markup, Render, html};
use provisioner::Problem;

use crate::app::App;
use crate::desk::{Fault, Prepared};
use crate::door::{Caller, Door, Refusal, Role};
use crate::places::Place;
use crate::routes::Routes;
use crate::system;
use crate::trouble;
use crate::ui::{self, Address, Flash, Frame, Head, Section, Tone, Who};

/// Every page with the least role that may use it.
pub(crate) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .open_get("/assets/{name}", ui::asset)
        .and(audit::routes())
        .and(calls::routes())
        .and(doctor::routes())
        .and(draft::routes())
        .and(health::routes())
        .and(help::routes())
        .and(home::routes())
        .and(import::routes())
        .and(inventory::routes())
        .and(look::routes())
        .and(lost_token::routes())
        .and(runs::routes())
        .and(settings::routes())
        .and(setup::routes())
        .and(token::routes())
        .and(users::routes())
}

/// What a page has of the request that asked for it.
pub(crate) struct Page {
    pub(crate) app: Arc<App>,
    pub(crate) door: Arc<Door>,
    pub(crate) caller: Caller,
    pub(crate) frame: Frame,
}

impl FromRequestParts<Arc<App>> for Page {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let caller = parts
            .extensions
            .get::<Caller>()
            .cloned()
            .ok_or(Refusal::SignIn)?;
        let door = parts
            .extensions
            .get::<Arc<Door>>()
            .cloned()
            .ok_or(Refusal::Broken)?;
        let looks = look::Looks::of(&parts.headers);
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        // The answer to a form may be at an address that takes forms only.
        let back = if parts.method.is_safe() { path } else { "/" };
        let frame = Frame {
            who: Some(Who {
                name: caller.name.clone(),
                role: caller.role.word().to_owned(),
            }),
            sections: sections(&caller),
            csrf: caller.csrf.to_string(),
            once: system::new_name(),
            path: path.to_owned(),
            back: back.to_owned(),
            theme: looks.theme,
            keys: looks.keys,
            sandbox: app.sandbox.is_some(),
            flash: said(parts.uri.query().unwrap_or_default()),
            open_runs: app.jobs.list().len(),
        };
        Ok(Self {
            app: Arc::clone(app),
            door,
            caller,
            frame,
        })
    }
}

impl Page {
    pub(crate) fn show(&self, head: &Head, content: impl Render) -> Markup {
        ui::page(&self.frame, head, content)
    }

    /// A page that says why there is nothing to show.
    pub(crate) fn trouble(&self, head: Head, problem: &Problem) -> Response {
        self.trouble_below(head, problem, html! {})
    }

    /// The same below what leads to other places, which may be well.
    pub(crate) fn trouble_below(
        &self,
        head: Head,
        problem: &Problem,
        above: impl Render,
    ) -> Response {
        let content = html! { (above) (ui::problem(problem)) };
        let head = head.failed(true);
        trouble::answer(problem, self.show(&head, content))
    }

    /// Begins what a form asks for, once, and goes to the page of its run.
    pub(crate) async fn begin(
        &self,
        once: Option<&str>,
        place: &Arc<Place>,
        prepare: impl Future<Output = Result<Prepared, Fault>> + Send + 'static,
    ) -> Result<Redirect, Fault> {
        let (app, place, by) = (self.app.clone(), place.clone(), self.caller.name.clone());
        let begin = async move {
            let prepared = prepare.await?;
            let run = app.begin(&place, &by, prepared).await?;
            let run = run.ok_or_else(as_wanted)?;
            Ok::<_, Fault>(Address::of(["runs", &run.0]).to_string())
        };
        self.once(once, begin).await
    }

    /// Where a form has led.
    pub(crate) fn led(&self, head: Head, led: Result<Redirect, Stopped>) -> Response {
        match led {
            Ok(redirect) => redirect.into_response(),
            Err(Stopped::Refused(refusal)) => refusal.into_response(),
            Err(Stopped::By(problem)) => self.trouble(head, &problem),
        }
    }

    /// Carries out what a form asks for, once however often it is sent, and goes where that leads.
    pub(crate) async fn once<E: From<Refusal> + Send + 'static>(
        &self,
        once: Option<&str>,
        work: impl Future<Output = Result<String, E>> + Send + 'static,
    ) -> Result<Redirect, E> {
        // All forms of a page have the same word, and some the same fields.
        let once = once.map(|once| format!("{once} {}", self.frame.path));
        let led = self
            .door
            .once()
            .run(&self.caller, once.as_deref(), work)
            .await;
        led.map(|address| Redirect::to(&address))
    }
}

fn as_wanted() -> Problem {
    Problem::new("as-wanted", "it is so already", "nothing was sent")
}

/// Why a form came to nothing.
#[derive(Debug)]
pub(crate) enum Stopped {
    Refused(Refusal),
    By(Problem),
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Problem> for Stopped {
    fn from(problem: Problem) -> Self {
        Self::By(problem)
    }
}

/// What a caller may open.
fn sections(caller: &Caller) -> Vec<Section> {
    let least = |section: &Section| match section {
        Section::Import | Section::Calls => Role::Operator,
        Section::Settings => Role::Admin,
        Section::HelpDesk => Role::HelpDesk,
        _ => Role::Viewer,
    };
    let all = Section::ALL.into_iter();
    all.filter(|section| caller.may(least(section))).collect()
}

/// What the form before has come to: the parameter `said` names one of these sentences, and nobody can put
/// another one there.
fn said(query: &str) -> Option<Flash> {
    let word = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("said="))?;
    let text = match word {
        "saved" => "Saved.",
        "removed" => "Removed.",
        "refreshing" => "The inventory is being read again.",
        "discarded" => "Discarded: nothing was sent.",
        "switched-on" => "Calls are logged from now on.",
        "switched-off" => "Calls are no longer logged.",
        "cleared" => "Cleared.",
        "certificate-made" => {
            "A certificate was made. Register its public part, then choose it below."
        }
        "revoked" => "Revoked: who comes with this token is refused from now on.",
        _ => return None,
    };
    Some(Flash {
        tone: Tone::Good,
        text: text.to_owned(),
    })
}
