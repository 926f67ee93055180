//! Runs that this server carries out. A job outlives the browser that began it, and the server: what it
//! needs lies sealed on disk until it has come to its end.

mod adopt;
mod kept;
mod progress;
#[cfg(test)]
mod tests;
mod work;

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use idp_http::Clock;
use ledger::{Actor, StateLock};
use provisioner::{Decision, Plan, Problem, Roster, RunId};
use seedfile::Serial;
use tokio_util::future::FutureExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zeroize::Zeroizing;

pub(crate) use self::adopt::{Adoption, elsewhere, other_file};
use self::kept::Kept;
pub(crate) use self::kept::Wish;
pub(crate) use self::progress::{Board, Progress, Settled, Status};
use crate::app::StateDir;
use crate::places::{Idp, Places};
use crate::trouble::OrTold;
use crate::upload::About;
use crate::vault::Vault;

/// How long it takes until a run is tried again that could not be taken up, or connected.
const AGAIN: Duration = Duration::from_secs(60);
const GOES_ON: &[Status] = &[Status::Going, Status::Waiting, Status::Stopping];
const RESTS: &[Status] = &[Status::Paused, Status::Stopped];

/// A plan with the tokens that it is about.
pub(crate) struct Errand {
    pub(crate) plan: Plan,
    pub(crate) roster: Roster,
}

/// What is to be carried out: usually one run, two for a replacement.
pub(crate) struct Order {
    pub(crate) idp: Idp,
    pub(crate) by: String,
    pub(crate) errands: Vec<Errand>,
    /// The second one is carried out although the first did not come to its end: whoever may have lost
    /// the old token is still to be given the new one.
    pub(crate) even_so: bool,
    /// The file that the seeds come from, to go on after a restart.
    pub(crate) file: Option<(About, Zeroizing<Vec<u8>>)>,
}

/// A run that goes on, or that waits for somebody to let it go on.
pub(crate) struct Job {
    /// Each sitting goes by the connection of its time.
    pub(crate) idp: Idp,
    pub(crate) by: String,
    pub(crate) parts: Vec<Part>,
    kept: Mutex<Kept>,
    stop: Mutex<CancellationToken>,
}

/// One run of a job.
pub(crate) struct Part {
    pub(crate) run: RunId,
    pub(crate) plan: Plan,
    pub(crate) board: Board,
    roster: Roster,
    /// Nothing was sent for it yet.
    is_new: AtomicBool,
}

impl Job {
    pub(crate) fn part(&self, run: &RunId) -> Option<&Part> {
        self.parts.iter().find(|part| part.run == *run)
    }

    pub(crate) fn wish(&self) -> Wish {
        self.kept().wish
    }

    /// Who paused or cancelled it, or let it go on.
    pub(crate) fn wished_by(&self) -> Option<String> {
        self.kept().wished_by.clone()
    }

    /// The tokens that it changes.
    fn serials(&self) -> BTreeSet<Serial> {
        let rows = self.parts.iter().flat_map(|part| &part.plan.rows);
        let changed = rows.filter(|row| matches!(row.decision, Decision::Steps { .. }));
        changed.map(|row| row.token.serial.clone()).collect()
    }

    fn status(&self) -> Status {
        let first = self.parts.first();
        first.map_or(Status::Ended, |part| part.board.now().status)
    }

    /// Says on every part how the job stands.
    fn set(&self, status: Status, problem: Option<&Problem>) {
        for part in &self.parts {
            part.board.set(status, problem.cloned());
        }
    }

    /// Its service cannot be reached.
    fn wait_for(&self, problem: &Problem) {
        self.set(Status::Waiting, Some(problem));
    }

    fn stop(&self) -> MutexGuard<'_, CancellationToken> {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All jobs, and what they work with.
pub(crate) struct Jobs {
    means: Means,
    all: Mutex<Vec<Arc<Job>>>,
    lock: Mutex<Weak<StateLock>>,
    tasks: TaskTracker,
    ending: CancellationToken,
}

/// What jobs are made with.
pub(crate) struct Means {
    pub(crate) state: StateDir,
    pub(crate) vault: Arc<Vault>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) places: Arc<Places>,
    pub(crate) actor: fn(&str) -> Actor,
    pub(crate) new_name: fn() -> String,
}

