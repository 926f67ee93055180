//! What was done with a token, as the audit has it.

use std::collections::BTreeMap;

use ledger::{AuditRecord, RecordFilter};
use maud::{Markup, html};
use provisioner::{LedgerError, Problem, Tenant};

use super::Sight;
use crate::pages::Page;
use crate::trouble::Told;
use crate::ui::{self, Address, Event, Icon, Tone};

/// So many records are looked at.
const MOST: usize = 100;

/// The records of this serial number that are about its place.
pub(super) async fn read(page: &Page, sight: &Sight) -> Result<Vec<AuditRecord>, Problem> {
    let read = async {
        let ledger = &page.app.ledger;
        let runs = ledger.runs().await?;
        let runs: BTreeMap<&str, &Tenant> = runs
            .iter()
            .map(|run| (run.run.0.as_str(), &run.tenant))
            .collect();
        let filter = RecordFilter {
            serial: Some(sight.serial.clone()),
            ..RecordFilter::default()
        };
        let mut records = ledger.records(&filter, MOST).await?;
        let here = sight.place.provider.tenant();
        records.retain(|record| runs.get(record.run.0.as_str()).is_none_or(|at| *at == here));
        Ok::<_, LedgerError>(records)
    };
    read.await.map_err(|error| error.told())
}

pub(super) fn shown(sight: &Sight, records: &Result<Vec<AuditRecord>, Problem>) -> Markup {
    let records = match records {
        Ok(records) => records,
        Err(problem) => return html! { (ui::problem(problem)) },
    };
    let events: Vec<Event> = records.iter().filter_map(event).collect();
    let audit = Address::of(["audit"]).with("serial", sight.serial.as_str());
    html! {
        @if events.is_empty() { p.hint { "Nothing was done with it by Oathkit yet." } }
        @else { (ui::history(&events)) }
        p { a href=(audit) { "All records in the audit" } }
    }
}

/// What is worth telling: each call with what came of it, and rows that are not as wanted.
fn event(record: &AuditRecord) -> Option<Event> {
    let deed = record.step.as_deref().unwrap_or_default();
    let (tone, icon, what) = match (record.event, record.outcome) {
        ("outcome", Some("done")) => (Tone::Good, Icon::Done, format!("{deed}: done")),
        ("outcome", Some("notdone")) => (Tone::Bad, Icon::Failed, format!("{deed}: not done")),
        ("outcome", _) => (Tone::Warning, Icon::Pending, format!("{deed}: not known")),
        ("row-ended", Some("done" | "unchanged")) => return None,
        ("row-ended", outcome) => {
            let outcome = outcome.unwrap_or("ended").to_owned();
            (Tone::Warning, Icon::Conflict, outcome)
        }
        ("recorded", _) => (
            Tone::Quiet,
            Icon::Info,
            "taken over from a record".to_owned(),
        ),
        (AuditRecord::DAMAGED, _) => (Tone::Bad, Icon::Failed, "a damaged record".to_owned()),
        _ => return None,
    };
    Some(Event {
        tone,
        icon,
        what: html! { (what) @if let Some(why) = &record.message { " (" (why) ")" } },
        note: note(record),
    })
}

/// When, for whom, by whom, and in which run.
fn note(record: &AuditRecord) -> Markup {
    let user = record
        .name
        .as_deref()
        .or(record.user.as_ref().map(|user| &*user.0));
    html! {
        (ui::moment(u64::try_from(record.at / 1000).unwrap_or_default()))
        @if let Some(user) = user { ", for " (user) }
        @if let Some(actor) = &record.actor { ", by " (actor) }
        ", " a href=(Address::of(["runs", &record.run.0])) { "run" }
    }
}
