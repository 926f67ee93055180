//! A plan as a document that is kept: one line of JSON with the plan's digest at its end.

use serde::{Deserialize, Serialize};

use super::Plan;
use crate::wire;

#[derive(Serialize)]
struct Document<'p> {
    #[serde(flatten)]
    plan: &'p Plan,
    digest: String,
}

#[derive(Deserialize)]
struct Head {
    schema: String,
}

/// Why a document is no plan that may be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Longer than [`Plan::MAX_BYTES`].
    #[error("this is longer than any plan; nothing of it was read")]
    TooLarge,
    /// Something else, or broken off.
    #[error("this is not a plan (line {line}, column {column})")]
    NotAPlan {
        /// Where reading ended, from 1; 0 where that is not known.
        line: usize,
        /// The byte in that line.
        column: usize,
    },
    /// A document of this project, but not of this version.
    #[error("this is {0}; this program reads oathkit.plan/1")]
    OtherVersion(String),
    /// It is not what was written when the plan was made.
    #[error("the plan was changed after it was made: it does not match its digest")]
    Changed,
}

impl Plan {
    /// The longest document that is read, in bytes: 1 GiB, more than the plan of the longest seed file.
    pub const MAX_BYTES: usize = 1024 * 1024 * 1024;

    /// The document of this plan, to be kept and read by [`Plan::read`].
    #[must_use]
    pub fn document(&self) -> String {
        let document = Document {
            plan: self,
            digest: self.digest(),
        };
        // A plan consists of strings, numbers and lists, which always serialise.
        serde_json::to_string(&document).unwrap_or_default() + "\n"
    }

    /// Reads a document of [`Plan::document`]. Every byte has to be as it was written. That shows
    /// damage and careless editing. Whoever writes a new digest as well is found out by an approval.
    ///
    /// # Errors
    /// [`PlanError`] for everything else, and for a plan that does not say who made it or that claims
    /// an approval.
    pub fn read(document: &[u8]) -> Result<Self, PlanError> {
        if document.len() > Self::MAX_BYTES {
            return Err(PlanError::TooLarge);
        }
        let head: Head = parse(document)?;
        if head.schema != Self::SCHEMA {
            return Err(other_version(&head.schema));
        }
        // The digest stands at the end; what comes before it is the plan as it was written.
        let Some((json, digest)) = split(document) else {
            return Err(parse::<Self>(document).err().unwrap_or(PlanError::Changed));
        };
        let plan: Self = parse(&json)?;
        let is_kept = plan.made.is_some() && plan.carries_out.is_none() && plan.approval.is_none();
        let is_whole = wire::sha256_hex(&json) == digest && plan.digest() == digest;
        if !is_kept || !is_whole {
            return Err(PlanError::Changed);
        }
        Ok(plan)
    }
}

/// The plan's JSON and its digest.
fn split(document: &[u8]) -> Option<(Vec<u8>, &str)> {
    const BEFORE: &[u8] = b",\"digest\":\"";
    const AFTER: &[u8] = b"\"}\n";
    let end = document.strip_suffix(AFTER)?;
    let (rest, digest) = end.split_at_checked(end.len().checked_sub(64)?)?;
    let mut json = rest.strip_suffix(BEFORE)?.to_vec();
    json.push(b'}');
    Some((json, std::str::from_utf8(digest).ok()?))
}

/// The reason of serde_json is left out: it may quote a value, and the file may be one of seeds.
fn parse<'d, T: Deserialize<'d>>(document: &'d [u8]) -> Result<T, PlanError> {
    serde_json::from_slice(document).map_err(|error| PlanError::NotAPlan {
        line: error.line(),
        column: error.column(),
    })
}

fn other_version(schema: &str) -> PlanError {
    let name = schema.strip_prefix("oathkit.").unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '/';
    if name.is_empty() || name.len() > 30 || !name.chars().all(is_plain) {
        return PlanError::NotAPlan { line: 0, column: 0 };
    }
    PlanError::OtherVersion(schema.to_owned())
}
