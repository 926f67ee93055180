//! Lists of users, with or without the serial numbers of their tokens.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use super::{Strategy, folded};
use crate::check::user_name;
use crate::field::is_folded;
use crate::problem::ProblemKind;
use crate::read::detect;
use crate::read::records::{Records, Start};
use crate::read::text::{self, trim};
use crate::read::{MAX_BYTES, MAX_RECORDS};
use crate::refusal::Refusal;
use crate::serial::Serial;

const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// What columns of users are called, as [`is_folded`] has it. Exports have several of them: the
/// first kind that is there counts. Each kind with its usual name.
const USER_NAMES: [(&str, &[&str]); 5] = [
    ("upn", &["upn", "userprincipalname"]),
    ("login", &["login"]),
    ("objectId", &["objectid"]),
    ("email", &["email", "mail"]),
    ("user", &["user", "username"]),
];

/// What columns of serial numbers are called.
const SERIAL_NAMES: [&str; 3] = ["serial", "serialnumber", "token"];

/// What keeps a line of a list from being followed. Never carries what stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum EntryProblem {
    /// Nobody is named.
    #[error("nobody is named {}", here(*.count))]
    Blank {
        /// How many lines name nobody: this one and those that follow it.
        count: usize,
    },
    /// Something other than a user name or object id.
    #[error("this is neither a user name with one @ nor an object id")]
    UserSyntax,
    /// A user name over 320 characters.
    #[error("the user name is longer than 320 characters")]
    UserTooLong,
    /// The user stands in another line, too.
    #[error("line {line} names the same user")]
    UserRepeated {
        /// The other line.
        line: usize,
    },
    /// No serial number, or none that could be one.
    #[error("there is no serial number here")]
    SerialMissing,
    /// No token that can be used has this serial number.
    #[error("the seed file has no usable token with this serial number")]
    SerialUnknown,
    /// The token is given to another user, too.
    #[error("line {line} names the same token")]
    SerialRepeated {
        /// The other line.
        line: usize,
    },
    /// Somebody else holds the token.
    #[error("somebody else holds the token in row {row} of the seed file")]
    Held {
        /// The row of the token.
        row: usize,
    },
    /// The user holds a token that cannot be used.
    #[error("the user holds the token in row {row} of the seed file, which cannot be used")]
    HoldsRejected {
        /// The row of the token.
        row: usize,
    },
}

impl EntryProblem {
    /// A stable name for programs, in kebab-case.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Blank { .. } => "blank",
            Self::UserSyntax => "user-syntax",
            Self::UserTooLong => "user-too-long",
            Self::UserRepeated { .. } => "user-repeated",
            Self::SerialMissing => "serial-missing",
            Self::SerialUnknown => "serial-unknown",
            Self::SerialRepeated { .. } => "serial-repeated",
            Self::Held { .. } => "held-by-another",
            Self::HoldsRejected { .. } => "holds-rejected",
        }
    }
}

fn here(count: usize) -> String {
    match count {
        1 => "here".to_owned(),
        _ => format!("in {count} lines from here on"),
    }
}

/// One line of a list, or several that name nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The physical line, from 1.
    pub line: usize,
    /// The user, or what is wrong with the line.
    pub user: Result<String, EntryProblem>,
    /// The serial number that the line names.
    pub serial: Option<Serial>,
}

impl Entry {
    /// How many lines of the list it stands for.
    #[must_use]
    pub fn count(&self) -> usize {
        match self.user {
            Err(EntryProblem::Blank { count }) => count,
            _ => 1,
        }
    }
}

/// Gathers entries: blank ones that follow each other are kept as one.
#[derive(Default)]
struct Entries {
    all: Vec<Entry>,
    /// Lines, blank ones and all.
    count: usize,
}

impl Entries {
    fn add(&mut self, entry: Entry) -> Result<(), Refusal> {
        self.count += entry.count();
        if self.count > MAX_RECORDS {
            return Err(Refusal::TooManyRows);
        }
        let last = self.all.last_mut().map(|last| &mut last.user);
        match (last, &entry.user) {
            (
                Some(Err(EntryProblem::Blank { count })),
                Err(EntryProblem::Blank { count: more }),
            ) => {
                *count += more;
            }
            _ => self.all.push(entry),
        }
        Ok(())
    }
}

