//! Tables and runs.

use std::time::Duration;

use maud::{Markup, html};
use provisioner::{Outcome, State};

use super::Say;
use crate::ui::*;

pub(super) fn gallery(frame: &Frame, say: Say<'_>) -> Markup {
    html! {
        (section("tokens", &say("Inventory"), inventory(frame, say)))
        (section("run", &say("Run"), run(frame, say)))
        (section("none", &say("Nothing found"), nothing(say)))
    }
}

fn inventory(frame: &Frame, say: Say<'_>) -> Markup {
    let view = Address::of(["inventory", "entra"]).with("sort", "serial");
    let clear = Address::of(["inventory", "entra"]);
    let states = ["any state", "imported", "assigned", "activated"];
    let states = states.map(|state| Choice::new(state, say(state)));
    let fields = html! {
        (Field::new("q", say("Search")).value(say("0001")).search())
        (Field::new("state", say("State")).value("assigned").select(&states))
        (Field::new("model", say("Model")).text())
    };
    list(html! {
        (filter(&view, &["sort"], &clear, fields))
        (tokens(&view, say))
        (bulk(frame, say))
        (Pager {
            from: Some(51), shown: 50, total: 12_345, noun: "token",
            first: Some(say("/inventory")), previous: Some(say("/previous")), next: Some(say("/next")),
        })
    })
}

fn bulk<'f>(frame: &'f Frame, say: Say<'_>) -> Bulk<'f> {
    let activate = Button::secondary(say("Activate")).value("do", say("activate"));
    let unassign = Button::secondary(say("Unassign")).value("do", say("unassign"));
    let delete = Button::danger(say("Delete")).icon(Icon::Delete);
    let delete = delete.value("do", say("delete"));
    let bulk = Bulk::new(
        frame,
        "bulk",
        say("/inventory/bulk"),
        vec![activate, unassign, delete],
    );
    bulk.matching(12_345, hidden("filter", &say("state=assigned")))
}

fn tokens(view: &Address, say: Say<'_>) -> Table {
    let columns = vec![
        Column::new(say("Serial"))
            .heads_rows()
            .mono()
            .sort("serial", view),
        Column::new(say("State")).tight().sort("state", view),
        Column::new(say("Holder")).sort("holder", view),
        Column::new(say("Model")).tight().wide_only(),
        Column::new(say("Last used")).tight().wide_only(),
        Column::new(say("Drift")).number(),
    ];
    let rows = [
        (
            "2308736400012",
            State::Activated,
            "anna.muster@contoso.com",
            "0",
        ),
        (
            "2308736400013",
            State::Assigned,
            "maximilian.von-und-zu-hohenfels@subsidiary.contoso.com",
            "-2",
        ),
        ("2308736400014", State::Imported, "", "1,024"),
    ];
    let rows = rows.into_iter().map(|row| token(row, say)).collect();
    Table::new(say("Tokens of Entra ID"), columns, rows).selectable("bulk", "token")
}

fn token((serial, state, holder, drift): (&str, State, &str, &str), say: Say<'_>) -> Row {
    let cells = vec![
        html! { a href={ "/tokens/" (serial) } { (say(serial)) } },
        html! { (Badge::from(state)) },
        html! { @if !holder.is_empty() { a href="/users/1" { (say(holder)) } } },
        html! { (say("Token2 C203")) },
        time_text("2026-11-22T14:05:00Z"),
        html! { (drift) },
    ];
    Row::new(cells).named(say(serial))
}

fn run(frame: &Frame, say: Say<'_>) -> Markup {
    let progress = Progress {
        state: JobState::GoingOn,
        settled: 1_204,
        under_way: 31,
        total: 5_000,
        counts: vec![
            (Outcome::Done, 1_180),
            (Outcome::Unchanged, 12),
            (Outcome::Failed, 12),
        ],
        time_left: Some(Duration::from_secs(200)),
        note: Some(say("Entra asked for a pause of 12 s.")),
    };
    let pause = Button::secondary(say("Pause")).icon(Icon::Paused);
    let resume = Button::primary(say("Resume")).about(say("run 7")).small();
    let going = [JobState::GoingOn, JobState::Waiting];
    html! {
        div data-run {
            (progress.block(Some(&say("/runs/7/events"))))
            (buttons(html! {
                (when(&going, progress.state, post_button(frame, say("/pause"), &pause)))
                (when(&[JobState::Paused], progress.state, post_button(frame, say("/resume"), &resume)))
            }))
            (rows(say))
        }
    }
}

fn rows(say: Say<'_>) -> Table {
    let columns = vec![
        Column::new(say("Row")).number().tight(),
        Column::new(say("Serial")).heads_rows().mono(),
        Column::new(say("Outcome")).tight().live("outcome"),
        Column::new(say("State")).tight().live("state"),
        Column::new(say("Why")).live("note"),
    ];
    let row = |number: &str, serial: &str, outcome: Outcome, note: &str| {
        let cells = vec![
            html! { (number) },
            html! { (say(serial)) },
            html! { (Badge::from(outcome)) },
            html! {},
            html! { @if !note.is_empty() { (say(note)) } },
        ];
        Row::new(cells).named(say(serial))
    };
    let why = "No user anna@contoso.com in the directory.";
    let rows = vec![
        row("2", "2308736400012", Outcome::Failed, why),
        row("3", "2308736400013", Outcome::Pending, ""),
    ];
    Table::new(say("Rows"), columns, rows)
}

fn nothing(say: Say<'_>) -> Markup {
    let next = say("Take a word out of the filter.");
    let empty = Empty::new(Icon::Inventory, say("No token matches"), next);
    let columns = vec![Column::new("Serial")];
    html! { (Table::new(say("Tokens"), columns, Vec::new()).empty(empty)) }
}
