//! What went wrong, as people are told.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use ledger::Busy;
use provisioner::{LedgerError, Problem, StockError, Stopped};

use crate::vault::VaultError;

/// An error that can be told to people.
pub(crate) trait Told {
    fn told(&self) -> Problem;
}

impl Told for LedgerError {
    fn told(&self) -> Problem {
        let next = "see that the state directory can be read and written";
        Problem::new("ledger", self.to_string(), next)
    }
}

impl Told for Stopped {
    fn told(&self) -> Problem {
        match self {
            Self::Provider(failure) => failure.problem.clone(),
            Self::Ledger(error) => error.told(),
            _ => Problem::new("no-progress", self.to_string(), "try again later"),
        }
    }
}

impl Told for StockError {
    fn told(&self) -> Problem {
        self.problem().clone()
    }
}

impl Told for VaultError {
    fn told(&self) -> Problem {
        let next =
            "make room on the disk, and see that the state directory and the key file can be used";
        Problem::new("vault", self.to_string(), next)
    }
}

impl Told for Busy {
    fn told(&self) -> Problem {
        let next = "wait for it, and try again; nothing was sent";
        Problem::new("busy", self.to_string(), next)
    }
}

/// Work in the background, of which pages show how far it is: a defect in it is a problem like others, so
/// that nobody waits for its end for ever.
pub(crate) async fn or_broken<T>(
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.unwrap_or_else(|_| Err(broken()))
}

fn broken() -> Problem {
    Problem::new(
        "internal",
        "this program has a defect, and could not go on with this",
        "try it again; standard error has what to report",
    )
}

/// `result.or_told()?` where a `Problem` is what goes up.
pub(crate) trait OrTold<T> {
    fn or_told(self) -> Result<T, Problem>;
}

impl<T, E: Told> OrTold<T> for Result<T, E> {
    fn or_told(self) -> Result<T, Problem> {
        self.map_err(|error| error.told())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_defect_is_a_problem_like_others() {
        let sound = or_broken(async { Ok(1) }).await;
        assert_eq!(sound.unwrap(), 1);
        let broken = or_broken::<()>(async { panic!("as a test wants it") }).await;
        assert_eq!(broken.unwrap_err().code, "internal");
    }
}
