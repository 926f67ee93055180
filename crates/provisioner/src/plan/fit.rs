//! What a token needs before anything is decided for it: one shape, one holder, and room at that holder.

use std::collections::BTreeMap;

use seedfile::{Serial, TokenRecord};
use serde::Serialize;

use super::{Decision, PlannedRow};
use crate::{Capabilities, Goal, Person, Problem, Shape, Token, UserId};

/// Where a token goes.
#[derive(Default)]
pub(super) struct Place<'c> {
    /// Its intended holder, where it is to have one.
    pub(super) user: Option<UserId>,
    /// The id of its shape; empty where that does not matter.
    pub(super) shape: &'c str,
}

/// The holder and the shape of a token, or why it has none.
pub(super) fn place<'c>(
    token: &Token,
    goal: Goal,
    capabilities: &'c Capabilities,
    people: &BTreeMap<String, Person>,
) -> Result<Place<'c>, Problem> {
    if goal.takes() {
        return Ok(Place::default());
    }
    let shape = &fitting(token, &capabilities.shapes)?.id;
    let user = goal.gives().then(|| holder(token, people)).transpose()?;
    Ok(Place { user, shape })
}

fn holder(token: &Token, people: &BTreeMap<String, Person>) -> Result<UserId, Problem> {
    let Some(name) = &token.user else {
        return Err(Problem::new(
            "user-missing",
            "the row names no user",
            "fill in the user column, or only import the tokens",
        ));
    };
    match people.get(name) {
        Some(Person::Found(id)) => Ok(id.clone()),
        Some(Person::Barred(_, problem) | Person::Unusable(problem)) => Err(problem.clone()),
        None => Err(Problem::new(
            "user-unknown",
            format!("there is no user {name}"),
            "correct the user column",
        )),
    }
}

/// The one shape that a token fits. None, and more than one, are refused: nothing is guessed.
fn fitting<'c>(token: &Token, shapes: &'c [Shape]) -> Result<&'c Shape, Problem> {
    let mut fits = shapes
        .iter()
        .filter(|shape| shape.misfits(token).is_empty());
    match (fits.next(), fits.next()) {
        (Some(shape), None) => Ok(shape),
        (Some(one), Some(two)) => Err(Problem::new(
            "profile-ambiguous",
            format!("{} and {} both fit this token", one.name, two.name),
            "name one of them (OATHKIT_OKTA_PROFILE)",
        )),
        (None, _) => Err(mismatch(token, shapes)),
    }
}

/// Why no shape takes a token.
fn mismatch(token: &Token, shapes: &[Shape]) -> Problem {
    let reason = |shape: &Shape| {
        let misfits = shape.misfits(token).join(", ");
        format!("{} does not take {misfits}", shape.name)
    };
    let reasons: Vec<String> = shapes.iter().map(reason).collect();
    let message = match &*reasons {
        [] => "there is no profile for hardware tokens".to_owned(),
        reasons => reasons.join("; "),
    };
    let next = match shapes {
        [only] if only.id.is_empty() => format!(
            "correct the row, or leave the token out: no setting of {} changes this",
            only.name
        ),
        _ => format!(
            "choose or create a profile with {}, {} digits and {} s, or correct the row",
            token.algorithm,
            token.digits,
            token.period.seconds()
        ),
    };
    Problem::new("profile-mismatch", message, next)
}

/// A token that an identity provider would not take, whatever it has already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Misfit {
    /// Where the record begins in the file.
    pub row: usize,
    /// The token.
    pub serial: Serial,
    /// Why not.
    pub problem: Problem,
}

/// The tokens that do not fit an identity provider, or are too many for their user, in the order of
/// the file. A token that counts events fits none.
#[must_use]
pub fn misfits(records: &[TokenRecord], capabilities: &Capabilities) -> Vec<Misfit> {
    let tokens: Vec<Result<Token, Problem>> = records.iter().map(Token::try_from).collect();
    let usable = tokens.iter().flatten();
    let crowded = crowded(usable, capabilities.tokens_per_user, str::to_lowercase);
    let misfit = |(record, token): (&TokenRecord, &Result<Token, Problem>)| {
        let fits = token.as_ref().map_err(Problem::clone);
        let problem = match fits.and_then(|token| fitting(token, &capabilities.shapes)) {
            Err(problem) => problem,
            Ok(_) => crowded.get(&record.serial)?.clone(),
        };
        Some(Misfit {
            row: record.row,
            serial: record.serial.clone(),
            problem,
        })
    };
    records.iter().zip(&tokens).filter_map(misfit).collect()
}

/// Refuses to give people more tokens than they can have, by what they have that is not in the plan.
pub(super) fn refuse_crowded(
    rows: &mut [PlannedRow],
    others: &BTreeMap<UserId, usize>,
    limit: usize,
) {
    let mut planned: BTreeMap<UserId, usize> = BTreeMap::new();
    let holds = |row: &PlannedRow| {
        matches!(
            row.decision,
            Decision::Steps { .. } | Decision::Unchanged { .. }
        )
    };
    for user in rows
        .iter()
        .filter(|row| holds(row))
        .filter_map(|row| row.user.as_ref())
    {
        *planned.entry(user.clone()).or_default() += 1;
    }
    for row in rows {
        let is_new = row
            .observed
            .as_ref()
            .is_none_or(|found| found.holder.is_none());
        let Some(user) = row.user.as_ref().filter(|_| is_new) else {
            continue;
        };
        let (has, more) = (others.get(user).copied(), planned.get(user).copied());
        let (has, more) = (has.unwrap_or_default(), more.unwrap_or_default());
        if has > 0 && has + more > limit && matches!(row.decision, Decision::Steps { .. }) {
            let name = row.token.user.as_deref().unwrap_or_default();
            row.decision = Decision::Rejected {
                problem: Problem::new(
                    "user-has-too-many",
                    format!(
                        "{name} has {has} other tokens and would have {}; {limit} are possible",
                        has + more
                    ),
                    "take those back that are not used any more, or leave the row out",
                ),
            };
        }
    }
}

/// Tokens of users to whom the file gives more than one user can have. `holder` says which names mean
/// the same user.
pub(super) fn crowded<'t>(
    tokens: impl IntoIterator<Item = &'t Token>,
    limit: usize,
    holder: impl Fn(&str) -> String,
) -> BTreeMap<Serial, Problem> {
    let mut by_user: BTreeMap<String, Vec<&Token>> = BTreeMap::new();
    for token in tokens {
        if let Some(user) = &token.user {
            by_user.entry(holder(user)).or_default().push(token);
        }
    }
    by_user.retain(|_, tokens| tokens.len() > limit);
    let mut crowded = BTreeMap::new();
    for tokens in by_user.into_values() {
        let user = tokens.first().and_then(|token| token.user.as_deref());
        let user = user.unwrap_or_default();
        let rows: Vec<String> = tokens.iter().map(|token| token.row.to_string()).collect();
        let problem = Problem::new(
            "user-has-too-many",
            format!(
                "rows {} give {} tokens to {user}, who can have {limit}",
                rows.join(", "),
                tokens.len()
            ),
            "leave the tokens that this user shall have",
        );
        for token in tokens {
            crowded.insert(token.serial.clone(), problem.clone());
        }
    }
    crowded
}
