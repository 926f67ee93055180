//! What a record says. It names serials, users and time steps, never a seed or a code.

use std::fmt;

use provisioner::{
    Approval, Attempt, Counts, Effort, FileDigest, Goal, Intent, Known, Outcome, Plan, Resolution,
    RowResult, State, Step, Tenant, TokenId, UserId, seedfile::Serial,
};
use serde::{Deserialize, Serialize};

/// Who carries runs out, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The account of the operating system.
    pub user: String,
    /// The name of the machine.
    pub host: String,
    /// The program and its version: `oathctl 0.1.0`.
    pub program: String,
}

impl fmt::Display for Actor {
    /// `user@host`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user, self.host)
    }
}

/// One thing that happened in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum Event {
    /// A run was opened with its plan.
    RunBegun {
        actor: Actor,
        tenant: Tenant,
        goal: Goal,
        /// The digest of the plan.
        plan: String,
        /// The digest of the kept plan that it carries out.
        #[serde(skip_serializing_if = "Option::is_none")]
        carries_out: Option<String>,
        /// Who approved that one.
        #[serde(skip_serializing_if = "Option::is_none")]
        approval: Option<Approval>,
        file: FileDigest,
        rows: Rows,
    },
    /// Somebody went on with a run that another sitting left.
    RunResumed { actor: Actor },
    /// A sitting came to its end.
    RunPaused {
        #[serde(flatten)]
        effort: Effort,
    },
    /// Where a token went was taken over from another record.
    Recorded {
        actor: Actor,
        tenant: Tenant,
        serial: String,
        token: TokenId,
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<UserId>,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// A call is about to be made.
    Intent {
        serial: String,
        step: Step,
        /// The provider's id of the user.
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<UserId>,
        /// The user as the file says.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        time_step: Option<u64>,
    },
    /// What came of a call.
    Outcome {
        serial: String,
        /// The number of the intent's record.
        #[serde(skip_serializing_if = "Option::is_none")]
        intent: Option<i64>,
        attempt: Attempt,
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<TokenId>,
        #[serde(skip_serializing_if = "Option::is_none")]
        request: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        problem: Option<String>,
    },
    /// A row came to its end, or was left open.
    RowEnded {
        serial: String,
        /// The number of the record of the row's last intent.
        #[serde(skip_serializing_if = "Option::is_none")]
        intent: Option<i64>,
        outcome: Outcome,
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<State>,
        #[serde(skip_serializing_if = "Option::is_none")]
        activated_by: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
}

/// What the plan says of the file's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rows {
    pub(crate) total: usize,
    pub(crate) open: usize,
    pub(crate) unchanged: usize,
}

impl From<Counts> for Rows {
    fn from(counts: Counts) -> Self {
        Self {
            total: counts.rows,
            open: counts.pending,
            unchanged: counts.unchanged,
        }
    }
}

impl Event {
    pub(crate) fn begun(actor: &Actor, plan: &Plan, digest: &str, counts: Counts) -> Self {
        Self::RunBegun {
            actor: actor.clone(),
            tenant: plan.tenant.clone(),
            goal: plan.goal,
            plan: digest.to_owned(),
            carries_out: plan.carries_out.clone(),
            approval: plan.approval.clone(),
            file: plan.file.clone(),
            rows: counts.into(),
        }
    }

    pub(crate) fn recorded(actor: &Actor, tenant: &Tenant, serial: &Serial, known: &Known) -> Self {
        Self::Recorded {
            actor: actor.clone(),
            tenant: tenant.clone(),
            serial: serial.folded().into_owned(),
            token: known.id.clone(),
            user: known.user.clone(),
            name: known.name.clone(),
        }
    }

    pub(crate) fn intent(intent: &Intent) -> Self {
        Self::Intent {
            serial: intent.serial.folded().into_owned(),
            step: intent.step.clone(),
            user: intent.user.clone(),
            name: intent.name.clone(),
            time_step: intent.time_step,
        }
    }

    pub(crate) fn outcome(what: &Resolution, intent: Option<i64>) -> Self {
        Self::Outcome {
            serial: what.serial.folded().into_owned(),
            intent,
            attempt: what.attempt,
            token: what.id.clone(),
            request: what.request_id.clone(),
            problem: what.problem.clone(),
        }
    }

    pub(crate) fn row_ended(serial: &Serial, result: &RowResult, intent: Option<i64>) -> Self {
        Self::RowEnded {
            serial: serial.folded().into_owned(),
            intent,
            outcome: result.outcome,
            state: result.state,
            activated_by: result.activated_by.map(|by| by.name().to_owned()),
            error: result.error.as_ref().map(|problem| problem.code.clone()),
        }
    }

    /// Who acts from this record on.
    pub(crate) fn actor(self) -> Option<Actor> {
        match self {
            Self::RunBegun { actor, .. }
            | Self::RunResumed { actor }
            | Self::Recorded { actor, .. } => Some(actor),
            _ => None,
        }
    }

    /// The record's word for what happened, as in its JSON.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::RunBegun { .. } => "run-begun",
            Self::RunResumed { .. } => "run-resumed",
            Self::RunPaused { .. } => "run-paused",
            Self::Recorded { .. } => "recorded",
            Self::Intent { .. } => "intent",
            Self::Outcome { .. } => "outcome",
            Self::RowEnded { .. } => "row-ended",
        }
    }
}
