//! `$search` on users: `"displayName:ann" OR "mail:ann"`.

use http::StatusCode;

use super::directory::User;
use super::errors::Refusal;

/// Alternatives, each of clauses that must all fit.
#[derive(Debug, PartialEq)]
pub(super) struct Search(Vec<Vec<Clause>>);

#[derive(Debug, PartialEq)]
struct Clause {
    property: String,
    text: String,
}

impl Search {
    pub(super) fn parse(text: &str, properties: &[&str]) -> Result<Self, Refusal> {
        let search = read(text.trim()).ok_or_else(|| {
            let message = "Syntax error in the search clause.";
            Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", message)
        })?;
        let mut clauses = search.0.iter().flatten();
        match clauses.find(|clause| !properties.contains(&clause.property.as_str())) {
            Some(clause) => Err(Refusal::query(format!(
                "Unsupported property '{}' in the search clause.",
                clause.property
            ))),
            None => Ok(search),
        }
    }

    pub(super) fn finds(&self, user: &User) -> bool {
        let mut alternatives = self.0.iter();
        alternatives.any(|clauses| clauses.iter().all(|clause| clause.fits(user)))
    }
}

impl Clause {
    /// A display name is taken word by word, any other property from its beginning \[D\].
    fn fits(&self, user: &User) -> bool {
        let person = &user.person;
        let value = match self.property.as_str() {
            "displayName" => return all_words(&self.text, &person.name),
            "mail" => person.mail.as_deref().unwrap_or_default(),
            _ => &person.login,
        };
        value.to_lowercase().starts_with(&self.text.to_lowercase())
    }
}

/// Whether each word of `wanted` is the beginning of a word of `name`: that beginnings count is assumed \[A\].
fn all_words(wanted: &str, name: &str) -> bool {
    let (wanted, name) = (words(wanted), words(name));
    let begins = |wanted: &String| name.iter().any(|word| word.starts_with(wanted));
    !wanted.is_empty() && wanted.iter().all(begins)
}

/// Words end at blanks, at symbols, between letters and digits, and before a capital \[D\].
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in text.chars() {
        let ends = !letter.is_alphanumeric()
            || letter.is_numeric() != before.is_numeric()
            || letter.is_uppercase() && before.is_lowercase();
        if ends {
            words.push(String::new());
        }
        if let (Some(word), true) = (words.last_mut(), letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Quoted clauses with `AND`, which binds tighter, and `OR` between them.
fn read(mut rest: &str) -> Option<Search> {
    let mut alternatives = vec![Vec::new()];
    loop {
        let (clause, after) = clause(rest)?;
        alternatives.last_mut()?.push(clause);
        if after.is_empty() {
            return Some(Search(alternatives));
        }
        rest = match after.strip_prefix(" AND ") {
            Some(next) => next,
            None => {
                alternatives.push(Vec::new());
                after.strip_prefix(" OR ")?
            }
        };
    }
}

/// `"property:text"` with `"` and `\` behind a backslash, and what follows it.
fn clause(text: &str) -> Option<(Clause, &str)> {
    let mut letters = text.strip_prefix('"')?.chars();
    let mut inner = String::new();
    loop {
        match letters.next()? {
            '"' => break,
            '\\' => inner.push(letters.next().filter(|next| matches!(next, '"' | '\\'))?),
            letter => inner.push(letter),
        }
    }
    let (property, text) = inner.split_once(':')?;
    let clause = Clause {
        property: property.to_owned(),
        text: text.to_owned(),
    };
    Some((clause, letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_read_strictly() {
        let clause = |property: &str, text: &str| Clause {
            property: property.to_owned(),
            text: text.to_owned(),
        };
        let expected = vec![
            vec![clause("a", r#"x"\y"#)],
            vec![clause("b", "1"), clause("c", "2:3")],
        ];
        let text = r#""a:x\"\\y" OR "b:1" AND "c:2:3""#;
        assert_eq!(read(text), Some(Search(expected)));
        for bad in [
            "",
            "a:x",
            r#""a""#,
            r#""a:x"#,
            r#""a:x" or "b:1""#,
            r#""a:x" OR "#,
            r#""a:\x""#,
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn words_are_found_by_their_beginnings() {
        assert_eq!(
            words("Conan O'Brien-McKay 2nd"),
            ["conan", "o", "brien", "mc", "kay", "2", "nd"]
        );
        assert!(all_words("bri con", "Conan O'Brien"));
        assert!(
            !all_words("onan", "Conan") && !all_words("", "Conan") && !all_words("con x", "Conan")
        );
    }
}
