//! What somebody is preparing: a file or a choice of tokens, its plan, until it is confirmed or let go.
//! Drafts are in memory alone; a file in one is sealed.

mod look;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use provisioner::{Estimate, Goal, Plan, Problem, RunId};
use seedfile::Serial;

pub(crate) use self::look::Look;
use crate::places::Idp;
use crate::upload::{MAX_BYTES, Upload, Users};

/// A draft that nobody looked at for so long is let go.
const KEPT: Duration = Duration::from_secs(3600);
/// So many drafts are kept at once; the oldest goes first.
const MOST: usize = 50;
/// So many bytes of files, too.
const MOST_BYTES: usize = 4 * MAX_BYTES;

/// What is being prepared.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) id: String,
    /// Who prepares it: nobody else sees it.
    pub(crate) by: String,
    pub(crate) source: Source,
    begun_at: Duration,
    inside: Mutex<Inside>,
}

/// A file that nothing was sent for yet.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) draft: Arc<Draft>,
    /// How long ago it came.
    pub(crate) age: Duration,
    /// How long it is kept if nobody looks at it.
    pub(crate) left: Duration,
}

/// Where its tokens come from.
#[derive(Debug)]
pub(crate) enum Source {
    File(Mutex<Arc<Upload>>),
    /// Tokens of an inventory; where they are given to somebody, with whom.
    Tokens(BTreeMap<Serial, Option<String>>),
}

/// What is wanted of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) idp: Idp,
    pub(crate) goal: Goal,
}

/// What is to be planned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) wish: Wish,
    changes: u64,
}

#[derive(Debug)]
struct Inside {
    wish: Wish,
    /// Somebody said so; before that it is what most people want.
    is_chosen: bool,
    /// How often somebody wanted something else, or a new plan: what was planned before does not count.
    changes: u64,
    look: Option<Arc<Look>>,
    /// How often the file got other users: what was seen of it before does not count.
    users: u64,
    stage: Stage,
    seen_at: Duration,
}

/// How far it is.
#[derive(Clone, Debug)]
pub(crate) enum Stage {
    /// Nothing was asked of the service.
    Open,
    /// Users and tokens are being read.
    Planning,
    Planned(Arc<Planned>),
    /// It could not be planned.
    Failed(Problem),
    /// It is being put on record.
    Beginning,
    /// It became a run.
    Begun(RunId),
}

#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    pub(crate) estimate: Estimate,
    /// Tells the plans of a draft apart: the draft itself says it.
    pub(crate) number: u64,
    /// When users and tokens were read, in monotonic time.
    pub(crate) at: Duration,
}

impl Draft {
    /// A draft that nobody finds until it is [kept](Drafts::keep).
    pub(crate) fn new(
        (id, by): (String, &str),
        source: Source,
        wish: Wish,
        now: Duration,
    ) -> Arc<Self> {
        let inside = Inside {
            wish,
            is_chosen: false,
            changes: 0,
            look: None,
            users: 0,
            stage: Stage::Open,
            seen_at: now,
        };
        Arc::new(Self {
            id,
            by: by.to_owned(),
            source,
            begun_at: now,
            inside: Mutex::new(inside),
        })
    }

    /// The bytes of its file.
    fn size(&self) -> usize {
        self.upload().map_or(0, |upload| upload.size())
    }

    /// Its file as it is now.
    pub(crate) fn upload(&self) -> Option<Arc<Upload>> {
        match &self.source {
            Source::File(upload) => Some(Arc::clone(&now(upload))),
            Source::Tokens(_) => None,
        }
    }

    pub(crate) fn wish(&self) -> Wish {
        self.inside().wish
    }

    /// What somebody wants of it.
    pub(crate) fn chosen(&self) -> Option<Wish> {
        let inside = self.inside();
        inside.is_chosen.then_some(inside.wish)
    }

    pub(crate) fn stage(&self) -> Stage {
        self.inside().stage.clone()
    }

    /// Wants something else; what was planned does not count any more. False where it is too late.
    pub(crate) fn wants(&self, wish: Wish) -> bool {
        self.change(|inside| inside.wish = wish)
    }

    /// Gives the tokens of its file to these users, or to those of the file alone. False where it is too
    /// late, or there is no file.
    pub(crate) fn set_users(&self, users: Option<Users>) -> bool {
        let Source::File(upload) = &self.source else {
            return false;
        };
        self.change(|inside| {
            let mut upload = now(upload);
            *upload = Arc::new(upload.with_users(users));
            inside.look = None;
            inside.users += 1;
        })
    }

