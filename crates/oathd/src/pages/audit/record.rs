//! One record of the audit, as people read it.

use jiff::Timestamp;
use ledger::AuditRecord;
use maud::{Markup, html};
use provisioner::{Goal, Outcome};

use crate::ui::{self, Address, Badge, Column, Empty, Icon, Row, Table, Tone};

pub(super) fn table(records: &[AuditRecord], is_filtered: bool) -> Table {
    let columns = vec![
        Column::new("When").tight(),
        Column::new("What").heads_rows(),
        Column::new("Token").mono(),
        Column::new("For whom"),
        Column::new("By whom"),
        Column::new("Run").wide_only(),
        Column::new("Record").wide_only(),
    ];
    let empty = match is_filtered {
        true => Empty::new(
            Icon::Audit,
            "No record fits",
            "Look for less, or clear the filter.",
        ),
        false => Empty::new(
            Icon::Audit,
            "Nothing is on record yet",
            "Whatever is changed is written down here first.",
        ),
    };
    Table::new("Records", columns, records.iter().map(row).collect()).empty(empty)
}

fn row(record: &AuditRecord) -> Row {
    Row::new(vec![
        when(record.at),
        what(record),
        token(record),
        user(record),
        actor(record),
        html! { a href=(Address::of(["runs", &record.run.0])) { (short(&record.run.0)) } },
        number(record),
    ])
}

fn when(at: i64) -> Markup {
    let at = Timestamp::from_millisecond(at).ok();
    html! { @if let Some(at) = at { (ui::time_to_the_second(at)) } }
}

fn what(record: &AuditRecord) -> Markup {
    html! {
        (said(record))
        @if let Some(badge) = outcome(record) { " " (badge) }
        @if let Some(state) = record.state { " " span.hint { "(" (state.name()) ")" } }
        @if let Some(message) = &record.message { " " span.hint { (message) } }
    }
}

fn said(record: &AuditRecord) -> String {
    let step = record.step.as_deref().unwrap_or("call");
    match record.event {
        "run-begun" => format!("Run begun: {}", record.goal.map_or("", aim)),
        "run-resumed" => "Run taken up again".to_owned(),
        "run-paused" => "Sitting ended".to_owned(),
        "recorded" => "Taken over from another record".to_owned(),
        "intent" => format!("About to {step}"),
        "outcome" => format!("Answer to {step}"),
        "row-ended" => "Row ended".to_owned(),
        AuditRecord::DAMAGED => "This record cannot be read".to_owned(),
        other => other.to_owned(),
    }
}

fn aim(goal: Goal) -> &'static str {
    match goal {
        Goal::Imported => "import tokens",
        Goal::Assigned => "give tokens to users",
        Goal::Activated => "make tokens work",
        Goal::Proven => "make tokens work, and see a code",
        Goal::Adopted => "recognise tokens",
        Goal::Deactivated => "stop tokens",
        Goal::Unassigned => "take tokens back",
        Goal::Deleted => "delete tokens",
        other => other.name(),
    }
}

fn outcome(record: &AuditRecord) -> Option<Badge> {
    if record.event == AuditRecord::DAMAGED {
        return Some(Badge::new(Tone::Bad, Icon::Failed, "damaged"));
    }
    let all = [
        Outcome::Done,
        Outcome::Unchanged,
        Outcome::Failed,
        Outcome::Conflict,
        Outcome::Pending,
        Outcome::Rejected,
    ];
    let word = record.outcome?;
    Some(match all.into_iter().find(|known| known.name() == word) {
        Some(outcome) => Badge::from(outcome),
        None if word == "unknown" => Badge::new(Tone::Warning, Icon::Conflict, "unknown"),
        None => Badge::new(Tone::Bad, Icon::Failed, "not done"),
    })
}

fn token(record: &AuditRecord) -> Markup {
    let serial = record.serial.as_deref();
    html! { @match (serial, record.idp.as_deref()) {
        (Some(serial), Some(idp)) => { a href=(Address::of(["tokens", idp, serial])) { (serial) } }
        (Some(serial), None) => { (serial) }
        (None, _) => {}
    } }
}

fn user(record: &AuditRecord) -> Markup {
    let (id, name) = (record.user.as_ref(), record.name.as_deref());
    html! { @match (id, record.idp.as_deref()) {
        (Some(id), Some(idp)) => { a href=(Address::of(["users", idp, &id.0])) { (name.unwrap_or(&id.0)) } }
        (Some(id), None) => { (name.unwrap_or(&id.0)) }
        (None, _) => { (name.unwrap_or_default()) }
    } }
}

fn actor(record: &AuditRecord) -> Markup {
    html! { @if let Some(actor) = &record.actor {
        span title=(actor.program) { (actor.user) span.hint { "@" (actor.host) } }
    } }
}

fn number(record: &AuditRecord) -> Markup {
    html! {
        details {
            summary { (record.seq) }
            p.hint.mono { (record.hash) }
            @if let Some(request) = &record.request { p.hint { "Request " span.mono { (request) } } }
        }
    }
}

/// So many letters are shown of the name of a run.
pub(super) const SHORT: usize = 8;

/// Names of runs differ at their end.
fn short(run: &str) -> String {
    let letters: Vec<char> = run.chars().collect();
    match letters.len() {
        0..=SHORT => run.to_owned(),
        length => letters.into_iter().skip(length - SHORT).collect(),
    }
}
