//! The other half of a replacement: a run of its own, which the page of either run shows.

use ledger::RunSummary;
use maud::{Markup, html};
use provisioner::{Problem, RunId};

use super::{address, rows, state};
use crate::app::App;
use crate::jobs::other_half;
use crate::pages::{Page, goals};
use crate::ui::{self, Notice, Tone};

/// What is known of it.
pub(super) struct Other {
    summary: RunSummary,
    /// Why it failed, or was not begun.
    problem: Option<Problem>,
}

impl Other {
    /// None where the run is no half of anything.
    pub(super) async fn of(app: &App, run: &RunId) -> Option<Self> {
        let run = other_half(run);
        let summary = app.ledger.run(&run).await.ok().flatten()?;
        let report = match summary.not_as_wanted {
            0 => None,
            _ => app.ledger.report(&run).await.ok().flatten(),
        };
        let mut rows = report.into_iter().flat_map(|report| report.rows);
        let problem = rows.find_map(|row| row.error);
        Some(Self { summary, problem })
    }

    pub(super) fn section(&self, page: &Page) -> Markup {
        let goal = self.summary.goal;
        let idp = &*self.summary.tenant.idp;
        let what = goal.map_or_else(|| "Change".to_owned(), |goal| goals::run(idp, goal));
        let content = html! {
            @if let Some(problem) = &self.problem { (notice(problem)) }
            p { a href=(address(&self.summary.run)) { (what) } ": " }
            (state(page, &self.summary))
        };
        ui::section("other-half", "The other half of the replacement", content)
    }
}

/// On the page of the run for which the other one was not begun, `this` would be the wrong one.
fn notice(problem: &Problem) -> Notice {
    match problem.code.as_str() {
        "not-begun" => Notice::new(
            Tone::Warning,
            "It was not begun, because the run on this page did not come to its end.",
        )
        .next(ui::sentence(&problem.next)),
        _ => Notice::new(Tone::Bad, rows::note(problem)),
    }
}
