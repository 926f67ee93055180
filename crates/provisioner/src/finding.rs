//! Whether a sign-in can do its job: what was looked at, and what to do where something is in the way.

use serde::Serialize;

use crate::Failure;

/// From here on a clock is spoken of, in seconds.
const CLOCK_NOTED: u64 = 5;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What was looked at, as a stable word for scripts: `sign-in`, `policy`.
    pub check: &'static str,
    /// How it stands.
    pub health: Health,
    /// What was found.
    pub message: String,
    /// What a person can do, where there is something to do.
    pub next: Option<String>,
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// As it should be.
    Good,
    /// Tokens can be managed, but somebody ought to look at it.
    Warning,
    /// Something will not work.
    Bad,
}

impl Health {
    /// The word in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

impl Finding {
    /// Something is as it should be.
    #[must_use]
    pub fn good(check: &'static str, message: impl Into<String>) -> Self {
        Self {
            check,
            health: Health::Good,
            message: message.into(),
            next: None,
        }
    }

    /// Somebody ought to look at something.
    #[must_use]
    pub fn warning(
        check: &'static str,
        message: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self {
            health: Health::Warning,
            next: Some(next.into()),
            ..Self::good(check, message)
        }
    }

    /// Something will not work.
    #[must_use]
    pub fn bad(check: &'static str, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            health: Health::Bad,
            ..Self::warning(check, message, next)
        }
    }

    /// How far this machine's clock is ahead, as answers of the service showed.
    pub(crate) fn clock(ahead_millis: Option<i64>) -> Self {
        const CHECK: &str = "clock";
        let Some(ahead) = ahead_millis else {
            return Self::warning(
                CHECK,
                "how far this machine's clock is off could not be measured: the answers have no date, and \
                 codes are computed for this machine's time",
                "see that this machine's clock is right",
            );
        };
        let seconds = ahead.unsigned_abs() / 1000;
        if seconds < CLOCK_NOTED {
            return Self::good(CHECK, "this machine's clock is the service's");
        }
        let how = if ahead > 0 { "ahead" } else { "behind" };
        Self::warning(
            CHECK,
            format!(
                "this machine's clock is {seconds} s {how}; codes and sign-ins are made for the service's time"
            ),
            "set this machine's clock",
        )
    }

    /// Something could not be looked at.
    #[must_use]
    pub fn of_failure(check: &'static str, health: Health, failure: &Failure) -> Self {
        let problem = &failure.problem;
        Self {
            health,
            ..Self::warning(check, &problem.message, &problem.next)
        }
    }
}
