//! OData filters: a small strict part of the grammar.

use super::errors::Refusal;

/// A condition on an object's properties.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    Eq(String, Literal),
    In(String, Vec<Literal>),
    StartsWith(String, String),
    All(Vec<Filter>),
    Any(Vec<Filter>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Bool(bool),
    Null,
}

/// Parentheses in parentheses.
const MAX_DEPTH: usize = 16;

impl Filter {
    /// Reads a filter over these `properties`, with at most `in_max` values in a list.
    pub(super) fn parse(text: &str, properties: &[&str], in_max: usize) -> Result<Self, Refusal> {
        let mut reader = Reader {
            rest: text.trim(),
            depth: 0,
        };
        let filter = reader.any().filter(|_| reader.rest.is_empty());
        let filter = filter.ok_or_else(|| {
            Refusal::new(
                http::StatusCode::BAD_REQUEST,
                "BadRequest",
                "Invalid filter clause.",
            )
        })?;
        filter.check(properties, in_max)?;
        Ok(filter)
    }

    fn check(&self, properties: &[&str], in_max: usize) -> Result<(), Refusal> {
        let property = match self {
            Self::All(parts) | Self::Any(parts) => {
                return parts
                    .iter()
                    .try_for_each(|part| part.check(properties, in_max));
            }
            Self::In(_, values) if values.len() > in_max => {
                let message = format!(
                    "Too many child clauses specified in search filter expression: {}.",
                    values.len()
                );
                return Err(Refusal::query(message));
            }
            Self::Eq(property, _) | Self::In(property, _) | Self::StartsWith(property, _) => {
                property
            }
        };
        match properties.contains(&property.as_str()) {
            true => Ok(()),
            false => Err(Refusal::query(format!(
                "Unsupported or invalid query filter clause specified for property '{property}'."
            ))),
        }
    }

    /// Whether an object fits. `value` gives a property's value. Case does not count.
    pub(super) fn fits(&self, value: &dyn Fn(&str) -> Literal) -> bool {
        match self {
            Self::Eq(property, wanted) => value(property).same(wanted),
            Self::In(property, wanted) => {
                let found = value(property);
                wanted.iter().any(|wanted| found.same(wanted))
            }
            Self::StartsWith(property, start) => match value(property) {
                Literal::Text(text) => text.to_lowercase().starts_with(&start.to_lowercase()),
                _ => false,
            },
            Self::All(parts) => parts.iter().all(|part| part.fits(value)),
            Self::Any(parts) => parts.iter().any(|part| part.fits(value)),
        }
    }

    /// Whether the filter says anything about `property`.
    pub(super) fn is_about(&self, property: &str) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.is_about(property)),
            Self::Eq(name, _) | Self::In(name, _) | Self::StartsWith(name, _) => name == property,
        }
    }

    /// The only texts that `property` may have, where the filter is about it alone.
    pub(super) fn pins(&self, property: &str) -> Option<Vec<&str>> {
        let literals = match self {
            Self::Eq(name, literal) if name == property => std::slice::from_ref(literal),
            Self::In(name, literals) if name == property => literals.as_slice(),
            _ => return None,
        };
        literals.iter().map(Literal::text).collect()
    }
}

