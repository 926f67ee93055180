//! The columns of a file that nothing is read from: somebody may have meant them to count.

use crate::user::is_invisible;

/// So many names are kept.
const MOST: usize = 32;

/// So many characters of a name are kept.
const LONGEST: usize = 64;

/// The names of what is not read, each once.
#[derive(Default)]
pub(crate) struct Unread {
    pub(crate) names: Vec<String>,
}

impl Unread {
    /// Notes a column of a table by its name or, where that may not be shown, by its number from 1.
    pub(crate) fn column(&mut self, name: &str, number: usize) {
        if !name.trim().is_empty() {
            self.note(shown(name).unwrap_or_else(|| format!("column {number}")));
        }
    }

    /// Notes a name of an object.
    pub(crate) fn name(&mut self, name: &str) {
        if self.names.len() < MOST
            && let Some(name) = shown(name)
        {
            self.note(name);
        }
    }

    /// Notes an assignment that names no token of the file or no user, by its number from 1.
    pub(crate) fn assignment(&mut self, number: usize) {
        self.note(format!("assignment {number}"));
    }

    fn note(&mut self, name: String) {
        if self.names.len() < MOST && !self.names.contains(&name) {
            self.names.push(name);
        }
    }
}

/// What can be shown of a name; `None` if it could be a key that stands in the wrong place.
fn shown(name: &str) -> Option<String> {
    let said = name.chars().filter(char::is_ascii_alphanumeric);
    let has_digit = name.contains(|c: char| c.is_ascii_digit());
    let most = if has_digit { 15 } else { 31 };
    let seen = |c: char| match c {
        c if c.is_control() || is_invisible(c) => '\u{fffd}',
        c => c,
    };
    (said.count() <= most).then(|| name.trim().chars().take(LONGEST).map(seen).collect())
}
