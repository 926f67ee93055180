#![doc = include_str!("../README.md")]

#[cfg(feature = "approval")]
mod approval;
mod engine;
#[cfg(feature = "entra")]
pub mod entra;
mod estimate;
mod finding;
mod goal;
mod idp;
mod inventory;
mod ledger;
#[cfg(any(feature = "entra", feature = "okta"))]
mod listing;
#[cfg(feature = "okta")]
pub mod okta;
mod pace;
mod pairs;
mod plan;
mod proof;
mod records;
mod replacement;
mod report;
mod spreadsheet;
mod stock;
mod token;
mod wire;

#[cfg(feature = "approval")]
pub use approval::{ApprovalError, ApprovalRules};
pub use engine::{Engine, Event, Stopped};
pub use estimate::Estimate;
pub use finding::{Finding, Health};
pub use goal::Goal;
pub use idp::{
    Capabilities, Failure, IdentityProvider, Known, Lookup, Observed, Operation, Person, Receipt,
    Shape, Sighting, Step, StepRule, Tenant, TokenId, UserId, Verdict, Work,
};
pub use inventory::{FoundUser, Holder, InventoryFilter, InventoryToken, Twin, Whose};
pub use ledger::{
    Attempt, Intent, Ledger, LedgerError, MemoryLedger, Prover, Resolution, RowHistory, RowResult,
    RunId,
};
pub use pace::{Allowance, Calls, Effort, Limits, Pace, Quota};
pub use pairs::{PairsError, pairs};
pub use plan::{
    Approval, Change, Decision, Made, Misfit, Plan, PlanError, PlannedRow, RowChange, misfits,
};
pub use proof::{Proof, TypedCode};
pub use records::{CheckedRecords, Record, Records, RecordsError};
pub use replacement::Replacement;
pub use report::{Counts, Outcome, Report, ReportRow};
pub use stock::{Stock, StockError};
pub use token::{FileDigest, Fingerprint, Problem, Roster, State, Token, Unreadable};

pub use idp_http;
pub use oath_core;
pub use seedfile;
