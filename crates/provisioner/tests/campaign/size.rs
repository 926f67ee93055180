//! How far a campaign goes.

/// How far a campaign goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// A sample, for the everyday suite.
    Short,
    /// All of it: `OATHKIT_CAMPAIGN=full`.
    Full,
}

impl Size {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test has no other way to be told"
    )]
    pub(crate) fn chosen() -> Self {
        match std::env::var("OATHKIT_CAMPAIGN").as_deref() {
            Ok("full") => Self::Full,
            Ok(other) => panic!("OATHKIT_CAMPAIGN is `full` or not set, not `{other}`"),
            Err(_) => Self::Short,
        }
    }

    /// One of two numbers.
    pub(crate) fn pick<T>(self, short: T, full: T) -> T {
        match self {
            Self::Short => short,
            Self::Full => full,
        }
    }
}

/// The case that `OATHKIT_CASE` names, to run one that failed again.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no other way to be told"
)]
pub(crate) fn chosen_case() -> Option<String> {
    std::env::var("OATHKIT_CASE").ok()
}
