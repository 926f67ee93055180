//! Carrying a job out: one run after the other, each until it has come to its end, or something stops
//! it.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ledger::SqliteLedger;
use provisioner::{
    Counts, Engine, LedgerError, Pace, Plan, Problem, Report, Roster, RunId, Stopped, Verdict,
};
use tokio_util::future::FutureExt;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::kept::{Kept, Wish};
use super::progress::{Board, Status};
use super::{AGAIN, Job, Jobs, Part};
use crate::inventory;
use crate::places::Place;
use crate::trouble::{OrTold, Told, or_broken};

/// How long the end of a small run waits for the lists that show it.
const SOON: Duration = Duration::from_secs(5);

/// Why a sitting ended before the job did.
enum Held {
    /// Somebody, or the end of the server, stopped it.
    Asked,
    /// Something stands in the way.
    By(Problem),
}

impl From<LedgerError> for Held {
    fn from(error: LedgerError) -> Self {
        Self::By(error.told())
    }
}

impl Jobs {
    /// Opens the runs of a job and keeps what they need. The seeds come first: a run that is on record can
    /// go on.
    pub(super) async fn put_on_record(
        &self,
        job: &Job,
        file: Option<Zeroizing<Vec<u8>>>,
    ) -> Result<(), Problem> {
        let _lock = self.claim()?;
        self.keep(job, file)?;
        let ledger = self.ledger(&job.by).await.or_told()?;
        for part in &job.parts {
            let begun = provisioner::Ledger::begin(&ledger, &part.run, &part.plan).await;
            begun.or_told()?;
        }
        ledger.close().await;
        Ok(())
    }

    /// Seals what a job needs to go on after a restart. Its name comes first, so that no file lies there of
    /// which nobody knows.
    pub(super) fn keep(&self, job: &Job, file: Option<Zeroizing<Vec<u8>>>) -> Result<(), Problem> {
        let kept = job.kept().clone();
        let vault = &self.means.vault;
        vault.save(&kept.name(), &kept).or_told()?;
        let file = file.map(|bytes| vault.save_bytes(&kept.file_name(), &bytes));
        file.transpose().or_told().map(drop)
    }

    /// Carries a job out as far as it goes. A defect stops it, as whatever else stands in its way.
    pub(super) async fn carry_out(&self, job: &Arc<Job>) {
        let work = or_broken(async {
            self.work(job).await;
            Ok(())
        });
        if let Err(problem) = work.await
            && !self.rest(job, Held::By(problem.clone()))
        {
            job.set(Status::Stopped, Some(&problem));
        }
    }

    /// One sitting, and what follows from its end.
    async fn work(&self, job: &Arc<Job>) {
        let stop = job.stop().clone();
        let mut held = match job.wish() {
            Wish::Cancelled => Err(Held::Asked),
            _ => self.sit(job, &stop).await,
        };
        loop {
            if held.is_err() && job.wish() == Wish::Cancelled {
                let Some(()) = self.cancel(job).await else {
                    return;
                };
                held = Ok(());
            }
            let is_shown = self.show_soon(job).await;
            let is_over = match held {
                Ok(()) => {
                    self.forget(job);
                    true
                }
                Err(why) => self.rest(job, why),
            };
            if !is_over {
                // Somebody cancelled it at the last moment.
                held = Err(Held::Asked);
                continue;
            }
            if !is_shown {
                let reading = self.read_again(job);
                reading.with_cancellation_token(&self.ending).await;
            }
            return;
        }
    }

    /// A job that did not come to its end rests, and is not begun again by itself where something stands in its
    /// way. `false` where it is cancelled.
    fn rest(&self, job: &Job, held: Held) -> bool {
        let mut kept = job.kept();
        match held {
            _ if kept.wish == Wish::Cancelled => return false,
            Held::Asked => job.set(Status::Paused, None),
            Held::By(problem) => {
                kept.wish = Wish::Paused;
                if let Err(unkept) = self.means.vault.save(&kept.name(), &*kept) {
                    tracing::warn!(%unkept, "a run that stopped may be begun again at the next start");
                }
                job.set(Status::Stopped, Some(&problem));
            }
        }
        true
    }

    /// Whoever sees the end of a small run sees what it changed, too, unless that takes long. `false` where it
    /// is still to be read.
    async fn show_soon(&self, job: &Job) -> bool {
        if job.serials().len() > inventory::FEW {
            return false;
        }
        tokio::select! {
            () = self.read_again(job) => true,
            () = self.means.clock.sleep(SOON) => false,
            () = self.ending.cancelled() => false,
        }
    }

    /// Lists show what a sitting has changed.
    async fn read_again(&self, job: &Job) {
        let changed: Vec<_> = job.serials().into_iter().collect();
        let place = self.means.places.get(job.idp).await;
        let ledger = self.ledger(&job.by).await;
        if let (Ok(place), Ok(ledger)) = (place, ledger) {
            inventory::read_again(&place, &ledger, &changed).await;
            ledger.close().await;
        }
    }

