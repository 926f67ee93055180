//! The one task that writes. Whatever waits while a commit is under way goes into the next one.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use provisioner::{
    Attempt, Effort, Intent, LedgerError, Plan, Report, Resolution, RowResult, RunId,
    seedfile::Serial,
};
use sqlx::{Connection, Sqlite, SqliteConnection, Transaction};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::error::describe;

/// How many entries one commit takes at most.
const GROUP: usize = 1024;

#[derive(Debug)]
pub(crate) enum Entry {
    Begin { plan: Box<Plan>, begun_at: i64 },
    Intend(Vec<Intent>),
    Resolve(Vec<Resolution>),
    Settle(Vec<(Serial, RowResult)>),
    Pause(Effort),
}

struct Command {
    run: RunId,
    entry: Entry,
    durable: oneshot::Sender<()>,
}

/// Hands entries to the writing task, in the order of the calls.
#[derive(Debug)]
pub(crate) struct Writer {
    commands: mpsc::UnboundedSender<Command>,
    /// Why the task ended, once a write failed.
    failure: Arc<OnceLock<String>>,
    task: JoinHandle<()>,
}

impl Writer {
    pub(crate) fn spawn(connection: SqliteConnection) -> Self {
        let (commands, receiver) = mpsc::unbounded_channel();
        let failure = Arc::new(OnceLock::new());
        let task = tokio::spawn(write(connection, receiver, failure.clone()));
        Self {
            commands,
            failure,
            task,
        }
    }

    /// Writes what is left and waits for the end of it.
    pub(crate) async fn close(self) {
        drop(self.commands);
        // A task that panicked has nothing left to write.
        let _ = self.task.await;
    }

    /// Records an entry; durable when it returns.
    pub(crate) async fn commit(&self, run: &RunId, entry: Entry) -> Result<(), LedgerError> {
        let durable = self.send(run, entry)?;
        durable.await.map_err(|_| self.failed())
    }

    /// Records an entry with the next commit.
    pub(crate) fn buffer(&self, run: &RunId, entry: Entry) -> Result<(), LedgerError> {
        self.send(run, entry).map(drop)
    }

    fn send(&self, run: &RunId, entry: Entry) -> Result<oneshot::Receiver<()>, LedgerError> {
        let (durable, written) = oneshot::channel();
        let run = run.clone();
        let command = Command {
            run,
            entry,
            durable,
        };
        let sent = self.commands.send(command);
        sent.map_err(|_| self.failed())?;
        Ok(written)
    }

    fn failed(&self) -> LedgerError {
        let reason = self.failure.get().map(String::as_str);
        LedgerError::new(format!(
            "a write failed and nothing more is written: {}",
            reason.unwrap_or("the writing task was ended; start the program again")
        ))
    }
}

/// Ends with the first commit that fails: that entry and every later one is refused.
async fn write(
    mut connection: SqliteConnection,
    mut commands: mpsc::UnboundedReceiver<Command>,
    failure: Arc<OnceLock<String>>,
) {
    let mut group = Vec::new();
    while commands.recv_many(&mut group, GROUP).await > 0 {
        if let Err(error) = commit(&mut connection, &group).await {
            // Before the channel closes, so that whoever is refused can say why.
            let _ = failure.set(describe(&error));
            return;
        }
        for command in group.drain(..) {
            // A buffered entry has nobody waiting.
            let _ = command.durable.send(());
        }
    }
    // Moves the log into the file; a connection that is merely dropped leaves that to the next one.
    let _ = connection.close().await;
}

async fn commit(connection: &mut SqliteConnection, group: &[Command]) -> Result<(), sqlx::Error> {
    // The lock is waited for here, not at the first statement that needs it.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for command in group {
        apply(&mut transaction, &command.run, &command.entry).await?;
    }
    transaction.commit().await
}

type Tx<'t> = Transaction<'t, Sqlite>;

async fn apply(tx: &mut Tx<'_>, run: &RunId, entry: &Entry) -> Result<(), sqlx::Error> {
    match entry {
        Entry::Begin { plan, begun_at } => begin(tx, run, plan, *begun_at).await,
        Entry::Intend(intents) => {
            for intent in intents {
                intend(tx, run, intent).await?;
            }
            Ok(())
        }
        Entry::Resolve(resolutions) => {
            for resolution in resolutions {
                resolve(tx, run, resolution).await?;
            }
            Ok(())
        }
        Entry::Settle(rows) => {
            for (serial, result) in rows {
                settle(tx, run, serial, result).await?;
            }
            Ok(())
        }
        Entry::Pause(effort) => pause(tx, run, effort).await,
    }
}

async fn begin(
    tx: &mut Tx<'_>,
    run: &RunId,
    plan: &Plan,
    begun_at: i64,
) -> Result<(), sqlx::Error> {
    let counts = Report::new(run, plan, &BTreeMap::new(), Effort::default()).counts;
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT INTO runs (id, idp, tenant, plan, plan_digest, begun_at, rows_total, rows_open, \
         rows_unchanged) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&run.0)
    .bind(&plan.tenant.idp)
    .bind(&plan.tenant.id)
    .bind(json(plan)?)
    .bind(plan.digest())
    .bind(begun_at)
    .bind(number(counts.rows))
    .bind(number(counts.pending))
    .bind(number(counts.unchanged))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn intend(tx: &mut Tx<'_>, run: &RunId, intent: &Intent) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO steps (run, serial, step, user, time_step) VALUES (?, ?, ?, ?, ?)")
        .bind(&run.0)
        .bind(intent.serial.folded())
        .bind(json(&intent.step)?)
        .bind(intent.user.as_ref().map(|user| &user.0))
        .bind(intent.time_step.and_then(|step| i64::try_from(step).ok()))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn resolve(tx: &mut Tx<'_>, run: &RunId, what: &Resolution) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE steps SET attempt = ?, request_id = ?, problem = ? \
         WHERE id = (SELECT max(id) FROM steps WHERE run = ? AND serial = ?)",
    )
    .bind(attempt_name(what.attempt))
    .bind(&what.request_id)
    .bind(&what.problem)
    .bind(&run.0)
    .bind(what.serial.folded())
    .execute(&mut **tx)
    .await?;
    let Some(id) = &what.id else { return Ok(()) };
    sqlx::query(
        "INSERT OR REPLACE INTO tokens (idp, tenant, serial, token, user, fingerprint) \
         SELECT idp, tenant, ?, ?, ?, ? FROM runs WHERE id = ?",
    )
    .bind(what.serial.folded())
    .bind(&id.0)
    .bind(what.user.as_ref().map(|user| &user.0))
    .bind(what.fingerprint.as_str())
    .bind(&run.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn settle(
    tx: &mut Tx<'_>,
    run: &RunId,
    serial: &Serial,
    result: &RowResult,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT OR REPLACE INTO results (run, serial, outcome, result) VALUES (?, ?, ?, ?)",
    )
    .bind(&run.0)
    .bind(serial.folded())
    .bind(result.outcome.name())
    .bind(json(result)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn pause(tx: &mut Tx<'_>, run: &RunId, effort: &Effort) -> Result<(), sqlx::Error> {
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
    .execute(&mut **tx)
    .await?;
    Ok(())
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
