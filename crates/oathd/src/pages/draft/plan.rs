//! The plan: numbers, rows, and the form that confirms it.

use std::collections::BTreeSet;
use std::time::Duration;

use maud::{Markup, html};
use provisioner::{Decision, Goal, Plan, PlannedRow, Problem, Unreadable};

use super::{View, address};
use crate::drafts::{Draft, Planned, Source};
use crate::pages::{Page, goals};
use crate::places::Idp;
use crate::ui::{
    self, Address, Badge, Button, Choice, Column, Confirm, Empty, Field, Icon, Notice, Pager, Row,
    Table, Tile, Tone,
};

/// Rows on a page.
const ROWS: usize = 100;
/// So many names stand for all who lose something.
const NAMED: usize = 10;

/// A row of the file in the plan, planned or unreadable.
enum Line<'p> {
    Planned(&'p PlannedRow),
    Unreadable(&'p Unreadable),
}

/// The form that makes a plan of what is wanted already.
pub(super) fn make(page: &Page, draft: &Draft) -> Markup {
    let to = format!("{}/plan", address(&draft.id));
    let button = Button::primary("Make the plan");
    ui::buttons(ui::post_button(&page.frame, to, &button))
}

pub(super) fn section(page: &Page, draft: &Draft, planned: &Planned, view: &View) -> Markup {
    let plan = &planned.plan;
    let wish = draft.wish();
    let title = format!(
        "{} in {}",
        goals::deed(wish.idp.name(), wish.goal),
        wish.idp.title()
    );
    let whose = match wish.idp {
        Idp::Entra => "The tenant",
        Idp::Okta => "The organisation",
    };
    let content = html! {
        p.hint { (whose) " " span.mono { (plan.tenant.id) } }
        (numbers(draft, plan))
        (takes(planned))
        (rows(draft, plan, view))
        @if plan.is_empty() { (nothing(plan)) } @else { (confirmation(page, draft, planned)) }
        (again(page, draft))
    };
    ui::section("plan", &title, content)
}

fn numbers(draft: &Draft, plan: &Plan) -> Markup {
    let counts = plan.counts();
    let tile = |label: &str, count: usize, icon: Icon, kind: &str| {
        let href = format!("{}#rows", address(&draft.id).with("decision", kind));
        Tile::new(label, count as u64, icon, href)
    };
    ui::tiles(&[
        tile("To do", counts.pending, Icon::Pending, "todo"),
        tile(
            "As wanted already",
            counts.unchanged,
            Icon::Unchanged,
            "unchanged",
        )
        .tone(Tone::Good),
        tile("In conflict", counts.conflict, Icon::Conflict, "conflict").tone(Tone::Warning),
        tile(
            "Cannot be done",
            counts.rejected,
            Icon::Rejected,
            "rejected",
        )
        .tone(Tone::Bad),
    ])
}

/// Calls and time.
fn takes(planned: &Planned) -> Markup {
    let estimate = planned.estimate;
    let time = match estimate.time_ms {
        0..1000 => "less than a second".to_owned(),
        ms => format!("about {}", ui::duration(Duration::from_secs(ms / 1000))),
    };
    let calls = match estimate.calls {
        0 => return html! {},
        1 => "1 call that changes something".to_owned(),
        calls => format!("{} calls that change something", ui::number(calls)),
    };
    html! { p { (calls) ", " (time) " if the service sets no limit that it has not announced." } }
}

fn rows(draft: &Draft, plan: &Plan, view: &View) -> Markup {
    let lines = lines(plan);
    let fits = |line: &&Line<'_>| view.decision.is_empty() || line.kind() == view.decision;
    let found: Vec<&Line<'_>> = lines.iter().filter(fits).collect();
    let shown = found.iter().skip(view.after).take(ROWS);
    let shown: Vec<Row> = shown.map(|line| line.row()).collect();
    let at = |after: usize| {
        let after = if after > 0 {
            after.to_string()
        } else {
            String::new()
        };
        let address = address(&draft.id).with("decision", &*view.decision);
        address.with("after", after)
    };
    let to = |after: usize| format!("{}#rows", at(after));
    let pager = Pager::of("row", (view.after, ROWS), (shown.len(), found.len()), to);
    html! {
        div id="rows" { (ui::list(html! {
            (filter(draft, view, &at(view.after)))
            (table(shown))
            (pager)
        })) }
    }
}

fn filter(draft: &Draft, view: &View, at: &Address) -> Markup {
    let choices = [
        Choice::new("", "All rows"),
        Choice::new("todo", "To do"),
        Choice::new("unchanged", "As wanted already"),
        Choice::new("conflict", "In conflict"),
        Choice::new("rejected", "Cannot be done"),
    ];
    let field = Field::new("decision", "Show")
        .value(&*view.decision)
        .select(&choices);
    ui::filter(at, &[], &address(&draft.id), field)
}

fn table(rows: Vec<Row>) -> Markup {
    let columns = vec![
        Column::new("Row").number().tight().wide_only(),
        Column::new("Serial").heads_rows().mono(),
        Column::new("User").roomy(),
        Column::new("There now").tight(),
        Column::new("What will be done"),
        Column::new("Why not, and what to do"),
    ];
    let empty = Empty::new(Icon::Info, "No such row", "Show all rows.");
    html! { (Table::new("Rows of the plan", columns, rows).empty(empty)) }
}

/// All rows in the order of the file.
fn lines(plan: &Plan) -> Vec<Line<'_>> {
    let planned = plan.rows.iter().map(Line::Planned);
    let mut lines: Vec<Line<'_>> = planned
        .chain(plan.unreadable.iter().map(Line::Unreadable))
        .collect();
    lines.sort_by_key(Line::number);
    lines
}

