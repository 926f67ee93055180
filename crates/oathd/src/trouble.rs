//! What went wrong, as people are told.

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

/// `result.or_told()?` where a `Problem` is what goes up.
pub(crate) trait OrTold<T> {
    fn or_told(self) -> Result<T, Problem>;
}

impl<T, E: Told> OrTold<T> for Result<T, E> {
    fn or_told(self) -> Result<T, Problem> {
        self.map_err(|error| error.told())
    }
}
