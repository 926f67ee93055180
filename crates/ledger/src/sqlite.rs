//! The ledger in an SQLite file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use provisioner::idp_http::{Clock, Hold};
use provisioner::seedfile::Serial;
use provisioner::{
    Attempt, Calls, Effort, Fingerprint, Goal, Intent, Known, Ledger, LedgerError, Plan, Report,
    Resolution, RowHistory, RowResult, RunId, Step, Tenant, TokenId, UserId,
};
use serde::Serialize;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, QueryBuilder, Row, Sqlite, SqliteConnection};
use tokio::sync::{Mutex, MutexGuard};

use crate::audit::{Actor, Event, anchor};
use crate::entries::{Entry, Opening, attempt_name};
use crate::error::{describe, other_version, unreadable};
use crate::packed::{pack, unpack};
use crate::writer::{Scribe, Writer};

/// Of each run what a list shows.
const SUMMARY: &str = "SELECT id, idp, tenant, begun_at, rows_total, rows_open, rows_unchanged, \
    (SELECT entry FROM audit WHERE seq = runs.record) AS opening, \
    count(*) FILTER (WHERE outcome <> 'pending') AS ended, \
    count(*) FILTER (WHERE outcome IN ('done', 'unchanged')) AS good \
    FROM runs LEFT JOIN results ON run = id";

/// A ledger in a file. Opening it does not claim it: see [`StateLock`](crate::StateLock).
#[derive(Debug)]
pub struct SqliteLedger {
    writer: Writer,
    reader: Mutex<SqliteConnection>,
    /// Where the head of the audit is kept.
    pub(crate) anchor: PathBuf,
    clock: Arc<dyn Clock>,
    actor: Actor,
}

/// A connection that reads, while its thread is waited for.
pub(crate) struct Reader<'a> {
    connection: MutexGuard<'a, SqliteConnection>,
    _hold: Hold,
}

impl Deref for Reader<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Reader<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

/// A run in a list of runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunSummary {
    /// The run.
    pub run: RunId,
    /// Where its tokens went.
    pub tenant: Tenant,
    /// When it began, in Unix seconds.
    pub begun_at: i64,
    /// How its tokens shall be left; none for a run of an early version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goal: Option<Goal>,
    /// Who began it; none for a run of an early version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begun_by: Option<Actor>,
    /// Rows of the file.
    pub rows: usize,
    /// Rows that have not come to an end.
    pub pending: usize,
    /// Rows that are not as wanted, pending ones aside.
    pub not_as_wanted: usize,
}

impl SqliteLedger {
    /// Opens the ledger in `path`, which is created where it is missing, for its owner alone. The audit
    /// names the `actor` with every sitting; its head is kept in `audit-head.json` in the same
    /// directory.
    ///
    /// # Errors
    /// [`LedgerError`] when the file cannot be used, or was written by a newer version.
    pub async fn open(
        path: &Path,
        clock: Arc<dyn Clock>,
        actor: Actor,
    ) -> Result<Self, LedgerError> {
        let _hold = clock.hold();
        let _alone = alone(path).await;
        create_private(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .disable_statement_logging();
        let named = |what: String| LedgerError::new(format!("{}: {what}", path.display()));
        let connect = || SqliteConnection::connect_with(&options);
        let mut connection = connect().await.map_err(|e| named(describe(&e)))?;
        migrate(&mut connection).await.map_err(named)?;
        let reader = connect().await.map_err(|e| named(describe(&e)))?;
        let scribe = Scribe {
            actor,
            clock: Arc::clone(&clock),
            anchor: anchor::beside(path),
            sittings: BTreeSet::new(),
        };
        Ok(Self {
            anchor: scribe.anchor.clone(),
            actor: scribe.actor.clone(),
            writer: Writer::spawn(connection, scribe),
            reader: Mutex::new(reader),
            clock,
        })
    }

    /// Writes what is left and moves it all into the one file, so that a copy of that is whole. A
    /// ledger that is dropped instead loses nothing: the rest is in the log beside it.
    pub async fn close(self) {
        let _hold = self.clock.hold();
        self.writer.close().await;
        let _ = self.reader.into_inner().close().await;
    }

    /// The connection that reads, for one at a time.
    pub(crate) async fn reader(&self) -> Reader<'_> {
        let connection = self.reader.lock().await;
        let _hold = self.clock.hold();
        Reader { connection, _hold }
    }

