//! The users of the organisation: who is found by what, and how one is shown.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::factors::{Factor, Facts};
use super::ids::{CREATED, Kind, id};
use super::switches::OktaSwitches;
use crate::Person;

pub(crate) const DEPROVISIONED: &str = "DEPROVISIONED";
/// The type that all users have.
pub(crate) const TYPE: &str = "oty0000000000000User";

/// A user and what Okta remembers about him.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) login: String,
    pub(crate) email: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) status: String,
    /// At most one custom OTP factor a user.
    pub(crate) factor: Option<Factor>,
    /// Successful enrolments ever.
    pub(crate) enrollments: u64,
    /// How many of them were another operator's.
    pub(crate) operator_enrollments: u64,
    /// Wrong codes since the last right one.
    pub(crate) failures: u32,
    pub(crate) locked: bool,
    /// When something changed, and what reads showed before, while they may still show that.
    past: Vec<(Duration, Option<Facts>, String)>,
}

impl User {
    fn new(person: &Person, switches: &OktaSwitches, id: String) -> Self {
        let (first_name, last_name) = person.name.split_once(' ').unwrap_or((&person.name, ""));
        let wanted = switches.user_status.0.get(&person.login.to_lowercase());
        let status = match (person.enabled, wanted) {
            (false, _) => DEPROVISIONED,
            (true, Some(status)) => status,
            (true, None) => "ACTIVE",
        };
        Self {
            id,
            login: person.login.clone(),
            email: person.mail.clone().unwrap_or_else(|| person.login.clone()),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            status: status.to_owned(),
            factor: None,
            enrollments: 0,
            operator_enrollments: 0,
            past: Vec::new(),
            failures: 0,
            locked: false,
        }
    }

    pub(crate) fn deprovisioned(&self) -> bool {
        self.status == DEPROVISIONED
    }

    /// Keeps what reads show, right before it changes, if it may be looked back at.
    pub(crate) fn remember(&mut self, now: Duration, memory: Duration) {
        if memory.is_zero() {
            return;
        }
        let horizon = now.saturating_sub(memory);
        self.past.retain(|(at, ..)| *at > horizon);
        let factor = self.factor.as_ref().map(|factor| factor.facts.clone());
        self.past
            .push((now, factor, self.shown_status().to_owned()));
    }

    /// The factor and the status that reads show which see the state of `horizon`.
    pub(crate) fn shown(&self, horizon: Duration) -> (Option<&Facts>, &str) {
        match self.past.iter().find(|(at, ..)| *at > horizon) {
            Some((_, factor, status)) => (factor.as_ref(), status),
            None => (
                self.factor.as_ref().map(|factor| &factor.facts),
                self.shown_status(),
            ),
        }
    }

    /// The status with a lock that wrong codes brought.
    fn shown_status(&self) -> &str {
        if self.locked {
            "LOCKED_OUT"
        } else {
            &self.status
        }
    }

    /// The user object, as a read shows it that sees the state of `horizon`.
    pub(crate) fn view(&self, base: &str, horizon: Duration) -> Value {
        let href = format!("{base}/api/v1/users/{}", self.id);
        json!({
            "id": self.id, "status": self.shown(horizon).1,
            "created": CREATED, "activated": CREATED, "statusChanged": CREATED,
            "lastLogin": null, "lastUpdated": CREATED, "passwordChanged": null,
            "type": {"id": TYPE},
            "profile": {
                "firstName": self.first_name, "lastName": self.last_name,
                "mobilePhone": null, "secondEmail": null,
                "login": self.login, "email": self.email,
            },
            "_links": {"self": {"href": href}},
        })
    }
}

/// All users, in the order in which they came.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) users: Vec<User>,
    by_id: BTreeMap<String, usize>,
    /// Keys [`folded`].
    by_login: BTreeMap<String, usize>,
    /// Keys in small letters.
    by_email: BTreeMap<String, Vec<usize>>,
    by_short_name: BTreeMap<String, Vec<usize>>,
    /// The owner of the API token: the first user who can sign in.
    owner: Option<usize>,
}

impl Directory {
    pub(crate) fn new(people: &[Person], switches: &OktaSwitches, seed: u64) -> Self {
        let mut directory = Self {
            users: Vec::new(),
            by_id: BTreeMap::new(),
            by_login: BTreeMap::new(),
            by_email: BTreeMap::new(),
            by_short_name: BTreeMap::new(),
            owner: None,
        };
        for (number, person) in (0_u64..).zip(people) {
            let id = id(seed, Kind::User, number, "00u");
            directory.add(User::new(person, switches, id));
        }
        directory.owner = directory
            .users
            .iter()
            .position(|user| !user.deprovisioned());
        directory
    }

    /// Logins are unique without regard to case and accents: a second one is left out.
    fn add(&mut self, user: User) {
        let login = folded(&user.login);
        if self.by_login.contains_key(&login) {
            return;
        }
        let index = self.users.len();
        let short = login.split('@').next().unwrap_or_default().to_owned();
        self.by_short_name.entry(short).or_default().push(index);
        let email = user.email.to_lowercase();
        self.by_email.entry(email).or_default().push(index);
        self.by_login.insert(login, index);
        self.by_id.insert(user.id.clone(), index);
        self.users.push(user);
    }