    fn change(&self, change: impl FnOnce(&mut Inside)) -> bool {
        let mut inside = self.inside();
        if matches!(inside.stage, Stage::Beginning | Stage::Begun(_)) {
            return false;
        }
        change(&mut inside);
        inside.changes += 1;
        inside.stage = Stage::Open;
        true
    }

    /// What was seen of its file as it is now, if somebody looked; and which state of it that is.
    pub(crate) fn look(&self) -> (Option<Arc<Look>>, u64) {
        let inside = self.inside();
        (inside.look.clone(), inside.users)
    }

    /// Keeps what was seen of a state of the file, unless that is another one by now.
    pub(crate) fn looked(&self, look: &Arc<Look>, state: u64) {
        let mut inside = self.inside();
        if inside.users == state {
            inside.look = Some(Arc::clone(look));
        }
    }

    /// Claims the planning of what is wanted; `None` where somebody does already, or it has begun.
    pub(crate) fn begin_planning(&self) -> Option<Wanted> {
        let mut inside = self.inside();
        if matches!(
            inside.stage,
            Stage::Planning | Stage::Beginning | Stage::Begun(_)
        ) {
            return None;
        }
        inside.stage = Stage::Planning;
        // Nobody has planned what nobody wants.
        inside.is_chosen = true;
        inside.changes += 1;
        Some(Wanted {
            wish: inside.wish,
            changes: inside.changes,
        })
    }

    /// What came of the planning that was claimed. It is dropped where something else is wanted by now.
    pub(crate) fn planned(&self, wanted: Wanted, planned: Result<Planned, Problem>) {
        let mut inside = self.inside();
        if inside.changes != wanted.changes {
            return;
        }
        inside.stage = match planned {
            Ok(planned) => Stage::Planned(Arc::new(Planned {
                number: wanted.changes,
                ..planned
            })),
            Err(problem) => Stage::Failed(problem),
        };
    }

    /// Takes the plan to carry it out, once, if it is still the one with this number.
    pub(crate) fn take(&self, number: u64) -> Option<Arc<Planned>> {
        let mut inside = self.inside();
        let Stage::Planned(planned) = &inside.stage else {
            return None;
        };
        let planned = Arc::clone(planned);
        let is_it = planned.number == number;
        is_it.then(|| {
            inside.stage = Stage::Beginning;
            planned
        })
    }

    /// Says which run it became. What that needs of the file lies with the run; here it is let go.
    pub(crate) fn begun(&self, run: &RunId) {
        self.inside().stage = Stage::Begun(run.clone());
        if let Source::File(upload) = &self.source {
            *now(upload) = Arc::default();
        }
    }

    fn waiting(self: &Arc<Self>, now: Duration) -> Option<Waiting> {
        let inside = self.inside();
        let is_file = matches!(self.source, Source::File(_));
        let is_begun = matches!(inside.stage, Stage::Beginning | Stage::Begun(_));
        let left = KEPT.checked_sub(now.saturating_sub(inside.seen_at))?;
        (is_file && !is_begun && !left.is_zero()).then(|| Waiting {
            draft: Arc::clone(self),
            age: now.saturating_sub(self.begun_at),
            left,
        })
    }