    /// The connection of these days. One that cannot be reached is waited for.
    async fn place(&self, job: &Job, stop: &CancellationToken) -> Result<Arc<Place>, Held> {
        loop {
            let reached = self.means.places.reach(job.idp);
            let reached = reached.with_cancellation_token(stop).await;
            let failure = match reached.ok_or(Held::Asked)? {
                Ok(place) => return Ok(place),
                Err(failure) => failure,
            };
            if matches!(
                failure.verdict,
                Verdict::Stop | Verdict::Refused | Verdict::Forbidden
            ) {
                return Err(Held::By(failure.problem));
            }
            job.wait_for(&failure.problem);
            let pause = self.means.clock.sleep(AGAIN);
            let waited = pause.with_cancellation_token(stop).await;
            waited.ok_or(Held::Asked)?;
            job.set(Status::Going, None);
        }
    }

    /// Carries out each run that has not come to its end.
    async fn sit(&self, job: &Job, stop: &CancellationToken) -> Result<(), Held> {
        let place = self.place(job, stop).await?;
        let _lock = self.claim().map_err(Held::By)?;
        let by = job.wished_by();
        let ledger = self.ledger(by.as_ref().unwrap_or(&job.by)).await?;
        let done = self.each_part(job, &place, &ledger, stop).await;
        ledger.close().await;
        done
    }

    async fn each_part(
        &self,
        job: &Job,
        place: &Place,
        ledger: &SqliteLedger,
        stop: &CancellationToken,
    ) -> Result<(), Held> {
        let mut parts = job.parts.iter();
        while let Some(part) = parts.next() {
            let report = self.part(place, part, ledger, stop).await?;
            let goes_on = report.is_complete() || (job.kept().even_so && report.counts.failed > 0);
            if !goes_on {
                for rest in parts {
                    let pace = place.pace();
                    let engine = engine(place, rest, ledger, &pace, &quiet, stop.clone());
                    engine.cancel(&rest.run, &rest.plan, &not_begun()).await?;
                    refresh(rest, ledger).await?;
                }
                return Ok(());
            }
        }
        Ok(())
    }

    /// One run, sitting after sitting, until no row is open.
    async fn part(
        &self,
        place: &Place,
        part: &Part,
        ledger: &SqliteLedger,
        stop: &CancellationToken,
    ) -> Result<Report, Held> {
        loop {
            let pace = place.pace();
            let show = |event: &_| part.board.show(event);
            let engine = engine(place, part, ledger, &pace, &show, stop.clone());
            let is_new = part.is_new.swap(false, Ordering::Relaxed);
            let (report, stopped) = match is_new {
                true => engine.apply_begun(&part.run, &part.plan).await?,
                false => engine.resume(&part.run, &part.plan).await?,
            };
            part.board.set_counts(report.counts);
            match stopped {
                None => {}
                Some(Stopped::Interrupted) => return Err(Held::Asked),
                Some(stopped) => return Err(Held::By(stopped.told())),
            }
            if report.counts.pending == 0 {
                return Ok(report);
            }
            self.wait(place, &report, &part.board, stop).await?;
        }
    }

    /// Waits for the time that the service named, by its own clock.
    async fn wait(
        &self,
        place: &Place,
        report: &Report,
        board: &Board,
        stop: &CancellationToken,
    ) -> Result<(), Held> {
        let first = report.rows.iter().filter_map(|row| row.not_before).min();
        let at = Duration::from_secs(first.ok_or_else(|| Held::By(left_open()))?);
        let wait = at.saturating_sub(place.provider.unix()) + Duration::from_secs(1);
        board.show(&provisioner::Event::Waiting { wait });
        let waited = self
            .means
            .clock
            .sleep(wait)
            .with_cancellation_token(stop)
            .await;
        waited.ok_or(Held::Asked)
    }

    /// Ends what is open of a job, and tries until it is done. `None` where the server ends before.
    async fn cancel(&self, job: &Job) -> Option<()> {
        while let Err(problem) = self.try_to_cancel(job).await {
            job.wait_for(&problem);
            let pause = self.means.clock.sleep(AGAIN);
            pause.with_cancellation_token(&self.ending).await?;
        }
        Some(())
    }

    /// Ends what is open of a job, without another write to the service. No seed is needed for that.
    async fn try_to_cancel(&self, job: &Job) -> Result<(), Problem> {
        let by = job.wished_by();
        self.means.vault.remove(&job.kept().file_name()).or_told()?;
        let place = self.means.places.get(job.idp).await?;
        let _lock = self.claim()?;
        let ledger = self
            .ledger(by.as_ref().unwrap_or(&job.by))
            .await
            .or_told()?;
        let why = by.as_deref().map_or_else(seed_lost, cancelled);
        for part in &job.parts {
            let pace = place.pace();
            let engine = engine(
                &place,
                part,
                &ledger,
                &pace,
                &quiet,
                CancellationToken::new(),
            );
            let cancelled = engine.cancel(&part.run, &part.plan, &why).await;
            let (report, stopped) = cancelled.or_told()?;
            part.board.set_counts(report.counts);
            if let Some(stopped) = stopped {
                return Err(stopped.told());
            }
        }
        ledger.close().await;
        Ok(())
    }

