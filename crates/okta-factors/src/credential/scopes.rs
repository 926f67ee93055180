//! What a service app asks for.

use std::fmt;
use std::str::FromStr;

/// Scopes of Okta's management API. Ask for the least that serves: every one of them has to be
/// granted to the app, or no token is given.
#[derive(Clone, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

/// Text that is no list of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is no list of scopes: write words such as okta.users.manage, with commas or spaces between"
)]
pub struct InvalidScopes;

impl Scopes {
    /// To look, and to plan: `okta.users.read` and `okta.authenticators.read`.
    #[must_use]
    pub fn read_only() -> Self {
        Self::of(&["okta.users.read", "okta.authenticators.read"])
    }

    /// To enrol, verify and delete factors besides: `okta.users.manage`, which includes reading, and
    /// `okta.authenticators.read`.
    #[must_use]
    pub fn provisioning() -> Self {
        Self::of(&["okta.users.manage", "okta.authenticators.read"])
    }

    /// Whether this scope is one of them.
    #[must_use]
    pub fn has(&self, scope: &str) -> bool {
        self.0.iter().any(|one| one == scope)
    }

    fn of(scopes: &[&str]) -> Self {
        Self(scopes.iter().map(|scope| (*scope).to_owned()).collect())
    }

    /// Reads scopes with commas or white space between them.
    ///
    /// # Errors
    /// [`InvalidScopes`] for none, and for what cannot stand in a scope (RFC 6749 section 3.3).
    pub fn parse(text: &str) -> Result<Self, InvalidScopes> {
        let words = text.split(|c: char| c == ',' || c.is_whitespace());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let is_scope =
            |word: &&str| (word.bytes()).all(|b| b.is_ascii_graphic() && !b"\"\\".contains(&b));
        match !words.is_empty() && words.iter().all(is_scope) {
            true => Ok(Self::of(&words)),
            false => Err(InvalidScopes),
        }
    }
}

impl FromStr for Scopes {
    type Err = InvalidScopes;

    fn from_str(text: &str) -> Result<Self, InvalidScopes> {
        Self::parse(text)
    }
}

/// With spaces between them, as the token endpoint takes them.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scopes({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_with_commas_and_spaces() {
        for text in ["a.b,c", " a.b  c ", "a.b, c\n"] {
            assert_eq!(
                Scopes::parse(text).map(|scopes| scopes.to_string()),
                Ok("a.b c".to_owned())
            );
        }
        for text in ["", " , ", "a\"b", "a\\b", "ä"] {
            assert_eq!(Scopes::parse(text), Err(InvalidScopes), "{text}");
        }
    }
}
