//! Tokens in memory: found by a text, sorted, and handed out page by page.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use memchr::memmem;
use provisioner::{InventoryToken, State};
use seedfile::Serial;

/// Ends the text of one token.
const END: u8 = b'\n';

/// An inventory as it was read.
#[derive(Debug)]
pub(crate) struct Listing {
    /// By serial number.
    tokens: Vec<InventoryToken>,
    /// What the tokens can be found by, in lower case, one after the other.
    text: Vec<u8>,
    /// Where the text of each token ends.
    ends: Vec<usize>,
    orders: [OnceLock<Vec<u32>>; Sort::COUNT],
    /// What is filtered by, of each token: a token itself is far too large to be looked at.
    columns: Vec<Column>,
    /// All models with their numbers, by name.
    models: Vec<(String, usize)>,
    /// Unix seconds when it was read.
    pub(crate) read_at: u64,
}

#[derive(Clone, Copy, Debug)]
struct Column {
    state: State,
    /// The place in the list of models.
    model: u32,
}

/// By what tokens are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sort {
    #[default]
    Serial,
    State,
    Holder,
    Model,
    LastUsed,
}

impl Sort {
    const COUNT: usize = 5;

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Serial => "serial",
            Self::State => "state",
            Self::Holder => "holder",
            Self::Model => "model",
            Self::LastUsed => "last-used",
        }
    }

    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::Serial,
        Self::State,
        Self::Holder,
        Self::Model,
        Self::LastUsed,
    ];

    /// By its name; by serial number where there is none of this name.
    pub(crate) fn named(name: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|sort| sort.name() == name).unwrap_or_default()
    }

    fn compare(self, one: &InventoryToken, other: &InventoryToken) -> Ordering {
        match self {
            Self::Serial => Ordering::Equal,
            Self::State => one.state.cmp(&other.state),
            Self::Holder => holder(one).cmp(holder(other)),
            Self::Model => {
                (&one.manufacturer, &one.model).cmp(&(&other.manufacturer, &other.model))
            }
            Self::LastUsed => one.last_used.cmp(&other.last_used),
        }
    }
}

/// Which tokens, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) state: Option<State>,
    /// `Some("")` are those without a model.
    pub(crate) model: Option<String>,
    /// Words that all have to be in serial number, holder, name, maker or model.
    pub(crate) text: String,
    pub(crate) sort: Sort,
    pub(crate) descending: bool,
}

/// A page of what was found.
#[derive(Debug)]
pub(crate) struct Found<'l> {
    pub(crate) tokens: Vec<&'l InventoryToken>,
    /// How many there are on all pages.
    pub(crate) total: usize,
}

impl Listing {
    pub(crate) fn new(mut tokens: Vec<InventoryToken>, read_at: u64) -> Self {
        tokens.sort_by(|one, other| {
            by_serial(&one.serial, &other.serial).then_with(|| one.id.cmp(&other.id))
        });
        let (mut text, mut ends) = (Vec::new(), Vec::with_capacity(tokens.len()));
        for token in &tokens {
            push_text(&mut text, token);
            ends.push(text.len());
        }
        let models = models(&tokens);
        let columns = tokens.iter().map(|token| Column {
            state: token.state,
            model: place_of(&models, &token.model).unwrap_or(u32::MAX),
        });
        Self {
            columns: columns.collect(),
            tokens,
            text,
            ends,
            orders: Default::default(),
            models,
            read_at,
        }
    }

    /// The same without some tokens, and with those that were found in their places.
    pub(crate) fn with(&self, gone: &[Serial], found: Vec<InventoryToken>, read_at: u64) -> Self {
        let is_gone = |token: &InventoryToken| {
            token
                .serial_or_id()
                .is_ok_and(|serial| gone.contains(&serial))
        };
        let rest = self.tokens.iter().filter(|token| !is_gone(token));
        Self::new(rest.cloned().chain(found).collect(), read_at)
    }

    pub(crate) fn tokens(&self) -> &[InventoryToken] {
        &self.tokens
    }

    /// How many tokens are so far.
    pub(crate) fn count(&self, state: State) -> usize {
        self.columns
            .iter()
            .filter(|column| column.state == state)
            .count()
    }

    /// All models with their numbers.
    pub(crate) fn models(&self) -> &[(String, usize)] {
        &self.models
    }

