//! Who gets which token.

mod list;
mod strategy;

use std::collections::{BTreeMap, BTreeSet};
use std::iter;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use crate::problem::{Problem, ProblemKind};
use crate::record::{SeedFile, TokenRecord};
use crate::serial::Serial;

pub use list::{Entry, EntryProblem, UserList};
pub use strategy::{Strategy, UnknownStrategy};

const SCHEMA: &str = "oathkit.pairing/1";

/// A user and the token for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// The line of the list.
    pub line: usize,
    /// The user as the list names them.
    pub user: String,
    /// The row of the token in the seed file.
    pub row: usize,
    /// The token.
    pub serial: Serial,
    /// The token's model, empty if the file names none.
    pub model: String,
}

/// A user without a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftUser {
    /// The line of the list.
    pub line: usize,
    /// The user as the list names them.
    pub user: String,
}

/// Who gets which token, and what is left. Serialises to the document `oathkit.pairing/1`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pairing {
    /// New holders, in the order of the list.
    pub pairs: Vec<Pair>,
    /// Users who hold a token of the file already. Nothing changes for them.
    pub unchanged: Vec<Pair>,
    /// Users for whom there was no token.
    pub users_left: Vec<LeftUser>,
    /// Tokens that nobody holds, in the order of the file.
    pub tokens_left: Vec<Serial>,
    /// Lines of the list that could not be followed, in their order.
    pub problems: Vec<(usize, EntryProblem)>,
}

impl Pairing {
    /// Whether everybody on the list has a token.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.users_left.is_empty() && self.problems.is_empty()
    }

    /// Makes the users the holders of their tokens.
    pub fn apply(&self, tokens: &mut [TokenRecord]) {
        let users: BTreeMap<&Serial, &str> = self
            .pairs
            .iter()
            .map(|pair| (&pair.serial, pair.user.as_str()))
            .collect();
        for token in tokens {
            if let Some(user) = users.get(&token.serial) {
                token.user = Some((*user).to_owned());
            }
        }
    }
}

impl Serialize for Pairing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Line {
            line: usize,
            code: &'static str,
            message: String,
        }
        let problems: Vec<Line> = self
            .problems
            .iter()
            .map(|(line, problem)| Line {
                line: *line,
                code: problem.code(),
                message: problem.to_string(),
            })
            .collect();
        let mut map = serializer.serialize_struct("Pairing", 6)?;
        map.serialize_field("schema", SCHEMA)?;
        map.serialize_field("pairs", &self.pairs)?;
        map.serialize_field("unchanged", &self.unchanged)?;
        map.serialize_field("users_left", &self.users_left)?;
        map.serialize_field("tokens_left", &self.tokens_left)?;
        map.serialize_field("problems", &problems)?;
        map.end()
    }
}

/// Gives the tokens of a file to the users of a list. Nothing is taken from a holder.
///
/// ```
/// use seedfile::{ReadOptions, Strategy, UserList, pair, read};
///
/// let file = read(b"upn,serial number,secret key,timeinterval,manufacturer,model
/// ann@example.com,60234567,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,C202
/// ,60234568,DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,Token2,C202
/// ", &ReadOptions::default())?;
/// let list = UserList::read(b"ann@example.com\nbob@example.com\n", Strategy::NextAvailable)?;
/// let pairing = pair(&file, &list);
/// assert_eq!(pairing.unchanged[0].user, "ann@example.com");
/// assert_eq!(pairing.pairs[0].serial.as_str(), "60234568");
/// # Ok::<(), seedfile::Refusal>(())
/// ```
#[must_use]
pub fn pair(file: &SeedFile, list: &UserList) -> Pairing {
    let mut pairing = Pairing::default();
    let repeated = list.repeated();
    let mut desk = Desk::new(file);
    match list.strategy() {
        Strategy::NextAvailable => desk.next_available(list, &repeated, &mut pairing),
        Strategy::Order => desk.in_order(list, &repeated, &mut pairing),
        Strategy::Mapping => desk.by_mapping(list, &repeated, &mut pairing),
    }
    pairing.problems.sort_by_key(|(line, _)| *line);
    let given: BTreeSet<&Serial> = pairing.pairs.iter().map(|pair| &pair.serial).collect();
    let free = file.tokens.iter().filter(|token| token.user.is_none());
    pairing.tokens_left = free
        .filter(|token| !given.contains(&token.serial))
        .map(|token| token.serial.clone())
        .collect();
    pairing
}

/// Two spellings of a name are one user.
fn folded(user: &str) -> String {
    user.to_lowercase()
}

/// Where tokens are handed out.
struct Desk<'f> {
    file: &'f SeedFile,
    holding: BTreeMap<String, &'f TokenRecord>,
    /// Rows of tokens that cannot be used, by their holders.
    holding_rejected: BTreeMap<String, usize>,
}

