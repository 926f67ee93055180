//! The way to the simulator, with a listener and a pair of scissors.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use idp_http::http::Method;
use idp_http::{Request, Response, Transport, TransportError};
use serde_json::Value;

use crate::support::World;

/// What becomes of the first answer to a write that creates.
enum Change {
    None,
    /// Only so many bytes of its body are there, and its length says the same.
    Cut(usize),
    /// Every second item is left out.
    Forget,
}

pub(crate) struct Wire {
    inner: Arc<dyn Transport>,
    change: Change,
    used: AtomicBool,
    cut: AtomicBool,
    origins: Mutex<BTreeSet<String>>,
}

impl Wire {
    fn new(world: &World, change: Change) -> Self {
        Self {
            inner: Arc::clone(&world.transport),
            change,
            used: AtomicBool::new(false),
            cut: AtomicBool::new(false),
            origins: Mutex::default(),
        }
    }

    pub(crate) fn listening(world: &World) -> Self {
        Self::new(world, Change::None)
    }

    pub(crate) fn cutting(world: &World, bytes: usize) -> Self {
        Self::new(world, Change::Cut(bytes))
    }

    pub(crate) fn forgetting(world: &World) -> Self {
        Self::new(world, Change::Forget)
    }

    /// True where the answer was longer than what was left of it.
    pub(crate) fn has_cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed)
    }

    /// Scheme, host and port of everything that was asked.
    pub(crate) fn origins(&self) -> Vec<String> {
        self.origins.lock().unwrap().iter().cloned().collect()
    }

    fn changed(&self, mut answer: Response) -> Response {
        match self.change {
            Change::None => {}
            Change::Cut(bytes) => {
                self.cut
                    .store(answer.body().len() > bytes, Ordering::Relaxed);
                answer.body_mut().truncate(bytes);
            }
            Change::Forget => {
                let mut body: Value = serde_json::from_slice(answer.body()).unwrap();
                let items = body["value"].as_array_mut().unwrap();
                let mut number = 0;
                items.retain(|_| {
                    number += 1;
                    number % 2 == 0
                });
                *answer.body_mut() = body.to_string().into_bytes();
            }
        }
        answer
    }
}

#[async_trait]
impl Transport for Wire {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let uri = request.uri();
        let origin = format!(
            "{}://{}",
            uri.scheme_str().unwrap(),
            uri.authority().unwrap()
        );
        self.origins.lock().unwrap().insert(origin);
        let creates = (request.method() == Method::POST || request.method() == Method::PATCH)
            && ["hardwareOathDevices", "factors"]
                .iter()
                .any(|end| uri.path().ends_with(end));
        let creates = creates && !self.used.swap(true, Ordering::Relaxed);
        let answer = self.inner.send(request).await?;
        Ok(if creates {
            self.changed(answer)
        } else {
            answer
        })
    }
}

impl Wire {
    /// True where nobody but the services was asked.
    pub(crate) fn is_at_home(&self) -> bool {
        let home = [
            "https://login.sim.test",
            "https://graph.sim.test",
            "https://okta.sim.test",
        ];
        self.origins()
            .iter()
            .all(|origin| home.contains(&origin.as_str()))
    }
}
