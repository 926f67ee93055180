//! A visit to many screens.

use std::collections::BTreeSet;
use std::path::PathBuf;

use idp_sim::{Person, SimConfig};

use crate::support::{Browser, Story};

const ADDRESSES: &str = include_str!("addresses.txt");
/// Of a login that needs more than one line.
const LONG: &str = "a.person.with.a.rather.long.name.indeed@department.of.long.names.example.com";
const WIDTHS: [u32; 2] = [1280, 320];

pub(super) struct Tour {
    pub(super) story: Story,
    /// Which addresses of the list it has to visit.
    part: &'static str,
    visited: BTreeSet<String>,
    faults: Vec<String>,
    pictures: Option<PathBuf>,
}

impl Tour {
    /// A server to which nothing is connected yet.
    pub(super) async fn begin(part: &'static str) -> Self {
        let config = SimConfig {
            people: people(),
            ..SimConfig::default()
        };
        Self {
            story: Story::with(config).await,
            part,
            visited: BTreeSet::new(),
            faults: Vec::new(),
            pictures: std::env::var_os("OATHD_PICTURES").map(PathBuf::from),
        }
    }

    pub(super) fn browser(&self) -> &Browser {
        &self.story.browser
    }

    pub(super) async fn visit(&mut self, screen: &str, path: &str) {
        self.story.open(path).await;
        self.look(screen).await;
    }

    /// Looks at what is open.
    pub(super) async fn look(&mut self, screen: &str) {
        let path = self.browser().value_of("location.pathname").await;
        self.visited.insert(path.as_str().unwrap().to_owned());
        look_at(
            &self.story.browser,
            screen,
            self.pictures.as_ref(),
            &mut self.faults,
        )
        .await;
    }

    /// Looks at what somebody else has open.
    pub(super) async fn look_at(&mut self, other: &Browser, screen: &str) {
        let path = other.value_of("location.pathname").await;
        self.visited.insert(path.as_str().unwrap().to_owned());
        look_at(other, screen, self.pictures.as_ref(), &mut self.faults).await;
        self.faults.extend(troubles(other).await);
    }

    /// Nothing was wrong anywhere, and no address was left out.
    pub(super) async fn end(mut self) {
        self.faults.extend(troubles(&self.story.browser).await);
        assert!(self.faults.is_empty(), "{}", self.faults.join("\n"));
        let own = ADDRESSES.lines().filter_map(|line| line.split_once(' '));
        let own = own.filter(|(part, _)| *part == self.part);
        for (_, address) in own {
            let was_there = self.visited.iter().any(|path| fits(address, path));
            assert!(was_there, "nobody went to {address}: {:#?}", self.visited);
        }
    }
}

async fn look_at(
    browser: &Browser,
    screen: &str,
    pictures: Option<&PathBuf>,
    faults: &mut Vec<String>,
) {
    for width in WIDTHS {
        browser.width(width).await;
        for scheme in ["light", "dark"] {
            match scheme {
                "dark" => browser.dark().await,
                _ => browser.light().await,
            }
            let found = match scheme {
                "dark" => colours(browser).await,
                _ => faults_of(browser).await,
            };
            let found = found.into_iter();
            faults.extend(found.map(|fault| format!("{screen}, {scheme}, {width}: {fault}")));
            if let Some(folder) = pictures {
                let file = folder.join(format!("{screen}-{scheme}-{width}.webp"));
                browser.picture(&file).await;
            }
        }
    }
    browser.light().await;
    browser.width(1280).await;
}

/// What may be wrong in the dark, where the light was looked at before.
async fn colours(browser: &Browser) -> Vec<String> {
    let axe = browser.axe_of_colours().await.into_iter();
    let mut faults: Vec<String> = axe.map(|fault| format!("{fault:?}")).collect();
    faults.extend(unseen_focus(browser).await);
    faults
}

async fn unseen_focus(browser: &Browser) -> Vec<String> {
    let unseen = browser.unseen_focus().await.into_iter();
    unseen
        .map(|element| format!("the focus is not seen at {element}"))
        .collect()
}

async fn faults_of(browser: &Browser) -> Vec<String> {
    let axe = browser.axe().await.into_iter();
    let mut faults: Vec<String> = axe.map(|fault| format!("{fault:?}")).collect();
    faults.extend(browser.too_wide().await);
    faults.extend(unseen_focus(browser).await);
    faults
}

/// What the browser complains of, except that a page which refuses something has the status of a refusal.
async fn troubles(browser: &Browser) -> Vec<String> {
    let refusals = ["401", "403", "404", "410", "422"];
    let is_refusal = |told: &String| {
        refusals
            .iter()
            .any(|status| told.contains(&format!("the server responded with a status of {status}")))
    };
    let troubles = browser.troubles().await.into_iter();
    troubles.filter(|told| !is_refusal(told)).collect()
}

/// Whether a path is one of an address with parts in braces.
fn fits(address: &str, path: &str) -> bool {
    let (address, path) = (address.split('/'), path.split('/'));
    address.clone().count() == path.clone().count()
        && address
            .zip(path)
            .all(|(part, own)| part == own || part.starts_with('{'))
}

fn people() -> Vec<Person> {
    let named = [
        "Ann Archer",
        "Bob Baker",
        "Carla Cook",
        "David Dyer",
        "Emma Fisher",
        "Farid Fowler",
        "Grace Glover",
        "Hugo Hunter",
        "Ines Joiner",
        "Jonas Mason",
        "Kim Miller",
        "Lena Porter",
        "Marc Potter",
        "Nora Sadler",
        "Omar Shepherd",
        "Paula Smith",
    ];
    let named = named.map(|name| {
        let first = name.split(' ').next().unwrap().to_lowercase();
        Person {
            name: name.to_owned(),
            ..Person::new(format!("{first}@example.com"))
        }
    });
    let mut all: Vec<Person> = named.into_iter().chain(Person::numbered(40)).collect();
    all.push(Person::new(LONG));
    all
}
