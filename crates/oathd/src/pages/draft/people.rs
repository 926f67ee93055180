//! Who gets which token: by the file, and by a list of users.

use maud::{Markup, html};
use seedfile::{EntryProblem, Pair, Pairing, Strategy};

use super::address;
use crate::drafts::{Draft, Look};
use crate::pages::Page;
use crate::ui::{self, Button, Choice, Column, Field, Form, Icon, ProblemGroup, Row, Table, Tone};
use crate::upload::Users;

/// So many lines of each kind are shown.
const SHOWN: usize = 200;

pub(super) fn section(page: &Page, draft: &Draft, look: &Look) -> Markup {
    let users = users(draft);
    let (held, all) = (look.held(), look.survey.accepted);
    let content = html! {
        p {
            (ui::number(held)) " of " (ui::plural(all, "token")) @if held == 1 { " has" } @else { " have" } " a user. "
            @if held < all { "Name the users of the others here, or import them without users." }
        }
        @match &look.pairing {
            Some(Ok(pairing)) => { (paired(pairing)) }
            Some(Err(problem)) => { (ui::problem(problem)) }
            None => {}
        }
        (form(page, draft, users.as_ref(), users.is_some() || held < all))
    };
    ui::panel("users", "Who gets what", content)
}

fn users(draft: &Draft) -> Option<Users> {
    draft.upload()?.about.users.clone()
}

fn form(page: &Page, draft: &Draft, users: Option<&Users>, open: bool) -> Markup {
    let to = format!("{}/users", address(&draft.id));
    let strategies = [
        Choice::new(
            Strategy::NextAvailable.name(),
            "Each user the next free token",
        )
        .hint("Whoever has one in the file keeps it."),
        Choice::new(Strategy::Order.name(), "By their order")
            .hint("The first line gets the token of the first row, and so on."),
        Choice::new(Strategy::Mapping.name(), "As each line says")
            .hint("User and serial number in each line."),
    ];
    let list = users.map(|users| users.list.clone()).unwrap_or_default();
    let strategy = users.map(|users| users.strategy.clone());
    let strategy = strategy.unwrap_or_else(|| Strategy::default().name().to_owned());
    let hint =
        "One user a line: the name that they sign in with. A table with a column upn is fine, too.";
    let content = html! {
        (Field::new("list", "Users").hint(hint).value(list).mono().area(6))
        (Field::new("users-file", "Or a file with them").file(".csv,.txt"))
        (Field::new("strategy", "How tokens find their users").value(strategy).radios(&strategies))
        (ui::buttons(html! {
            (Button::secondary("Use this list"))
            @if users.is_some() { (Button::quiet("Remove the list").form("no-users")) }
        }))
    };
    let next = "For tokens that nobody has by the file itself.";
    html! {
        (ui::fold(Icon::Users, "A list of users", next, open, ui::upload(&page.frame, &*to, content)))
        @if users.is_some() {
            (Form::new(&page.frame, &*to, ui::hidden("remove", "yes")).files().id("no-users"))
        }
    }
}

fn paired(pairing: &Pairing) -> Markup {
    let free: Vec<String> = pairing
        .tokens_left
        .iter()
        .take(SHOWN)
        .map(ToString::to_string)
        .collect();
    html! {
        @if !pairing.problems.is_empty() { (problems(&pairing.problems)) }
        @if !pairing.users_left.is_empty() { (left(pairing)) }
        @if !pairing.pairs.is_empty() {
            (ui::fold(Icon::Done, &counted(pairing.pairs.len(), "user gets a token", "users get a token"),
                "By the list.", false, pairs(&pairing.pairs)))
        }
        @if !pairing.unchanged.is_empty() {
            (ui::fold(Icon::Unchanged, &counted(pairing.unchanged.len(), "user has a token", "users have a token"),
                "By the file itself: nothing changes for them.", false, pairs(&pairing.unchanged)))
        }
        @if !free.is_empty() {
            (ui::fold(Icon::Imported, &counted(pairing.tokens_left.len(), "token is left", "tokens are left"),
                "Nobody gets them.", false, html! { p.mono { (free.join(" ")) (more(pairing.tokens_left.len())) } }))
        }
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{} {many}", ui::number(count)),
    }
}

fn more(all: usize) -> String {
    match all.checked_sub(SHOWN) {
        None | Some(0) => String::new(),
        Some(more) => format!(" and {} more", ui::number(more)),
    }
}

fn problems(problems: &[(usize, EntryProblem)]) -> Markup {
    let rows = html! {
        ul { @for (line, problem) in problems.iter().take(SHOWN) { li { "Line " (line) ": " (problem) } } }
        p { (more(problems.len())) }
    };
    let next = "Correct the list; these lines count for nothing.";
    let what = "Lines of the list that cannot be followed";
    html! { (ProblemGroup::new(Tone::Bad, problems.len(), what, next, rows)) }
}

fn left(pairing: &Pairing) -> Markup {
    let users = pairing.users_left.iter().take(SHOWN);
    let rows = html! {
        ul { @for left in users { li { "Line " (left.line) ": " (left.user) } } }
        p { (more(pairing.users_left.len())) }
    };
    let (what, next) = (
        "Users for whom there is no token",
        "Import more tokens, or shorten the list.",
    );
    html! { (ProblemGroup::new(Tone::Warning, pairing.users_left.len(), what, next, rows)) }
}

fn pairs(pairs: &[Pair]) -> Markup {
    let columns = vec![
        Column::new("User").heads_rows(),
        Column::new("Serial").mono(),
        Column::new("Model").wide_only(),
    ];
    let row = |pair: &Pair| {
        Row::new(vec![
            html! { (pair.user) },
            html! { (pair.serial) },
            html! { (pair.model) },
        ])
    };
    let rows = pairs.iter().take(SHOWN).map(row).collect();
    html! { (Table::new("Users and their tokens", columns, rows)) p { (more(pairs.len())) } }
}
