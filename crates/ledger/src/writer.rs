//! The one task that writes. Whatever waits while a commit is under way goes into the next one.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use provisioner::idp_http::Clock;
use provisioner::{LedgerError, RunId};
use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::audit::{Actor, Head, anchor};
use crate::entries::{Entries, Entry};
use crate::error::describe;

/// How many entries one commit takes at most.
const GROUP: usize = 1024;

struct Command {
    run: RunId,
    entry: Entry,
    durable: oneshot::Sender<()>,
}

/// Who writes, when, and which runs its sittings are about.
#[derive(Debug)]
pub(crate) struct Scribe {
    pub(crate) actor: Actor,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where the head of the audit is kept.
    pub(crate) anchor: PathBuf,
    /// Runs whose present sitting has its record of who acts.
    pub(crate) sittings: BTreeSet<RunId>,
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
    pub(crate) fn spawn(connection: SqliteConnection, scribe: Scribe) -> Self {
        let (commands, receiver) = mpsc::unbounded_channel();
        let failure = Arc::new(OnceLock::new());
        let task = tokio::spawn(write(connection, scribe, receiver, failure.clone()));
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
    mut scribe: Scribe,
    mut commands: mpsc::UnboundedReceiver<Command>,
    failure: Arc<OnceLock<String>>,
) {
    let mut group = Vec::new();
    while commands.recv_many(&mut group, GROUP).await > 0 {
        let _hold = scribe.clock.hold();
        if let Err(reason) = commit(&mut connection, &mut scribe, &group).await {
            // Before the channel closes, so that whoever is refused can say why.
            let _ = failure.set(reason);
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

async fn commit(
    connection: &mut SqliteConnection,
    scribe: &mut Scribe,
    group: &[Command],
) -> Result<(), String> {
    let head = record(connection, scribe, group).await?;
    if group.iter().any(|command| command.entry.is_anchored()) {
        keep(scribe, head).await?;
    }
    Ok(())
}

/// Writes entries and their audit records in one transaction.
async fn record(
    connection: &mut SqliteConnection,
    scribe: &mut Scribe,
    group: &[Command],
) -> Result<Head, String> {
    let failed = |error| describe(&error);
    // The lock is waited for here, not at the first statement that needs it.
    let transaction = connection.begin_with("BEGIN IMMEDIATE").await;
    let mut transaction = transaction.map_err(failed)?;
    let is_new = |command: &Command| !scribe.sittings.contains(&command.run);
    if group.iter().any(is_new) {
        anchor::check(&mut transaction, &scribe.anchor).await?;
    }
    let mut entries = Entries::begin(transaction, scribe).await.map_err(failed)?;
    for command in group {
        let applied = entries.apply(&command.run, &command.entry).await;
        applied.map_err(failed)?;
    }
    entries.commit().await.map_err(failed)
}

/// Keeps the head outside of the ledger.
async fn keep(scribe: &Scribe, head: Head) -> Result<(), String> {
    let (path, at) = (scribe.anchor.clone(), scribe.now());
    let kept = tokio::task::spawn_blocking(move || anchor::write(&path, &head, at)).await;
    kept.map_err(std::io::Error::other).flatten().map_err(|error| {
        format!(
            "{}: {error}; make room on the disk and check the rights of the directory, then go on",
            scribe.anchor.display()
        )
    })
}

impl Scribe {
    /// Unix milliseconds.
    pub(crate) fn now(&self) -> i64 {
        i64::try_from(self.clock.unix().as_millis()).unwrap_or(i64::MAX)
    }
}
