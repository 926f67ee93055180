//! Drafts: begun with a file or a choice of tokens, and carried out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use provisioner::{Plan, Problem, Roster, RunId};
use seedfile::Serial;
use zeroize::Zeroizing;

use crate::app::App;
use crate::drafts::{Draft, Look, Planned, Source, Stage, Wish};
use crate::jobs::{Errand, Order};
use crate::system;
use crate::trouble::OrTold;
use crate::upload::{About, Upload};
use crate::vault::Vault;

/// How many tokens a choice holds at the most.
pub(crate) const MOST_CHOSEN: usize = 100_000;
/// A plan that is older is made again before it is carried out.
const FRESH: Duration = Duration::from_secs(30 * 60);

impl App {
    /// Begins a draft with a file. One that cannot be used as a whole makes none.
    pub(crate) async fn draft_file(
        &self,
        by: &str,
        about: About,
        bytes: Zeroizing<Vec<u8>>,
        wish: Wish,
    ) -> Result<Arc<Draft>, Problem> {
        let upload = Upload::seal(&self.vault, about, &bytes).or_told()?;
        drop(bytes);
        let source = Source::File(Mutex::new(Arc::new(upload)));
        let name = (system::new_name(), by);
        let draft = Draft::new(name, source, wish, self.clock.monotonic());
        self.look_into(&draft).await?;
        self.drafts.keep(&draft, self.clock.monotonic());
        Ok(draft)
    }

    /// What is known of the draft's file; looked at where nobody did yet.
    pub(crate) async fn look_into(&self, draft: &Draft) -> Result<Arc<Look>, Problem> {
        let (seen, state) = draft.look();
        if let Some(look) = seen {
            return Ok(look);
        }
        let look = self.with_upload(draft, Look::at).await?;
        let look = Arc::new(look);
        draft.looked(&look, state);
        Ok(look)
    }

    /// Does something with the draft's file, which other requests do not have to wait for.
    pub(crate) async fn with_upload<T: Send + 'static>(
        &self,
        draft: &Draft,
        work: impl FnOnce(&Upload, &Vault) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let upload = draft.upload().ok_or_else(no_file)?;
        if let Stage::Begun(run) = draft.stage() {
            return Err(file_gone(&run));
        }
        let vault = Arc::clone(&self.vault);
        blocking(move || work(&upload, &vault)).await
    }

    /// Begins a draft with tokens of an inventory; where they are given to somebody, with whom.
    pub(crate) fn draft_tokens(
        &self,
        by: &str,
        chosen: BTreeMap<Serial, Option<String>>,
        wish: Wish,
    ) -> Result<Arc<Draft>, Problem> {
        match chosen.len() {
            0 => Err(Problem::new(
                "nothing-chosen",
                "no token was chosen",
                "choose some tokens; nothing was sent",
            )),
            1..=MOST_CHOSEN => Ok(self.add_draft(by, Source::Tokens(chosen), wish)),
            _ => Err(Problem::new(
                "too-many",
                format!("more than {MOST_CHOSEN} tokens were chosen"),
                "choose fewer at a time; nothing was sent",
            )),
        }
    }

    /// The draft of this name and person.
    pub(crate) fn draft(&self, id: &str, by: &str) -> Result<Arc<Draft>, Problem> {
        let draft = self.drafts.get(id, by, self.clock.monotonic());
        draft.ok_or_else(|| {
            Problem::new(
                "no-draft",
                "there is no such draft: it was begun or discarded, nobody looked at it for an hour, or \
                 the server was started anew",
                "send the file again, or choose the tokens again",
            )
        })
    }

    /// The plan with this number, where it may be carried out. One that is too old is made again.
    pub(crate) fn plan_to_begin(
        self: &Arc<Self>,
        draft: &Arc<Draft>,
        number: u64,
    ) -> Result<Arc<Planned>, Problem> {
        let planned = match draft.stage() {
            Stage::Planned(planned) if planned.number == number => planned,
            Stage::Beginning | Stage::Begun(_) => return Err(too_late()),
            _ => return Err(plan_changed()),
        };
        if self.clock.monotonic().saturating_sub(planned.at) <= FRESH {
            return Ok(planned);
        }
        self.plan_draft(draft);
        Err(plan_too_old())
    }

    /// Carries out the plan with this number. What the run needs of the file lies sealed with the run; a
    /// plan that could not be begun is given back.
    pub(crate) async fn begin_draft(
        self: &Arc<Self>,
        draft: &Arc<Draft>,
        number: u64,
    ) -> Result<RunId, Problem> {
        self.plan_to_begin(draft, number)?;
        let planned = draft.take(number).ok_or_else(plan_changed)?;
        let begun = self.begin_planned(draft, &planned.plan).await;
        match &begun {
            Ok(run) => draft.begun(run),
            Err(_) => draft.put_back(planned),
        }
        begun
    }

    async fn begin_planned(&self, draft: &Draft, plan: &Plan) -> Result<RunId, Problem> {
        if plan.is_empty() {
            return Err(nothing_to_do());
        }
        let place = self.places.get(draft.wish().idp).await?;
        let (roster, file) = match draft.upload() {
            None => (Roster::of_plan(plan), None),
            Some(upload) => {
                let (vault, keeps) = (Arc::clone(&self.vault), plan.needs_seeds());
                blocking(move || to_carry_out(&upload, &vault, keeps)).await?
            }
        };
        let plan = plan.clone();
        let order = Order {
            idp: place.idp,
            by: draft.by.clone(),
            errands: vec![Errand { plan, roster }],
            even_so: false,
            file,
        };
        self.jobs.start(order).await
    }

    fn add_draft(&self, by: &str, source: Source, wish: Wish) -> Arc<Draft> {
        let name = (system::new_name(), by);
        self.drafts.add(name, source, wish, self.clock.monotonic())
    }
}