    /// Gives a plan back that could not be begun.
    pub(crate) fn put_back(&self, planned: Arc<Planned>) {
        self.inside().stage = Stage::Planned(planned);
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file as it is now. Nobody holds this for longer than it takes to look, or to put another one there.
fn now(upload: &Mutex<Arc<Upload>>) -> MutexGuard<'_, Arc<Upload>> {
    upload.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All drafts.
#[derive(Debug, Default)]
pub(crate) struct Drafts(Mutex<BTreeMap<String, Arc<Draft>>>);

impl Drafts {
    pub(crate) fn add(
        &self,
        name: (String, &str),
        source: Source,
        wish: Wish,
        now: Duration,
    ) -> Arc<Draft> {
        let draft = Draft::new(name, source, wish, now);
        self.keep(&draft, now);
        draft
    }

    /// Keeps a draft, and lets old ones go.
    pub(crate) fn keep(&self, draft: &Arc<Draft>, now: Duration) {
        let mut all = self.all();
        all.retain(|_, draft| now.saturating_sub(draft.inside().seen_at) < KEPT);
        let mut room = MOST_BYTES.saturating_sub(draft.size());
        // Names sort by time.
        let newest = all.iter().rev().take(MOST - 1);
        let kept = newest.take_while(|(_, draft)| {
            let fits = draft.size() <= room;
            room = room.saturating_sub(draft.size());
            fits
        });
        let oldest = kept.last().map(|(id, _)| id.clone());
        *all = oldest.map_or_else(BTreeMap::new, |oldest| all.split_off(&oldest));
        all.insert(draft.id.clone(), Arc::clone(draft));
    }

    /// A draft of this person.
    pub(crate) fn get(&self, id: &str, by: &str, now: Duration) -> Option<Arc<Draft>> {
        let mut all = self.all();
        all.retain(|_, draft| now.saturating_sub(draft.inside().seen_at) < KEPT);
        let draft = all.get(id).filter(|draft| draft.by == by)?;
        draft.inside().seen_at = now;
        Some(Arc::clone(draft))
    }

    /// The files of this person that nothing was sent for, the latest first. To see that one is there does
    /// not keep it.
    pub(crate) fn waiting(&self, by: &str, now: Duration) -> Vec<Waiting> {
        let all = self.all();
        let all = all.values().rev().filter(|draft| draft.by == by);
        all.filter_map(|draft| draft.waiting(now)).collect()
    }

    /// Lets a draft go whose plan nobody can begin then. False where it is too late.
    pub(crate) fn discard(&self, draft: &Draft) -> bool {
        let is_dropped = draft.change(|_| ());
        if is_dropped {
            self.all().remove(&draft.id);
        }
        is_dropped
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Draft>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use provisioner::{FileDigest, Tenant};

    use super::*;

    fn drafts() -> (Drafts, Arc<Draft>) {
        let drafts = Drafts::default();
        let wish = Wish {
            idp: Idp::Entra,
            goal: Goal::Deleted,
        };
        let source = Source::Tokens(BTreeMap::new());
        let draft = drafts.add(("d1".to_owned(), "ann"), source, wish, Duration::ZERO);
        (drafts, draft)
    }

    /// Plans that nothing is to be done; the number of that plan.
    fn plan(draft: &Draft) -> u64 {
        let wanted = draft.begin_planning().unwrap();
        let plan = Plan {
            schema: "oathkit.plan/1".to_owned(),
            tenant: Tenant {
                idp: "entra".to_owned(),
                id: "t1".to_owned(),
            },
            goal: Goal::Deleted,
            file: FileDigest::of(b""),
            rows: Vec::new(),
            unreadable: Vec::new(),
            made: None,
            carries_out: None,
            approval: None,
        };
        let planned = Planned {
            plan,
            estimate: Estimate {
                calls: 0,
                time_ms: 0,
            },
            number: 0,
            at: Duration::ZERO,
        };
        draft.planned(wanted, Ok(planned));
        wanted.changes
    }

    #[test]
    fn a_draft_is_its_makers_alone_and_goes_when_nobody_looks() {
        let (drafts, _) = drafts();
        assert!(drafts.get("d1", "bob", Duration::ZERO).is_none());
        assert!(drafts.get("d1", "ann", KEPT / 2).is_some());
        assert!(drafts.get("d1", "ann", KEPT).is_some());
        assert!(drafts.get("d1", "ann", KEPT * 2).is_none());
    }

    #[test]
    fn planning_goes_on_once_and_a_plan_is_taken_once() {
        let (_, draft) = drafts();
        let wanted = draft.begin_planning().unwrap();
        assert!(draft.begin_planning().is_none());
        draft.planned(wanted, Err(Problem::new("x", "y", "z")));
        assert!(matches!(draft.stage(), Stage::Failed(_)));
        assert!(draft.take(wanted.changes).is_none());
        let (old, new) = (plan(&draft), plan(&draft));
        assert!(draft.take(old).is_none());
        assert!(draft.take(new).is_some());
        assert!(draft.take(new).is_none());
    }

    #[test]
    fn a_draft_is_discarded_or_begun_and_never_both() {
        let (drafts, draft) = drafts();
        let number = plan(&draft);
        assert!(drafts.discard(&draft));
        assert!(draft.take(number).is_none());
        assert!(drafts.get("d1", "ann", Duration::ZERO).is_none());

        let (drafts, draft) = self::drafts();
        let number = plan(&draft);
        let planned = draft.take(number).unwrap();
        assert!(!drafts.discard(&draft), "it is being put on record");
        draft.put_back(planned);
        draft.take(number).unwrap();
        draft.begun(&RunId("r1".to_owned()));
        assert!(!drafts.discard(&draft));
        assert!(drafts.get("d1", "ann", Duration::ZERO).is_some());
    }

    #[test]
    fn what_was_planned_for_another_wish_is_dropped() {
        let (_, draft) = drafts();
        let before = draft.begin_planning().unwrap();
        draft.wants(draft.wish());
        let now = draft.begin_planning().unwrap();
        draft.planned(before, Err(Problem::new("x", "y", "z")));
        assert!(matches!(draft.stage(), Stage::Planning));
        draft.planned(now, Err(Problem::new("x", "y", "z")));
        assert!(matches!(draft.stage(), Stage::Failed(_)));
    }
}
