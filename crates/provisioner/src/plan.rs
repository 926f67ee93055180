//! The plan: a pure function of what is wanted, what is there and what the provider can do.

mod document;
mod fit;
mod recheck;
mod seeds;

use std::collections::BTreeMap;

use seedfile::Serial;
use serde::{Deserialize, Serialize};

pub use self::document::PlanError;
pub use self::fit::{Misfit, misfits};
pub use self::seeds::{Change, RowChange};

use self::fit::{Place, crowded, place, refuse_crowded};
use crate::{
    Capabilities, FileDigest, Goal, Observed, Operation, Person, Problem, Roster, Sighting, State,
    Step, StepRule, Tenant, Token, TokenId, Unreadable, UserId, wire,
};

/// What a run will do, row by row. It is data, holds no seed, and is what gets carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// `oathkit.plan/1`.
    pub schema: String,
    /// Where the tokens go.
    pub tenant: Tenant,
    /// How they shall be left.
    pub goal: Goal,
    /// The file they come from.
    pub file: FileDigest,
    /// One entry a token, in the order of the file.
    pub rows: Vec<PlannedRow>,
    /// Records that cannot become tokens.
    pub unreadable: Vec<Unreadable>,
    /// Who made it, where it is kept to be applied later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Made>,
    /// The digest of the kept plan that this one carries out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carries_out: Option<String>,
    /// Who approved the kept plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
}

/// Who made a plan, when and with what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// `user@host`, as that machine says.
    pub by: String,
    /// Seconds since the Unix epoch.
    pub at: u64,
    /// The program and its version.
    pub with: String,
}

/// Who approved a plan. Granted by the `ApprovalRules` of the feature `approval`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The approver's name.
    pub by: String,
    /// The fingerprint of the approver's key: `SHA256:…`.
    pub key: String,
    /// The digest of the plan that was approved.
    pub plan: String,
}

/// What will be done for one token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedRow {
    /// The token.
    pub token: Token,
    /// The provider's id of its intended holder.
    pub user: Option<UserId>,
    /// The [`Shape`](crate::Shape) that it fits.
    pub shape: String,
    /// What the provider had of it; none where it had nothing or was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<Observed>,
    /// What will be done.
    pub decision: Decision,
}

/// What is to be done for a token, given what was observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "do")]
pub enum Decision {
    /// These calls, in order.
    Steps {
        /// The calls.
        steps: Vec<Step>,
        /// The token's id, where it is there already.
        id: Option<TokenId>,
    },
    /// Nothing: it is as wanted, or further.
    Unchanged {
        /// What it is; none where it is not there, and shall not be.
        state: Option<State>,
    },
    /// Nothing: the provider says something else, and nothing is taken from anyone.
    Conflict {
        /// What stands against it.
        problem: Problem,
    },
    /// Nothing: the row cannot be carried out.
    Rejected {
        /// Why.
        problem: Problem,
    },
}

impl Plan {
    /// The name and version of this document.
    pub const SCHEMA: &'static str = "oathkit.plan/1";

    /// Plans a roster. `people` answers for each name in the file, `observed` for each token that
    /// the provider has.
    #[must_use]
    pub fn new(
        tenant: &Tenant,
        capabilities: &Capabilities,
        goal: Goal,
        roster: &Roster,
        people: &BTreeMap<String, Person>,
        observed: &BTreeMap<Serial, Observed>,
    ) -> Self {
        let plan = Self::unseen(tenant, capabilities, goal, roster, people);
        plan.seeing(capabilities, |serial| observed.get(serial).cloned())
    }

    /// A plan without a look at any token: a row that has its place has steps, which are none yet.
    pub(crate) fn unseen(
        tenant: &Tenant,
        capabilities: &Capabilities,
        goal: Goal,
        roster: &Roster,
        people: &BTreeMap<String, Person>,
    ) -> Self {
        let holder = |name: &str| match people.get(name) {
            Some(Person::Found(id) | Person::Barred(id, _)) => id.0.clone(),
            _ => name.to_lowercase(),
        };
        let crowded = crowded(roster.tokens(), capabilities.tokens_per_user, holder);
        let rows = roster.tokens().iter().map(|token| {
            let placed = match crowded.get(&token.serial) {
                Some(problem) if goal.gives() => Err(problem.clone()),
                _ => place(token, goal, capabilities, people),
            };
            place_row(token, placed)
        });
        Self {
            schema: Self::SCHEMA.to_owned(),
            tenant: tenant.clone(),
            goal,
            file: roster.file().clone(),
            rows: rows.collect(),
            unreadable: roster.unreadable().to_vec(),
            made: None,
            carries_out: None,
            approval: None,
        }
    }

