//! The reports of a few runs, kept: that of a large run takes a second to make, and a page shows a
//! hundredth of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ledger::{RunSummary, SqliteLedger};
use provisioner::{Decision, FileDigest, LedgerError, Plan, Report, RunId};

/// So many runs are kept; the one that was not asked for the longest goes first.
const MOST: usize = 4;
/// The report of a run that goes on is that old at the most.
const FRESH: Duration = Duration::from_secs(2);

/// A run as its page shows it.
#[derive(Debug)]
pub(crate) struct RunReport {
    /// When it began, where and by whom. How far it is says the report.
    pub(crate) summary: RunSummary,
    /// The digest of the file that it began with.
    pub(crate) file: FileDigest,
    /// Whether it goes on with its seeds only.
    pub(crate) needs_seeds: bool,
    /// Whether its tokens were proved by codes that somebody read off them: such a code is good once.
    pub(crate) had_codes: bool,
    /// Rows for which something was to be done.
    pub(crate) to_do: usize,
    pub(crate) report: Report,
}

/// One report. Who asks while it is made waits for it.
type Slot = Arc<tokio::sync::Mutex<Option<Kept>>>;

#[derive(Debug)]
struct Kept {
    run: Arc<RunReport>,
    /// When it was made; none where it changes no more.
    at: Option<Duration>,
    /// Whether the run went on here then: at its end the report is another one.
    live: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Reports(Mutex<Vec<(RunId, Slot)>>);

impl Reports {
    /// The report of a run; `None` where there is no such run. `live` is the plan of one that goes on
    /// here.
    pub(crate) async fn get(
        &self,
        ledger: &SqliteLedger,
        run: &RunId,
        live: Option<&Plan>,
        now: Duration,
    ) -> Result<Option<Arc<RunReport>>, LedgerError> {
        let slot = self.slot(run);
        let mut kept = slot.lock().await;
        if let Some(kept) = kept
            .as_ref()
            .filter(|kept| kept.is_good(now, live.is_some()))
        {
            return Ok(Some(Arc::clone(&kept.run)));
        }
        let Some(made) = make(ledger, run, live).await? else {
            return Ok(None);
        };
        let run = Arc::new(made);
        let changes = live.is_some() || run.report.counts.pending > 0;
        *kept = Some(Kept {
            run: Arc::clone(&run),
            at: changes.then_some(now),
            live: live.is_some(),
        });
        Ok(Some(run))
    }

    fn slot(&self, run: &RunId) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = slots.iter().position(|(there, _)| there == run);
        let slot = match place {
            Some(place) => slots.remove(place),
            None => (run.clone(), Slot::default()),
        };
        if slots.len() >= MOST {
            slots.remove(0);
        }
        let found = Arc::clone(&slot.1);
        slots.push(slot);
        found
    }
}

impl Kept {
    fn is_good(&self, now: Duration, live: bool) -> bool {
        let is_fresh = |at| now.saturating_sub(at) < FRESH && self.live == live;
        self.at.is_none_or(is_fresh)
    }
}

async fn make(
    ledger: &SqliteLedger,
    run: &RunId,
    live: Option<&Plan>,
) -> Result<Option<RunReport>, LedgerError> {
    let read = match live {
        Some(_) => None,
        None => ledger.plan(run).await?,
    };
    let summary = ledger.run(run).await?;
    let Some((plan, summary)) = live.or(read.as_ref()).zip(summary) else {
        return Ok(None);
    };
    let is_to_do = |decision: &Decision| matches!(decision, Decision::Steps { .. });
    let to_do = plan.rows.iter().filter(|row| is_to_do(&row.decision));
    Ok(Some(RunReport {
        summary,
        file: plan.file.clone(),
        needs_seeds: plan.needs_seeds(),
        had_codes: plan.rows.iter().any(|row| row.token.typed),
        to_do: to_do.count(),
        report: ledger.report_of(run, plan).await?,
    }))
}