impl<'f> Desk<'f> {
    fn new(file: &'f SeedFile) -> Self {
        let held = |token: &'f TokenRecord| Some((folded(token.user.as_deref()?), token));
        let rejected = file.rejected_holders.iter().rev();
        Self {
            file,
            holding_rejected: rejected.map(|(row, user)| (folded(user), *row)).collect(),
            holding: file.tokens.iter().rev().filter_map(held).collect(),
        }
    }

    fn next_available(
        &mut self,
        list: &UserList,
        repeated: &BTreeMap<usize, EntryProblem>,
        pairing: &mut Pairing,
    ) {
        let mut free = self.file.tokens.iter().filter(|token| token.user.is_none());
        for entry in list.entries() {
            let Some(user) = checked(entry, repeated, pairing) else {
                continue;
            };
            let user_folded = folded(user);
            if let Some(token) = self.holding.get(&user_folded) {
                pairing.unchanged.push(made(entry, user, token));
            } else if let Some(row) = self.holding_rejected.get(&user_folded) {
                pairing.problem(entry, EntryProblem::HoldsRejected { row: *row });
            } else {
                pairing.give(entry, user, free.next());
            }
        }
    }

    /// The n-th entry gets the n-th row: one that cannot be used keeps its place, so that nobody
    /// gets another's token.
    fn in_order(
        &mut self,
        list: &UserList,
        repeated: &BTreeMap<usize, EntryProblem>,
        pairing: &mut Pairing,
    ) {
        let mut rows = places(self.file);
        for entry in list.entries() {
            let token = rows.nth(entry.count() - 1).flatten();
            let Some(user) = checked(entry, repeated, pairing) else {
                continue;
            };
            match token {
                Some(token) => pairing.give_this(entry, user, token),
                None => pairing.give(entry, user, None),
            }
        }
    }

    fn by_mapping(
        &mut self,
        list: &UserList,
        repeated: &BTreeMap<usize, EntryProblem>,
        pairing: &mut Pairing,
    ) {
        let by_serial: BTreeMap<&Serial, &TokenRecord> = self
            .file
            .tokens
            .iter()
            .map(|token| (&token.serial, token))
            .collect();
        for entry in list.entries() {
            let Some(user) = checked(entry, repeated, pairing) else {
                continue;
            };
            let token = entry
                .serial
                .as_ref()
                .and_then(|serial| by_serial.get(serial));
            match token {
                Some(token) => pairing.give_this(entry, user, token),
                None => pairing.problem(entry, EntryProblem::SerialUnknown),
            }
        }
    }
}

/// Every row of the file in its order, with its token if it can be used. Blank rows and those that
/// repeat another have a place, too, and so has every line that one row swallowed.
fn places(file: &SeedFile) -> impl Iterator<Item = Option<&TokenRecord>> {
    let unusable = file.problems.iter().map(|problem| (problem.row, (None, 1)));
    let usable = file
        .tokens
        .iter()
        .map(|token| (token.row, (Some(token), 1)));
    let skipped = file
        .skipped
        .iter()
        .map(|(row, count)| (*row, (None, *count)));
    let mut places: BTreeMap<_, _> = unusable.chain(usable).chain(skipped).collect();
    let swallowed = |problem: &&Problem| problem.kind == ProblemKind::SwallowedRows;
    for Problem { row, .. } in file.problems.iter().filter(swallowed) {
        let next = places.range(row + 1..).next().map(|(next, _)| *next);
        let lines = next.map_or(usize::MAX, |next| next - row);
        places.insert(*row, (None, lines));
    }
    let places = places.into_values();
    places.flat_map(|(token, count)| iter::repeat_n(token, count))
}

/// The user of an entry that nothing is wrong with.
fn checked<'l>(
    entry: &'l Entry,
    repeated: &BTreeMap<usize, EntryProblem>,
    pairing: &mut Pairing,
) -> Option<&'l str> {
    let problem = match (&entry.user, repeated.get(&entry.line)) {
        (Ok(user), None) => return Some(user),
        (Err(problem), _) | (Ok(_), Some(problem)) => *problem,
    };
    pairing.problem(entry, problem);
    None
}

fn made(entry: &Entry, user: &str, token: &TokenRecord) -> Pair {
    Pair {
        line: entry.line,
        user: user.to_owned(),
        row: token.row,
        serial: token.serial.clone(),
        model: token.model.clone(),
    }
}

impl Pairing {
    fn problem(&mut self, entry: &Entry, problem: EntryProblem) {
        self.problems.push((entry.line, problem));
    }

    fn give(&mut self, entry: &Entry, user: &str, token: Option<&TokenRecord>) {
        match token {
            Some(token) => self.pairs.push(made(entry, user, token)),
            None => self.users_left.push(LeftUser {
                line: entry.line,
                user: user.to_owned(),
            }),
        }
    }

    /// Gives a certain token, if nobody else holds it.
    fn give_this(&mut self, entry: &Entry, user: &str, token: &TokenRecord) {
        match &token.user {
            None => self.give(entry, user, Some(token)),
            Some(holder) if folded(holder) == folded(user) => {
                self.unchanged.push(made(entry, user, token));
            }
            Some(_) => self.problem(entry, EntryProblem::Held { row: token.row }),
        }
    }
}
