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

pub(crate) use self::adopt::{Adoption, other_file};
use self::kept::Kept;
pub(crate) use self::kept::Wish;
pub(crate) use self::progress::{Board, Progress, Settled, Status};
use crate::app::StateDir;
use crate::places::{Place, Places};
use crate::trouble::OrTold;
use crate::upload::About;
use crate::vault::Vault;

/// How long it takes until a run is tried again that could not be taken up.
const AGAIN: Duration = Duration::from_secs(60);

/// A plan with the tokens that it is about.
pub(crate) struct Errand {
    pub(crate) plan: Plan,
    pub(crate) roster: Roster,
}

/// What is to be carried out: usually one run, two for a replacement.
pub(crate) struct Order {
    pub(crate) place: Arc<Place>,
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
    pub(crate) place: Arc<Place>,
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
        let runs: Vec<RunId> = order
            .errands
            .iter()
            .map(|_| RunId((self.means.new_name)()))
            .collect();
        let first = runs.first().cloned().ok_or_else(nothing_to_do)?;
        let kept = Kept {
            runs: runs.clone(),
            idp: order.place.idp,
            by: order.by.clone(),
            wish: Wish::Going,
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
            place: order.place,
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

    /// Lets a job go on that waits.
    pub(crate) fn resume(self: &Arc<Self>, job: &Arc<Job>) -> Result<(), Problem> {
        let rests = [Status::Paused, Status::Stopped];
        if !self.change(job, &rests, Wish::Going, Status::Going)? {
            return Err(goes_on());
        }
        *job.stop() = self.ending.child_token();
        self.go(job);
        Ok(())
    }

    /// Pauses or cancels a job: the calls in flight are finished first.
    pub(crate) fn hold(self: &Arc<Self>, job: &Arc<Job>, wish: Wish) -> Result<(), Problem> {
        let goes_on = [Status::Going, Status::Waiting, Status::Stopping];
        if self.change(job, &goes_on, wish, Status::Stopping)? {
            job.stop().cancel();
            return Ok(());
        }
        let rests = [Status::Paused, Status::Stopped];
        if wish == Wish::Cancelled && self.change(job, &rests, wish, Status::Stopping)? {
            self.go(job);
        }
        Ok(())
    }

    /// Takes up what was not at its end when the server ended. Where a service cannot be reached, it is
    /// tried again.
    pub(crate) async fn take_up(self: &Arc<Self>) {
        let kept = self.means.vault.names(Kept::PREFIX);
        let mut left = kept.unwrap_or_else(|error| {
            tracing::error!(%error, "runs that did not end cannot be looked up");
            Vec::new()
        });
        while !left.is_empty() && !self.ending.is_cancelled() {
            let mut again = Vec::new();
            for name in left {
                if let Err(problem) = self.take_up_one(&name).await {
                    tracing::warn!(%problem, "a run could not be taken up yet");
                    again.push(name);
                }
            }
            left = again;
            let pause = self.means.clock.sleep(AGAIN);
            pause.with_cancellation_token(&self.ending).await;
        }
    }

    /// Stops all jobs, to be taken up at the next start.
    pub(crate) async fn end(&self) {
        self.ending.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Writes down what is wanted of a job, and how it stands then. Nothing, and `false`, where it stands
    /// otherwise than was thought: whoever was faster has changed it, or it has ended.
    fn change(
        &self,
        job: &Job,
        when: &[Status],
        wish: Wish,
        then: Status,
    ) -> Result<bool, Problem> {
        let mut kept = job.kept();
        if !when.contains(&job.status()) {
            return Ok(false);
        }
        let changed = Kept {
            wish,
            ..kept.clone()
        };
        self.means.vault.save(&changed.name(), &changed).or_told()?;
        *kept = changed;
        job.set(then, None);
        Ok(true)
    }

    fn add(&self, job: &Arc<Job>) -> Result<(), Problem> {
        let mut all = self.all();
        let serials = job.serials();
        let there = all.iter().filter(|other| other.place.idp == job.place.idp);
        for other in there {
            if let Some(serial) = other.serials().intersection(&serials).next() {
                return Err(taken(serial, other));
            }
        }
        all.push(Arc::clone(job));
        Ok(())
    }

    /// Forgets a job and wipes what was kept for it.
    fn forget(&self, job: &Arc<Job>) {
        let kept = job.kept();
        job.set(Status::Ended, None);
        self.all().retain(|other| !Arc::ptr_eq(other, job));
        for name in [kept.file_name(), kept.name()] {
            if let Err(error) = self.means.vault.remove(&name) {
                tracing::warn!(%error, name, "what was kept for a run could not be removed");
            }
        }
    }

    fn go(self: &Arc<Self>, job: &Arc<Job>) {
        let (jobs, job) = (Arc::clone(self), Arc::clone(job));
        self.tasks.spawn(async move { jobs.work(&job).await });
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

fn nothing_to_do() -> Problem {
    Problem::new(
        "nothing-to-do",
        "nothing is to be done",
        "choose other tokens",
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
