//! The check of the audit: record by record, it takes seconds for a million of them, and goes on while
//! pages show that it does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ledger::{Head, Verification};
use provisioner::Problem;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::trouble::{OrTold, or_broken};

/// The last check.
#[derive(Debug, Default)]
pub(crate) struct Chain(Mutex<Check>);

/// How far it is.
#[derive(Clone, Debug, Default)]
pub(crate) enum Check {
    /// Nobody asked for it since this server was started.
    #[default]
    Never,
    GoingOn,
    Ended(Ended),
}

/// What it came to.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    /// In Unix seconds.
    pub(crate) at: u64,
    pub(crate) found: Found,
}

pub(crate) type Found = Result<Arc<Verification>, Problem>;

impl Chain {
    pub(crate) fn look(&self) -> Check {
        self.check().clone()
    }

    /// Claims the check; one goes on at a time.
    fn begin(&self) -> bool {
        let mut check = self.check();
        let is_free = !matches!(*check, Check::GoingOn);
        *check = Check::GoingOn;
        is_free
    }

    fn check(&self) -> MutexGuard<'_, Check> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Checks the audit while pages go on, also against an anchor that somebody kept. None where a check
    /// goes on already; it comes to its end also when nobody waits for it.
    pub(crate) fn check_audit(self: &Arc<Self>, kept: Option<Head>) -> Option<JoinHandle<Found>> {
        let is_free = self.chain.begin();
        is_free.then(|| {
            let app = Arc::clone(self);
            tokio::spawn(async move {
                let found = or_broken(app.checked(kept.as_ref())).await.map(Arc::new);
                let at = app.clock.unix().as_secs();
                *app.chain.check() = Check::Ended(Ended {
                    at,
                    found: found.clone(),
                });
                found
            })
        })
    }

    /// The same for whoever waits for what comes of it.
    pub(crate) async fn verify_audit(self: &Arc<Self>, kept: Option<Head>) -> Found {
        let check = self.check_audit(kept).ok_or_else(goes_on)?;
        check.await.unwrap_or_else(|_| Err(broken()))
    }

    async fn checked(&self, kept: Option<&Head>) -> Result<Verification, Problem> {
        let ledger = self.ledger_apart().await?;
        let found = ledger.verify(kept).await.or_told();
        ledger.close().await;
        found
    }
}

fn goes_on() -> Problem {
    Problem::new(
        "verifying",
        "the audit is being verified already",
        "wait until that has ended, and ask again",
    )
}

fn broken() -> Problem {
    let message = "the audit could not be verified";
    Problem::new("internal", message, "ask again")
}
