//! A kept plan against the present: what it holds is done where everything is as it was, and nothing
//! else is.

use std::collections::BTreeMap;

use seedfile::Serial;

use super::{Decision, Plan, PlannedRow};
use crate::{Observed, Problem, UserId};

impl Plan {
    /// The plan that carries this one out, given a plan that was made of the same file just `now`.
    ///
    /// A row for which the same would be planned again keeps its decision. A row that is as wanted by
    /// now is unchanged, whoever did it. A row that was refused stays refused. Every other row is a
    /// conflict with the code [`Problem::CHANGED`].
    #[must_use]
    pub fn rechecked(&self, now: &Self) -> Self {
        let present: BTreeMap<&Serial, &PlannedRow> = now
            .rows
            .iter()
            .map(|row| (&row.token.serial, row))
            .collect();
        let same_place = self.tenant == now.tenant && self.goal == now.goal;
        let rows = self.rows.iter().map(|was| {
            let now = present.get(&was.token.serial).filter(|_| same_place);
            let decision = match now {
                Some(now) => was.rechecked(now),
                None => changed("the plan was made for another file, another service or goal"),
            };
            PlannedRow {
                decision,
                observed: now.and_then(|now| now.observed.clone()),
                ..was.clone()
            }
        });
        Self {
            rows: rows.collect(),
            carries_out: Some(self.digest()),
            approval: None,
            ..self.clone()
        }
    }
}

impl PlannedRow {
    fn rechecked(&self, now: &Self) -> Decision {
        if self.token != now.token {
            return changed("the seed file says something else of it");
        }
        match (&self.decision, &now.decision) {
            // What was refused is not taken up unasked.
            (Decision::Conflict { .. } | Decision::Rejected { .. }, Decision::Steps { .. }) => {
                changed("it could not be done when the plan was made, and could be done now")
            }
            (Decision::Conflict { .. } | Decision::Rejected { .. }, present) => present.clone(),
            (_, Decision::Conflict { problem } | Decision::Rejected { problem }) => {
                let was = self.observed.as_ref();
                changed(&format!(
                    "when the plan was made, {}; now {}",
                    seen(was),
                    problem.message
                ))
            }
            _ if self.user != now.user => changed(&format!(
                "{} was the user {} and is now {}",
                self.token.user.as_deref().unwrap_or("the holder"),
                id(self.user.as_ref()),
                id(now.user.as_ref())
            )),
            (_, Decision::Unchanged { .. }) => now.decision.clone(),
            _ if !same(self.observed.as_ref(), now.observed.as_ref()) => changed(&format!(
                "when the plan was made, {}; now {}",
                seen(self.observed.as_ref()),
                seen(now.observed.as_ref())
            )),
            (was, present) if was == present && self.shape == now.shape => was.clone(),
            _ => changed("what the service offers for it is no longer the same"),
        }
    }
}

fn changed(message: &str) -> Decision {
    Decision::Conflict {
        problem: Problem::new(
            Problem::CHANGED,
            message,
            "find out who changed it; make a new plan if it shall still be done",
        ),
    }
}

/// Compares what the provider says. What this side knows besides shows in the decision.
fn same(was: Option<&Observed>, now: Option<&Observed>) -> bool {
    match (was, now) {
        (None, None) => true,
        (Some(was), Some(now)) => {
            was.id == now.id
                && was.state == now.state
                && was.holder == now.holder
                && was.algorithm == now.algorithm
                && was.period == now.period
        }
        _ => false,
    }
}

/// What was seen of a token, as part of a sentence.
fn seen(observed: Option<&Observed>) -> String {
    let Some(seen) = observed else {
        return "it was not seen there".to_owned();
    };
    let mut text = format!("it was seen {} as {}", seen.state, seen.id.0);
    if let Some(holder) = &seen.holder {
        text += &format!(", held by {}", holder.0);
    }
    if let Some(algorithm) = seen.algorithm {
        text += &format!(", {algorithm}");
    }
    if let Some(period) = seen.period {
        text += &format!(", {} s", period.seconds());
    }
    text
}

fn id(user: Option<&UserId>) -> &str {
    user.map_or("nobody", |user| &user.0)
}
