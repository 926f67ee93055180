//! Whom the file means: exact user principal names or object ids; an e-mail address is only a hint.

use entra_graph::User;

use crate::{Person, Problem, UserId};

pub(super) fn named<'u>(users: &'u [User], name: &str) -> impl Iterator<Item = &'u User> {
    let name = name.to_lowercase();
    users.iter().filter(move |user| {
        let upn = user.user_principal_name.as_deref().unwrap_or_default();
        upn.to_lowercase() == name
    })
}

/// Whom a name means: exactly one user of that name. An e-mail address is only a hint.
pub(super) fn person(name: &str, hits: &[&User], by_mail: &[User]) -> Person {
    match hits {
        [user] if user.is_guest() => Person::Unusable(Problem::new(
            "user-guest",
            format!("{name} is a guest; guests cannot hold hardware tokens here"),
            "assign the token in the guest's home tenant",
        )),
        [user] => Person::Found(UserId(user.id.to_string())),
        [] => Person::Unusable(unknown(name, by_mail)),
        several => Person::Unusable(ambiguous(name, several.len())),
    }
}

fn unknown(name: &str, by_mail: &[User]) -> Problem {
    let mail = |user: &&User| {
        let mail = user.mail.as_deref().unwrap_or_default();
        mail.to_lowercase() == name.to_lowercase()
    };
    let hits: Vec<&User> = by_mail.iter().filter(mail).collect();
    match hits.as_slice() {
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
