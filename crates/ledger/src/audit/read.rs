//! Records as they are read: each with the call that it is about.

use provisioner::{LedgerError, Step, UserId};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Event;
use crate::error::unreadable;

/// What [`Record::read`] reads, from [`FROM`].
pub(super) const COLUMNS: &str = "SELECT record.seq, record.at, record.run, record.entry, \
    record.hash, intent.entry AS call";
/// Each `record`, and for an outcome and the end of a row the `intent` that it is about.
pub(super) const FROM: &str = " FROM audit AS record LEFT JOIN audit AS intent ON intent.seq = \
    CASE WHEN json_valid(record.entry) THEN record.entry ->> '$.intent' END WHERE ";

/// A record and what it says.
pub(super) struct Record {
    pub(super) seq: i64,
    /// Unix milliseconds.
    pub(super) at: i64,
    pub(super) run: String,
    pub(super) entry: String,
    pub(super) hash: String,
    pub(super) event: Event,
    /// For an outcome and the end of a row: the call that it is about.
    pub(super) call: Option<Call>,
}

/// For whom a call was, and what it did.
pub(super) struct Call {
    step: Step,
    user: Option<UserId>,
    name: Option<String>,
}

/// Why there is no record to show.
pub(super) enum Unread {
    /// The ledger cannot be read.
    Ledger(LedgerError),
    /// The record is not what was once written.
    Damaged { seq: i64, reason: String },
}

impl Record {
    pub(super) fn read(row: &SqliteRow) -> Result<Self, Unread> {
        let number = |name: &str| {
            let number: Result<i64, _> = row.try_get(name);
            number.map_err(|error| Unread::Ledger(unreadable(error)))
        };
        let (seq, at) = (number("seq")?, number("at")?);
        let damaged = |reason: String| Unread::Damaged { seq, reason };
        let text = |name: &str| {
            let text: Result<String, _> = row.try_get(name);
            text.map_err(|error| damaged(error.to_string()))
        };
        let entry = text("entry")?;
        let event = serde_json::from_str(&entry).map_err(|error| damaged(error.to_string()))?;
        let call: Option<String> = row.try_get("call").unwrap_or_default();
        Ok(Self {
            seq,
            at,
            run: text("run")?,
            hash: text("hash")?,
            event,
            call: call.and_then(|entry| Call::read(&entry)),
            entry,
        })
    }

    /// For whom and what: an intent's own, or that of the call which the record is about.
    pub(super) fn call(&self) -> (Option<&Step>, Option<&str>, Option<&str>) {
        let (step, user, name) = match (&self.event, &self.call) {
            (Event::Recorded { user, name, .. }, _) => {
                let user = user.as_ref().map(|user| user.0.as_str());
                return (None, user, name.as_deref());
            }
            (
                Event::Intent {
                    step, user, name, ..
                },
                _,
            )
            | (_, Some(Call { step, user, name })) => (step, user, name),
            (_, None) => return (None, None, None),
        };
        let user = user.as_ref().map(|user| user.0.as_str());
        (Some(step), user, name.as_deref())
    }

    /// The token that the record is about.
    pub(super) fn serial(&self) -> Option<&str> {
        match &self.event {
            Event::Intent { serial, .. }
            | Event::Outcome { serial, .. }
            | Event::RowEnded { serial, .. }
            | Event::Recorded { serial, .. } => Some(serial),
            _ => None,
        }
    }
}

impl Call {
    fn read(entry: &str) -> Option<Self> {
        match serde_json::from_str(entry).ok()? {
            Event::Intent {
                step, user, name, ..
            } => Some(Self { step, user, name }),
            _ => None,
        }
    }
}
