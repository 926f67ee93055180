//! What is written, and the audit record of each, in one transaction.

use std::collections::BTreeMap;

use provisioner::seedfile::Serial;
use provisioner::{
    Attempt, Counts, Effort, Fingerprint, Intent, Known, Resolution, RowResult, RunId, Tenant,
};
use sqlx::{Sqlite, Transaction};

use crate::audit::{self, Event, Head};
use crate::writer::Scribe;

#[derive(Debug)]
pub(crate) enum Entry {
    Begin(Box<Opening>),
    Intend(Vec<Intent>),
    Resolve(Vec<Resolution>),
    Settle(Vec<(Serial, RowResult)>),
    Pause(Effort),
    Remember(Tenant, BTreeMap<Serial, Known>),
}

/// What is written when a run is opened. The plan may be large, so that its document is all that goes
/// to the writing task.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) tenant: Tenant,
    pub(crate) plan: Vec<u8>,
    pub(crate) digest: String,
    /// Unix seconds.
    pub(crate) begun_at: i64,
    pub(crate) counts: Counts,
    pub(crate) event: Event,
}

impl Entry {
    /// Whether the head of the audit is kept outside of the ledger after this entry.
    pub(crate) fn is_anchored(&self) -> bool {
        matches!(self, Self::Begin(_) | Self::Pause(_) | Self::Remember(..))
    }
}

/// So many audit records go into one statement.
const RECORDS: usize = 1000;

/// A transaction that writes entries.
#[derive(Debug)]
pub(crate) struct Entries<'c> {
    transaction: Transaction<'c, Sqlite>,
    scribe: &'c mut Scribe,
    head: Head,
    /// Unix milliseconds.
    at: i64,
    /// The audit records of these entries, as the table has them.
    records: Vec<(i64, i64, String, String, String)>,
}

impl<'c> Entries<'c> {
    /// Reads the head of the audit under the lock: another process may have written since.
    pub(crate) async fn begin(
        mut transaction: Transaction<'c, Sqlite>,
        scribe: &'c mut Scribe,
    ) -> Result<Self, sqlx::Error> {
        Ok(Self {
            head: audit::head(&mut transaction).await?,
            at: scribe.now(),
            records: Vec::new(),
            transaction,
            scribe,
        })
    }

    /// Makes it all durable, and says which audit record is the last.
    pub(crate) async fn commit(mut self) -> Result<Head, sqlx::Error> {
        self.write_records().await?;
        self.transaction.commit().await?;
        Ok(self.head)
    }