    /// The runs, newest first. Costs no reading of plans.
    ///
    /// # Errors
    /// [`LedgerError`] when the file cannot be read.
    pub async fn runs(&self) -> Result<Vec<RunSummary>, LedgerError> {
        let mut query = QueryBuilder::<Sqlite>::new(SUMMARY);
        query.push(" GROUP BY id ORDER BY begun_at DESC, id DESC");
        let mut reader = self.reader().await;
        let rows = query.build().fetch_all(&mut *reader).await;
        rows.map_err(unreadable)?.iter().map(summary).collect()
    }

    /// One run of the list; `None` where there is no such run.
    ///
    /// # Errors
    /// [`LedgerError`] when the file cannot be read.
    pub async fn run(&self, run: &RunId) -> Result<Option<RunSummary>, LedgerError> {
        let mut query = QueryBuilder::<Sqlite>::new(SUMMARY);
        query.push(" WHERE id = ").push_bind(&run.0);
        query.push(" GROUP BY id");
        let mut reader = self.reader().await;
        let row = query.build().fetch_optional(&mut *reader).await;
        row.map_err(unreadable)?.as_ref().map(summary).transpose()
    }

    /// The runs whose names begin with `start`.
    ///
    /// # Errors
    /// [`LedgerError`] when the file cannot be read.
    pub async fn names(&self, start: &str) -> Result<Vec<RunId>, LedgerError> {
        let rows = sqlx::query("SELECT id FROM runs WHERE substr(id, 1, length(?1)) = ?1")
            .bind(start)
            .fetch_all(&mut *self.reader().await)
            .await
            .map_err(unreadable)?;
        rows.iter().map(|row| Ok(RunId(get(row, "id")?))).collect()
    }

    /// The plan of a run; `None` where there is no such run.
    ///
    /// # Errors
    /// [`LedgerError`] when the file cannot be read, or holds a plan of another version.
    pub async fn plan(&self, run: &RunId) -> Result<Option<Plan>, LedgerError> {
        let row = sqlx::query("SELECT plan, plan_digest FROM runs WHERE id = ?")
            .bind(&run.0)
            .fetch_optional(&mut *self.reader().await)
            .await
            .map_err(unreadable)?;
        let Some(row) = row else { return Ok(None) };
        let plan = unpack(get(&row, "plan")?)?;
        let digest: String = get(&row, "plan_digest")?;
        if plan.schema != Plan::SCHEMA || plan.digest() != digest {
            return Err(LedgerError::new(format!(
                "the plan of run {run} was changed or is of another version; begin a new run"
            )));
        }
        Ok(Some(plan))
    }

    /// The report of a run as far as it has come; `None` where there is no such run.
    ///
    /// # Errors
    /// [`LedgerError`] when the file cannot be read.
    pub async fn report(&self, run: &RunId) -> Result<Option<Report>, LedgerError> {
        match self.plan(run).await? {
            Some(plan) => self.report_of(run, &plan).await.map(Some),
            None => Ok(None),
        }
    }

    /// The report of a run whose [plan](Self::plan) is at hand.
    ///
    /// # Errors
    /// [`LedgerError`] when the file cannot be read.
    pub async fn report_of(&self, run: &RunId, plan: &Plan) -> Result<Report, LedgerError> {
        let results = self.results(run).await?;
        let effort = self.effort(run).await?;
        Ok(Report::new(run, plan, &results, effort))
    }

    /// What a run took, over all its sittings.
    async fn effort(&self, run: &RunId) -> Result<Effort, LedgerError> {
        let row = sqlx::query("SELECT total, writes, throttled, elapsed_ms FROM runs WHERE id = ?")
            .bind(&run.0)
            .fetch_one(&mut *self.reader().await)
            .await
            .map_err(unreadable)?;
        let number = |name| Ok(u64::try_from(get::<i64>(&row, name)?).unwrap_or(0));
        Ok(Effort {
            calls: Calls {
                total: number("total")?,
                writes: number("writes")?,
                throttled: number("throttled")?,
            },
            elapsed_ms: number("elapsed_ms")?,
        })
    }