/// What a run has of a file: its tokens, and the file itself as long as the run needs seeds.
fn to_carry_out(upload: &Upload, vault: &Vault, keeps: bool) -> Result<(Roster, Kept), Problem> {
    let bytes = upload.bytes(vault)?;
    let roster = upload.about.roster(&bytes)?;
    Ok((roster, keeps.then(|| (upload.about.clone(), bytes))))
}

type Kept = Option<(About, Zeroizing<Vec<u8>>)>;

/// Reading a large file takes a second, which other requests do not have to wait for.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| {
        let message = "the file could not be looked at";
        Err(Problem::new("internal", message, "send it again"))
    })
}

fn file_gone(run: &RunId) -> Problem {
    Problem::new(
        "file-gone",
        format!("this draft became the run {run}, and its file is not kept here any more"),
        "look at that run",
    )
}

fn no_file() -> Problem {
    Problem::new(
        "no-file",
        "this draft has no file",
        "choose what to do with its tokens",
    )
}

fn plan_changed() -> Problem {
    Problem::new(
        "plan-changed",
        "this is not the plan any more: something was changed meanwhile",
        "look at the plan as it is now; nothing was sent",
    )
}

fn plan_too_old() -> Problem {
    Problem::new(
        "plan-too-old",
        "the plan is more than half an hour old: users and tokens are being read again",
        "look at the new plan, and confirm it; nothing was sent",
    )
}

/// Why nothing can be changed any more.
pub(crate) fn too_late() -> Problem {
    Problem::new(
        "too-late",
        "this draft was begun already",
        "look at its run, and pause or cancel that",
    )
}

fn nothing_to_do() -> Problem {
    Problem::new(
        "nothing-to-do",
        "nothing is to be done: no row of the plan has a step",
        "look at the plan: it says of each row why",
    )
}

#[cfg(test)]
mod tests {
    use provisioner::Goal;

    use super::*;
    use crate::places::Idp;
    use crate::testing::{Rehearsal, seed_file};

    #[tokio::test]
    async fn whoever_reads_a_file_keeps_nobody_waiting() {
        let rehearsal = Rehearsal::new().await;
        let app = &rehearsal.app;
        let wish = Wish {
            idp: Idp::Entra,
            goal: Goal::Imported,
        };
        let file = Zeroizing::new(seed_file(1).into_bytes());
        let draft = app.draft_file("ann", About::default(), file, wish).await;
        let draft = draft.unwrap();
        let (begun, begins) = tokio::sync::oneshot::channel();
        let (go, waits) = std::sync::mpsc::channel();
        let read = app.with_upload(&draft, move |_, _| {
            begun.send(()).unwrap();
            waits.recv().unwrap();
            Ok(())
        });
        let change = async {
            begins.await.unwrap();
            assert!(draft.set_users(None));
            assert!(app.draft(&draft.id, "ann").is_ok());
            go.send(()).unwrap();
        };
        tokio::join!(read, change).0.unwrap();
    }
}