impl Line<'_> {
    fn number(&self) -> usize {
        match self {
            Self::Planned(row) => row.token.row,
            Self::Unreadable(row) => row.row,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "rejected",
            Self::Planned(row) => match row.decision {
                Decision::Steps { .. } => "todo",
                Decision::Unchanged { .. } => "unchanged",
                Decision::Conflict { .. } => "conflict",
                Decision::Rejected { .. } => "rejected",
            },
        }
    }

    fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Unreadable(row) => Some(&row.problem),
            Self::Planned(row) => match &row.decision {
                Decision::Conflict { problem } | Decision::Rejected { problem } => Some(problem),
                Decision::Steps { .. } | Decision::Unchanged { .. } => None,
            },
        }
    }

    fn row(&self) -> Row {
        let (serial, user, seen, what) = match self {
            Self::Unreadable(_) => (String::new(), "", None, "nothing".to_owned()),
            Self::Planned(row) => {
                let user = row.token.user.as_deref().unwrap_or_default();
                let (seen, what) = (row.observed.as_ref(), goals::steps(&row.decision));
                (row.token.serial.to_string(), user, seen, what)
            }
        };
        Row::new(vec![
            html! { (self.number()) },
            ui::serial(&serial),
            html! { (user) },
            html! { @if let Some(seen) = seen { (Badge::from(seen.state)) } },
            html! { (what) },
            html! { @if let Some(problem) = self.problem() { p { (ui::sentence(&problem.message)) } p.next { (ui::sentence(&problem.next)) } } },
        ])
    }
}

/// Why there is nothing to confirm.
fn nothing(plan: &Plan) -> Notice {
    match plan.is_feasible() {
        true => Notice::new(
            Tone::Good,
            "Nothing is to be done: everything is as wanted already.",
        ),
        false => Notice::new(Tone::Warning, "Nothing can be done.")
            .next("Each row says why. Mend the file or the list of users, or want something else."),
    }
}

/// What has to be typed where tokens were chosen from an inventory.
pub(super) fn word(plan: &Plan) -> String {
    plan.counts().pending.to_string()
}

fn confirmation(page: &Page, draft: &Draft, planned: &Planned) -> Markup {
    let plan = &planned.plan;
    let to = format!("{}/begin", address(&draft.id));
    let version = ui::hidden("plan", &planned.number.to_string());
    let count = plan.counts().pending;
    match draft.source {
        Source::File(_) => {
            let button = Button::primary(format!("Carry out {}", ui::plural(count, "change")));
            let content = html! { (version) (ui::buttons(button)) };
            ui::form(&page.frame, to, content)
        }
        Source::Tokens(_) => {
            let deed = goals::deed(draft.wish().idp.name(), plan.goal).to_lowercase();
            let deed = format!("{deed} {}", ui::plural(count, "token"));
            let confirm = Confirm::new(&page.frame, to, word(plan), deed);
            let confirm = confirm.hidden(version);
            let confirm = confirm.back(format!("/inventory/{}", draft.wish().idp));
            html! { (confirm.consequences(consequences(draft.wish().idp, plan))) }
        }
    }
}

/// Who loses what.
fn consequences(idp: Idp, plan: &Plan) -> Markup {
    let changed = plan.rows.iter();
    let changed = changed.filter(|row| matches!(row.decision, Decision::Steps { .. }));
    let users: BTreeSet<&str> = changed
        .filter_map(|row| row.token.user.as_deref())
        .collect();
    let lost = match plan.goal {
        Goal::Deleted if idp == Idp::Okta => "cannot sign in with it any more; the factor is gone",
        Goal::Deleted => {
            "cannot sign in with it any more; to use it again, its seed file is needed"
        }
        Goal::Unassigned => {
            "cannot sign in with it any more; the token stays in the inventory, for somebody else"
        }
        Goal::Deactivated => "cannot sign in with it until it is activated again",
        _ => "will have a token",
    };
    let names: Vec<&str> = users.iter().take(NAMED).copied().collect();
    html! {
        p { @if users.is_empty() { "Nobody has one of these tokens: nobody loses anything." }
            @else { (ui::plural(users.len(), "user")) " " (lost) "." } }
        @if !names.is_empty() {
            p { (names.join(", ")) @if users.len() > NAMED { ", and " (ui::number(users.len() - NAMED)) " more" } "." }
        }
    }
}

fn again(page: &Page, draft: &Draft) -> Markup {
    let to = format!("{}/plan", address(&draft.id));
    let button = Button::quiet("Read everything again, and plan anew").small();
    ui::buttons(ui::post_button(&page.frame, to, &button))
}