impl Jobs {
    pub(crate) fn new(means: Means) -> Arc<Self> {
        Arc::new(Self {
            means,
            all: Mutex::default(),
            lock: Mutex::default(),
            tasks: TaskTracker::new(),
            ending: CancellationToken::new(),
        })
    }

    /// The job that carries out a run, as long as it has not come to its end.
    pub(crate) fn find(&self, run: &RunId) -> Option<Arc<Job>> {
        self.all()
            .iter()
            .find(|job| job.part(run).is_some())
            .cloned()
    }

    /// All jobs that have not come to their end.
    pub(crate) fn list(&self) -> Vec<Arc<Job>> {
        self.all().clone()
    }

    /// Begins what was ordered: its runs are on record, and what they need lies sealed, when it returns.
    pub(crate) async fn start(self: &Arc<Self>, order: Order) -> Result<RunId, Problem> {
        let name = (self.means.new_name)();
        let runs = (0..order.errands.len()).map(|at| run_of(&name, at));
        let runs: Vec<RunId> = runs.collect();
        let first = runs.first().cloned().ok_or_else(nothing_to_do)?;
        let kept = Kept {
            runs: runs.clone(),
            idp: order.idp,
            by: order.by.clone(),
            wish: Wish::Going,
            wished_by: Some(order.by.clone()),
            even_so: order.even_so,
            file: order.file.as_ref().map(|(about, _)| about.clone()),
        };
        let parts = runs
            .into_iter()
            .zip(order.errands)
            .map(|(run, errand)| Part {
                run,
                board: Board::new(errand.plan.counts()),
                plan: errand.plan,
                roster: errand.roster,
                is_new: AtomicBool::new(true),
            });
        let job = Arc::new(Job {
            idp: order.idp,
            by: order.by,
            parts: parts.collect(),
            kept: Mutex::new(kept),
            stop: Mutex::new(self.ending.child_token()),
        });
        self.add(&job)?;
        let file = order.file.map(|(_, bytes)| bytes);
        if let Err(problem) = self.put_on_record(&job, file).await {
            self.forget(&job);
            return Err(problem);
        }
        self.go(&job);
        Ok(first)
    }

    /// Lets a job go on that rests.
    pub(crate) fn resume(self: &Arc<Self>, job: &Arc<Job>, by: &str) -> Result<(), Problem> {
        if job.wish() == Wish::Cancelled {
            return Err(was_cancelled());
        }
        if !self.change(job, RESTS, (Wish::Going, by), Status::Going)? {
            return Err(goes_on());
        }
        self.go(job);
        Ok(())
    }

    /// Pauses or cancels a job: the calls in flight are finished first.
    pub(crate) fn hold(
        self: &Arc<Self>,
        job: &Arc<Job>,
        wish: Wish,
        by: &str,
    ) -> Result<(), Problem> {
        if self.change(job, GOES_ON, (wish, by), Status::Stopping)? {
            return Ok(());
        }
        if wish == Wish::Cancelled && self.change(job, RESTS, (wish, by), Status::Stopping)? {
            self.go(job);
        }
        Ok(())
    }

    /// Pauses what goes on at a place that is to be forgotten.
    pub(crate) fn hold_all(self: &Arc<Self>, idp: Idp, by: &str) -> Result<(), Problem> {
        let all = self.list();
        let mut there = all.iter().filter(|job| job.idp == idp);
        there.try_for_each(|job| self.hold(job, Wish::Paused, by))
    }

    /// Takes up what was not at its end when the server ended. What cannot be read yet is tried again.
    pub(crate) async fn take_up(self: &Arc<Self>) {
        let names = self.means.vault.names(Kept::PREFIX);
        let mut left = names.unwrap_or_else(|error| {
            tracing::error!(%error, "no run could be taken up");
            Vec::new()
        });
        loop {
            let mut again = Vec::new();
            for name in left {
                if let Err(problem) = self.take_up_one(&name).await {
                    tracing::warn!(%problem, "a run could not be taken up yet");
                    again.push(name);
                }
            }
            left = again;
            if left.is_empty() {
                return;
            }
            let pause = self.means.clock.sleep(AGAIN);
            if pause.with_cancellation_token(&self.ending).await.is_none() {
                return;
            }
        }
    }

