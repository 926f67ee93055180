//! What happens in a run, while it happens.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt};
use http::HeaderMap;
use provisioner::RunId;
use serde_json::json;
use tokio::sync::watch;
use tokio_util::future::FutureExt;

use super::{ProgressDocument, kept, live, seen};
use crate::api::Api;
use crate::api::answer::Failed;
use crate::api::call::Call;
use crate::api::description::Operation;
use crate::api::parameters::Path;
use crate::app::App;
use crate::door::{Pass, Role};
use crate::jobs::{Job, Progress, Settled, Status};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);

pub(super) fn api() -> Api {
    Api::new().on(
        Operation::get(
            "/api/v1/runs/{run}/events",
            Role::Viewer,
            "What happens in a run, as server-sent events, until it has come to its end.",
        )
        .header("Last-Event-ID", "The last event that came before a break.")
        .gives_text(
            "text/event-stream",
            "`row`: serial, outcome, state and error of a row that ended. `progress`: an `oathkit.progress/1`.",
        ),
        watch,
    )
}

async fn watch(
    call: Call,
    pass: Pass,
    headers: HeaderMap,
    Path(run): Path<String>,
) -> Result<Response, Failed> {
    let run = RunId(run);
    let Some(job) = call.app.jobs.find(&run) else {
        kept(&call, &run).await?;
        let last = progress(&seen(&call, run).await?);
        return Ok(answer(stream::iter([last])));
    };
    let last = headers.get("last-event-id");
    let last = last.and_then(|id| id.to_str().ok()?.parse().ok());
    let Some(part) = job.part(&run) else {
        return Err(super::no_run(&run).into());
    };
    let watch = Watch {
        progress: part.board.watch(),
        place: last.unwrap_or_else(|| part.board.place()),
        app: Arc::clone(&call.app),
        pass,
        job,
        run,
        begun: false,
        over: false,
    };
    Ok(answer(watch.events()))
}

fn answer(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let events = Sse::new(events.map(Ok::<_, Infallible>)).keep_alive(KeepAlive::default());
    // A proxy is asked not to hold it back.
    ([("x-accel-buffering", "no")], events).into_response()
}

/// One script that watches one run.
struct Watch {
    app: Arc<App>,
    pass: Pass,
    job: Arc<Job>,
    run: RunId,
    progress: watch::Receiver<Progress>,
    /// Behind the last row that was told.
    place: usize,
    begun: bool,
    over: bool,
}

impl Watch {
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
        if !self.pass.is_good() {
            return None;
        }
        self.begun = true;
        let status = self.progress.borrow_and_update().status;
        let part = self.job.part(&self.run)?;
        // Of what came before a restart of the server nothing is known here: the report has it.
        let rows = part.board.settled_from(self.place);
        let rows = rows.unwrap_or_else(|| {
            self.place = part.board.place();
            Vec::new()
        });
        let mut told: Vec<Event> = (self.place + 1..).zip(&rows).map(settled).collect();
        self.place += rows.len();
        let now = live(&self.job, self.run.clone()).ok()?;
        told.push(progress(&now).id(self.place.to_string()));
        self.over = status == Status::Ended;
        Some(told)
    }

    /// Waits until there is something new, and a while, so that much is told at once. False where the
    /// server ends.
    async fn changed(&mut self) -> bool {
        let ending = self.app.ending.clone();
        let changed = async {
            let changed = self.progress.changed().await.is_ok();
            self.app.clock.sleep(PAUSE).await;
            changed
        };
        let changed = changed.with_cancellation_token(&ending).await;
        changed.unwrap_or_default()
    }
}

fn settled((id, row): (usize, &Settled)) -> Event {
    let row = json!({ "serial": row.serial, "outcome": row.outcome, "state": row.state, "error": row.error });
    let event = Event::default().event("row").id(id.to_string());
    event.data(row.to_string())
}

fn progress(now: &ProgressDocument) -> Event {
    let data = serde_json::to_string(now).unwrap_or_default();
    Event::default().event("progress").data(data)
}
