//! What happened, in order.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::sign_in::Idp;

/// One thing that happened: a request, or what another operator did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Milliseconds since the simulator's start.
    pub at_ms: u64,
    /// Where.
    pub idp: Idp,
    /// The operation; `operator` for another operator's act.
    pub route: String,
    /// The method and the path with its query; for another operator the name of the act.
    pub request: String,
    /// The kind of the fault that it met.
    pub fault: Option<String>,
    /// The HTTP status, or `reset` where the connection broke; for another operator `done` or what hindered him.
    pub end: String,
    /// A fingerprint of the answer's body (FNV-1a, 64 bits): two runs differ where their answers differ.
    pub answer: u64,
}

/// The record, which is kept from when somebody asks for it.
#[derive(Debug, Default)]
pub(crate) struct Trace(Option<Vec<Event>>);

impl Trace {
    pub(crate) fn start(&mut self) {
        self.0 = Some(Vec::new());
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn add(&mut self, event: impl FnOnce() -> Event) {
        if let Some(events) = &mut self.0 {
            events.push(event());
        }
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.0.clone().unwrap_or_default()
    }
}

pub(crate) fn millis(age: Duration) -> u64 {
    u64::try_from(age.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
