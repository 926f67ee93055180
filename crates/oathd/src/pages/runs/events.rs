//! What happens in a run, while it happens.

use std::sync::Arc;

use axum::extract::{Path, Query};
use axum::response::Response;
use axum::response::sse::Event;
use futures_util::stream::{self, Stream, StreamExt};
use http::HeaderMap;
use provisioner::{Decision, RunId};
use serde::Deserialize;
use tokio::sync::watch;
use tokio_util::future::FutureExt;

use super::{rows, state};
use crate::app::App;
use crate::door::{Pass, Refusal, Role};
use crate::jobs::{Job, Progress, Settled, Status};
use crate::pages::{Page, events};
use crate::routes::Routes;
use crate::ui::RowUpdate;

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new().get("/runs/{run}/events", Role::Viewer, show)
}

/// The place behind the last row that the page shows as it ended.
#[derive(Deserialize)]
#[serde(default)]
struct Start {
    from: usize,
}

impl Default for Start {
    fn default() -> Self {
        Self { from: usize::MAX }
    }
}

async fn show(
    page: Page,
    pass: Pass,
    Path(id): Path<String>,
    Query(start): Query<Start>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let run = RunId(id);
    let Some(job) = page.app.jobs.find(&run) else {
        let known = page
            .app
            .ledger
            .run(&run)
            .await
            .map_err(|_| Refusal::Broken)?;
        known.ok_or(Refusal::NoSuchPage)?;
        return Ok(events::answer(stream::iter([events::end()])));
    };
    // A browser that comes back after a break says what it saw last.
    let seen = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let watched = Watch::new(&page.app, pass, job, run, seen.unwrap_or(start.from));
    Ok(events::answer(watched.ok_or(Refusal::NoSuchPage)?.events()))
}

/// One browser that watches one run.
struct Watch {
    app: Arc<App>,
    pass: Pass,
    job: Arc<Job>,
    run: RunId,
    progress: watch::Receiver<Progress>,
    /// Rows for which something was to be done.
    to_do: usize,
    /// The place behind the last row that was told.
    place: usize,
    begun: bool,
    over: bool,
}

impl Watch {
    fn new(app: &Arc<App>, pass: Pass, job: Arc<Job>, run: RunId, from: usize) -> Option<Self> {
        let part = job.part(&run)?;
        let steps = |decision: &Decision| matches!(decision, Decision::Steps { .. });
        let to_do = part
            .plan
            .rows
            .iter()
            .filter(|row| steps(&row.decision))
            .count();
        let place = match from {
            usize::MAX => part.board.place(),
            from => from,
        };
        Some(Self {
            app: Arc::clone(app),
            pass,
            progress: part.board.watch(),
            to_do,
            place,
            begun: false,
            over: false,
            run,
            job,
        })
    }

    fn events(self) -> impl Stream<Item = Event> + Send + 'static {
        let told = stream::unfold(self, async |mut watch| {
            let events = watch.next().await?;
            Some((stream::iter(events), watch))
        });
        told.flatten()
    }

    /// What happened since; `None` at the end.
    async fn next(&mut self) -> Option<Vec<Event>> {
        if self.over || (self.begun && !self.changed().await) {
            return None;
        }
        self.begun = true;
        // The page is loaded again, which leads whoever is out to where one signs in.
        if !self.pass.is_good() {
            self.over = true;
            return Some(vec![events::end()]);
        }
        let now = self.progress.borrow_and_update().clone();
        let part = self.job.part(&self.run)?;
        // Of what came before a restart of the server nothing is known here: the page is loaded again.
        let Some(rows) = part.board.settled_from(self.place) else {
            self.over = true;
            return Some(vec![events::end()]);
        };
        let mut told: Vec<Event> = (self.place + 1..).zip(&rows).map(settled).collect();
        self.place += rows.len();
        told.push(self.told(&now));
        if now.status == Status::Ended {
            self.over = true;
            told.push(events::end());
        }
        Some(told)
    }

    fn told(&self, now: &Progress) -> Event {
        let progress = state::progress(now, &self.job, self.to_do);
        events::event("progress", &progress.event()).id(self.place.to_string())
    }

    /// Waits until there is something new, and for half a second, so that much is told at once. False
    /// where the server ends.
    async fn changed(&mut self) -> bool {
        let ending = self.app.ending.clone();
        let changed = async {
            let changed = self.progress.changed().await.is_ok();
            self.app.clock.sleep(events::PAUSE).await;
            changed
        };
        changed
            .with_cancellation_token(&ending)
            .await
            .unwrap_or_default()
    }
}

fn settled((id, row): (usize, &Settled)) -> Event {
    let mut update = RowUpdate::new(row.serial.as_str(), row.outcome);
    if let Some(state) = row.state {
        update = update.state(state);
    }
    update = update.note(row.error.as_ref().map(rows::note).unwrap_or_default());
    events::event("row", &update).id(id.to_string())
}
