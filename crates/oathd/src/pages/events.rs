//! Server-sent events, as `ui/script.js` reads them.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt};
use serde::Serialize;

/// Between two looks: half a second.
pub(super) const PAUSE: Duration = Duration::from_millis(500);

/// An answer that goes on until its events end. A proxy is asked not to hold it back.
pub(super) fn answer(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let events = Sse::new(events.map(Ok::<_, Infallible>)).keep_alive(KeepAlive::default());
    ([("x-accel-buffering", "no")], events).into_response()
}

/// The page is loaded again.
pub(super) fn end() -> Event {
    Event::default().event("end").data("{}")
}

pub(super) fn event(name: &str, data: &impl Serialize) -> Event {
    let data = serde_json::to_string(data).unwrap_or_default();
    Event::default().event(name).data(data)
}
