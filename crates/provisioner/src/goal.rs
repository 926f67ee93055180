//! What a run wants of its tokens, and the operations that lead there.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Operation, State};

/// How a run shall leave each of its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Goal {
    /// In the inventory, whoever holds it.
    Imported,
    /// Held by the user of its row, usable or not.
    Assigned,
    /// Held by the user of its row, and usable at sign-in.
    Activated,
    /// The same, and one of its codes was accepted since it was enrolled.
    Proven,
    /// What the user of its row holds already is this token, as one of its codes shows. Nothing is
    /// enrolled.
    Adopted,
    /// In the inventory, and not usable; whoever holds it keeps it.
    Deactivated,
    /// In the inventory, held by nobody.
    Unassigned,
    /// Not in the inventory.
    Deleted,
}

impl Goal {
    /// The word in plans and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Assigned => "assigned",
            Self::Activated => "activated",
            Self::Proven => "proven",
            Self::Adopted => "adopted",
            Self::Deactivated => "deactivated",
            Self::Unassigned => "unassigned",
            Self::Deleted => "deleted",
        }
    }

    /// True where a token is to have the holder whom its row names.
    #[must_use]
    pub fn gives(self) -> bool {
        matches!(
            self,
            Self::Assigned | Self::Activated | Self::Proven | Self::Adopted
        )
    }

    /// True where something is taken from whoever holds the token.
    #[must_use]
    pub fn takes(self) -> bool {
        matches!(self, Self::Deactivated | Self::Unassigned | Self::Deleted)
    }

    /// Whether a token in this state is as wanted; `None` is a token that is not there.
    #[must_use]
    pub fn is_met_by(self, state: Option<State>) -> bool {
        match self {
            Self::Imported => state >= Some(State::Imported),
            Self::Assigned => state >= Some(State::Assigned),
            Self::Activated | Self::Proven | Self::Adopted => state == Some(State::Activated),
            Self::Deactivated => state.is_some_and(|state| state < State::Activated),
            Self::Unassigned => state == Some(State::Imported),
            Self::Deleted => state.is_none(),
        }
    }

    /// The operations that lead from a state to this goal, in order.
    pub(crate) fn operations(self, state: Option<State>) -> Vec<Operation> {
        use Operation::{Activate, Assign, Deactivate, Delete, Import, Unassign, Verify};
        // Each with the states for which it is left out.
        let up = |goal: State| -> Vec<Operation> {
            let all = [
                (Import, State::Imported),
                (Assign, State::Assigned),
                (Activate, State::Activated),
            ];
            let left = all.into_iter();
            let left = left.filter(|(_, leads_to)| Some(*leads_to) > state && *leads_to <= goal);
            left.map(|(operation, _)| operation).collect()
        };
        let held = state >= Some(State::Assigned);
        match self {
            Self::Imported => up(State::Imported),
            Self::Assigned => up(State::Assigned),
            Self::Activated => up(State::Activated),
            Self::Proven => [up(State::Activated), vec![Verify]].concat(),
            Self::Adopted => vec![Verify],
            Self::Deactivated => vec![Deactivate],
            Self::Unassigned => vec![Unassign],
            Self::Deleted if held => vec![Unassign, Delete],
            Self::Deleted => vec![Delete],
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
