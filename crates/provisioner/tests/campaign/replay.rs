//! The same seed gives the same run, request by request.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use idp_http::{Clock, Request, Response, Transport, TransportError};
use idp_sim::{Idp, SimConfig};

use crate::in_virtual_time;
use crate::size::Size;
use crate::support::{BOTH, World, mixed_file, tempest};

const TOKENS: usize = 40;

/// When a request left, what it asked for, and the hash of its body.
#[derive(Debug, PartialEq, Eq)]
struct Sent {
    at: Duration,
    what: String,
    body: u64,
}

struct Recorder {
    inner: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

#[async_trait]
impl Transport for Recorder {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut hash = DefaultHasher::new();
        request.body().as_ref().hash(&mut hash);
        self.sent.lock().unwrap().push(Sent {
            at: self.clock.monotonic(),
            what: format!("{} {}", request.method(), request.uri()),
            body: hash.finish(),
        });
        self.inner.send(request).await
    }
}

/// A run under faults: its requests, and how it ended.
async fn run(idp: Idp, seed: u64) -> (Vec<Sent>, String) {
    let mut config = SimConfig::with_people(TOKENS);
    config.seed = 1000 + seed;
    config.latency = Duration::from_millis(80);
    let mut world = World::with(config, mixed_file(TOKENS));
    world.faults(tempest());
    let sent = Arc::new(Mutex::new(Vec::new()));
    world.transport = Arc::new(Recorder {
        inner: Arc::clone(&world.transport),
        clock: Arc::clone(&world.clock),
        sent: Arc::clone(&sent),
    });
    let ended = format!("{:?}", world.try_provision(idp).await);
    drop(world);
    (Arc::into_inner(sent).unwrap().into_inner().unwrap(), ended)
}

#[test]
fn the_same_seed_gives_the_same_requests() {
    let seeds = Size::chosen().pick(5, 1000);
    let mut requests = 0;
    for (idp, seed) in BOTH
        .into_iter()
        .flat_map(|idp| (0..seeds).map(move |s| (idp, s)))
    {
        let (first, second) = (
            in_virtual_time(run(idp, seed)),
            in_virtual_time(run(idp, seed)),
        );
        let differs = first.0.iter().zip(&second.0).find(|(a, b)| a != b);
        assert!(differs.is_none(), "{idp:?} seed {seed}: {differs:?}");
        assert_eq!(first, second, "{idp:?} seed {seed}");
        requests += first.0.len();
    }
    println!("{seeds} seeds at both services, each run twice: {requests} requests, all alike");
}

#[test]
fn another_seed_gives_other_requests() {
    let [one, other] = [1, 2].map(|seed| in_virtual_time(run(Idp::Okta, seed)));
    assert_ne!(one.0, other.0);
}