    /// Stops all jobs, to be taken up at the next start.
    pub(crate) async fn end(&self) {
        self.ending.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Writes down what is wanted of a job and by whom, and how it stands then. Nothing, and `false`, where
    /// it stands otherwise than was thought: whoever was faster has changed it, or it has ended.
    fn change(
        &self,
        job: &Job,
        when: &[Status],
        (wish, by): (Wish, &str),
        then: Status,
    ) -> Result<bool, Problem> {
        let mut kept = job.kept();
        // What somebody cancelled stays so.
        let is_cancelled = kept.wish == Wish::Cancelled;
        if is_cancelled || !when.contains(&job.status()) {
            return Ok(false);
        }
        let changed = Kept {
            wish,
            wished_by: Some(by.to_owned()),
            ..kept.clone()
        };
        self.means.vault.save(&changed.name(), &changed).or_told()?;
        *kept = changed;
        match wish {
            Wish::Going => *job.stop() = self.ending.child_token(),
            Wish::Paused | Wish::Cancelled => job.stop().cancel(),
        }
        job.set(then, None);
        Ok(true)
    }

    fn add(&self, job: &Arc<Job>) -> Result<(), Problem> {
        let mut all = self.all();
        let serials = job.serials();
        let there = all.iter().filter(|other| other.idp == job.idp);
        for other in there {
            if let Some(serial) = other.serials().intersection(&serials).next() {
                return Err(taken(serial, other));
            }
        }
        all.push(Arc::clone(job));
        Ok(())
    }

    /// Forgets a job and wipes what was kept for it: its file first, which nobody would find without the rest.
    fn forget(&self, job: &Arc<Job>) {
        let kept = job.kept();
        job.set(Status::Ended, None);
        self.all().retain(|other| !Arc::ptr_eq(other, job));
        for name in [kept.file_name(), kept.name()] {
            if let Err(error) = self.means.vault.remove(&name) {
                tracing::warn!(%error, name, "what was kept for a run is removed at the next start");
                return;
            }
        }
    }

    fn go(self: &Arc<Self>, job: &Arc<Job>) {
        let (jobs, job) = (Arc::clone(self), Arc::clone(job));
        self.tasks.spawn(async move { jobs.carry_out(&job).await });
    }

    /// Held by all jobs together; other programs wait meanwhile.
    fn claim(&self) -> Result<Arc<StateLock>, Problem> {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = lock.upgrade() {
            return Ok(held);
        }
        let owner = format!("oathd, process {}", std::process::id());
        let claimed = StateLock::acquire(self.means.state.path(), &owner).or_told()?;
        let claimed = Arc::new(claimed);
        *lock = Arc::downgrade(&claimed);
        Ok(claimed)
    }

    fn all(&self) -> MutexGuard<'_, Vec<Arc<Job>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The runs of a job are called alike, so that one leads to the other for as long as there is a ledger.
fn run_of(name: &str, at: usize) -> RunId {
    match at {
        0 => RunId(name.to_owned()),
        at => RunId(format!("{name}-{}", at + 1)),
    }
}

/// What the other half of a replacement is called.
pub(crate) fn other_half(run: &RunId) -> RunId {
    match run.0.strip_suffix("-2") {
        Some(first) => run_of(first, 0),
        None => run_of(&run.0, 1),
    }
}

fn nothing_to_do() -> Problem {
    Problem::new(
        "nothing-to-do",
        "nothing is to be done",
        "choose other tokens",
    )
}

fn was_cancelled() -> Problem {
    Problem::new(
        "run-cancelled",
        "this run was cancelled, and does not go on",
        "wait for its end; then begin what is still to be done anew",
    )
}

fn goes_on() -> Problem {
    Problem::new("goes-on", "this run goes on already", "watch it")
}

fn taken(serial: &Serial, other: &Job) -> Problem {
    let run = other
        .parts
        .first()
        .map(|part| part.run.0.clone())
        .unwrap_or_default();
    Problem::new(
        "token-in-a-run",
        format!("the token {serial} is in the run {run}, which has not come to its end"),
        "wait for that run, or cancel it; nothing was sent",
    )
}
