//! What the client writes to the log: one line a call, with nothing secret in it.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, Once};

use entra_graph::{CreateDevice, ListDevices};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{DefaultGuard, set_default, set_global_default};
use tracing::{Event, Metadata, Subscriber};

use crate::credentials::at_the_endpoint;
use crate::support::{ID, SECRET, SEED, World, answer, device, token};

/// Keeps every event of this crate, whatever its level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{}={value:?} ", field.name()).unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("entra_graph")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// What this test writes, until the guard is dropped.
fn listen() -> (Log, DefaultGuard) {
    static EVERYWHERE: Once = Once::new();
    // Where nobody listens, an event that happens in two tests at once may be switched off for both.
    EVERYWHERE.call_once(|| set_global_default(Log::default()).unwrap());
    let log = Log::default();
    let guard = set_default(log.clone());
    (log, guard)
}

#[tokio::test]
async fn a_call_is_one_line_without_secrets() {
    let (log, guard) = listen();
    let world = World::signed_in([answer(201, json!({"id": ID}))]);
    world.client.send(&CreateDevice(device("1"))).await.unwrap();
    drop(guard);
    let lines = log.0.lock().unwrap();
    let line = |operation, status: u16| {
        format!("message=answer operation=\"{operation}\" status={status} request_id=\"r-1\" ")
    };
    assert_eq!(*lines, [line("sign in", 200), line("create a device", 201)]);
    let text = lines.concat();
    assert!(!text.contains(SEED) && !text.contains(SECRET) && !text.contains("T0"));
}

#[tokio::test]
async fn no_kind_of_sign_in_writes_what_it_sent() {
    for credential in at_the_endpoint() {
        let (log, guard) = listen();
        let world = World::of(credential, [token("T0"), answer(200, json!({"value": []}))]);
        world.client.send(&ListDevices::all()).await.unwrap();
        drop(guard);
        let lines = log.0.lock().unwrap().concat();
        assert!(
            lines.contains("operation=\"sign in\" status=200"),
            "{lines}"
        );
        let sent = &world.seen.lock().unwrap()[0];
        let names = ["client_secret", "client_assertion", "refresh_token"];
        let secret = names.iter().find_map(|name| sent.field(name)).unwrap();
        assert!(!lines.contains(&secret) && !lines.contains("T0"), "{lines}");
    }
}
