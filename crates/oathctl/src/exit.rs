//! Exit codes, and the one way to end with a message.

use std::process::ExitCode;

use provisioner::{Failure, LedgerError, Report, Stopped, Verdict};

use crate::files;

/// How the program ends. Scripts depend on these numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything asked for is so.
    Done = 0,
    /// An error of the program or the machine.
    Internal = 1,
    /// Wrong usage, or a file that cannot be used: nothing was sent.
    Usage = 2,
    /// Finished, but some rows are not in the wanted state.
    Incomplete = 3,
    /// Sign-in, permission or configuration.
    Access = 4,
    /// Stopped early, can be resumed.
    Stopped = 5,
    /// Ctrl-C, can be resumed.
    Interrupted = 130,
    /// SIGTERM, can be resumed.
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The end of a run that nothing stopped: rows that were given up for now can be taken up again.
    pub(crate) fn of_run(report: &Report) -> Self {
        match report.counts.pending {
            0 => Self::of(report),
            _ => Self::Stopped,
        }
    }

    /// What a report says of its run.
    pub(crate) fn of(report: &Report) -> Self {
        if report.is_complete() {
            Self::Done
        } else {
            Self::Incomplete
        }
    }
}

/// An end with a message.
#[derive(Debug)]
pub(crate) struct Failed {
    exit: Exit,
    message: String,
    next: Option<String>,
}

impl Failed {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            next: None,
        }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(Exit::Internal, message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Adds what a person can do.
    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// Nothing has been sent yet: a failure to read is one of access.
    pub(crate) fn before_writing(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Provider(failure) => Self::provider(Exit::Access, failure),
            other => Self::while_writing(other),
        }
    }

    /// Something could not be read, and nothing was sent.
    pub(crate) fn unread(failure: Failure) -> Self {
        Self::before_writing(Stopped::Provider(failure))
    }

    /// A run has begun: it can be resumed once the cause is gone.
    pub(crate) fn while_writing(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Provider(failure) if failure.verdict == Verdict::Stop => {
                Self::provider(Exit::Access, failure)
            }
            Stopped::Provider(failure) => Self::provider(Exit::Stopped, failure),
            Stopped::Ledger(error) => Self::new(Exit::Stopped, error.to_string())
                .next("free the disk or mend the file, then resume the run"),
            Stopped::Interrupted => Self::new(Exit::Interrupted, "interrupted"),
            Stopped::NoProgress => Self::new(
                Exit::Stopped,
                "the service let nothing through for a long time",
            )
            .next("resume the run later"),
            other => Self::internal(format!("stopped: {other:?}")),
        }
    }

    pub(crate) fn with_exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    fn provider(exit: Exit, failure: Failure) -> Self {
        Self::new(exit, failure.problem.message).next(failure.problem.next)
    }

    /// Says it and ends.
    pub(crate) fn report(self) -> ExitCode {
        files::say(format_args!("oathctl: {}", self.message));
        if let Some(next) = self.next {
            files::say(format_args!("  -> {next}"));
        }
        self.exit.into()
    }
}

impl From<LedgerError> for Failed {
    fn from(error: LedgerError) -> Self {
        Self::internal(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_with_open_rows_can_be_resumed_and_says_so() {
        let ends = |done: usize, failed: usize, pending: usize| {
            let report: Report = serde_json::from_value(serde_json::json!({
                "schema": "oathkit.report/1", "run": "r", "idp": "entra", "wanted": "activated",
                "counts": {"rows": done + failed + pending, "done": done, "unchanged": 0,
                           "failed": failed, "conflict": 0, "pending": pending, "rejected": 0},
                "rows": [], "calls": {"total": 0, "writes": 0, "throttled": 0}, "elapsed_ms": 0,
            }))
            .unwrap();
            Exit::of_run(&report)
        };
        assert_eq!(ends(3, 0, 0), Exit::Done);
        assert_eq!(ends(2, 1, 0), Exit::Incomplete);
        assert_eq!(ends(2, 0, 1), Exit::Stopped);
        assert_eq!(ends(1, 1, 1), Exit::Stopped);
    }
}