/// A list of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserList {
    strategy: Strategy,
    entries: Vec<Entry>,
}

/// Where user and serial number stand.
struct Columns {
    user: Option<usize>,
    serial: Option<usize>,
}

impl UserList {
    /// Reads a list: one user a line, or a table with a column `upn` or
    /// `userPrincipalName`, `login`, `objectId`, `email` or `mail`, `user` or `username`, of which
    /// the first in this order counts. For [`Strategy::Mapping`] there are two columns, user and serial number, in
    /// either order and with or without a header. Text is decoded as that of seed files.
    ///
    /// # Errors
    /// [`Refusal`] if the list as a whole cannot be read. It may have [`MAX_RECORDS`] lines, empty
    /// ones and all.
    pub fn read(bytes: &[u8], strategy: Strategy) -> Result<Self, Refusal> {
        if bytes.len() > MAX_BYTES {
            return Err(Refusal::TooLarge);
        }
        detect::refuse_binary(bytes)?;
        let (_, text) = text::decode(bytes, NonZeroUsize::MIN)?;
        if text.trim().is_empty() {
            return Err(Refusal::Empty);
        }
        let mut lines = Lines::new(&text);
        let Some(first) = lines.next()? else {
            return Err(Refusal::Empty);
        };
        let columns = Columns::of(&first.cells, strategy)?;
        let mut entries = Entries::default();
        if columns.is_none() {
            entries.add(entry(&first, None, strategy))?;
        }
        while let Some(line) = lines.next()? {
            if let Some((first, count)) = line.after {
                entries.add(blank(first, count))?;
            }
            entries.add(entry(&line, columns.as_ref(), strategy))?;
        }
        Ok(Self {
            strategy,
            entries: entries.all,
        })
    }

    /// How the list is meant.
    #[must_use]
    pub fn strategy(&self) -> Strategy {
        self.strategy
    }

    /// The lines in their order, without the header. Empty lines between others are one entry.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Lines that say again, or otherwise, what another one says. In a mapping nobody knows which
    /// of them is right; in other lists the first one is.
    pub(super) fn repeated(&self) -> BTreeMap<usize, EntryProblem> {
        let mapping = self.strategy == Strategy::Mapping;
        let mut problems = BTreeMap::new();
        let mut users: BTreeMap<String, &Entry> = BTreeMap::new();
        let mut serials: BTreeMap<&Serial, &Entry> = BTreeMap::new();
        for entry in &self.entries {
            let Ok(user) = &entry.user else { continue };
            if let Some(first) = users.get(&folded(user)) {
                let said_again = !mapping || first.serial == entry.serial;
                note(&mut problems, first, entry, said_again, |line| {
                    EntryProblem::UserRepeated { line }
                });
            } else {
                users.insert(folded(user), entry);
            }
            let Some(serial) = entry.serial.as_ref().filter(|_| mapping) else {
                continue;
            };
            if let Some(first) = serials.get(serial) {
                let same_user =
                    first.user.as_deref().map(folded) == entry.user.as_deref().map(folded);
                note(&mut problems, first, entry, same_user, |line| {
                    EntryProblem::SerialRepeated { line }
                });
            } else {
                serials.insert(serial, entry);
            }
        }
        problems
    }
}

/// Notes a line that repeats an earlier one, and the earlier one if they contradict each other.
fn note(
    problems: &mut BTreeMap<usize, EntryProblem>,
    first: &Entry,
    again: &Entry,
    said_again: bool,
    problem: impl Fn(usize) -> EntryProblem,
) {
    problems.entry(again.line).or_insert(problem(first.line));
    if !said_again {
        problems.entry(first.line).or_insert(problem(again.line));
    }
}

fn says_something(line: &str) -> bool {
    !line.trim().is_empty() && !is_comment(line)
}

fn is_comment(line: &str) -> bool {
    trim(line).starts_with('#')
}

fn blank(line: usize, count: usize) -> Entry {
    Entry {
        line,
        user: Err(EntryProblem::Blank { count }),
        serial: None,
    }
}