    async fn results(&self, run: &RunId) -> Result<BTreeMap<Serial, RowResult>, LedgerError> {
        let rows = sqlx::query("SELECT serial, result FROM results WHERE run = ?")
            .bind(&run.0)
            .fetch_all(&mut *self.reader().await)
            .await
            .map_err(unreadable)?;
        rows.iter()
            .map(|row| Ok((serial(row)?, parse(&get::<String>(row, "result")?)?)))
            .collect()
    }
}

#[async_trait]
impl Ledger for SqliteLedger {
    async fn begin(&self, run: &RunId, plan: &Plan) -> Result<(), LedgerError> {
        let begun_at = i64::try_from(self.clock.unix().as_secs()).unwrap_or(i64::MAX);
        let (digest, counts) = (plan.digest(), plan.counts());
        let opening = Opening {
            tenant: plan.tenant.clone(),
            plan: pack(plan)?,
            event: Event::begun(&self.actor, plan, &digest, counts),
            digest,
            begun_at,
            counts,
        };
        let entry = Entry::Begin(Box::new(opening));
        self.writer.commit(run, entry).await
    }

    async fn intend(&self, run: &RunId, intents: Vec<Intent>) -> Result<(), LedgerError> {
        self.writer.commit(run, Entry::Intend(intents)).await
    }

    async fn resolve(&self, run: &RunId, resolutions: Vec<Resolution>) -> Result<(), LedgerError> {
        self.writer.buffer(run, Entry::Resolve(resolutions))
    }

    async fn settle(&self, run: &RunId, rows: Vec<(Serial, RowResult)>) -> Result<(), LedgerError> {
        self.writer.buffer(run, Entry::Settle(rows))
    }

    async fn pause(&self, run: &RunId, effort: Effort) -> Result<Effort, LedgerError> {
        self.writer.commit(run, Entry::Pause(effort)).await?;
        self.effort(run).await
    }

    async fn history(&self, run: &RunId) -> Result<BTreeMap<Serial, RowHistory>, LedgerError> {
        let mut history: BTreeMap<Serial, RowHistory> = BTreeMap::new();
        for (serial, result) in self.results(run).await? {
            history.entry(serial).or_default().result = Some(result);
        }
        let rows = sqlx::query(
            "SELECT serial, step, time_step, attempt FROM steps WHERE run = ? ORDER BY id",
        )
        .bind(&run.0)
        .fetch_all(&mut *self.reader().await)
        .await
        .map_err(unreadable)?;
        for row in &rows {
            let past = history.entry(serial(row)?).or_default();
            remember(past, row)?;
        }
        Ok(history)
    }

    async fn known(&self, tenant: &Tenant) -> Result<BTreeMap<Serial, Known>, LedgerError> {
        let rows = sqlx::query(
            "SELECT serial, token, user, name, fingerprint, code_accepted FROM known \
             WHERE idp = ? AND tenant = ?",
        )
        .bind(&tenant.idp)
        .bind(&tenant.id)
        .fetch_all(&mut *self.reader().await)
        .await
        .map_err(unreadable)?;
        rows.iter()
            .map(|row| {
                let known = Known {
                    id: TokenId(get(row, "token")?),
                    user: get::<Option<String>>(row, "user")?.map(UserId),
                    name: get(row, "name")?,
                    fingerprint: get::<Option<String>>(row, "fingerprint")?
                        .map(Fingerprint::recorded),
                    code_accepted: get(row, "code_accepted")?,
                };
                Ok((serial(row)?, known))
            })
            .collect()
    }

    async fn remember(
        &self,
        run: &RunId,
        tenant: &Tenant,
        known: BTreeMap<Serial, Known>,
    ) -> Result<(), LedgerError> {
        let entry = Entry::Remember(tenant.clone(), known);
        self.writer.commit(run, entry).await
    }
}