    /// So many tokens from a place on, of all that fit.
    pub(crate) fn find(&self, query: &Query, skip: usize, most: usize) -> Found<'_> {
        if query.fits_all() {
            let chosen = self.places(query).skip(skip).take(most);
            return Found {
                tokens: chosen.filter_map(|place| self.tokens.get(place)).collect(),
                total: self.tokens.len(),
            };
        }
        let (mut tokens, mut total) = (Vec::new(), 0);
        for place in self.fitting(query) {
            if total >= skip && tokens.len() < most {
                tokens.extend(self.tokens.get(place));
            }
            total += 1;
        }
        Found { tokens, total }
    }

    /// All tokens that fit, in order.
    pub(crate) fn all(&self, query: &Query) -> impl Iterator<Item = &InventoryToken> {
        self.fitting(query)
            .filter_map(|place| self.tokens.get(place))
    }

    fn fitting(&self, query: &Query) -> impl Iterator<Item = usize> {
        let having = self.having(&query.text);
        let state = query.state;
        let model = query.model.as_ref();
        // A model that nobody has is none of them.
        let model = model.map(|model| place_of(&self.models, model).unwrap_or(u32::MAX));
        self.places(query)
            .filter(move |place| having.as_ref().is_none_or(|found| found.has(*place)))
            .filter(move |place| {
                self.columns.get(*place).is_some_and(|column| {
                    state.is_none_or(|state| column.state == state)
                        && model.is_none_or(|model| column.model == model)
                })
            })
    }

    /// The places of all tokens in the order that was asked for.
    fn places(&self, query: &Query) -> Box<dyn Iterator<Item = usize> + '_> {
        let places = self.order(query.sort).iter().map(|place| *place as usize);
        match query.descending {
            true => Box::new(places.rev()),
            false => Box::new(places),
        }
    }

    /// Made when it is first asked for.
    fn order(&self, sort: Sort) -> &[u32] {
        let Some(order) = self.orders.get(sort as usize) else {
            return &[];
        };
        order.get_or_init(|| {
            let all = 0..u32::try_from(self.tokens.len()).unwrap_or(u32::MAX);
            let mut order: Vec<u32> = all.collect();
            let token = |place: &u32| self.tokens.get(*place as usize);
            order.sort_by(|one, other| match (token(one), token(other)) {
                (Some(one), Some(other)) => sort.compare(one, other),
                _ => Ordering::Equal,
            });
            order
        })
    }

    /// The tokens that have every word; `None` where there is no word.
    fn having(&self, text: &str) -> Option<Marks> {
        let lower = text.to_lowercase();
        let mut having: Option<Marks> = None;
        for word in lower.split_whitespace() {
            let marks = self.marked(word);
            having = Some(match having {
                Some(before) => before.and(&marks),
                None => marks,
            });
        }
        having
    }

    /// The tokens that have one word. What is found comes in their order, and one place in each is enough.
    fn marked(&self, word: &str) -> Marks {
        let mut marks = Marks::new(self.tokens.len());
        let word = memmem::Finder::new(word);
        let mut ends = self.ends.iter().copied().enumerate();
        let mut from = 0;
        while let Some(at) = self.text.get(from..).and_then(|rest| word.find(rest)) {
            let Some((place, end)) = ends.find(|(_, end)| *end > from + at) else {
                break;
            };
            marks.set(place);
            from = end;
        }
        marks
    }
}

impl Query {
    fn fits_all(&self) -> bool {
        self.state.is_none() && self.model.is_none() && self.text.trim().is_empty()
    }
}

fn models(tokens: &[InventoryToken]) -> Vec<(String, usize)> {
    let mut models: BTreeMap<&str, usize> = BTreeMap::new();
    for token in tokens {
        *models.entry(token.model.as_str()).or_default() += 1;
    }
    let models = models.into_iter();
    models
        .map(|(model, count)| (model.to_owned(), count))
        .collect()
}

fn place_of(models: &[(String, usize)], model: &str) -> Option<u32> {
    let place = models.binary_search_by(|(name, _)| name.as_str().cmp(model));
    place.ok().and_then(|place| u32::try_from(place).ok())
}

/// One bit a token.
#[derive(Debug)]
struct Marks(Vec<u64>);

