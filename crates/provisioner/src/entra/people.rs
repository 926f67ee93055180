//! Whom the file means: exact user principal names or object ids; an e-mail address is only a hint.

use std::collections::BTreeMap;

use entra_graph::User;

use crate::{Person, Problem, UserId};

/// Users by a name of theirs, whatever its case.
pub(super) struct Index(BTreeMap<String, Vec<User>>);

impl Index {
    pub(super) fn new(
        users: impl IntoIterator<Item = User>,
        name: impl Fn(&User) -> Option<String>,
    ) -> Self {
        let mut index: BTreeMap<String, Vec<User>> = BTreeMap::new();
        for user in users {
            if let Some(name) = name(&user) {
                let namesakes = index.entry(name.to_lowercase()).or_default();
                // A list that changes while it is read may show somebody twice.
                if namesakes.iter().all(|other| other.id != user.id) {
                    namesakes.push(user);
                }
            }
        }
        Self(index)
    }

    pub(super) fn get(&self, name: &str) -> &[User] {
        self.0.get(&name.to_lowercase()).map_or(&[], Vec::as_slice)
    }
}

/// Whom a name means: exactly one user of that name. An e-mail address is only a hint.
pub(super) fn person(name: &str, hits: &[User], by_mail: &[User]) -> Person {
    match hits {
        [user] => {
            let id = UserId(user.id.to_string());
            match barred(name, user) {
                Some(problem) => Person::Barred(id, problem),
                None => Person::Found(id),
            }
        }
        [] => Person::Unusable(unknown(name, by_mail)),
        several => Person::Unusable(ambiguous(name, several.len())),
    }
}

/// Why a user can hold no token.
pub(super) fn barred(name: &str, user: &User) -> Option<Problem> {
    if user.is_guest() {
        return Some(Problem::new(
            "user-guest",
            format!("{name} is a guest; guests cannot hold hardware tokens here"),
            "assign the token in the guest's home tenant",
        ));
    }
    (user.account_enabled == Some(false)).then(|| {
        Problem::new(
            "user-disabled",
            format!("the account of {name} is disabled"),
            "enable the account first, or leave the row out",
        )
    })
}

fn unknown(name: &str, by_mail: &[User]) -> Problem {
    match by_mail {
        [] => Problem::new(
            "user-unknown",
            format!("there is no user {name}"),
            "correct the user column",
        ),
        [user] => Problem::new(
            "user-by-mail-only",
            format!("no user is called {name}; it is the e-mail address of one"),
            format!(
                "write the user principal name {} if this user is meant",
                user.user_principal_name
                    .as_deref()
                    .unwrap_or("of that user")
            ),
        ),
        several => ambiguous(name, several.len()),
    }
}

fn ambiguous(name: &str, count: usize) -> Problem {
    Problem::new(
        "user-ambiguous",
        format!("{name} means {count} users"),
        "write the user principal name or the object id of the one that is meant",
    )
}
