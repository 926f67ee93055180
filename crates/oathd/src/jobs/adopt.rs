//! Runs on record that are no jobs: begun by the command line, or what was kept for them is gone.

use std::sync::{Arc, Mutex};

use provisioner::{FileDigest, Plan, Problem, Roster, RunId, Tenant};
use zeroize::Zeroizing;

use super::kept::{Kept, Wish};
use super::work::part;
use super::{Job, Jobs};
use crate::places::Idp;
use crate::trouble::OrTold;
use crate::upload::About;

/// A run that is to be a job.
pub(crate) struct Adoption {
    pub(crate) run: RunId,
    pub(crate) idp: Idp,
    pub(crate) by: String,
    /// The file that it began with, where its seeds are needed.
    pub(crate) file: Option<(About, Zeroizing<Vec<u8>>)>,
    /// Whether it is to go on, or to end as it is.
    pub(crate) wish: Wish,
}

impl Jobs {
    /// Makes a job of a run that has open rows. Nobody else goes on with it meanwhile.
    pub(crate) async fn adopt(self: &Arc<Self>, adoption: Adoption) -> Result<(), Problem> {
        let _lock = self.claim()?;
        let job = Arc::new(self.adopted(&adoption).await?);
        self.add(&job)?;
        if let Err(problem) = self.keep(&job, adoption.file.map(|(_, bytes)| bytes)) {
            self.forget(&job);
            return Err(problem);
        }
        self.go(&job);
        Ok(())
    }

    async fn adopted(&self, adoption: &Adoption) -> Result<Job, Problem> {
        let run = &adoption.run;
        if self.find(run).is_some() {
            return Err(super::goes_on());
        }
        let ledger = self.ledger(&adoption.by).await.or_told()?;
        let known = (
            ledger.plan(run).await.or_told()?,
            ledger.report(run).await.or_told()?,
        );
        let other = ledger.run(&super::other_half(run)).await.or_told()?;
        ledger.close().await;
        if adoption.wish == Wish::Going && other.is_some() {
            return Err(half());
        }
        let (Some(plan), Some(report)) = known else {
            return Err(no_run(run));
        };
        if report.counts.pending == 0 {
            return Err(ended());
        }
        let place = self.means.places.get(adoption.idp).await?;
        if *place.provider.tenant() != plan.tenant {
            return Err(elsewhere(&plan.tenant));
        }
        let roster = roster(adoption, &plan)?;
        let kept = Kept {
            runs: vec![run.clone()],
            idp: adoption.idp,
            by: adoption.by.clone(),
            wish: adoption.wish,
            wished_by: Some(adoption.by.clone()),
            even_so: false,
            file: adoption.file.as_ref().map(|(about, _)| about.clone()),
        };
        Ok(Job {
            idp: adoption.idp,
            by: adoption.by.clone(),
            parts: vec![part(run, plan, report.counts, roster)],
            kept: Mutex::new(kept),
            stop: Mutex::new(self.ending.child_token()),
        })
    }
}

/// The tokens with as many seeds as are needed: none to end a run.
fn roster(adoption: &Adoption, plan: &Plan) -> Result<Roster, Problem> {
    let Some((about, bytes)) = &adoption.file else {
        return match adoption.wish == Wish::Going && plan.needs_seeds() {
            true => Err(file_needed()),
            false => Ok(Roster::of_plan(plan)),
        };
    };
    if FileDigest::of(bytes) != plan.file {
        return Err(other_file());
    }
    let roster = about.roster(bytes)?;
    match plan.seeds_missing(&roster).first() {
        None => Ok(roster),
        Some(missing) => Err(Problem::new(
            "read-otherwise",
            format!("this is the file, but it is read otherwise than then: {missing}"),
            "say how it is to be read, as when the run was begun; nothing was sent",
        )),
    }
}

/// A file with other bytes than the one that a run began with.
pub(crate) fn other_file() -> Problem {
    Problem::new(
        "other-file",
        "this is not the file that the run began with",
        "send the same file, byte for byte, or import this one as a run of its own; nothing was sent",
    )
}

fn file_needed() -> Problem {
    Problem::new(
        "file-needed",
        "this run goes on with its seed file alone, which is not here",
        "send the file that it began with; nothing was sent",
    )
}

fn no_run(run: &RunId) -> Problem {
    Problem::new(
        "no-run",
        format!("there is no run {run}"),
        "look for it in the list of runs",
    )
}

fn half() -> Problem {
    Problem::new(
        "half-of-a-replacement",
        "this run is half of a replacement, and does not go on without the other one: the user could be left \
         with no token",
        "cancel both halves, look at what the user has, and replace the token again; nothing was sent",
    )
}

fn ended() -> Problem {
    Problem::new(
        "run-ended",
        "this run has come to its end",
        "look at its report",
    )
}

/// What is connected is another tenant than the one of a run.
pub(crate) fn elsewhere(tenant: &Tenant) -> Problem {
    Problem::new(
        "other-tenant",
        format!("this run went to {tenant}, which is not connected here"),
        "connect that one in the settings; nothing was sent",
    )
}