    /// Makes a job of what was kept. What is on record no more is forgotten.
    pub(super) async fn take_up_one(self: &Arc<Self>, name: &str) -> Result<(), Problem> {
        let vault = &self.means.vault;
        let Some(kept) = vault.load::<Kept>(name).or_told()? else {
            return Ok(());
        };
        if kept.runs.iter().any(|run| self.find(run).is_some()) {
            return Ok(());
        }
        let mut kept = kept;
        let ledger = self.ledger(&kept.by).await.or_told()?;
        let mut parts = Vec::new();
        let mut is_whole = true;
        for run in &kept.runs {
            let report = ledger.report(run).await.or_told()?;
            let plan = ledger.plan(run).await.or_told()?;
            let Some((plan, report)) = plan.zip(report) else {
                is_whole = false;
                continue;
            };
            let roster = self.roster(&kept, &plan)?;
            is_whole &= roster.is_some() || report.counts.pending == 0;
            let roster = roster.unwrap_or_else(|| Roster::of_plan(&plan));
            parts.push(part(run, plan, report.counts, roster));
        }
        ledger.close().await;
        if !is_whole && kept.file.is_none() && kept.wish != Wish::Cancelled {
            // Half of it may be worse than nothing: a token taken back whose successor cannot be given.
            tracing::warn!(
                run = name,
                "what was typed for it is gone: it ends as it stands; look at what its user has"
            );
            (kept.wish, kept.wished_by) = (Wish::Cancelled, None);
        } else if !is_whole && kept.wish != Wish::Cancelled {
            tracing::warn!(
                run = name,
                "its file is gone: send it again on the page of the run"
            );
            parts.clear();
        }
        let goes_on = kept.wish != Wish::Paused;
        let job = Arc::new(Job {
            idp: kept.idp,
            by: kept.by.clone(),
            parts,
            kept: Mutex::new(kept),
            stop: Mutex::new(self.ending.child_token()),
        });
        if job.parts.is_empty() {
            let runs = job.kept().runs.clone();
            // Somebody may have sent the file meanwhile.
            if runs.iter().all(|run| self.find(run).is_none()) {
                self.forget(&job);
            }
            return Ok(());
        }
        self.add(&job)?;
        match goes_on {
            true => self.go(&job),
            false => job.set(Status::Paused, None),
        }
        Ok(())
    }

    /// The tokens of a run that was kept; none where their seeds are gone.
    fn roster(&self, kept: &Kept, plan: &Plan) -> Result<Option<Roster>, Problem> {
        let bytes = self.means.vault.load_bytes(&kept.file_name()).or_told()?;
        match kept.file.as_ref().zip(bytes) {
            Some((about, bytes)) => about.roster(&bytes).map(Some),
            None if plan.needs_seeds() => Ok(None),
            None => Ok(Some(Roster::of_plan(plan))),
        }
    }

    pub(super) async fn ledger(&self, by: &str) -> Result<SqliteLedger, LedgerError> {
        let path = self.means.state.ledger();
        SqliteLedger::open(&path, Arc::clone(&self.means.clock), (self.means.actor)(by)).await
    }
}

fn engine<'e>(
    place: &'e Place,
    part: &'e Part,
    ledger: &'e SqliteLedger,
    pace: &'e Pace,
    events: &'e (dyn Fn(&provisioner::Event) + Send + Sync),
    stop: CancellationToken,
) -> Engine<'e> {
    Engine {
        provider: &*place.provider,
        ledger,
        pace,
        roster: &part.roster,
        events,
        stop,
    }
}

pub(super) fn part(run: &RunId, plan: Plan, counts: Counts, roster: Roster) -> Part {
    Part {
        run: run.clone(),
        plan,
        board: Board::new(counts),
        roster,
        is_new: AtomicBool::new(false),
    }
}

fn quiet(_: &provisioner::Event) {}

async fn refresh(part: &Part, ledger: &SqliteLedger) -> Result<(), LedgerError> {
    if let Some(report) = ledger.report(&part.run).await? {
        part.board.set_counts(report.counts);
    }
    Ok(())
}

fn left_open() -> Problem {
    Problem::new(
        "left-open",
        "some rows have not come to their end",
        "let the run go on later",
    )
}

fn cancelled(by: &str) -> Problem {
    Problem::new(
        "cancelled",
        format!("the run was cancelled by {by}"),
        "import the file again, or choose the token again, if it is to be done",
    )
}

fn seed_lost() -> Problem {
    Problem::new(
        "cancelled",
        "the server ended meanwhile, and a seed that was typed is not kept",
        "look at the token, and do what is left to do once more",
    )
}

fn not_begun() -> Problem {
    Problem::new(
        "not-begun",
        "the other half of the replacement did not come to its end, so that this one was not begun",
        "replace the token again",
    )
}
