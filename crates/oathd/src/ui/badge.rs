//! How something stands: a word with an icon and a colour.

use maud::{Markup, Render, html};
use provisioner::{Health, Outcome, State};

use super::Icon;

/// How good or bad it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    #[default]
    Quiet,
    Info,
    Good,
    Warning,
    Bad,
}

impl Tone {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Info => "info",
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }

    pub(super) fn icon(self) -> Icon {
        match self {
            Self::Quiet | Self::Info => Icon::Info,
            Self::Good => Icon::Done,
            Self::Warning => Icon::Warning,
            Self::Bad => Icon::Failed,
        }
    }
}

/// A word with its icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Badge {
    tone: Tone,
    icon: Icon,
    word: &'static str,
}

impl Badge {
    /// The icon and the word of a provider; it says what is meant, and not how it stands.
    pub(crate) const ENTRA: Self = Self::new(Tone::Quiet, Icon::Entra, "Entra ID");
    /// See [`Badge::ENTRA`].
    pub(crate) const OKTA: Self = Self::new(Tone::Quiet, Icon::Okta, "Okta");
    /// What could not be read.
    pub(crate) const UNREADABLE: Self = Self::new(Tone::Warning, Icon::Unreadable, "unreadable");
    /// What came of all rows of a run, and of some.
    pub(crate) const AS_WANTED: Self = Self::new(Tone::Good, Icon::Done, "as wanted");
    pub(crate) const NOT_AS_WANTED: Self = Self::new(Tone::Warning, Icon::Warning, "not as wanted");
    /// A credential that is there and is not shown.
    pub(crate) const SET: Self = Self::new(Tone::Good, Icon::Key, "set, not shown");

    /// Every outcome of a row and every state of a job: what the script may show.
    pub(super) fn live() -> impl Iterator<Item = Self> {
        let outcomes = [
            Outcome::Done,
            Outcome::Unchanged,
            Outcome::Failed,
            Outcome::Conflict,
            Outcome::Pending,
            Outcome::Rejected,
        ];
        let states = [State::Imported, State::Assigned, State::Activated];
        let outcomes = outcomes.into_iter().map(Self::from);
        let jobs = JobState::ALL.into_iter().map(Self::from);
        outcomes.chain(states.map(Self::from)).chain(jobs)
    }

    /// Any other word.
    pub(crate) const fn new(tone: Tone, icon: Icon, word: &'static str) -> Self {
        Self { tone, icon, word }
    }

    #[cfg(test)]
    fn word(self) -> &'static str {
        self.word
    }
}

impl Render for Badge {
    fn render(&self) -> Markup {
        html! {
            span.badge.(self.tone.class()) data-badge=(self.word) { (self.icon) (self.word) }
        }
    }
}

impl From<State> for Badge {
    fn from(state: State) -> Self {
        let (tone, icon) = match state {
            State::Imported => (Tone::Quiet, Icon::Imported),
            State::Assigned => (Tone::Info, Icon::Assigned),
            State::Activated => (Tone::Good, Icon::Activated),
        };
        Self::new(tone, icon, state.name())
    }
}

impl From<Outcome> for Badge {
    fn from(outcome: Outcome) -> Self {
        let (tone, icon) = match outcome {
            Outcome::Done => (Tone::Good, Icon::Done),
            Outcome::Unchanged => (Tone::Quiet, Icon::Unchanged),
            Outcome::Failed => (Tone::Bad, Icon::Failed),
            Outcome::Conflict => (Tone::Warning, Icon::Conflict),
            Outcome::Pending => (Tone::Info, Icon::Pending),
            Outcome::Rejected => (Tone::Bad, Icon::Rejected),
        };
        Self::new(tone, icon, outcome.name())
    }
}

impl From<Health> for Badge {
    fn from(health: Health) -> Self {
        let tone = Tone::from(health);
        Self::new(tone, tone.icon(), health.name())
    }
}

impl From<Health> for Tone {
    fn from(health: Health) -> Self {
        match health {
            Health::Good => Self::Good,
            Health::Warning => Self::Warning,
            Health::Bad => Self::Bad,
        }
    }
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobState {
    GoingOn,
    Waiting,
    Paused,
    Interrupted,
    Cancelled,
    Finished,
}

impl JobState {
    pub(crate) const ALL: [Self; 6] = [
        Self::GoingOn,
        Self::Waiting,
        Self::Paused,
        Self::Interrupted,
        Self::Cancelled,
        Self::Finished,
    ];

    /// The word on pages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::GoingOn => "going on",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
            Self::Interrupted => "interrupted",
            Self::Cancelled => "cancelled",
            Self::Finished => "finished",
        }
    }
}

impl From<JobState> for Badge {
    fn from(state: JobState) -> Self {
        let (tone, icon) = match state {
            JobState::GoingOn => (Tone::Info, Icon::GoingOn),
            JobState::Waiting => (Tone::Info, Icon::Pending),
            JobState::Paused => (Tone::Warning, Icon::Paused),
            JobState::Interrupted => (Tone::Warning, Icon::Interrupted),
            JobState::Cancelled => (Tone::Quiet, Icon::Cancelled),
            JobState::Finished => (Tone::Good, Icon::Finished),
        };
        Self::new(tone, icon, state.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn words_that_the_script_shows_are_told_apart() {
        let words: BTreeSet<_> = Badge::live().map(Badge::word).collect();
        assert_eq!(words.len(), Badge::live().count());
    }

    #[test]
    fn outcomes_differ_by_icon_and_not_by_colour_alone() {
        let badges: Vec<_> = Badge::live().collect();
        for (at, one) in badges.iter().enumerate() {
            for other in badges.iter().skip(at + 1) {
                assert!(one.icon != other.icon || one.word != other.word);
            }
        }
        let done = Badge::from(Outcome::Done).render().into_string();
        assert!(done.contains("i-done") && done.ends_with("done</span>"));
    }
}