impl Literal {
    pub(super) fn of(text: Option<&str>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.to_owned()))
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(two)) => one.to_lowercase() == two.to_lowercase(),
            _ => self == other,
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn any(&mut self) -> Option<Filter> {
        let mut parts = vec![self.all()?];
        while self.word("or") {
            parts.push(self.all()?);
        }
        one_or(parts, Filter::Any)
    }

    fn all(&mut self) -> Option<Filter> {
        let mut parts = vec![self.term()?];
        while self.word("and") {
            parts.push(self.term()?);
        }
        one_or(parts, Filter::All)
    }

    fn term(&mut self) -> Option<Filter> {
        if self.symbol('(') {
            self.depth += 1;
            let inner = (self.depth <= MAX_DEPTH).then(|| self.any())??;
            self.depth -= 1;
            return self.symbol(')').then_some(inner);
        }
        let name = self.name()?;
        if name == "startswith" && self.symbol('(') {
            return self.starts_with();
        }
        if self.word("eq") {
            return Some(Filter::Eq(name.to_owned(), self.literal()?));
        }
        if self.word("in") {
            return Some(Filter::In(name.to_owned(), self.list()?));
        }
        None
    }

    fn starts_with(&mut self) -> Option<Filter> {
        let property = self.name()?.to_owned();
        let start = self.symbol(',').then(|| self.literal())??;
        let start = start.text()?.to_owned();
        self.symbol(')')
            .then_some(Filter::StartsWith(property, start))
    }

    fn list(&mut self) -> Option<Vec<Literal>> {
        let mut values = self
            .symbol('(')
            .then(|| self.literal())?
            .map(|first| vec![first])?;
        while self.symbol(',') {
            values.push(self.literal()?);
        }
        self.symbol(')').then_some(values)
    }

    fn literal(&mut self) -> Option<Literal> {
        self.skip_spaces();
        if let Some(rest) = self.rest.strip_prefix('\'') {
            return self.quoted(rest);
        }
        match self.name()? {
            "true" => Some(Literal::Bool(true)),
            "false" => Some(Literal::Bool(false)),
            "null" => Some(Literal::Null),
            _ => None,
        }
    }

    /// A text in quotes, in which a quote is written twice.
    fn quoted(&mut self, mut rest: &'a str) -> Option<Literal> {
        let mut text = String::new();
        loop {
            let (piece, after) = rest.split_once('\'')?;
            text.push_str(piece);
            match after.strip_prefix('\'') {
                Some(more) => {
                    text.push('\'');
                    rest = more;
                }
                None => {
                    self.rest = after;
                    return Some(Literal::Text(text));
                }
            }
        }
    }

    fn name(&mut self) -> Option<&'a str> {
        self.skip_spaces();
        let end = self
            .rest
            .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '/');
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        (!name.is_empty()).then_some(name)
    }

    /// An operator, with a space before it.
    fn word(&mut self, word: &str) -> bool {
        let Some(text) = self.rest.strip_prefix(' ') else {
            return false;
        };
        match text.trim_start_matches(' ').strip_prefix(word) {
            Some(after) if after.starts_with([' ', '(']) => {
                self.rest = after;
                true
            }
            _ => false,
        }
    }

    fn symbol(&mut self, symbol: char) -> bool {
        self.skip_spaces();
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }
}

fn one_or(mut parts: Vec<Filter>, many: fn(Vec<Filter>) -> Filter) -> Option<Filter> {
    match parts.len() {
        1 => parts.pop(),
        _ => Some(many(parts)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Filter> {
        Filter::parse(text, &["id", "mail", "name", "on"], 3).ok()
    }

    fn fits(text: &str) -> bool {
        let value = |property: &str| match property {
            "mail" => Literal::Null,
            "name" => Literal::of(Some("Conan O'Brien")),
            "on" => Literal::Bool(true),
            _ => Literal::of(Some("7")),
        };
        parse(text).unwrap().fits(&value)
    }

    #[test]
    fn conditions_say_what_they_say() {
        assert!(fits("id eq '7'"));
        assert!(!fits("id eq '8'"));
        assert!(fits("name eq 'conan o''brien'"));
        assert!(fits("id in ('6','7')") && fits("id in('6', '7' )"));
        assert!(!fits("id in ('6')"));
        assert!(fits("startswith(name,'CONAN O''')"));
        assert!(!fits("startswith(mail,'a')"));
        assert!(fits("mail eq null") && fits("on eq true") && !fits("on eq false"));
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert!(fits("id eq '7' or id eq '8' and id eq '9'"));
        assert!(!fits("(id eq '7' or id eq '8') and id eq '9'"));
    }

    #[test]
    fn malformed_filters_are_refused() {
        for text in [
            "",
            "id",
            "id eq",
            "id eq 7",
            "id eq '7",
            "id eq 'O'Brien'",
            "ideq'7'",
            "id eq '7' or",
            "id in ()",
            "id in '7'",
            "id in ('7',)",
            "id in ('7'",
            "(id eq '7'",
            "id ne '7'",
            "startswith(id)",
            "other eq '7'",
            "id eq '7' id eq '8'",
            "id in ('1','2','3','4')",
            "id eq \"7\"",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"(".repeat(100_000)), None);
    }

    #[test]
    fn a_filter_on_one_property_pins_it() {
        assert_eq!(
            parse("id in ('6','7')").unwrap().pins("id"),
            Some(vec!["6", "7"])
        );
        assert_eq!(parse("id eq '7'").unwrap().pins("name"), None);
        assert_eq!(parse("id eq '7' or name eq 'x'").unwrap().pins("id"), None);
    }
}
