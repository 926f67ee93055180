//! Notices, badges, tiles and other things to read.

use std::time::Duration;

use maud::{Markup, html};
use provisioner::{Finding, Health, Outcome, Problem, State};

use super::Say;
use crate::ui::*;

pub(super) fn gallery(say: Say<'_>) -> Markup {
    html! {
        (steps(&[&say("Upload"), &say("Check"), &say("Pair with users"), &say("Confirm")], 2))
        (tabs(&say("Views"), &[
            Tab::new(say("Entra ID"), say("/entra"), true),
            Tab::new(say("Okta"), say("/okta"), false),
            Tab::new(say("History"), say("/history"), false),
        ]))
        (tiles(&counts(say)))
        (columns(html! { (badges()) (notices(say)) (findings(say)) }, beside(say)))
        (Empty::new(Icon::Inventory, say("No tokens yet"), say("Import the seed file that came with your tokens."))
            .actions(html! { (Button::primary(say("Import a file")).to(say("/import"))) }))
    }
}

fn counts(say: Say<'_>) -> [Tile; 5] {
    let tile = |label, count, icon| Tile::new(say(label), count, icon, say("/inventory"));
    [
        tile("Unreadable", 3, Icon::Unreadable).tone(Tone::Warning),
        tile("Failed rows", 0, Icon::Failed).tone(Tone::Bad),
        tile("Imported", 1_204, Icon::Imported),
        tile("Assigned", 87, Icon::Assigned),
        tile("Activated", 12_345, Icon::Activated),
    ]
}

fn badges() -> Markup {
    let states = [State::Imported, State::Assigned, State::Activated].map(Badge::from);
    let outcomes = [
        Outcome::Done,
        Outcome::Unchanged,
        Outcome::Failed,
        Outcome::Conflict,
        Outcome::Pending,
        Outcome::Rejected,
    ];
    let health = [Health::Good, Health::Warning, Health::Bad].map(Badge::from);
    let jobs = JobState::ALL.map(Badge::from);
    let line = |badges: &[Badge]| html! { p { @for badge in badges { (badge) " \u{2003}" } } };
    panel(
        "badges",
        "States",
        html! {
            (line(&states)) (line(&outcomes.map(Badge::from))) (line(&health)) (line(&jobs))
            (line(&[Badge::ENTRA, Badge::OKTA, Badge::UNREADABLE]))
        },
    )
}

fn notices(say: Say<'_>) -> Markup {
    let refused = Problem::new(
        say("user-unknown"),
        say("No user anna@contoso.com in the directory."),
        say("Check the spelling, or create the user first."),
    );
    let rows = help(&say("Rows 7, 19 and 23."));
    let next = say("Ask the vendor for the file again.");
    let group = |tone, count, what| ProblemGroup::new(tone, count, say(what), &*next, rows.clone());
    let again = html! { (Button::secondary(say("Try again")).to(say("/again"))) };
    let secret = Notice::new(Tone::Warning, say("The client secret ends in 12 days."));
    section(
        "notices",
        &say("Notices"),
        html! {
            (problem(&refused).actions(again))
            (secret.next(say("Make a new one in Entra.")))
            (Notice::new(Tone::Info, say("Nothing has been written yet.")))
            (group(Tone::Bad, 3, "The seed is no base32."))
            (group(Tone::Warning, 1_234, "The serial number is there already."))
        },
    )
}

fn findings(say: Say<'_>) -> Markup {
    let all = [
        Finding::good("sign-in", say("The sign-in works.")),
        Finding::warning("clock", say("The clock is 7 s off."), say("Set it by NTP.")),
        Finding::bad(
            "policy",
            say("Hardware tokens are off."),
            say("Switch them on."),
        ),
    ];
    section(
        "findings",
        &say("Findings"),
        html! {
            ul.findings { @for one in &all { (finding(one)) } }
        },
    )
}

fn beside(say: Say<'_>) -> Markup {
    let when = moment(0);
    let event = |tone, icon, what| Event {
        tone,
        icon,
        what: html! { (say(what)) },
        note: html! { (when) " · " (say("ines.keller@contoso.com")) },
    };
    let token = facts(&[
        ("Serial", copyable(&say("serial"), &say("2308736400012"))),
        ("State", html! { (Badge::from(State::Activated)) }),
        ("Last used", when.clone()),
        ("File", html! { (say("tokens.csv")) }),
        (
            "Took",
            html! { (duration(Duration::from_secs(200))) ", " (plural(412_usize, "call")) },
        ),
        ("Written by hand", time_text(&say("last week"))),
    ]);
    html! {
        (panel("facts", &say("Token"), token))
        (panel("history", &say("History"), history(&[
            event(Tone::Good, Icon::Activated, "Activated"),
            event(Tone::Info, Icon::Assigned, "Assigned to Anna Muster"),
            event(Tone::Bad, Icon::Failed, "Not activated: the code was refused"),
        ])))
        (code_block(&say("Command"), &say("az ad app create --display-name Oathkit\naz ad sp create --id 7d1c")))
    }
}