    /// The same plan after a look at the tokens of all rows that have their places.
    pub(crate) fn having_seen(self, capabilities: &Capabilities, seen: Sighting) -> Self {
        let Sighting { mut tokens, others } = seen;
        let mut plan = self.seeing(capabilities, |serial| tokens.remove(serial));
        if plan.goal.gives() {
            refuse_crowded(&mut plan.rows, &others, capabilities.tokens_per_user);
        }
        plan
    }

    fn seeing(
        mut self,
        capabilities: &Capabilities,
        mut look: impl FnMut(&Serial) -> Option<Observed>,
    ) -> Self {
        for row in &mut self.rows {
            row.observed = look(&row.token.serial);
            if row.decision.result().is_some() {
                continue;
            }
            let found = row.observed.as_ref();
            if self.goal.takes() {
                row.user = found.and_then(|found| found.holder.clone());
            }
            if let Some(problem) = changed_since_listed(&row.token, found) {
                row.decision = Decision::Conflict { problem };
                continue;
            }
            let user = row.user.as_ref();
            row.decision = decide(&row.token, user, self.goal, capabilities, found);
        }
        self
    }

    /// Those who hold tokens that others were to be given.
    pub(crate) fn other_holders(&self) -> impl Iterator<Item = &UserId> {
        self.rows.iter().filter_map(PlannedRow::other_holder)
    }

    /// Names them by what they sign in with.
    pub(crate) fn name_other_holders(&mut self, logins: &BTreeMap<UserId, String>) {
        for row in &mut self.rows {
            if let Some(login) = row.other_holder().and_then(|id| logins.get(id)) {
                row.decision = Decision::Conflict {
                    problem: held_by_another(login),
                };
            }
        }
    }

    /// True where nothing is to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self
            .rows
            .iter()
            .any(|row| matches!(row.decision, Decision::Steps { .. }))
    }

    /// True where every row can come to what is wanted, as far as was seen.
    #[must_use]
    pub fn is_feasible(&self) -> bool {
        let counts = self.counts();
        counts.rejected + counts.conflict == 0
    }

    /// The SHA-256 of the plan in hexadecimal: what an approval or an audit record names.
    #[must_use]
    pub fn digest(&self) -> String {
        wire::sha256_of_json(self)
    }
}

impl PlannedRow {
    fn other_holder(&self) -> Option<&UserId> {
        let is_so = matches!(&self.decision, Decision::Conflict { problem } if problem.code == HELD_BY_ANOTHER);
        self.observed.as_ref().filter(|_| is_so)?.holder.as_ref()
    }
}

const HELD_BY_ANOTHER: &str = "held-by-another";

fn held_by_another(holder: &str) -> Problem {
    Problem::new(
        HELD_BY_ANOTHER,
        format!("another user holds this token ({holder})"),
        "take it from that user first, or correct the user column",
    )
}

fn place_row(token: &Token, placed: Result<Place<'_>, Problem>) -> PlannedRow {
    let undecided = Decision::Steps {
        steps: Vec::new(),
        id: None,
    };
    let (place, decision) = match placed {
        Ok(place) => (place, undecided),
        Err(problem) => (Place::default(), Decision::Rejected { problem }),
    };
    PlannedRow {
        token: token.clone(),
        user: place.user,
        shape: place.shape.to_owned(),
        observed: None,
        decision,
    }
}

/// What is not so any more for a token that was chosen from the inventory a moment ago: it was chosen
/// for what it was.
fn changed_since_listed(token: &Token, found: Option<&Observed>) -> Option<Problem> {
    let listed = token.id.as_ref()?;
    let Some(found) = found else {
        // Somebody may still sign in with it.
        return Some(Problem::new(
            "not-seen",
            "the inventory listed this token, and does not show it by its id any more",
            "list the tokens again: it may be gone, or out of reach of these calls",
        ));
    };
    let what = if found.id != *listed {
        "another token has this serial number by now"
    } else if found.holder != token.holder {
        "somebody else holds it by now, or nobody"
    } else {
        return None;
    };
    Some(Problem::new(
        Problem::CHANGED,
        format!("{what}; nothing was sent for it"),
        "list the tokens again",
    ))
}

