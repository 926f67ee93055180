//! Nobody is left waiting: a service may ask for minutes, and what somebody gave up is not to happen later.

use std::sync::Arc;
use std::time::Duration;

use provisioner::Problem;

use crate::app::App;
use crate::places::{Idp, Place};

/// So long a person waits; and so long it may take to look through a hundred thousand tokens.
const PATIENCE: Duration = Duration::from_secs(60);
/// The code of what took longer.
pub(crate) const NO_ANSWER: &str = "no-answer";

impl App {
    /// A connected identity provider. Where that takes too long, it goes on for whoever comes next.
    pub(crate) async fn connected(&self, idp: Idp) -> Result<Arc<Place>, Problem> {
        let places = Arc::clone(&self.places);
        let connecting = tokio::spawn(async move { places.get(idp).await });
        let connected = async { connecting.await.unwrap_or_else(|_| Err(no_answer(idp))) };
        self.patiently(idp, connected).await
    }

    /// Reads for one person. What has not come to its end by then is let go.
    pub(super) async fn patiently<T, E: From<Problem>>(
        &self,
        idp: Idp,
        reading: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        tokio::select! {
            read = reading => read,
            () = self.clock.sleep(PATIENCE) => Err(no_answer(idp).into()),
        }
    }
}

fn no_answer(idp: Idp) -> Problem {
    Problem::new(
        NO_ANSWER,
        format!(
            "{} asks to wait, or takes longer than a minute to answer; nothing was sent",
            idp.title()
        ),
        "try again in a moment",
    )
}
