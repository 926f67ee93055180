//! A world whose texts are payloads, or harmless.

use std::collections::BTreeSet;

use idp_sim::{Person, SimConfig};
use serde_json::Value;

use crate::support::{Story, payloads};

/// Every element by the way to it and by the names of its attributes.
const KINDS: &str = "[...new Set([...document.querySelectorAll('*')].map(element => {
    const way = [];
    for (let part = element; part; part = part.parentElement) way.unshift(part.localName);
    return `${way.join(' ')} [${element.getAttributeNames().sort().join(' ')}]`;
}))]";

pub(super) type Kinds = BTreeSet<String>;

pub(super) struct World {
    pub(super) story: Story,
    /// What stands in for texts, in this world.
    pub(super) texts: Vec<String>,
    kinds: Kinds,
    pub(super) visited: Vec<String>,
    is_hostile: bool,
}

impl World {
    pub(super) async fn hostile() -> Self {
        let texts = payloads().into_iter().map(|payload| payload.text);
        Self::of(texts.collect(), true).await
    }

    /// As many texts, and nothing in them that a page could take for more.
    pub(super) async fn harmless() -> Self {
        let texts =
            (0..payloads().len()).map(|number| format!("an ordinary text, number {number}"));
        Self::of(texts.collect(), false).await
    }

    async fn of(texts: Vec<String>, is_hostile: bool) -> Self {
        let config = SimConfig {
            people: people(&texts),
            ..SimConfig::default()
        };
        Self {
            story: Story::with(config).await,
            texts,
            kinds: Kinds::new(),
            visited: Vec::new(),
            is_hostile,
        }
    }

    pub(super) async fn visit(&mut self, path: &str) {
        self.visited.push(path.to_owned());
        self.story.open(path).await;
        self.look().await;
    }

    /// The path of the page that is open.
    pub(super) async fn path(&self) -> String {
        let path = self.story.browser.value_of("location.pathname").await;
        path.as_str().unwrap().to_owned()
    }

    /// No script ran; what there is on the page is remembered.
    pub(super) async fn look(&mut self) {
        let browser = &self.story.browser;
        // A harmless text has nothing that could be provoked.
        if self.is_hostile {
            assert_eq!(browser.xss_ran().await, [""; 0], "{}", browser.url().await);
        }
        let kinds: Value = browser.value_of(KINDS).await;
        let kinds: Vec<String> = serde_json::from_value(kinds).unwrap();
        self.kinds.extend(kinds);
    }

    /// Its browser goes before that of the next world comes: a test has one seat.
    pub(super) fn end(self) -> Kinds {
        self.kinds
    }
}

/// Names for all; logins for some, behind the letters by which they are searched for.
fn people(texts: &[String]) -> Vec<Person> {
    let named = texts.iter().zip(1..).map(|(text, number)| Person {
        name: text.clone(),
        ..Person::new(format!("user{number:04}@example.com"))
    });
    let called = texts.iter().filter(|text| text.len() < 200);
    let called = called.map(|text| Person::new(format!("xx{text}@example.com")));
    named.chain(called).collect()
}

/// Nothing is in one world that is not in the other.
pub(super) fn compare(hostile: &Kinds, harmless: &Kinds) {
    let more: Vec<_> = hostile.difference(harmless).collect();
    assert!(more.is_empty(), "only with payloads: {more:#?}");
}
