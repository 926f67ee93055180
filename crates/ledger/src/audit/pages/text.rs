//! A text that somebody looks for in what records show.

use super::AuditRecord;

/// Pieces that stand in one field of a record, one after the other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// In lower case; none is empty.
    pieces: Vec<String>,
    negated: bool,
}

impl Pattern {
    /// The pattern that a text means; `None` where it asks for nothing.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negated, text) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let pieces = text.trim().split('*').filter(|piece| !piece.is_empty());
        let pieces: Vec<String> = pieces.map(str::to_lowercase).collect();
        (!pieces.is_empty()).then_some(Self { pieces, negated })
    }

    /// What an entry is like that may fit; `None` where each may.
    pub(super) fn superset(&self) -> Option<String> {
        let pieces = self.pieces.iter().map(String::as_str);
        let like = superset(pieces);
        let says_something = like.contains(|c| c != '%');
        (says_something && !self.negated).then_some(like)
    }

    pub(super) fn fits(&self, record: &AuditRecord) -> bool {
        shown(record).iter().any(|field| self.is_in(field)) != self.negated
    }

    fn is_in(&self, field: &str) -> bool {
        let field = field.to_lowercase();
        let mut rest = Some(field.as_str());
        for piece in &self.pieces {
            let after = rest.and_then(|rest| rest.split_once(piece.as_str()));
            rest = after.map(|(_, after)| after);
        }
        rest.is_some()
    }
}

/// A pattern of `LIKE` for what may be written otherwise in an entry: only what JSON leaves as it is
/// counts, and only letters whose case SQLite knows.
pub(super) fn superset<'p>(pieces: impl IntoIterator<Item = &'p str>) -> String {
    let mut like = String::from("%");
    for piece in pieces {
        let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        like.extend(piece.chars().map(|c| if kept(c) { c } else { '%' }));
        like.push('%');
    }
    like
}

/// What a record shows, field by field.
fn shown(record: &AuditRecord) -> Vec<String> {
    let text = |known: &Option<String>| known.clone();
    let actor = record.actor.as_ref();
    let fields = [
        Some(record.event.to_owned()),
        Some(record.run.0.clone()),
        actor.map(ToString::to_string),
        actor.map(|actor| actor.program.clone()),
        text(&record.serial),
        record.user.as_ref().map(|user| user.0.clone()),
        text(&record.name),
        text(&record.step),
        record.outcome.map(str::to_owned),
        record.state.map(|state| state.name().to_owned()),
        record.goal.map(|goal| goal.name().to_owned()),
        text(&record.message),
        text(&record.request),
    ];
    fields.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(text: &str, field: &str) -> bool {
        Pattern::parse(text).is_some_and(|pattern| pattern.is_in(field))
    }

    #[test]
    fn pieces_stand_one_after_the_other() {
        for text in ["ann", "ANN@", "a*@*com", "*ann*", "n@e", "ann@example.com"] {
            assert!(is_in(text, "Ann@Example.com"), "{text}");
        }
        for text in ["bob", "com*ann", "ann*ann", "a.n", "%"] {
            assert!(!is_in(text, "Ann@Example.com"), "{text}");
        }
        assert!(is_in("zoë*ström", "ZOË ÅNGSTRÖM"));
    }

    #[test]
    fn nothing_is_no_pattern() {
        for text in ["", " ", "*", "**", "!", "!*", " ! "] {
            assert_eq!(Pattern::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_json_writes_otherwise_may_be_anything() {
        let like = |text: &str| Pattern::parse(text).and_then(|pattern| pattern.superset());
        assert_eq!(like("6023*4").as_deref(), Some("%6023%4%"));
        assert_eq!(
            like("import + assign").as_deref(),
            Some("%import%%%assign%")
        );
        assert_eq!(like("a_b\"c").as_deref(), Some("%a%b%c%"));
        assert_eq!(like("zoë").as_deref(), Some("%zo%%"));
        assert_eq!(like("ë"), None);
        assert_eq!(like("!6023"), None);
    }
}
