//! The audit for people: newest first, page by page.

mod query;
mod text;

use std::ops::Range;

use futures_util::TryStreamExt;
use provisioner::seedfile::Serial;
use provisioner::{Goal, LedgerError, RunId, State, UserId};
use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use self::text::Pattern;
use super::read::{Record, Unread};
use super::{Actor, Event};
use crate::SqliteLedger;
use crate::entries::attempt_name;
use crate::error::unreadable;

/// Which records: those that fit everything that is named here, and all where nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordFilter {
    /// Those before the one with this number: the next page.
    pub before: Option<i64>,
    /// Those of one run.
    pub run: Option<RunId>,
    /// Those about one token: its history.
    pub serial: Option<Serial>,
    /// Those for one user, by the provider's id or by a name that was recorded with it, whatever its case.
    /// Of a name that was recorded with several ids, those alone that have the name.
    pub user: Option<String>,
    /// Those of sittings of this actor: `alice`, or `alice@desk`, whatever the case.
    pub actor: Option<String>,
    /// Those that show this text somewhere but in [`AuditRecord::idp`], whatever its case. `*` stands for anything, and `!` at the
    /// beginning asks for those that do not show it.
    pub text: Option<String>,
    /// Those from this time on, in Unix milliseconds.
    pub since: Option<i64>,
    /// Those before this time, in Unix milliseconds.
    pub until: Option<i64>,
}

/// One record of the audit, to be shown. It names serials and users, never a seed or a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AuditRecord {
    /// Its number; the first one has 1.
    pub seq: i64,
    /// When, in Unix milliseconds.
    pub at: i64,
    /// In which run.
    pub run: RunId,
    /// Which identity provider the run is for, by its name: `entra`, `okta`.
    pub idp: Option<String>,
    /// Who acted: as the record says, or as the beginning of its sitting does.
    pub actor: Option<Actor>,
    /// What happened, as a stable word: `run-begun`, `run-resumed`, `run-paused`, `recorded`, `intent`,
    /// `outcome`, `row-ended`; or [`AuditRecord::DAMAGED`].
    pub event: &'static str,
    /// The token, in lower case.
    pub serial: Option<String>,
    /// The provider's id of the user for whom the call was.
    pub user: Option<UserId>,
    /// The user as the file names them.
    pub name: Option<String>,
    /// What the call did: `import + assign`.
    pub step: Option<String>,
    /// How it ended: `done`, `notdone` or `unknown` for an outcome, the outcome of a report for the end
    /// of a row.
    pub outcome: Option<&'static str>,
    /// What the provider had at the end of a row.
    pub state: Option<State>,
    /// What the run is to come to, where it was begun.
    pub goal: Option<Goal>,
    /// Why it is not as wanted: the stable word of a problem; for a damaged record what is wrong with it.
    pub message: Option<String>,
    /// The service's id of the request.
    pub request: Option<String>,
    /// The hash, in lower-case hexadecimal.
    pub hash: String,
}

/// So many records are looked at one by one before the database searches the others. The tests have few.
const RECENT: i64 = if cfg!(debug_assertions) { 20 } else { 10_000 };

impl SqliteLedger {
    /// Reads `most` records at the most, newest first. The number of the last one is the
    /// [`before`](RecordFilter::before) of the next page. The chain is not checked here: see
    /// [`SqliteLedger::verify`].
    ///
    /// Run, token, user and actor are looked up in indexes. Times are compared with those of one record
    /// after the other, and a text is looked for in all of them.
    ///
    /// # Errors
    /// [`LedgerError`] when the file cannot be read.
    pub async fn records(
        &self,
        filter: &RecordFilter,
        most: usize,
    ) -> Result<Vec<AuditRecord>, LedgerError> {
        let text = filter.text.as_deref().and_then(Pattern::parse);
        let mut reader = self.reader().await;
        let newest: Option<i64> = sqlx::query_scalar("SELECT max(seq) FROM audit")
            .fetch_one(&mut *reader)
            .await
            .map_err(unreadable)?;
        let end = newest.map_or(0, |newest| newest.saturating_add(1));
        let end = filter.before.unwrap_or(end).min(end);
        let mut found = Vec::new();
        for (numbers, like) in parts(end, text.as_ref()) {
            let mut query = query::of(filter, numbers, like.as_deref());
            let mut rows = query.build().fetch(&mut *reader);
            while found.len() < most
                && let Some(row) = rows.try_next().await.map_err(unreadable)?
            {
                let record = AuditRecord::read(&row)?;
                let fits = text.as_ref().is_none_or(|text| text.fits(&record));
                if fits && record.is_of(filter.actor.as_deref()) {
                    found.push(record);
                }
            }
        }
        Ok(found)
    }
}

