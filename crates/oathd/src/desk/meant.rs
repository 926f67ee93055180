//! Whom somebody means.

use provisioner::{FoundUser, Problem, Stock};

use super::fault::in_own_words;
use crate::trouble::OrTold;

/// So many are named where nobody has the name that was typed.
const NAMED: usize = 5;

/// The user with this login or id. Nobody is taken by the beginning of a name, as the list of those who
/// may be meant has it: whoever is the only one today may be another one than the one who was meant.
pub(super) async fn meant(stock: &Stock<'_>, name: &str) -> Result<FoundUser, Problem> {
    match stock.holder(name).await.or_told() {
        Ok(id) => stock.user(&id).await.or_told(),
        Err(problem) if problem.code == "user-unknown" => {
            // That nobody has this name is known; whether others can be named is not what was asked.
            let found = stock.search(name, NAMED + 1).await.unwrap_or_default();
            Err(perhaps(problem, &found))
        }
        Err(problem) => Err(in_own_words(problem)),
    }
}

fn perhaps(problem: Problem, found: &[FoundUser]) -> Problem {
    let named = found.iter().take(NAMED);
    let named: Vec<String> = named
        .map(|user| match user.name.is_empty() {
            true => user.login.clone(),
            false => format!("{} ({})", user.login, user.name),
        })
        .collect();
    let next = match (named.as_slice(), found.len() > NAMED) {
        ([], _) => return in_own_words(problem),
        (named, false) => format!("write the login: {}", named.join(" or ")),
        (named, true) => format!("write the login: {}, or another one", named.join(", ")),
    };
    Problem { next, ..problem }
}
