//! What every run has around it: a connection, the ledger for itself, a progress bar, and signals
//! that end it early.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use ledger::StateLock;
use provisioner::{Engine, Event, Known, Ledger, Plan, Report, Roster, RunId, Stopped, Tenant};
use seedfile::Serial;
use tokio_util::future::FutureExt;
use tokio_util::sync::CancellationToken;

use crate::args::{Common, Idp, Input, Job, Output, Pacing};
use crate::connect::{self, Connection, Reach};
use crate::exit::{Exit, Failed};
use crate::progress::{self, RunBar};
use crate::state::RunLedger;
use crate::{files, state, system, tables};

/// Who is asked before anything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// Whoever sits at the terminal.
    Terminal,
    /// Somebody ought to be asked, but standard input holds a file.
    InputIsTaken,
    /// Nobody: it was confirmed beforehand.
    Nobody,
}

impl Asking {
    pub(crate) fn new(yes: bool, inputs: &[Input<'_>]) -> Self {
        let stdin = Path::new("-");
        match (yes, inputs.iter().any(|(path, _)| *path == stdin)) {
            (true, _) => Self::Nobody,
            (false, true) => Self::InputIsTaken,
            (false, false) => Self::Terminal,
        }
    }
}

/// Whether whoever sits at the terminal says yes.
pub(crate) async fn confirmed(asking: Asking) -> Result<bool, Failed> {
    if asking == Asking::InputIsTaken || !std::io::stdin().is_terminal() {
        return Err(Failed::usage("nobody can be asked to confirm this plan").next("give --yes"));
    }
    files::ask("Carry this plan out? [y/N]");
    // On a thread of its own, so that a signal ends the wait.
    let answer = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    });
    let read = answer.await.map_err(std::io::Error::other).flatten();
    let answer = read.map_err(|error| Failed::internal(format!("standard input: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

pub(crate) struct Session {
    pub(crate) connection: Connection,
    roster: Roster,
    ledger: RunLedger,
    show: Box<dyn Fn(&Event) + Send + Sync>,
    bar: RunBar,
    stop: CancellationToken,
    signal: Arc<OnceLock<Exit>>,
    _lock: StateLock,
}

impl Session {
    /// Reads the seed file and connects to where its tokens go.
    pub(crate) async fn of(common: &Common, job: &Job) -> Result<Self, Failed> {
        let roster = files::read_roster(&job.file, &job.reading)?;
        Self::open(common, job.to, job.pacing, roster).await
    }

    /// The same, to plan and no more.
    pub(crate) async fn to_look(common: &Common, job: &Job) -> Result<Self, Failed> {
        let roster = files::read_roster(&job.file, &job.reading)?;
        Self::with(common, job.to, job.pacing, roster, Reach::Look).await
    }

    pub(crate) async fn open(
        common: &Common,
        idp: Idp,
        pacing: Pacing,
        roster: Roster,
    ) -> Result<Self, Failed> {
        Self::with(common, idp, pacing, roster, Reach::Change).await
    }

    async fn with(
        common: &Common,
        idp: Idp,
        pacing: Pacing,
        roster: Roster,
        reach: Reach,
    ) -> Result<Self, Failed> {
        let connection = connect::connect(common, idp, pacing, &roster, reach).await?;
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

    /// Works with these tokens from now on, and returns those from before.
    pub(crate) fn take_roster(&mut self, roster: Roster) -> Roster {
        std::mem::replace(&mut self.roster, roster)
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

    /// Refuses a plan of another tenant. `whose` begins the sentence that says so.
    pub(crate) fn must_be(&self, tenant: &Tenant, whose: &str) -> Result<(), Failed> {
        let here = self.connection.provider.tenant();
        if here == tenant {
            return Ok(());
        }
        let message = format!("{whose} {tenant}, this sign-in is for {here}");
        Err(Failed::new(Exit::Access, message).next("use the settings for that one"))
    }

    /// Says what a plan takes.
    pub(crate) fn say_estimate(&self, plan: &Plan) {
        if !plan.is_empty() {
            files::say(tables::estimate(&self.engine().estimate(plan)));
        }
    }

    /// A plan that is made by reading, while a spinner says so.
    pub(crate) async fn read(
        &self,
        plan: impl Future<Output = Result<Plan, Stopped>>,
    ) -> Result<Plan, Failed> {
        let reading = progress::reading("reading users and tokens");
        let plan = plan.await;
        reading.finish_and_clear();
        plan.map_err(|stopped| self.unsent(stopped))
    }

    /// Asks, carries the plan out as a new run, and reports. Nobody is asked where nothing is to be
    /// done.
    pub(crate) async fn carry_out(
        self,
        common: &Common,
        plan: &Plan,
        asking: Asking,
    ) -> Result<Exit, Failed> {
        self.confirm(&[plan], asking).await?;
        let (run, ended) = self.apply(plan).await?;
        self.finish(common, &run, ended).await
    }

    /// Asks whether these plans shall be carried out. Nobody is asked where nothing is to be done.
    pub(crate) async fn confirm(&self, plans: &[&Plan], asking: Asking) -> Result<(), Failed> {
        if asking == Asking::Nobody || plans.iter().all(|plan| plan.is_empty()) {
            return Ok(());
        }
        let answer = confirmed(asking).with_cancellation_token(&self.stop).await;
        match answer.transpose()? {
            Some(true) => Ok(()),
            Some(false) => Err(Failed::usage("not confirmed; nothing was sent")),
            None => Err(self.unsent(Stopped::Interrupted)),
        }
    }

    /// Carries a plan out as a new run.
    pub(crate) async fn apply(
        &self,
        plan: &Plan,
    ) -> Result<(RunId, (Report, Option<Stopped>)), Failed> {
        let run = RunId(system::run_name());
        let ended = self.engine().apply(&run, plan).await?;
        Ok((run, ended))
    }

    /// Opens a run that is carried out later.
    pub(crate) async fn begin(&self, plan: &Plan) -> Result<RunId, Failed> {
        let run = RunId(system::run_name());
        self.engine().begin(&run, plan).await?;
        Ok(run)
    }

    /// Takes over where tokens went, as another record says.
    pub(crate) async fn remember(
        &self,
        run: &RunId,
        records: BTreeMap<Serial, Known>,
    ) -> Result<(), Failed> {
        let tenant = self.connection.provider.tenant();
        Ok(self.ledger.remember(run, tenant, records).await?)
    }

    fn print(common: &Common, report: &Report) -> Result<(), Failed> {
        match common.output {
            Output::Json => files::print_json(report),
            Output::Text => files::print(&tables::report(report)),
        }
    }

    /// Prints the report and says how the program ends.
    pub(crate) async fn finish(
        self,
        common: &Common,
        run: &RunId,
        ended: (Report, Option<Stopped>),
    ) -> Result<Exit, Failed> {
        let print = |report: &Report| Self::print(common, report);
        self.end(common, run, ended, print).await
    }

    /// The same with a document of the caller's.
    pub(crate) async fn end(
        self,
        common: &Common,
        run: &RunId,
        (report, stopped): (Report, Option<Stopped>),
        print: impl FnOnce(&Report) -> Result<(), Failed>,
    ) -> Result<Exit, Failed> {
        self.bar.clear();
        let head = self.ledger.audit_head().await;
        self.ledger.close().await;
        let printed = print(&report);
        if report.counts.pending > 0 {
            files::say(open_rows(common, run, &report, Needs::of(&self.roster)));
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
    fn unsent(&self, stopped: Stopped) -> Failed {
        match (stopped, self.signal.get()) {
            (Stopped::Interrupted, Some(exit)) => {
                Failed::new(*exit, "interrupted; nothing was sent")
            }
            (stopped, _) => Failed::before_writing(stopped),
        }
    }
}

/// What open rows need beside the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Nothing,
    Seeds,
    /// Nobody keeps the code that was read off a device.
    NewCode,
}

impl Needs {
    fn of(roster: &Roster) -> Self {
        match (roster.has_typed_codes(), roster.has_seeds()) {
            (true, _) => Self::NewCode,
            (false, true) => Self::Seeds,
            (false, false) => Self::Nothing,
        }
    }
}

/// How a run goes on whose rows are not all at their end.
fn open_rows(common: &Common, run: &RunId, report: &Report, needs: Needs) -> String {
    let pending = report.counts.pending;
    let rows = if pending == 1 { "row is" } else { "rows are" };
    if common.sandbox {
        return format!(
            "{pending} {rows} open. A sandbox ends with the program, so this run cannot be resumed."
        );
    }
    if needs == Needs::NewCode {
        return format!(
            "{pending} {rows} open: give the command again, with the code that the device shows then."
        );
    }
    let after = report.not_before_utc();
    let after = after.map_or_else(String::new, |at| format!(", to be resumed after {at}"));
    let seeds = if needs == Needs::Seeds {
        " --seeds FILE"
    } else {
        ""
    };
    let settings = common.same_settings();
    format!("{pending} {rows} open{after}: oathctl runs resume {run}{seeds}{settings}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report of which so many rows are pending, one of them up to a time.
    fn open(pending: usize, not_before: Option<u64>) -> Report {
        serde_json::from_value(serde_json::json!({
            "schema": "oathkit.report/1", "run": "01a2", "idp": "entra", "wanted": "activated",
            "counts": {"rows": pending, "done": 0, "unchanged": 0, "failed": 0, "conflict": 0,
                       "pending": pending, "rejected": 0},
            "rows": [{"row": 2, "serial": "1", "user": null, "outcome": "pending", "state": null,
                      "activated_by": null, "error": null, "not_before": not_before}],
            "calls": {"total": 1, "writes": 0, "throttled": 0}, "elapsed_ms": 1,
        }))
        .unwrap()
    }

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
        let advice = open_rows(&common, &run, &open(2, None), Needs::Seeds);
        assert_eq!(
            advice,
            "2 rows are open: oathctl runs resume 01a2 --seeds FILE"
        );
        let advice = open_rows(&common, &run, &open(1, Some(1_800_000_000)), Needs::Nothing);
        assert_eq!(
            advice,
            "1 row is open, to be resumed after 2027-01-15T08:00:00Z: oathctl runs resume 01a2"
        );
        common.state_dir = Some("/tmp/runs".into());
        let advice = open_rows(&common, &run, &open(1, None), Needs::Seeds);
        assert_eq!(
            advice,
            "1 row is open: oathctl runs resume 01a2 --seeds FILE --state-dir /tmp/runs"
        );
        let advice = open_rows(&common, &run, &open(1, None), Needs::NewCode);
        assert!(advice.contains("the code that the device shows then"));
        assert!(!advice.contains("runs resume"), "{advice}");
        common.sandbox = true;
        let advice = open_rows(&common, &run, &open(2, None), Needs::Seeds);
        assert!(advice.contains("cannot be resumed"), "{advice}");
        assert!(!advice.contains("runs resume"), "{advice}");
    }
}
