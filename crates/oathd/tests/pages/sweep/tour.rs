//! A visit to many screens.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use idp_sim::{Person, SimConfig};

use crate::support::{Browser, Story};

const ADDRESSES: &str = include_str!("addresses.txt");
/// Of a login that needs more than one line.
pub(super) const LONG: &str =
    "a.person.with.a.rather.long.name.indeed@department.of.long.names.example.com";
/// What differs from one machine and one start to the next, and what is secret.
const STEADY: &str = r"(() => {
    const steady = text => text.replace(/\/tmp\/[.\w]+/g, '/var/lib/oathkit').replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:8080')
        .replace(/key=[-\w]+/g, 'key=…').replace(/oathkit_[-\w]+/g, 'oathkit_…');
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) texts.currentNode.data = steady(texts.currentNode.data);
    document.querySelectorAll('input').forEach(field => { field.setAttribute('value', steady(field.value)); });
})()";
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
        let mut story = Story::with(config).await;
        // A run takes its time.
        story.browser.patience = Duration::from_secs(120);
        Self {
            story,
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
        let (asked, _) = path.split_once('?').unwrap_or((path, ""));
        // It may lead on to another one.
        self.visited.insert(asked.to_owned());
        self.story.open(path).await;
        let browser = self.browser();
        let stays = async || !browser.is_for_now().await;
        browser
            .wait_until(&format!("{path} is loaded again and again"), stays)
            .await;
        self.look(screen).await;
    }

    /// Looks at what is open.
    pub(super) async fn look(&mut self, screen: &str) {
        let faults = look_at(&self.story.browser, screen, self.pictures.as_ref(), true).await;
        self.been(faults, &self.story.browser.path().await);
    }

    /// The same without a walk from field to field, which would close what is open.
    pub(super) async fn glance(&mut self, screen: &str) {
        let faults = look_at(&self.story.browser, screen, self.pictures.as_ref(), false).await;
        self.been(faults, &self.story.browser.path().await);
    }

    /// Looks at what somebody else has open.
    pub(super) async fn look_at(&mut self, other: &Browser, screen: &str) {
        let mut faults = look_at(other, screen, self.pictures.as_ref(), true).await;
        faults.extend(troubles(other).await);
        self.been(faults, &other.path().await);
    }

    fn been(&mut self, faults: Vec<String>, path: &str) {
        // Should the tour end early, they are known.
        for fault in &faults {
            eprintln!("{fault}");
        }
        self.faults.extend(faults);
        self.visited.insert(path.to_owned());
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
    walks: bool,
) -> Vec<String> {
    let mut faults = Vec::new();
    for width in WIDTHS {
        browser.width(width).await;
        for scheme in ["light", "dark"] {
            match scheme {
                "dark" => browser.dark().await,
                _ => browser.light().await,
            }
            let found = faults_of(browser, scheme, walks).await.into_iter();
            faults.extend(found.map(|fault| format!("{screen}, {scheme}, {width}: {fault}")));
            if let Some(folder) = pictures {
                let file = folder.join(format!("{screen}-{scheme}-{width}.webp"));
                browser.value_of(STEADY).await;
                browser.picture(&file).await;
            }
        }
    }
    browser.light().await;
    browser.width(1280).await;
    faults
}

/// What is wrong; in the dark, where the light was looked at before, as far as it depends on the colours.
async fn faults_of(browser: &Browser, scheme: &str, walks: bool) -> Vec<String> {
    let (axe, mut faults) = match scheme {
        "dark" => (browser.axe_of_colours().await, Vec::new()),
        _ => (browser.axe().await, browser.too_wide().await),
    };
    faults.extend(axe.into_iter().map(|fault| format!("{fault:?}")));
    if walks {
        let unseen = browser.unseen_focus().await.into_iter();
        faults.extend(unseen.map(|element| format!("the focus is not seen at {element}")));
    }
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
    let mut all: Vec<Person> = named.into_iter().chain(Person::numbered(120)).collect();
    all.push(Person::new(LONG));
    all
}
