//! Whom the file means: exact logins; an e-mail address is only a hint.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use idp_http::Segment;
use okta_factors::{GetUser, ListUsers, OktaClient, User, UserStatus};

use super::calls::{USER, USERS, read, send};
use super::{WORKERS, failure};
use crate::listing::Listing;
use crate::{Failure, FoundUser, Pace, Person, Problem, UserId};

pub(super) async fn find(
    client: &OktaClient,
    pace: &Pace,
    names: &[String],
    match_mail: bool,
) -> Result<BTreeMap<String, Person>, Failure> {
    let mut people = BTreeMap::new();
    let listed = list(client, pace, names).await?;
    for name in names {
        if let Some(user) = listed.get(&name.to_lowercase()) {
            people.insert(name.clone(), person(user));
        }
    }
    let missing: Vec<_> = names
        .iter()
        .filter(|name| !people.contains_key(*name))
        .map(|name| async move {
            let person = one(client, pace, name, match_mail).await?;
            Ok::<_, Failure>((name.clone(), person))
        })
        .collect();
    let found: Vec<(String, Person)> = stream::iter(missing)
        .buffered(WORKERS.get())
        .try_collect()
        .await?;
    people.extend(found);
    Ok(people)
}

/// Users by their login, from the list of all users, as far as reading it is cheaper than asking.
async fn list(
    client: &OktaClient,
    pace: &Pace,
    names: &[String],
) -> Result<BTreeMap<String, User>, Failure> {
    let wanted: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let mut listing = Listing::of(wanted.len(), 1);
    let mut users = BTreeMap::new();
    let mut endpoint = ListUsers::all();
    while listing.is_cheaper() {
        let page = read(client, pace, USERS, &endpoint).await?;
        let items = page.items.into_iter();
        let found = items.map(|user| (user.login.to_lowercase(), user));
        users.extend(found.filter(|(login, _)| wanted.contains(login)));
        listing.read_page(users.len());
        match page.next {
            Some(next) => endpoint = ListUsers::next(next),
            None => break,
        }
    }
    Ok(users)
}

async fn one(
    client: &OktaClient,
    pace: &Pace,
    name: &str,
    match_mail: bool,
) -> Result<Person, Failure> {
    // A login with a slash cannot stand in a path, as Okta reads paths: it is found by a search.
    let segment = Segment::new(name).ok().filter(|_| !name.contains('/'));
    let Some(segment) = segment else {
        let list = ListUsers::with_login(name);
        let users = read(client, pace, USERS, &list).await?.items;
        let mut same = users.iter();
        let same = same.find(|user| user.login.to_lowercase() == name.to_lowercase());
        return Ok(same.map_or_else(|| Person::Unusable(unknown(name)), person));
    };
    // Short names and `me` find somebody, too: only the same login or id is the one that was meant.
    match get(client, pace, segment).await? {
        Some(user) if user.login.to_lowercase() == name.to_lowercase() => Ok(person(&user)),
        Some(user) if user.id.as_str() == name => Ok(person(&user)),
        _ => by_mail(client, pace, name, match_mail).await,
    }
}

async fn get(client: &OktaClient, pace: &Pace, segment: Segment) -> Result<Option<User>, Failure> {
    let endpoint = GetUser(segment);
    let answer = pace.read(USER, async || {
        match send(client, pace, USER, &endpoint).await {
            Ok(answer) => Ok(Some(answer.value)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(failure(&error)),
        }
    });
    answer.await
}

/// One user by id. Okta takes logins for ids, too: those are not meant.
pub(super) async fn user(
    client: &OktaClient,
    pace: &Pace,
    id: &UserId,
) -> Result<Option<FoundUser>, Failure> {
    let Ok(segment) = Segment::new(&id.0) else {
        return Ok(None);
    };
    let user = get(client, pace, segment).await?;
    Ok(user.filter(|user| user.id.as_str() == id.0).map(found_user))
}

/// Whoever has this e-mail address. The search finds accounts that were given up, too.
async fn by_mail(
    client: &OktaClient,
    pace: &Pace,
    name: &str,
    match_mail: bool,
) -> Result<Person, Failure> {
    let endpoint = ListUsers::with_email(name);
    let users = read(client, pace, USERS, &endpoint).await?.items;
    let has_it = |user: &User| {
        let mail = user.email.as_ref();
        mail.is_some_and(|mail| mail.to_lowercase() == name.to_lowercase())
    };
    let people = users.iter().filter(|user| has_it(user)).map(person);
    let active: Vec<Person> = people
        .filter(|person| matches!(person, Person::Found(_)))
        .collect();
    if let ([person], true) = (active.as_slice(), match_mail) {
        return Ok(person.clone());
    }
    let problem = match users.as_slice() {
        [] => unknown(name),
        [user] => Problem::new(
            "user-by-mail-only",
            format!("no user signs in as {name}; it is the e-mail address of one"),
            format!("write the login {} if this user is meant", user.login),
        ),
        several => Problem::new(
            "user-ambiguous",
            format!("{name} is the e-mail address of {} users", several.len()),
            "write the login of the one that is meant",
        ),
    };
    Ok(Person::Unusable(problem))
}

fn unknown(name: &str) -> Problem {
    Problem::new(
        "user-unknown",
        format!("there is no user {name}"),
        "correct the user column",
    )
}

fn person(user: &User) -> Person {
    match user.status {
        UserStatus::Staged | UserStatus::Suspended | UserStatus::Deprovisioned => {
            let problem = inactive(user);
            Person::Barred(UserId(user.id.to_string()), problem)
        }
        _ => Person::Found(UserId(user.id.to_string())),
    }
}

fn inactive(user: &User) -> Problem {
    Problem::new(
        "user-inactive",
        format!("{} is not active ({})", user.login, user.status),
        "activate the user first, or correct the user column",
    )
}

/// Pages of a search that are read at the most.
const SEARCH_PAGES: usize = 20;

/// People whose names begin with a text, `most` at the most.
pub(super) async fn search(
    client: &OktaClient,
    pace: &Pace,
    text: &str,
    most: usize,
) -> Result<Vec<FoundUser>, Failure> {
    let mut found = Vec::new();
    let mut list = ListUsers::beginning(text);
    // A list may go in a circle.
    for _ in 0..SEARCH_PAGES {
        let page = read(client, pace, USERS, &list).await?;
        found.extend(page.items.into_iter().map(found_user));
        match page.next {
            Some(link) if found.len() < most => list = ListUsers::next(link),
            _ => break,
        }
    }
    found.truncate(most);
    Ok(found)
}

fn found_user(user: User) -> FoundUser {
    let problem = match person(&user) {
        Person::Barred(_, problem) | Person::Unusable(problem) => Some(problem),
        Person::Found(_) => None,
    };
    FoundUser {
        id: UserId(user.id.to_string()),
        problem,
        status: user.status.to_string(),
        name: user.name.unwrap_or_default(),
        login: user.login,
        mail: user.email,
    }
}
