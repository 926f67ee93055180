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
        let head = self.ledger.audit_head().await;
        self.ledger.close().await;
        let printed = match common.output {
            Output::Json => files::print_json(&report),
            Output::Text => files::print(&tables::report(&report)),
        };
        if report.counts.pending > 0 {
            files::say(open_rows(common, run, report.counts.pending));
        }
        match head {
            Ok(Some(head)) => files::say(format_args!("audit head {head}")),
            Ok(None) => {}
            Err(error) => files::say(format_args!("audit head unknown: {error}")),
        }
        let stopped = stopped.map(|stopped| {
            let failed = Failed::while_writing(stopped);
            match self.signal.get() {
                Some(exit) => failed.with_exit(*exit),
                None => failed,
            }
        });
        match (printed, stopped) {
            (Ok(()), None) => Ok(Exit::of_run(&report)),
            (Ok(()), Some(stopped)) => Err(stopped),
            (Err(unprinted), stopped) => {
                if let Some(stopped) = stopped {
                    let _ = stopped.report();
                }
                let place = common.same_place();
                Err(unprinted.next(format!("the run is kept: oathctl runs report {run}{place}")))
            }
        }
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

/// How a run goes on whose rows are not all at their end.
fn open_rows(common: &Common, run: &RunId, pending: usize) -> String {
    let rows = if pending == 1 { "row is" } else { "rows are" };
    if common.sandbox {
        return format!(
            "{pending} {rows} open. A sandbox ends with the program, so this run cannot be resumed."
        );
    }
    let settings = common.same_settings();
    format!("{pending} {rows} open: oathctl runs resume {run} --seeds FILE{settings}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_rows_are_resumed_where_there_is_something_to_resume() {
        let run = RunId("01a2".to_owned());
        let mut common = Common {
            output: Output::Text,
            profile: None,
            config: None,
            state_dir: None,
            sandbox: false,
        };
        let advice = open_rows(&common, &run, 2);
        assert_eq!(
            advice,
            "2 rows are open: oathctl runs resume 01a2 --seeds FILE"
        );
        common.state_dir = Some("/tmp/runs".into());
        let advice = open_rows(&common, &run, 1);
        assert_eq!(
            advice,
            "1 row is open: oathctl runs resume 01a2 --seeds FILE --state-dir /tmp/runs"
        );
        common.sandbox = true;
        let advice = open_rows(&common, &run, 2);
        assert!(advice.contains("cannot be resumed"), "{advice}");
        assert!(!advice.contains("runs resume"), "{advice}");
    }
}
