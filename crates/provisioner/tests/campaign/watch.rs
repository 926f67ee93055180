//! Looks at every request of a process before it leaves.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use idp_http::Request;
use provisioner::Intent;
use seedfile::Serial;

use crate::disk::Disk;

/// Panics where a write leaves that should not.
pub(crate) struct Watch {
    disk: Arc<Disk>,
    /// The tokens of the file.
    serials: Vec<Serial>,
    /// Tokens whose last call had no clear end when the process began.
    in_doubt: BTreeSet<Serial>,
    /// What was read since.
    reads: Mutex<Vec<String>>,
}

impl Watch {
    pub(crate) fn new(disk: Arc<Disk>, serials: Vec<Serial>, in_doubt: BTreeSet<Serial>) -> Self {
        Self {
            disk,
            serials,
            in_doubt,
            reads: Mutex::default(),
        }
    }

    pub(crate) fn see(&self, request: &Request) {
        let signs_in = request.uri().host() == Some("login.sim.test");
        if request.method().is_safe() {
            self.reads.lock().unwrap().push(request.uri().to_string());
        } else if !signs_in {
            self.see_write(request);
        }
    }

    /// A write has a durable intent for every token that it is about, and for a token in doubt there
    /// was a read before.
    fn see_write(&self, request: &Request) {
        let path = request.uri().path();
        let body = String::from_utf8_lossy(request.body().as_ref());
        let intents = self.disk.durable_intents();
        let about: Vec<&Intent> = intents
            .values()
            .filter(|intent| body.contains(intent.serial.as_str()) || is_of_user(path, intent))
            .collect();
        assert!(!about.is_empty(), "a write without an intent: {path}");
        for serial in self.serials.iter().filter(|s| body.contains(s.as_str())) {
            assert!(intents.contains_key(serial), "no intent for {serial}");
        }
        for intent in about.iter().filter(|i| self.in_doubt.contains(&i.serial)) {
            assert!(self.was_read(intent), "repeated unread: {intent:?}");
        }
    }

    fn was_read(&self, intent: &Intent) -> bool {
        let reads = self.reads.lock().unwrap();
        let shows = |read: &&String| {
            read.contains(intent.serial.as_str())
                || is_of_user(read, intent) && read.contains("factors")
        };
        reads.iter().any(|read| shows(&read))
    }
}

fn is_of_user(path: &str, intent: &Intent) -> bool {
    let user = intent.user.as_ref();
    user.is_some_and(|user| path.contains(&user.0))
}