    /// Writes the audit records that have come together, with one statement.
    async fn write_records(&mut self) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO audit (seq, at, run, entry, hash) SELECT value ->> 0, value ->> 1, \
             value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)",
        )
        .bind(json(&self.records)?)
        .execute(&mut *self.transaction)
        .await?;
        self.records.clear();
        Ok(())
    }

    pub(crate) async fn apply(&mut self, run: &RunId, entry: &Entry) -> Result<(), sqlx::Error> {
        let is_new = self.scribe.sittings.insert(run.clone());
        if is_new && !matches!(entry, Entry::Begin(_) | Entry::Remember(..)) {
            let actor = self.scribe.actor.clone();
            self.append(run, &Event::RunResumed { actor }).await?;
        }
        match entry {
            Entry::Begin(opening) => self.run_begun(run, opening).await,
            Entry::Intend(intents) => {
                for intent in intents {
                    self.intent(run, intent).await?;
                }
                Ok(())
            }
            Entry::Resolve(resolutions) => {
                for resolution in resolutions {
                    self.outcome(run, resolution).await?;
                }
                Ok(())
            }
            Entry::Settle(rows) => {
                for (serial, result) in rows {
                    self.row_ended(run, serial, result).await?;
                }
                Ok(())
            }
            Entry::Pause(effort) => self.run_paused(run, effort).await,
            Entry::Remember(tenant, tokens) => self.remember(run, tenant, tokens).await,
        }
    }

    /// The number of the next record.
    fn next(&self) -> i64 {
        self.head.seq + 1
    }

    /// Adds a record to the audit.
    async fn append(&mut self, run: &RunId, event: &Event) -> Result<(), sqlx::Error> {
        if self.records.len() == RECORDS {
            self.write_records().await?;
        }
        let (seq, entry) = (self.next(), json(event)?);
        let previous = self.head.hash.as_bytes();
        let hash = audit::hash(previous, seq, self.at, run.0.as_bytes(), entry.as_bytes());
        self.head = Head {
            seq,
            hash: hash.clone(),
        };
        self.records
            .push((seq, self.at, run.0.clone(), entry, hash));
        Ok(())
    }

    async fn run_begun(&mut self, run: &RunId, opening: &Opening) -> Result<(), sqlx::Error> {
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let record = self.next();
        self.append(run, &opening.event).await?;
        sqlx::query(
            "INSERT INTO runs (id, idp, tenant, plan, plan_digest, begun_at, rows_total, \
             rows_open, rows_unchanged, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&run.0)
        .bind(&opening.tenant.idp)
        .bind(&opening.tenant.id)
        .bind(&opening.plan)
        .bind(&opening.digest)
        .bind(opening.begun_at)
        .bind(number(opening.counts.rows))
        .bind(number(opening.counts.pending))
        .bind(number(opening.counts.unchanged))
        .bind(record)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    async fn intent(&mut self, run: &RunId, intent: &Intent) -> Result<(), sqlx::Error> {
        let record = self.next();
        self.append(run, &Event::intent(intent)).await?;
        sqlx::query(
            "INSERT INTO steps (id, run, serial, step, user, time_step) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(record)
        .bind(&run.0)
        .bind(intent.serial.folded())
        .bind(json(&intent.step)?)
        .bind(intent.user.as_ref().map(|user| &user.0))
        .bind(intent.time_step.and_then(|step| i64::try_from(step).ok()))
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    async fn outcome(&mut self, run: &RunId, what: &Resolution) -> Result<(), sqlx::Error> {
        let intent: Option<i64> = sqlx::query_scalar(
            "UPDATE steps SET attempt = ?, request_id = ?, problem = ?, outcome_record = ? \
             WHERE id = (SELECT max(id) FROM steps WHERE run = ? AND serial = ?) RETURNING id",
        )
        .bind(attempt_name(what.attempt))
        .bind(&what.request_id)
        .bind(&what.problem)
        .bind(self.next())
        .bind(&run.0)
        .bind(what.serial.folded())
        .fetch_optional(&mut *self.transaction)
        .await?;
        self.append(run, &Event::outcome(what, intent)).await?;
        let (Some(id), Some(fingerprint)) = (&what.id, &what.fingerprint) else {
            return Ok(());
        };
        // A code that was accepted for the same token stays accepted.
        sqlx::query(
            "INSERT INTO known SELECT idp, tenant, ?, ?, ?, ?, ?, ? FROM runs WHERE id = ? \
             ON CONFLICT DO UPDATE SET token = excluded.token, user = excluded.user, \
             name = excluded.name, fingerprint = excluded.fingerprint, code_accepted = \
             excluded.code_accepted OR (code_accepted AND token = excluded.token)",
        )
        .bind(what.serial.folded())
        .bind(&id.0)
        .bind(what.user.as_ref().map(|user| &user.0))
        .bind(&what.name)
        .bind(fingerprint.as_str())
        .bind(what.code_accepted)
        .bind(&run.0)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    async fn row_ended(
        &mut self,
        run: &RunId,
        serial: &Serial,
        result: &RowResult,
    ) -> Result<(), sqlx::Error> {
        let query = "SELECT max(id) FROM steps WHERE run = ? AND serial = ?";
        let intent: Option<i64> = sqlx::query_scalar(query)
            .bind(&run.0)
            .bind(serial.folded())
            .fetch_one(&mut *self.transaction)
            .await?;
        let record = self.next();
        let event = Event::row_ended(serial, result, intent);
        self.append(run, &event).await?;
        sqlx::query(
            "INSERT OR REPLACE INTO results (run, serial, outcome, result, record) \
             VALUES (?, ?, ?, ?, ?)",
        )
        .bind(&run.0)
        .bind(serial.folded())
        .bind(result.outcome.name())
        .bind(json(result)?)
        .bind(record)
        .execute(&mut *self.transaction)
        .await?;
        if result.is_gone() {
            sqlx::query(
                "DELETE FROM known WHERE serial = ? AND (idp, tenant) = \
                 (SELECT idp, tenant FROM runs WHERE id = ?)",
            )
            .bind(serial.folded())
            .bind(&run.0)
            .execute(&mut *self.transaction)
            .await?;
        }
        Ok(())
    }

    /// Takes over where tokens went, each with a record of its own.
    async fn remember(
        &mut self,
        run: &RunId,
        tenant: &Tenant,
        tokens: &BTreeMap<Serial, Known>,
    ) -> Result<(), sqlx::Error> {
        for (serial, known) in tokens {
            let actor = &self.scribe.actor;
            let event = Event::recorded(actor, tenant, serial, known);
            self.append(run, &event).await?;
            sqlx::query("INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
                .bind(&tenant.idp)
                .bind(&tenant.id)
                .bind(serial.folded())
                .bind(&known.id.0)
                .bind(known.user.as_ref().map(|user| &user.0))
                .bind(&known.name)
                .bind(known.fingerprint.as_ref().map(Fingerprint::as_str))
                .bind(known.code_accepted)
                .execute(&mut *self.transaction)
                .await?;
        }
        Ok(())
    }

    /// Whoever goes on with the run after this is named anew.
    async fn run_paused(&mut self, run: &RunId, effort: &Effort) -> Result<(), sqlx::Error> {
        let event = Event::RunPaused { effort: *effort };
        self.append(run, &event).await?;
        self.scribe.sittings.remove(run);
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        sqlx::query(
            "UPDATE runs SET total = total + ?, writes = writes + ?, throttled = throttled + ?, \
             elapsed_ms = elapsed_ms + ? WHERE id = ?",
        )
        .bind(number(effort.calls.total))
        .bind(number(effort.calls.writes))
        .bind(number(effort.calls.throttled))
        .bind(number(effort.elapsed_ms))
        .bind(&run.0)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}

pub(crate) fn attempt_name(attempt: Attempt) -> &'static str {
    match attempt {
        Attempt::Done => "done",
        Attempt::NotDone => "notdone",
        Attempt::Unknown => "unknown",
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))
}
