//! The expressions of `search` and `filter`.

use std::time::Duration;

use super::errors::Problem;
use super::ids::CREATED;
use super::users::{Directory, TYPE, User};

/// What the two parameters differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grammar {
    /// Case does not matter; also `sw`, `co`, `pr` and comparisons.
    Search,
    /// Case matters; `eq` only, and comparisons of `lastUpdated`.
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
    LastUpdated,
    /// Another time; all of a user are the same here.
    OtherTime,
    Type,
}

impl Attribute {
    /// Names are case-sensitive. A filter knows fewer of them.
    fn parse(name: &str, grammar: Grammar) -> Option<Self> {
        match name {
            "id" => Some(Self::Id),
            "status" => Some(Self::Status),
            "profile.login" => Some(Self::Login),
            "profile.email" => Some(Self::Email),
            "profile.firstName" => Some(Self::FirstName),
            "profile.lastName" => Some(Self::LastName),
            "lastUpdated" => Some(Self::LastUpdated),
            "created" | "activated" | "statusChanged" if grammar == Grammar::Search => {
                Some(Self::OtherTime)
            }
            "type.id" if grammar == Grammar::Search => Some(Self::Type),
            _ => None,
        }
    }

    fn of(self, user: &User, horizon: Duration) -> &str {
        match self {
            Self::Id => &user.id,
            Self::Status => user.shown(horizon).1,
            Self::LastUpdated | Self::OtherTime => CREATED,
            Self::Type => TYPE,
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
    /// After or before, or the same where this is true.
    After(bool),
    Before(bool),
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

    /// Whether the user matches, as the index saw him at `horizon`.
    pub(crate) fn matches(&self, user: &User, grammar: Grammar, horizon: Duration) -> bool {
        let fits = |one: &Self| one.matches(user, grammar, horizon);
        match self {
            Self::And(one, other) => fits(one) && fits(other),
            Self::Or(one, other) => fits(one) || fits(other),
            Self::Compare(attribute, operator, wanted) => {
                let value = attribute.of(user, horizon);
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
    fn parse(word: &str, attribute: Attribute, grammar: Grammar) -> Option<Self> {
        use Attribute::{Email, FirstName, LastName, LastUpdated, Login};
        let search = grammar == Grammar::Search;
        let compares = search || attribute == LastUpdated;
        match word.to_ascii_lowercase().as_str() {
            "eq" => Some(Self::Equal),
            "sw" if search => Some(Self::StartsWith),
            "co" if search && matches!(attribute, Login | Email | FirstName | LastName) => {
                Some(Self::Contains)
            }
            "pr" if search => Some(Self::Present),
            "gt" if compares => Some(Self::After(false)),
            "ge" if compares => Some(Self::After(true)),
            "lt" if compares => Some(Self::Before(false)),
            "le" if compares => Some(Self::Before(true)),
            _ => None,
        }
    }

    fn holds(self, value: &str, wanted: &str) -> bool {
        match self {
            Self::Equal => value == wanted,
            Self::StartsWith => value.starts_with(wanted),
            Self::Contains => value.contains(wanted),
            Self::Present => !value.is_empty(),
            Self::After(equal) => value > wanted || equal && value == wanted,
            Self::Before(equal) => value < wanted || equal && value == wanted,
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
        let attribute = Attribute::parse(self.word(), self.grammar)?;
        let operator = Operator::parse(self.word(), attribute, self.grammar)?;
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
            .filter(|user| condition.matches(user, grammar, Duration::MAX));
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
    fn times_and_texts_are_compared() {
        for (text, grammar, count) in [
            (
                r#"lastUpdated gt "2014-01-01T00:00:00.000Z""#,
                Grammar::Filter,
                2,
            ),
            (
                r#"lastUpdated lt "2014-01-01T00:00:00.000Z""#,
                Grammar::Filter,
                0,
            ),
            (
                r#"lastUpdated ge "2026-01-05T08:00:00.000Z""#,
                Grammar::Filter,
                2,
            ),
            (
                r#"created le "2026-01-05T08:00:00.000Z""#,
                Grammar::Search,
                2,
            ),
            // What Okta recommends in place of `ne`.
            (
                r#"(status lt "STAGED" or status gt "STAGED")"#,
                Grammar::Search,
                2,
            ),
            (r#"profile.login gt "b""#, Grammar::Search, 1),
        ] {
            assert_eq!(found(text, grammar).len(), count, "{text}");
        }
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
            r#"profile.login ne "ann""#,
            r#"not (profile.login eq "ann")"#,
            r#"status co "A""#,
        ] {
            let problem = Condition::parse(bad, Grammar::Search).unwrap_err();
            assert_eq!(problem.code, "E0000031", "{bad}");
        }
        let deep = "(".repeat(5000);
        assert!(Condition::parse(&deep, Grammar::Search).is_err());
        for bad in [
            r#"id sw "00u""#,
            r#"profile.login gt "a""#,
            r#"created gt "2014-01-01T00:00:00.000Z""#,
            r#"type.id eq "oty""#,
        ] {
            assert!(Condition::parse(bad, Grammar::Filter).is_err(), "{bad}");
        }
    }
}
