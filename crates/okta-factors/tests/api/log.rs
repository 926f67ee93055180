//! What the client writes to the log: one line a call, with nothing secret in it.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, Once};

use okta_factors::GetOrganization;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{DefaultGuard, set_default, set_global_default};
use tracing::{Event, Metadata, Subscriber};

use crate::service_app::{World, challenge, done, token};

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
        metadata.target().starts_with("okta_factors")
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
async fn a_sign_in_and_a_call_are_lines_without_secrets() {
    let (log, guard) = listen();
    let world = World::new([challenge("nonce"), token(), done()]);
    world.client.send(&GetOrganization).await.unwrap();
    drop(guard);
    let line = |operation, status: u16| {
        format!("message=answer operation=\"{operation}\" status={status} ")
    };
    let expected = [
        line("sign in", 400),
        line("sign in", 200),
        line("read the org's engine", 200),
    ];
    assert_eq!(*log.0.lock().unwrap(), expected);
}
