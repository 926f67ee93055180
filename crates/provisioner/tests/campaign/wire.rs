//! The way to the simulator: it takes time, and a process may die on it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use idp_http::{Clock, Request, Response, Transport, TransportError};
use idp_sim::SimTransport;

use crate::dice::Dice;
use crate::fuse::Fuse;
use crate::watch::Watch;

/// How long a request takes to the service, and an answer back.
const ONE_WAY: Duration = Duration::from_millis(40);

/// What becomes of requests that are on their way when their process dies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    Lost,
    /// They arrive so much later.
    Late(Duration),
}

impl Fate {
    pub(crate) fn of(dice: &mut Dice) -> Self {
        let late = |seconds| Self::Late(Duration::from_secs(seconds));
        dice.pick(&[Self::Lost, late(0), late(2), late(5)])
    }
}

pub(crate) struct Wire {
    pub(crate) service: SimTransport,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) fuse: Arc<Fuse>,
    pub(crate) fate: Fate,
    pub(crate) watch: Watch,
}

impl Wire {
    /// Sends a request that travels on although its process dies.
    fn depart(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>> {
        let (clock, fuse, fate) = (Arc::clone(&self.clock), Arc::clone(&self.fuse), self.fate);
        let service = self.service.clone();
        let travel = tokio::spawn(async move {
            clock.sleep(ONE_WAY).await;
            match fate {
                Fate::Lost => fuse.alive().await,
                Fate::Late(time) if fuse.is_blown() => clock.sleep(time).await,
                Fate::Late(_) => {}
            }
            service.send(request).await
        });
        async { travel.await.unwrap() }
    }
}

#[async_trait]
impl Transport for Wire {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.fuse.pass().await;
        self.watch.see(&request);
        let answer = self.depart(request).await;
        self.fuse.pass().await;
        self.clock.sleep(ONE_WAY).await;
        self.fuse.pass().await;
        answer
    }
}