fn entry(line: &Line<'_>, columns: Option<&Columns>, strategy: Strategy) -> Entry {
    let Line { line, cells, .. } = line;
    let cell = |at: Option<usize>| at.and_then(|at| cells.get(at)).map(|cell| trim(cell));
    let (user, serial) = match (columns, strategy) {
        (Some(columns), _) => (cell(columns.user), cell(columns.serial)),
        (None, Strategy::Mapping) => either_way(cells),
        (None, _) => (cell(Some(0)), None),
    };
    let serial = serial.and_then(|text| Serial::new(text).ok());
    let user = user.unwrap_or_default();
    let user = match user_name(user) {
        _ if user.trim().is_empty() => Err(EntryProblem::Blank { count: 1 }),
        Err(ProblemKind::UserTooLong) => Err(EntryProblem::UserTooLong),
        Err(_) => Err(EntryProblem::UserSyntax),
        Ok(()) if strategy == Strategy::Mapping && serial.is_none() => {
            Err(EntryProblem::SerialMissing)
        }
        Ok(()) => Ok(user.to_owned()),
    };
    let line = *line;
    Entry { line, user, serial }
}

/// User and serial number of a line without a header: the user is the one with a user's name.
fn either_way<'c>(cells: &'c [Cow<'_, str>]) -> (Option<&'c str>, Option<&'c str>) {
    let [first, second, ..] = cells else {
        return (cells.first().map(|cell| trim(cell)), None);
    };
    let (first, second) = (trim(first), trim(second));
    if user_name(first).is_err() && user_name(second).is_ok() {
        (Some(second), Some(first))
    } else {
        (Some(first), Some(second))
    }
}

impl Columns {
    /// The columns of a header; `None` if the line is no header.
    fn of(cells: &[Cow<'_, str>], strategy: Strategy) -> Result<Option<Self>, Refusal> {
        let place = |names: &[&str], column| {
            let is_one = |cell: &&Cow<'_, str>| names.iter().any(|name| is_folded(cell, name));
            match cells.iter().filter(is_one).count() {
                0 | 1 => Ok(cells.iter().position(|cell| is_one(&cell))),
                _ => Err(Refusal::DuplicateColumn { column }),
            }
        };
        let mut users = USER_NAMES
            .iter()
            .map(|(column, names)| place(names, column));
        let user = users.find(|found| !matches!(found, Ok(None)));
        let user = user.transpose()?.flatten();
        let serial = place(&SERIAL_NAMES, "serial number")?;
        let mapping = strategy == Strategy::Mapping;
        match (user, serial) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(Refusal::MissingColumn { column: "upn" }),
            (Some(_), None) if mapping => Err(Refusal::MissingColumn {
                column: "serial number",
            }),
            _ => Ok(Some(Self { user, serial })),
        }
    }
}

/// A line that says something.
struct Line<'a> {
    /// The physical line, from 1.
    line: usize,
    cells: Vec<Cow<'a, str>>,
    /// The first empty line since the last one that is not empty, and how many there are.
    after: Option<(usize, usize)>,
}

/// The lines of a list that are neither empty nor comments.
struct Lines<'a> {
    records: Records<'a>,
    /// The line that follows the last one.
    following: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let first = text.split(['\r', '\n']).find(|line| says_something(line));
        let first = first.unwrap_or_default().as_bytes();
        // What stands between quotation marks separates nothing.
        let outside = || first.split(|byte| *byte == b'"').step_by(2).flatten();
        let count = |delimiter: &u8| outside().filter(|byte| *byte == delimiter).count();
        // The first of equals: comma.
        let delimiter = DELIMITERS.into_iter().rev().max_by_key(count);
        Self {
            records: Records::new(text, Start::OF_TEXT, delimiter.unwrap_or(b',')),
            following: 1,
        }
    }

    fn next(&mut self) -> Result<Option<Line<'a>>, Refusal> {
        let mut after = None;
        loop {
            let mut cells = Vec::new();
            let Some(Start { line, .. }) = self.records.next_into(&mut cells)? else {
                return Ok(None);
            };
            let blanks = line - self.following;
            if blanks > 0 {
                let (first, count) = after.unwrap_or((self.following, 0));
                after = Some((first, count + blanks));
            }
            self.following = self.records.here().line;
            if !cells.first().is_some_and(|cell| is_comment(cell)) {
                return Ok(Some(Line { line, cells, after }));
            }
        }
    }
}