impl Marks {
    fn new(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    fn set(&mut self, place: usize) {
        if let Some(bits) = self.0.get_mut(place / 64) {
            *bits |= 1 << (place % 64);
        }
    }

    fn has(&self, place: usize) -> bool {
        let bits = self.0.get(place / 64).copied().unwrap_or_default();
        bits & (1 << (place % 64)) != 0
    }

    fn and(self, other: &Self) -> Self {
        let both = self.0.into_iter().zip(&other.0);
        Self(both.map(|(one, other)| one & other).collect())
    }
}

/// Numbers in the order of their values, and before everything else.
fn by_serial(one: &str, other: &str) -> Ordering {
    match (value(one), value(other)) {
        (Some(a), Some(b)) => {
            let longer = a.len().cmp(&b.len());
            longer.then_with(|| a.cmp(b)).then_with(|| one.cmp(other))
        }
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => one.cmp(other),
    }
}

/// The digits of a number, without zeros in front.
fn value(serial: &str) -> Option<&str> {
    let is_number = !serial.is_empty() && serial.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| serial.trim_start_matches('0'))
}

fn holder(token: &InventoryToken) -> &str {
    let holder = token.holder.as_ref();
    holder.map_or("", |holder| holder.name.as_deref().unwrap_or(&holder.id.0))
}

fn push_text(text: &mut Vec<u8>, token: &InventoryToken) {
    let holder = token.holder.as_ref();
    let id = holder.map_or("", |holder| holder.id.0.as_str());
    let name = holder
        .and_then(|holder| holder.name.as_deref())
        .unwrap_or_default();
    let parts = [
        &token.serial,
        name,
        id,
        &token.name,
        &token.manufacturer,
        &token.model,
    ];
    for part in parts {
        let lower = part.to_lowercase();
        // A text of theirs must not end the token's.
        text.extend(
            lower
                .bytes()
                .map(|byte| if byte == END { b' ' } else { byte }),
        );
        text.push(b' ');
    }
    text.push(END);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(serial: &str, state: &str, holder: Option<&str>, model: &str) -> InventoryToken {
        let holder = holder.map(|name| (format!("id-{name}"), name));
        crate::testing::inventory_token(serial, state, holder, model)
    }

    fn listing() -> Listing {
        let tokens = vec![
            token("100", "imported", None, "C203"),
            token("9", "activated", Some("Ann Jones"), "C202"),
            token("abc", "assigned", Some("Bob"), "C202"),
            token("20", "activated", Some("Zoë\nDoe"), "C301"),
        ];
        Listing::new(tokens, 0)
    }

    fn serials(listing: &Listing, query: &Query) -> Vec<String> {
        listing
            .all(query)
            .map(|token| token.serial.clone())
            .collect()
    }

    #[test]
    fn numbers_come_in_the_order_of_their_values() {
        assert_eq!(
            serials(&listing(), &Query::default()),
            ["9", "20", "100", "abc"]
        );
    }

    #[test]
    fn every_word_has_to_be_there_and_none_reaches_into_the_next_token() {
        let find = |text: &str| {
            let text = text.to_owned();
            serials(
                &listing(),
                &Query {
                    text,
                    ..Query::default()
                },
            )
        };
        assert_eq!(find("JONES c202"), ["9"]);
        assert_eq!(find("c202"), ["9", "abc"]);
        assert_eq!(find("zoë"), ["20"]);
        assert_eq!(find("doe c301"), ["20"]);
        assert_eq!(find("ann bob"), [""; 0]);
        assert_eq!(find("  "), ["9", "20", "100", "abc"]);
        assert_eq!(find("\n"), ["9", "20", "100", "abc"]);
    }

    #[test]
    fn a_page_says_how_many_there_are_in_all() {
        let listing = listing();
        let query = Query {
            state: Some(State::Activated),
            sort: Sort::Holder,
            descending: true,
            ..Query::default()
        };
        let found = listing.find(&query, 1, 1);
        assert_eq!((found.total, found.tokens[0].serial.as_str()), (2, "9"));
        let all = listing.find(&Query::default(), 3, 10);
        assert_eq!((all.total, all.tokens.len()), (4, 1));
        assert_eq!(listing.find(&Query::default(), 9, 10).tokens.len(), 0);
    }

    #[test]
    fn what_was_read_again_takes_the_place_of_what_was_there() {
        let gone = ["9".parse().unwrap(), "100".parse().unwrap()];
        let found = vec![token("9", "imported", None, "C202")];
        let after = listing().with(&gone, found, 7);
        assert_eq!(serials(&after, &Query::default()), ["9", "20", "abc"]);
        assert_eq!((after.count(State::Activated), after.read_at), (1, 7));
    }
}
