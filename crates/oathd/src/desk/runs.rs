//! Runs that go on, or that somebody lets go on.

use provisioner::{Problem, RunId};
use zeroize::Zeroizing;

use crate::app::App;
use crate::door::{Caller, Role};
use crate::jobs::{Adoption, Job, Wish};
use crate::places::Idp;
use crate::upload::About;

/// What somebody wants of a run.
pub(crate) enum Deed {
    Pause,
    /// With its file, where that is not kept here.
    Resume(Option<Box<(About, Zeroizing<Vec<u8>>)>>),
    Cancel,
}

/// Whether somebody may steer a run: operators, and whoever of the help desk began it.
pub(crate) fn may_steer(caller: &Caller, by: &str, job: Option<&Job>) -> bool {
    let is_theirs = job.is_some_and(|job| job.by == by);
    caller.may(Role::Operator) || (caller.may(Role::HelpDesk) && is_theirs)
}

impl App {
    /// Does it. A run that came to its end meanwhile is left alone. `idp` is where it went.
    pub(crate) async fn steer(
        &self,
        run: &RunId,
        idp: &str,
        by: String,
        deed: Deed,
    ) -> Result<(), Problem> {
        let job = self.jobs.find(run);
        let (file, wish) = match (deed, job) {
            (Deed::Pause, Some(job)) => return self.jobs.hold(&job, Wish::Paused, &by),
            (Deed::Cancel, Some(job)) => return self.jobs.hold(&job, Wish::Cancelled, &by),
            (Deed::Resume(_), Some(job)) => return self.jobs.resume(&job, &by),
            (Deed::Pause, None) => return Ok(()),
            (Deed::Cancel, None) => (None, Wish::Cancelled),
            (Deed::Resume(file), None) => (file.map(|file| *file), Wish::Going),
        };
        let idp: Idp = idp.parse().map_err(|_| unknown(idp))?;
        let adoption = Adoption {
            run: run.clone(),
            idp,
            by,
            file,
            wish,
        };
        match self.jobs.adopt(adoption).await {
            Err(problem) if problem.code == "run-ended" => Ok(()),
            adopted => adopted,
        }
    }
}

fn unknown(idp: &str) -> Problem {
    Problem::new(
        "other-place",
        format!("this run went to {idp}, which is no place of this server"),
        "go on with it where it was begun",
    )
}
