//! The expressions of `search` and `filter`.

use super::errors::Problem;
use super::users::{Directory, User};

/// What the two parameters differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grammar {
    /// Case does not matter; also `sw`, `co`, `pr`.
    Search,
    /// Case matters; `eq` only.
    Filter,
}

/// A condition on users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    Compare(Attribute, Operator, String),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribute {
    Id,
    Status,
    Login,
    Email,
    FirstName,
    LastName,
}

impl Attribute {
    /// Names are case-sensitive.
    fn parse(name: &str) -> Option<Self> {
        match name {
            "id" => Some(Self::Id),
            "status" => Some(Self::Status),
            "profile.login" => Some(Self::Login),
            "profile.email" => Some(Self::Email),
            "profile.firstName" => Some(Self::FirstName),
            "profile.lastName" => Some(Self::LastName),
            _ => None,
        }
    }

    fn of(self, user: &User) -> &str {
        match self {
            Self::Id => &user.id,
            Self::Status => &user.status,
            Self::Login => &user.login,
            Self::Email => &user.email,
            Self::FirstName => &user.first_name,
            Self::LastName => &user.last_name,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    StartsWith,
    Contains,
    Present,
}

impl Condition {
    /// # Errors
    /// `E0000031` for anything but a whole expression of the grammar.
    pub(crate) fn parse(text: &str, grammar: Grammar) -> Result<Self, Problem> {
        let mut parser = Parser {
            rest: text,
            grammar,
            depth: 0,
        };
        let condition = parser.either().ok_or_else(Problem::search)?;
        match parser.rest.trim().is_empty() {
            true => Ok(condition),
            false => Err(Problem::search()),
        }
    }

    /// The users that may match, found by index where that is possible; `None` for all.
    pub(crate) fn candidates(&self, directory: &Directory) -> Option<Vec<usize>> {
        match self {
            Self::Compare(Attribute::Login, Operator::Equal, login) => {
                Some(directory.by_login(login))
            }
            Self::Compare(Attribute::Email, Operator::Equal, email) => {
                Some(directory.by_email(email))
            }
            _ => None,
        }
    }

    pub(crate) fn matches(&self, user: &User, grammar: Grammar) -> bool {
        match self {
            Self::And(one, other) => one.matches(user, grammar) && other.matches(user, grammar),
            Self::Or(one, other) => one.matches(user, grammar) || other.matches(user, grammar),
            Self::Compare(attribute, operator, wanted) => {
                let value = attribute.of(user);
                match grammar {
                    Grammar::Filter => operator.holds(value, wanted),
                    Grammar::Search => {
                        operator.holds(&value.to_lowercase(), &wanted.to_lowercase())
                    }
                }
            }
        }
    }
}

impl Operator {
    /// Operators may be written in any case.
    fn parse(word: &str, grammar: Grammar) -> Option<Self> {
        match (word.to_ascii_lowercase().as_str(), grammar) {
            ("eq", _) => Some(Self::Equal),
            ("sw", Grammar::Search) => Some(Self::StartsWith),
            ("co", Grammar::Search) => Some(Self::Contains),
            ("pr", Grammar::Search) => Some(Self::Present),
            _ => None,
        }
    }

    fn holds(self, value: &str, wanted: &str) -> bool {
        match self {
            Self::Equal => value == wanted,
            Self::StartsWith => value.starts_with(wanted),
            Self::Contains => value.contains(wanted),
            Self::Present => !value.is_empty(),
        }
    }
}

/// Parentheses within parentheses.
const MAX_DEPTH: u32 = 16;

struct Parser<'a> {
    rest: &'a str,
    grammar: Grammar,
    depth: u32,
}

impl<'a> Parser<'a> {
    fn either(&mut self) -> Option<Condition> {
        let mut condition = self.both()?;
        while self.keyword("or") {
            condition = Condition::Or(Box::new(condition), Box::new(self.both()?));
        }
        Some(condition)
    }

    fn both(&mut self) -> Option<Condition> {
        let mut condition = self.single()?;
        while self.keyword("and") {
            condition = Condition::And(Box::new(condition), Box::new(self.single()?));
        }
        Some(condition)
    }

