//! Who is in the tenant.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::errors::{Refusal, Reply};
use super::odata::{Filter, Literal};
use super::page::Page;
use super::switches::EntraSwitches;
use crate::people::Person;
use crate::rng::Rng;

/// What `$filter` can be about.
const FILTERED: [&str; 5] = [
    "id",
    "userPrincipalName",
    "mail",
    "displayName",
    "accountEnabled",
];
/// What `$search` can be about.
const SEARCHED: [&str; 3] = ["userPrincipalName", "displayName", "mail"];
/// What an answer holds without `$select`.
const DEFAULT: [&str; 11] = [
    "businessPhones",
    "displayName",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
];
const MAX_TOP: usize = 999;

pub(super) struct User {
    pub(super) id: String,
    pub(super) person: Person,
    gone: bool,
}

/// The users, in the order they were given.
pub(super) struct Directory {
    users: Vec<User>,
    by_id: BTreeMap<String, usize>,
    by_upn: BTreeMap<String, usize>,
}

impl Directory {
    pub(super) fn new(people: &[Person], rng: &mut Rng) -> Self {
        let user = |person: &Person| User {
            id: rng.uuid(),
            person: person.clone(),
            gone: false,
        };
        let users: Vec<User> = people.iter().map(user).collect();
        let index = |key: fn(&User) -> String| users.iter().map(key).zip(0..).collect();
        Self {
            by_id: index(|user| user.id.clone()),
            by_upn: index(|user| user.person.login.to_lowercase()),
            users,
        }
    }

    /// The user with this id or principal name.
    pub(super) fn find(&self, key: &str) -> Option<&User> {
        let user = self.users.get(self.index(key)?);
        user.filter(|user| !user.gone)
    }

    fn index(&self, key: &str) -> Option<usize> {
        let key = key.to_lowercase();
        let index = self.by_id.get(&key).or_else(|| self.by_upn.get(&key));
        index.copied()
    }

    /// The principal name of the first user.
    pub(super) fn first(&self) -> Option<&str> {
        Some(&self.users.first()?.person.login)
    }

    pub(super) fn disable(&mut self, key: &str) {
        let index = self.index(key);
        if let Some(user) = index.and_then(|index| self.users.get_mut(index)) {
            user.person.enabled = false;
        }
    }

    pub(super) fn delete(&mut self, key: &str) {
        let index = self.index(key);
        if let Some(user) = index.and_then(|index| self.users.get_mut(index)) {
            user.gone = true;
        }
    }

    /// The same, or the refusal that says there is none.
    pub(super) fn get(&self, key: &str) -> Result<&User, Refusal> {
        self.find(key).ok_or_else(|| Refusal::no_such_user(key))
    }

    pub(super) fn list(&self, page: &Page<'_>, switches: &EntraSwitches) -> Result<Reply, Refusal> {
        page.allow(&[
            "$filter",
            "$search",
            "$top",
            "$select",
            "$skiptoken",
            "$count",
        ])?;
        let size = page.size(switches.user_page_size, MAX_TOP)?;
        let filter = page.filter(&FILTERED, switches.filter_in_max)?;
        let search = page.search(&SEARCHED)?;
        let start = page.start()?;
        let candidates = self
            .candidates(filter.as_ref(), start)
            .filter(|(_, user)| !user.gone);
        let fitting = candidates.filter(|(_, user)| {
            filter.as_ref().is_none_or(|filter| user.fits(filter))
                && search.as_ref().is_none_or(|search| search.finds(user))
        });
        let found: Vec<(u64, Value)> = fitting
            .take(size + 1)
            .map(|(number, user)| (number, user.json(page.select())))
            .collect();
        Ok(page.reply("users", found, size))
    }

    /// The users a filter may fit, from `start`, without looking at all of them where it names them.
    fn candidates<'a>(
        &'a self,
        filter: Option<&Filter>,
        start: u64,
    ) -> Box<dyn Iterator<Item = (u64, &'a User)> + 'a> {
        let keys = filter.and_then(|filter| {
            filter
                .pins("userPrincipalName")
                .or_else(|| filter.pins("id"))
        });
        let Some(keys) = keys else {
            let first = usize::try_from(start).unwrap_or(usize::MAX);
            let users = self.users.get(first..).unwrap_or_default();
            return Box::new((start..).zip(users));
        };
        let named = keys.iter().map(|key| key.to_lowercase());
        let index = |key: String| {
            self.by_upn
                .get(&key)
                .or_else(|| self.by_id.get(&key))
                .copied()
        };
        let mut numbers: Vec<usize> = named.filter_map(index).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let users = numbers.into_iter().filter_map(|number| {
            let user = self.users.get(number)?;
            Some((u64::try_from(number).ok()?, user))
        });
        Box::new(users.filter(move |(number, _)| *number >= start))
    }
}

impl User {
    fn fits(&self, filter: &Filter) -> bool {
        filter.fits(&|property| match property {
            "id" => Literal::of(Some(&self.id)),
            "userPrincipalName" => Literal::of(Some(&self.person.login)),
            "mail" => Literal::of(self.person.mail.as_deref()),
            "displayName" => Literal::of(Some(&self.person.name)),
            "accountEnabled" => Literal::Bool(self.person.enabled),
            _ => Literal::Null,
        })
    }

    /// The selected properties; without a selection the default ones, to which `accountEnabled` and `userType` do
    /// not belong.
    pub(super) fn json(&self, select: Option<&str>) -> Value {
        let names: Vec<&str> = match select {
            Some(select) => select.split(',').map(str::trim).collect(),
            None => DEFAULT.to_vec(),
        };
        let properties = names
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), self.property(name)?)));
        Value::Object(properties.collect::<Map<_, _>>())
    }

    fn property(&self, name: &str) -> Option<Value> {
        let person = &self.person;
        Some(match name {
            "id" => json!(self.id),
            "userPrincipalName" => json!(person.login),
            "displayName" => json!(person.name),
            "mail" => json!(person.mail),
            "accountEnabled" => json!(person.enabled),
            "userType" => json!(if person.guest { "Guest" } else { "Member" }),
            "businessPhones" => json!([]),
            other => DEFAULT.contains(&other).then_some(Value::Null)?,
        })
    }
}
