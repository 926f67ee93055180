//! The audit for other programs, one line a record.

mod cef;
mod ecs;

use std::collections::BTreeMap;
use std::io::{self, Write};

use futures_util::TryStreamExt;
use provisioner::{LedgerError, RunId, Tenant};
use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::{QueryBuilder, Sqlite};

use super::read::{COLUMNS, FROM, Record, Unread};
use super::{Actor, Event};
use crate::SqliteLedger;
use crate::error::unreadable;

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON document a line, with the record's own bytes and its hash (`oathkit.audit/1`).
    JsonLines,
    /// The Elastic Common Schema, one JSON document a line.
    Ecs,
    /// `ArcSight`'s Common Event Format, one event a line.
    Cef,
}

/// Which records are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those of one run.
    pub run: Option<RunId>,
    /// The number of the first one; 0 and 1 mean all.
    pub from: i64,
}

/// The audit could not be written out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A record is not what was once written.
    #[error("record {seq} cannot be read ({reason}); verify the audit")]
    Damaged {
        /// Its number.
        seq: i64,
        /// What is wrong with it.
        reason: String,
    },
    /// The output cannot be written.
    #[error(transparent)]
    Output(#[from] io::Error),
}

/// What the first record of a run says for all the others.
#[derive(Default)]
struct Origin {
    actor: Actor,
    tenant: Option<Tenant>,
    plan: Option<String>,
}

impl SqliteLedger {
    /// Writes records, oldest first, and says how many. Reads record by record; only the beginnings of
    /// runs are kept in memory. The chain is not checked here: see [`SqliteLedger::verify`].
    ///
    /// # Errors
    /// [`ExportError`] when the ledger cannot be read, a record is damaged, or `out` fails.
    pub async fn export(
        &self,
        format: Format,
        filter: &Filter,
        out: &mut (dyn Write + Send),
    ) -> Result<u64, ExportError> {
        // Who acts stands in the records of runs; they are read even where they are not written.
        let mut query = QueryBuilder::<Sqlite>::new(COLUMNS);
        query.push(FROM);
        query.push("(substr(record.entry, 1, 14) = '{\"event\":\"run-' OR record.seq >= ");
        query.push_bind(filter.from).push(")");
        if let Some(run) = &filter.run {
            query.push(" AND record.run = ").push_bind(run.0.clone());
        }
        query.push(" ORDER BY record.seq");
        let mut reader = self.reader().await;
        let mut rows = query.build().fetch(&mut *reader);
        let mut origins: BTreeMap<String, Origin> = BTreeMap::new();
        let mut written = 0;
        while let Some(row) = rows.try_next().await.map_err(unreadable)? {
            let record = Record::read(&row)?;
            let origin = origins.entry(record.run.clone()).or_default();
            origin.learn(&record.event);
            if record.seq < filter.from {
                continue;
            }
            match format {
                Format::JsonLines => json_line(out, &record)?,
                Format::Ecs => ecs::line(out, &record, origin)?,
                Format::Cef => cef::line(out, &record, origin)?,
            }
            written += 1;
        }
        Ok(written)
    }
}

impl Origin {
    fn learn(&mut self, event: &Event) {
        match event {
            Event::RunBegun {
                actor,
                tenant,
                plan,
                ..
            } => {
                *self = Self {
                    actor: actor.clone(),
                    tenant: Some(tenant.clone()),
                    plan: Some(plan.clone()),
                };
            }
            Event::RunResumed { actor } => self.actor = actor.clone(),
            Event::Recorded { actor, tenant, .. } => {
                self.actor = actor.clone();
                self.tenant = Some(tenant.clone());
            }
            _ => {}
        }
    }
}

impl From<Unread> for ExportError {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Ledger(error) => Self::Ledger(error),
            Unread::Damaged { seq, reason } => Self::Damaged { seq, reason },
        }
    }
}

#[derive(Serialize)]
struct JsonRecord<'r> {
    schema: &'static str,
    seq: i64,
    time: String,
    at: i64,
    run: &'r str,
    /// The very bytes that were hashed.
    entry: &'r RawValue,
    hash: &'r str,
}

fn json_line(out: &mut dyn Write, record: &Record) -> io::Result<()> {
    let document = JsonRecord {
        schema: "oathkit.audit/1",
        seq: record.seq,
        time: time(record.at),
        at: record.at,
        run: &record.run,
        entry: serde_json::from_str(&record.entry)?,
        hash: &record.hash,
    };
    line(out, &document)
}

/// A JSON document and the end of its line.
fn line(out: &mut dyn Write, document: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, document)?;
    out.write_all(b"\n")
}

/// RFC 3339, UTC.
fn time(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at)
        .map(|time| time.to_string())
        .unwrap_or_default()
}
