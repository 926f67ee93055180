//! What every run has around it: a connection, the ledger for itself, a progress bar, and signals
//! that end it early.

use std::sync::{Arc, OnceLock};

use ledger::{SqliteLedger, StateLock};
use provisioner::{Engine, Event, Report, Roster, RunId, Stopped};
use tokio_util::sync::CancellationToken;

use crate::args::{Common, Idp, Output};
use crate::connect::{self, Connection};
use crate::exit::{Exit, Failed};
use crate::progress::RunBar;
use crate::{files, state, system, tables};

pub(crate) struct Session {
    pub(crate) connection: Connection,
    roster: Roster,
    ledger: SqliteLedger,
    show: Box<dyn Fn(&Event) + Send + Sync>,
    bar: RunBar,
    stop: CancellationToken,
    signal: Arc<OnceLock<Exit>>,
    _lock: StateLock,
}

impl Session {
    pub(crate) async fn open(common: &Common, idp: Idp, roster: Roster) -> Result<Self, Failed> {
        let connection = connect::connect(common, idp, &roster).await?;
        let (ledger, lock) = state::claim(common, Arc::clone(&connection.clock)).await?;
        let (stop, signal) = system::stop_on_signal();
        let bar = RunBar::new();
        let shown = bar.clone();
        Ok(Self {
            connection,
            roster,
            ledger,
            show: Box::new(move |event| shown.show(event)),
            bar,
            stop,
            signal,
            _lock: lock,
        })
    }

    pub(crate) fn engine(&self) -> Engine<'_> {
        Engine {
            provider: &*self.connection.provider,
            ledger: &self.ledger,
            pace: &self.connection.pace,
            roster: &self.roster,
            events: &self.show,
            stop: self.stop.clone(),
        }
    }

    /// Prints the report and says how the program ends.
    pub(crate) async fn finish(
        self,
        common: &Common,
        run: &RunId,
        (report, stopped): (Report, Option<Stopped>),
    ) -> Result<Exit, Failed> {
        self.bar.clear();
        self.ledger.close().await;
        match common.output {
            Output::Json => files::print_json(&report)?,
            Output::Text => files::print(&tables::report(&report))?,
        }
        let Some(stopped) = stopped else {
            return Ok(Exit::of(&report));
        };
        let pending = report.counts.pending;
        files::say(format_args!(
            "{pending} rows are open: oathctl runs resume {run} --seeds FILE"
        ));
        let failed = Failed::while_writing(stopped);
        Err(match self.signal.get() {
            Some(exit) => failed.with_exit(*exit),
            None => failed,
        })
    }

    /// The end of a run that was stopped before its first write.
    pub(crate) fn unsent(&self, stopped: Stopped) -> Failed {
        match (stopped, self.signal.get()) {
            (Stopped::Interrupted, Some(exit)) => {
                Failed::new(*exit, "interrupted; nothing was sent")
            }
            (stopped, _) => Failed::before_writing(stopped),
        }
    }
}