/// The ranges that are read one after the other, and what the entries are like in each. What is common
/// is found soon by looking at each record; what is rare, by letting the database search.
fn parts(end: i64, text: Option<&Pattern>) -> Vec<(Range<i64>, Option<String>)> {
    match text.and_then(Pattern::superset) {
        None => vec![(i64::MIN..end, None)],
        Some(like) => {
            let recent = end.saturating_sub(RECENT);
            vec![(recent..end, None), (i64::MIN..recent, Some(like))]
        }
    }
}

impl AuditRecord {
    /// The event of a record that is not what was once written.
    pub const DAMAGED: &'static str = "damaged";

    fn read(row: &SqliteRow) -> Result<Self, LedgerError> {
        let sitting: Option<String> = row.try_get("sitting").unwrap_or_default();
        let idp: Option<String> = row.try_get("idp").unwrap_or_default();
        let record = match Record::read(row) {
            Ok(record) => record,
            Err(Unread::Ledger(error)) => return Err(error),
            Err(Unread::Damaged { seq, reason }) => return Self::damaged(row, seq, reason),
        };
        let (step, user, name) = record.call();
        let shown = Self {
            idp,
            actor: sitting.and_then(|entry| serde_json::from_str::<Event>(&entry).ok()?.actor()),
            event: record.event.name(),
            serial: record.serial().map(str::to_owned),
            user: user.map(|id| UserId(id.to_owned())),
            name: name.map(str::to_owned),
            step: step.map(ToString::to_string),
            ..Self::bare(
                record.seq,
                record.at,
                record.run.clone(),
                record.hash.clone(),
            )
        };
        Ok(shown.ended(record.event))
    }

    fn bare(seq: i64, at: i64, run: String, hash: String) -> Self {
        Self {
            seq,
            at,
            run: RunId(run),
            idp: None,
            actor: None,
            event: Self::DAMAGED,
            serial: None,
            user: None,
            name: None,
            step: None,
            outcome: None,
            state: None,
            goal: None,
            message: None,
            request: None,
            hash,
        }
    }

    /// Adds what became of it.
    fn ended(self, event: Event) -> Self {
        match event {
            Event::RunBegun { goal, .. } => Self {
                goal: Some(goal),
                ..self
            },
            Event::Outcome {
                attempt,
                request,
                problem,
                ..
            } => Self {
                outcome: Some(attempt_name(attempt)),
                request,
                message: problem,
                ..self
            },
            Event::RowEnded {
                outcome,
                state,
                error,
                ..
            } => Self {
                outcome: Some(outcome.name()),
                state,
                message: error,
                ..self
            },
            _ => self,
        }
    }

    fn damaged(row: &SqliteRow, seq: i64, reason: String) -> Result<Self, LedgerError> {
        let text = |name: &str| {
            let bytes: Result<&[u8], _> = row.try_get_unchecked(name);
            String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
        };
        let at = row.try_get("at").map_err(unreadable)?;
        Ok(Self {
            message: Some(reason),
            ..Self::bare(seq, at, text("run"), text("hash"))
        })
    }

    fn is_of(&self, actor: Option<&str>) -> bool {
        let Some(wanted) = actor else { return true };
        self.actor.as_ref().is_some_and(|actor| {
            let is_wanted = |name: &str| name.to_lowercase() == wanted.to_lowercase();
            is_wanted(&actor.user) || is_wanted(&actor.to_string())
        })
    }
}
