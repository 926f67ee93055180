//! What a ledger keeps: plans, intents before writes, what came of them, and where tokens went.

mod memory;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use seedfile::Serial;
use serde::{Deserialize, Serialize};

pub use self::memory::MemoryLedger;

use crate::{
    Effort, Fingerprint, Known, Outcome, Plan, Problem, State, Step, Tenant, TokenId, UserId,
};

/// Names a run. Chosen by the caller, who owns the randomness.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub String);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A write that is about to be sent for one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The token.
    pub serial: Serial,
    /// What the call does.
    pub step: Step,
    /// For whom.
    pub user: Option<UserId>,
    /// For whom, as the file names them.
    pub name: Option<String>,
    /// The time step of the code that it carries.
    pub time_step: Option<u64>,
}

/// What came of an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// The token.
    pub serial: Serial,
    /// How the call ended.
    pub attempt: Attempt,
    /// The token's id, where the answer holds one.
    pub id: Option<TokenId>,
    /// For whom the call was.
    pub user: Option<UserId>,
    /// For whom, as the file names them.
    pub name: Option<String>,
    /// Whether the service accepted a code that the call carried.
    pub code_accepted: bool,
    /// The seed that the call carried or proved, where it is at hand.
    pub fingerprint: Option<Fingerprint>,
    /// The service's id of the request.
    pub request_id: Option<String>,
    /// The problem's stable word, where there was one.
    pub problem: Option<String>,
}

/// How a call ended for one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Attempt {
    /// The service said that it is done.
    Done,
    /// The service said that it is not done.
    NotDone,
    /// It may have been done.
    Unknown,
}

/// The end of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowResult {
    /// How it ended.
    pub outcome: Outcome,
    /// What the provider has.
    pub state: Option<State>,
    /// Who proved the token, where this run activated it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_by: Option<Prover>,
    /// Why it is not as wanted.
    pub error: Option<Problem>,
    /// When it may be tried again and not before, in seconds since the Unix epoch: a pending row for
    /// which the service asked for so long a wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<u64>,
}

impl RowResult {
    /// True where the token is not at the provider any more.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        let ended = matches!(self.outcome, Outcome::Done | Outcome::Unchanged);
        ended && self.state.is_none()
    }

    /// True for a row that waits for a time that the service named, and that has not come.
    #[must_use]
    pub fn waits(&self, unix: Duration) -> bool {
        self.not_before.is_some_and(|at| at > unix.as_secs())
    }
}

/// Who proved that a token works: what its activation says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Prover {
    /// Somebody who knew the seed: the code was computed.
    Operator,
    /// Somebody who held the device: the code was read off it.
    User,
}

impl Prover {
    /// The word in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::User => "user",
        }
    }
}

/// What a run did so far for one token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowHistory {
    /// The end of the row, if it has come to one, or how it was left pending.
    pub result: Option<RowResult>,
    /// True where a write of this run was done or may have been: the state, if it is as wanted, is
    /// this run's doing.
    pub touched: bool,
    /// True where the last write was not accepted, or has no clear end.
    pub doubtful: bool,
    /// The time step of the last code sent.
    pub time_step: Option<u64>,
}

/// The ledger could not be read or written. Nothing is sent without it.
#[derive(Debug, thiserror::Error)]
#[error("the ledger cannot be used: {0}")]
pub struct LedgerError(String);

impl LedgerError {
    /// An error with a sentence for people.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Keeps what was intended and what happened.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Opens a run with its plan. Durable when it returns.
    ///
    /// # Errors
    /// [`LedgerError`] when it could not be made durable.
    async fn begin(&self, run: &RunId, plan: &Plan) -> Result<(), LedgerError>;

    /// Records intents, all or none. Durable when it returns: only then is the call sent.
    ///
    /// # Errors
    /// [`LedgerError`] when they could not be made durable.
    async fn intend(&self, run: &RunId, intents: Vec<Intent>) -> Result<(), LedgerError>;

    /// Records what came of intents. May become durable later: a lost resolution reads as unknown.
    ///
    /// # Errors
    /// [`LedgerError`] when the ledger is unusable.
    async fn resolve(&self, run: &RunId, resolutions: Vec<Resolution>) -> Result<(), LedgerError>;

    /// Records the ends of rows. What is gone is not [`Ledger::known`] any more.
    ///
    /// # Errors
    /// [`LedgerError`] when the ledger is unusable.
    async fn settle(&self, run: &RunId, rows: Vec<(Serial, RowResult)>) -> Result<(), LedgerError>;

    /// Adds what one sitting of a run took, makes everything durable, and returns what the run took
    /// over all its sittings.
    ///
    /// # Errors
    /// [`LedgerError`] when it could not be made durable.
    async fn pause(&self, run: &RunId, effort: Effort) -> Result<Effort, LedgerError>;

    /// What a run did so far, for each token it touched.
    ///
    /// # Errors
    /// [`LedgerError`] when the ledger is unusable.
    async fn history(&self, run: &RunId) -> Result<BTreeMap<Serial, RowHistory>, LedgerError>;

    /// Where tokens of this tenant went, over all runs.
    ///
    /// # Errors
    /// [`LedgerError`] when the ledger is unusable.
    async fn known(&self, tenant: &Tenant) -> Result<BTreeMap<Serial, Known>, LedgerError>;

    /// Takes over where tokens of this tenant went, as another record says. Durable when it returns;
    /// `run` names the taking over.
    ///
    /// # Errors
    /// [`LedgerError`] when it could not be made durable, or where a ledger takes over nothing.
    async fn remember(
        &self,
        _run: &RunId,
        _tenant: &Tenant,
        _known: BTreeMap<Serial, Known>,
    ) -> Result<(), LedgerError> {
        Err(LedgerError::new("it takes over no other records"))
    }
}