    /// By id, login (case and accents do not matter) or short name, if only one user has it; `me` is the
    /// owner of the token.
    pub(crate) fn find(&self, text: &str) -> Option<usize> {
        if text == "me" {
            return self.owner;
        }
        let login = folded(text);
        let exact = self.by_id.get(text).or_else(|| self.by_login.get(&login));
        exact
            .copied()
            .or_else(|| match self.by_short_name.get(&login)?.as_slice() {
                [only] => Some(*only),
                _ => None,
            })
    }

    pub(crate) fn owner(&self) -> Option<usize> {
        self.owner
    }

    pub(crate) fn by_login(&self, login: &str) -> Vec<usize> {
        let found = self.by_login.get(&folded(login));
        found.copied().into_iter().collect()
    }

    pub(crate) fn by_email(&self, email: &str) -> Vec<usize> {
        let found = self.by_email.get(&email.to_lowercase());
        found.cloned().unwrap_or_default()
    }

    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }
}

/// A login without what does not tell it from others: capitals and accents.
fn folded(login: &str) -> String {
    let bare = login
        .nfd()
        .filter(|character| !is_combining_mark(*character));
    bare.collect::<String>().to_lowercase()
}

/// Cuts a user object down to `fields`, such as `status,profile:(login,email)`; the id stays.
pub(crate) fn trim(user: Value, fields: &str) -> Value {
    let id = user.get("id").cloned();
    let mut user = cut(user, fields);
    if let (Some(user), Some(id)) = (user.as_object_mut(), id) {
        user.insert("id".to_owned(), id);
    }
    user
}

fn cut(user: Value, fields: &str) -> Value {
    let Value::Object(user) = user else {
        return user;
    };
    let wanted = field_list(fields);
    let mut kept = Map::new();
    for (name, value) in user {
        match wanted.get(name.as_str()) {
            None => {}
            Some(None) => drop(kept.insert(name, value)),
            Some(Some(inner)) => drop(kept.insert(name, cut(value, inner))),
        }
    }
    Value::Object(kept)
}

/// The names on the first level, each with its list in parentheses.
fn field_list(fields: &str) -> BTreeMap<&str, Option<&str>> {
    let mut depth = 0_u32;
    let top_level_comma = |character| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    };
    let parts = fields.split(top_level_comma).map(str::trim);
    parts
        .map(|part| match part.split_once(":(") {
            Some((name, inner)) => (name, inner.strip_suffix(')')),
            None => (part, None),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(logins: &[&str]) -> Directory {
        let people: Vec<Person> = logins.iter().map(|login| Person::new(*login)).collect();
        Directory::new(&people, &OktaSwitches::default(), 7)
    }

    #[test]
    fn users_are_found_by_id_login_and_unambiguous_short_name() {
        let directory = directory(&["Ann@a.test", "bob@a.test", "bob@b.test"]);
        assert_eq!(directory.find("ANN@A.TEST"), Some(0));
        assert_eq!(directory.find("ann"), Some(0));
        assert_eq!(directory.find("bob"), None);
        assert_eq!(directory.find(&directory.users[2].id), Some(2));
        assert_eq!(directory.find(&directory.users[2].id.to_lowercase()), None);
        assert_eq!(directory.find("me"), Some(0));
        assert_eq!(directory.find("carl"), None);
    }

    #[test]
    fn logins_are_unique_without_regard_to_case_and_accents() {
        let logins = [
            "jörg@a.test",
            "JORG@a.test",
            "jo\u{308}rg@a.test",
            "joe@a.test",
        ];
        let directory = directory(&logins);
        assert_eq!(directory.users.len(), 2);
        for name in ["Jorg@a.test", "JÖRG@a.test", "jórg"] {
            assert_eq!(directory.find(name), Some(0), "{name}");
        }
        assert_eq!(directory.by_login("jorg@a.test"), [0]);
    }

    #[test]
    fn fields_cut_a_user_down() {
        let user = directory(&["ann@a.test"]).users[0].view("https://org.test", Duration::MAX);
        let cut = trim(user.clone(), "id, status,profile:(login,email)");
        assert_eq!(
            cut,
            json!({
                "id": user["id"], "status": "ACTIVE",
                "profile": {"login": "ann@a.test", "email": "ann@a.test"},
            })
        );
        assert_eq!(trim(user.clone(), "profile")["profile"], user["profile"]);
        assert_eq!(trim(user.clone(), "profile")["id"], user["id"]);
    }

    #[test]
    fn a_status_can_be_set_and_disabled_people_are_deprovisioned() {
        let mut switches = OktaSwitches::default();
        switches.set("user_status", "ann@a.test=staged").unwrap();
        let gone = Person {
            enabled: false,
            ..Person::new("bob@a.test")
        };
        let people = [gone, Person::new("Ann@a.test")];
        let directory = Directory::new(&people, &switches, 7);
        assert_eq!(directory.users[0].status, DEPROVISIONED);
        assert_eq!(directory.users[1].status, "STAGED");
        assert_eq!(directory.find("me"), Some(1));
    }
}