/// What to do for a token that has its holder and its shape. Also says, after a call whose end is
/// unclear, what is left to do.
pub(crate) fn decide(
    token: &Token,
    user: Option<&UserId>,
    goal: Goal,
    capabilities: &Capabilities,
    observed: Option<&Observed>,
) -> Decision {
    if let Some(problem) = observed.and_then(|found| contradiction(token, user, goal, found)) {
        return Decision::Conflict { problem };
    }
    let state = observed.map(|found| found.state);
    let proven = observed.is_none_or(|found| found.proven);
    let enough = goal != Goal::Proven || observed.is_some_and(|found| found.code_accepted);
    if goal.is_met_by(state) && proven && enough {
        return Decision::Unchanged { state };
    }
    let operations = match proven {
        true => goal.operations(state),
        false => vec![Operation::Verify],
    };
    if let Some(problem) = unable(token, goal, state, &operations) {
        return Decision::Rejected { problem };
    }
    match group(&operations, &capabilities.steps) {
        Some(steps) => Decision::Steps {
            steps,
            id: observed.map(|found| found.id.clone()),
        },
        None => Decision::Rejected {
            problem: match observed {
                None => Problem::new(
                    "not-offered",
                    format!("this identity provider cannot leave a token {goal}"),
                    "have it activated instead",
                ),
                Some(found) => Problem::new(
                    "not-offered",
                    format!("the token is {} and no call makes it {goal}", found.state),
                    "look at it in the admin console, remove it there, and run again",
                ),
            },
        },
    }
}

/// What speaks against treating `found` as this token in the hands of `user`.
fn contradiction(
    token: &Token,
    user: Option<&UserId>,
    goal: Goal,
    found: &Observed,
) -> Option<Problem> {
    // From nobody but whom the plan names is anything taken.
    let named = user.is_some() || goal.takes();
    if let Some(holder) = found.holder.as_ref().filter(|_| named)
        && user != Some(holder)
    {
        return Some(held_by_another(&holder.0));
    }
    let mut differences = Vec::new();
    if let Some(algorithm) = found.algorithm.filter(|known| *known != token.algorithm) {
        differences.push(format!(
            "{algorithm} there, {} in the file",
            token.algorithm
        ));
    }
    if let Some(period) = found.period.filter(|known| *known != token.period) {
        differences.push(format!(
            "{} s there, {} s in the file",
            period.seconds(),
            token.period.seconds()
        ));
    }
    if let (Some(sent), Some(ours)) = (&found.fingerprint, &token.fingerprint)
        && sent != ours
    {
        differences.push("another seed was sent for it".to_owned());
    }
    (!differences.is_empty()).then(|| {
        Problem::new(
            "known-differently",
            format!(
                "a token with this serial is there, but differs: {}",
                differences.join(", ")
            ),
            "check the file; delete the old token if it is wrong",
        )
    })
}

/// What is missing for these operations: the token itself, its seed, or a code of it.
fn unable(
    token: &Token,
    goal: Goal,
    state: Option<State>,
    operations: &[Operation],
) -> Option<Problem> {
    if state.is_none() && goal == Goal::Adopted {
        return Some(Problem::new(
            Problem::NOT_THERE,
            "the user has no factor of a hardware token, or none that this sign-in is shown",
            "enrol the token",
        ));
    }
    let imports = operations.contains(&Operation::Import);
    let not_there = goal.takes() || imports && token.fingerprint.is_none();
    if state.is_none() && not_there {
        return Some(Problem::new(
            Problem::NOT_THERE,
            "the inventory has no token with this serial number",
            "check the serial number; a new token is imported from its seed file",
        ));
    }
    let takes_code = Step(operations.to_vec()).takes_code();
    (takes_code && token.fingerprint.is_none() && !token.typed).then(|| {
        Problem::new(
            "code-missing",
            "to activate the token, a code of it is needed",
            "type the code that the device shows, or name the seed file",
        )
    })
}

/// Packs operations into the provider's calls, as many as possible into each.
fn group(operations: &[Operation], rules: &[StepRule]) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = operations;
    while !rest.is_empty() {
        let longest = rules
            .iter()
            .filter(|rule| rest.starts_with(&rule.step.0))
            .max_by_key(|rule| rule.step.0.len())?;
        rest = rest.get(longest.step.0.len()..)?;
        steps.push(longest.step.clone());
    }
    Some(steps)
}