    fn single(&mut self) -> Option<Condition> {
        if !self.symbol('(') {
            return self.compare();
        }
        self.depth = self
            .depth
            .checked_add(1)
            .filter(|depth| *depth <= MAX_DEPTH)?;
        let inner = self.either()?;
        self.depth -= 1;
        self.symbol(')').then_some(inner)
    }

    fn compare(&mut self) -> Option<Condition> {
        let attribute = Attribute::parse(self.word())?;
        let operator = Operator::parse(self.word(), self.grammar)?;
        let value = match operator {
            Operator::Present => String::new(),
            _ => self.literal()?,
        };
        Some(Condition::Compare(attribute, operator, value))
    }

    fn symbol(&mut self, symbol: char) -> bool {
        let found = self.rest.trim_start().strip_prefix(symbol);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let before = self.rest;
        let found = self.word().eq_ignore_ascii_case(keyword);
        if !found {
            self.rest = before;
        }
        found
    }

    fn word(&mut self) -> &'a str {
        let text = self.rest.trim_start();
        let end = text.find(|c: char| c.is_whitespace() || "()\"".contains(c));
        let (word, rest) = text.split_at(end.unwrap_or(text.len()));
        self.rest = rest;
        word
    }

    /// A string as in JSON.
    fn literal(&mut self) -> Option<String> {
        let text = self.rest.trim_start();
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
        let value = values.next()?.ok()?;
        self.rest = text.get(values.byte_offset()..)?;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Person;
    use crate::okta::switches::OktaSwitches;

    fn found(text: &str, grammar: Grammar) -> Vec<String> {
        let mut ann = Person::new("Ann@a.test");
        ann.name = "Ann \"Q\" Doe".to_owned();
        let people = [ann, Person::new("bob@a.test")];
        let directory = Directory::new(&people, &OktaSwitches::default(), 7);
        let condition = Condition::parse(text, grammar).unwrap();
        let hits = directory
            .users
            .iter()
            .filter(|user| condition.matches(user, grammar));
        hits.map(|user| user.login.to_lowercase()).collect()
    }

    #[test]
    fn search_ignores_case_and_filter_does_not() {
        let text = r#"profile.login eq "ann@A.test""#;
        assert_eq!(found(text, Grammar::Search), ["ann@a.test"]);
        assert!(found(text, Grammar::Filter).is_empty());
        assert_eq!(
            found(r#"profile.login eq "Ann@a.test""#, Grammar::Filter).len(),
            1
        );
    }

    #[test]
    fn literals_are_json_strings() {
        let text = r#"profile.lastName eq "\"q\" \u0064oe""#;
        assert_eq!(found(text, Grammar::Search), ["ann@a.test"]);
        let breakout = r#"profile.login eq "a\" or profile.login sw \"b""#;
        assert!(found(breakout, Grammar::Search).is_empty());
    }

    #[test]
    fn and_binds_closer_than_or() {
        let text = r#"profile.login sw "ann" or profile.login sw "bob" and status eq "STAGED""#;
        assert_eq!(found(text, Grammar::Search), ["ann@a.test"]);
        let text = r#"(profile.login co "a.t" OR id pr) and status eq "ACTIVE""#;
        assert_eq!(found(text, Grammar::Search).len(), 2);
    }

    #[test]
    fn anything_else_is_an_invalid_search() {
        for bad in [
            "",
            "profile.login",
            "profile.login eq",
            "profile.login eq ann",
            "profile.login eq 'ann'",
            r#"profile.login eq "ann"#,
            r#"profile.login eq "ann" "x""#,
            r#"profile.Login eq "ann""#,
            r#"profile.login is "ann""#,
            r#"(profile.login eq "ann""#,
            r#"profile.login eq "ann" and"#,
        ] {
            let problem = Condition::parse(bad, Grammar::Search).unwrap_err();
            assert_eq!(problem.code, "E0000031", "{bad}");
        }
        let deep = "(".repeat(5000);
        assert!(Condition::parse(&deep, Grammar::Search).is_err());
        assert!(Condition::parse(r#"id sw "00u""#, Grammar::Filter).is_err());
    }
}