/// Makes the tables in a new file. One program at a time, for two may open a new file at once.
async fn migrate(connection: &mut SqliteConnection) -> Result<(), String> {
    let begun = connection.begin_with("BEGIN IMMEDIATE").await;
    let mut transaction = begun.map_err(|error| describe(&error))?;
    // `run` would make this future one that cannot be spawned: it is not general over lifetimes.
    let migrator = sqlx::migrate!();
    match migrator.run_direct(None, &mut *transaction, false).await {
        Ok(()) => transaction.commit().await.map_err(|e| describe(&e)),
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
            Err(describe(&error))
        }
        Err(error) => Err(format!(
            "written by another version ({error}); use that version, or another state directory"
        )),
    }
}

fn summary(row: &SqliteRow) -> Result<RunSummary, LedgerError> {
    let number = |name| Ok(usize::try_from(get::<i64>(row, name)?).unwrap_or(0));
    let rows = number("rows_total")?;
    let pending = number("rows_open")?.saturating_sub(number("ended")?);
    let as_wanted = number("rows_unchanged")? + number("good")?;
    // A record that cannot be read is for the verification to find.
    let opening: Option<String> = row.try_get("opening").unwrap_or_default();
    let opening = opening.and_then(|entry| serde_json::from_str(&entry).ok());
    let (goal, begun_by) = match opening {
        Some(Event::RunBegun { goal, actor, .. }) => (Some(goal), Some(actor)),
        _ => (None, None),
    };
    Ok(RunSummary {
        run: RunId(get(row, "id")?),
        tenant: Tenant {
            idp: get(row, "idp")?,
            id: get(row, "tenant")?,
        },
        begun_at: get(row, "begun_at")?,
        goal,
        begun_by,
        rows,
        pending,
        not_as_wanted: rows.saturating_sub(as_wanted + pending),
    })
}

/// Adds one step to a row's history. An intent without an end is in doubt.
fn remember(past: &mut RowHistory, row: &SqliteRow) -> Result<(), LedgerError> {
    let step: Step = parse(&get::<String>(row, "step")?)?;
    let attempt: Option<String> = get(row, "attempt")?;
    let ended = |with: Attempt| attempt.as_deref() == Some(attempt_name(with));
    let not_done = ended(Attempt::NotDone);
    let changes = step.changes_something();
    past.touched |= changes && !not_done;
    past.doubtful = !ended(Attempt::Done);
    let time_step: Option<i64> = get(row, "time_step")?;
    past.time_step = time_step
        .and_then(|step| u64::try_from(step).ok())
        .or(past.time_step);
    Ok(())
}

/// Lets one opening go after the other: switching a new file to its log is not something that
/// SQLite waits for. File systems without such locks do without.
async fn alone(path: &Path) -> Option<File> {
    let directory = match path.parent()? {
        here if here.as_os_str().is_empty() => PathBuf::from("."),
        directory => directory.to_owned(),
    };
    let lock = tokio::task::spawn_blocking(move || {
        let directory = File::open(directory)?;
        directory.lock().map(|()| directory)
    });
    lock.await.ok()?.ok()
}

/// Creates the file for its owner alone; the contents name people and tokens.
///
/// A file that is there is not touched: closing it would end the locks that this process holds on
/// it (<https://sqlite.org/howtocorrupt.html>, section 2.2).
fn create_private(path: &Path) -> Result<(), LedgerError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(LedgerError::new(format!(
            "{}: {error}; check the rights of the directory, or use another one",
            path.display()
        ))),
    }
}

fn get<'r, T>(row: &'r SqliteRow, name: &'static str) -> Result<T, LedgerError>
where
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    row.try_get(name).map_err(unreadable)
}

fn serial(row: &SqliteRow) -> Result<Serial, LedgerError> {
    let text: String = get(row, "serial")?;
    Serial::new(&text).map_err(|_| LedgerError::new("it holds a serial that is none"))
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, LedgerError> {
    serde_json::from_str(text).map_err(|error| other_version(&error))
}
