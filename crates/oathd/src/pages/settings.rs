//! What this server is set to: places, accounts, API tokens, looks, and what it is.

mod accounts;
mod api_tokens;
mod places;
mod server;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use maud::Markup;

use crate::app::App;
use crate::door::Role;
use crate::routes::Routes;
use crate::ui::{self, Choice, Head, Section, Tab};

pub(super) fn routes() -> Routes<Arc<App>> {
    accounts::routes()
        .and(api_tokens::routes())
        .and(places::routes())
        .and(server::routes())
}

const PLACES: &str = "/settings";
const ACCOUNTS: &str = "/settings/accounts";
const API_TOKENS: &str = "/settings/api-tokens";
const SERVER: &str = "/settings/server";

const TABS: [(&str, &str); 4] = [
    ("Places", PLACES),
    ("Accounts", ACCOUNTS),
    ("API tokens", API_TOKENS),
    ("This server", SERVER),
];

fn head(here: &str) -> Head {
    let label = TABS.iter().find(|(_, href)| *href == here);
    let label = label.map_or("", |(label, _)| label);
    Head::new(format!("Settings: {label}")).section(Section::Settings)
}

/// A page below the settings.
fn below(title: impl Into<String>, above: (&str, &str)) -> Head {
    let head = Head::new(title)
        .section(Section::Settings)
        .below("Settings", PLACES);
    match above {
        (_, PLACES) => head,
        (label, href) => head.below(label, href),
    }
}

fn tabs(here: &str) -> Markup {
    let tabs = TABS.map(|(label, href)| Tab::new(label, href, href == here));
    ui::tabs("Settings", &tabs)
}

/// Roles to choose from.
fn roles() -> Vec<Choice> {
    let what = |role: Role| match role {
        Role::Viewer => "looks, changes nothing",
        Role::HelpDesk => "single tokens",
        Role::Operator => "imports, and many tokens at once",
        Role::Admin => "settings and accounts, too",
    };
    let all = Role::ALL.into_iter();
    all.map(|role| Choice::new(word(role), format!("{}: {}", role.word(), what(role))))
        .collect()
}

/// A role as forms send it: as documents write it.
fn word(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::HelpDesk => "help-desk",
        Role::Operator => "operator",
        Role::Admin => "admin",
    }
}
