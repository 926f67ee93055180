//! The audit: what was done, by whom, for whom; newest first. The address is the view.

mod check;
mod export;
mod record;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::Query as Params;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use ledger::{AuditRecord, RecordFilter};
use maud::{Markup, html};
use provisioner::{Problem, RunId};
use seedfile::Serial;
use serde::Deserialize;

use super::Page;
use crate::app::App;
use crate::door::Role;
use crate::routes::Routes;
use crate::trouble::OrTold;
use crate::ui::{self, Address, Button, Errors, Field, Head, Icon, Pager, Section};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get("/audit", Role::Viewer, show)
        .and(check::routes())
        .and(export::routes())
}

/// Records on a page.
const ROWS: usize = 50;

/// The view, as it stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct View {
    q: String,
    run: String,
    serial: String,
    user: String,
    actor: String,
    since: String,
    until: String,
    before: String,
}

impl View {
    fn filter(&self) -> Result<RecordFilter, Errors> {
        let mut errors = Errors::default();
        let filter = RecordFilter {
            before: self.before.parse().ok(),
            run: some(&self.run).map(|run| RunId(run.to_owned())),
            serial: some(&self.serial).and_then(|serial| {
                let serial = Serial::new(serial);
                serial
                    .map_err(|why| errors.add("serial", format!("No serial is like this: {why}.")))
                    .ok()
            }),
            user: some(&self.user).map(str::to_owned),
            actor: some(&self.actor).map(str::to_owned),
            text: some(&self.q).map(str::to_owned),
            since: day(&mut errors, "since", &self.since, 0),
            // The day itself is in.
            until: day(&mut errors, "until", &self.until, 1),
        };
        match errors.is_empty() {
            true => Ok(filter),
            false => Err(errors),
        }
    }

    fn address(&self) -> Address {
        Address::of(["audit"])
            .with("q", &*self.q)
            .with("run", &*self.run)
            .with("serial", &*self.serial)
            .with("user", &*self.user)
            .with("actor", &*self.actor)
            .with("since", &*self.since)
            .with("until", &*self.until)
            .with("before", &*self.before)
    }
}

fn some(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty()).then_some(text)
}

/// The beginning of a day of UTC, or of so many days later, in Unix milliseconds.
fn day(errors: &mut Errors, field: &str, text: &str, later: i64) -> Option<i64> {
    let text = some(text)?;
    let day: Result<Date, _> = text.parse();
    let start = day.and_then(|day| {
        let day = day.checked_add(jiff::Span::new().days(later))?;
        Ok(day.to_zoned(TimeZone::UTC)?.timestamp().as_millisecond())
    });
    if start.is_err() {
        errors.add(field, "This is no day: write it like 2027-01-31.");
    }
    start.ok()
}

fn head() -> Head {
    Head::new("Audit").section(Section::Audit)
}

/// The run that is meant by what the list shows of its name.
async fn in_full(page: &Page, run: String) -> Result<String, Problem> {
    if run.len() != record::SHORT {
        return Ok(run);
    }
    let runs = page.app.ledger.runs().await.or_told()?;
    let mut names = runs.into_iter().map(|summary| summary.run.0);
    Ok(names.find(|name| name.ends_with(&run)).unwrap_or(run))
}

async fn show(page: Page, Params(mut view): Params<View>) -> Response {
    view.run = match in_full(&page, view.run.trim().to_owned()).await {
        Ok(run) => run,
        Err(problem) => return page.trouble(head(), &problem),
    };
    let filter = match view.filter() {
        Ok(filter) => filter,
        Err(errors) => {
            let content = ui::list(bar(&view, &errors));
            let shown = page.show(&head().failed(true), content);
            return (StatusCode::UNPROCESSABLE_ENTITY, shown).into_response();
        }
    };
    // One more than is shown says whether there is another page.
    match page.app.audit_records(&filter, ROWS + 1).await {
        Ok(records) => {
            let head = head()
                .lead(html! { "Each record holds the hash of the one before it. No record holds a seed or a code." })
                .actions(actions(&view));
            page.show(&head, ui::list(listed(&view, records)))
                .into_response()
        }
        Err(problem) => page.trouble(head(), &problem),
    }
}

fn actions(view: &View) -> Markup {
    let export = Address::of(["audit", "export"]).with("run", &*view.run);
    html! {
        (Button::secondary("Export").icon(Icon::Download).to(export))
        (Button::secondary("Verify").icon(Icon::Audit).to("/audit/verify"))
    }
}

fn listed(view: &View, mut records: Vec<AuditRecord>) -> Markup {
    let more = records.len() > ROWS;
    records.truncate(ROWS);
    let is_filtered = view.address().without("before") != Address::of(["audit"]);
    html! {
        (bar(view, &Errors::default()))
        (record::table(&records, is_filtered))
        @if !records.is_empty() { (pager(view, &records, more)) }
    }
}

fn bar(view: &View, errors: &Errors) -> Markup {
    let content = html! {
        (Field::new("q", "Search").value(&*view.q).search())
        (Field::new("serial", "Serial").value(&*view.serial).mono().errors(errors).text())
        (Field::new("user", "For whom").value(&*view.user).text())
        (Field::new("actor", "By whom").value(&*view.actor).text())
        (Field::new("run", "Run").value(&*view.run).mono().text())
        (Field::new("since", "From (UTC)").value(&*view.since).errors(errors).date())
        (Field::new("until", "To (UTC)").value(&*view.until).errors(errors).date())
    };
    html! {
        (errors.summary())
        (ui::filter(&view.address(), &[], &Address::of(["audit"]), content))
        (ui::help("In a search * stands for anything, and ! in front asks for what does not show it."))
    }
}

fn pager(view: &View, records: &[AuditRecord], more: bool) -> Pager {
    let address = view.address().without("before");
    let next = records.last().filter(|_| more);
    let shown = records.len() as u64;
    Pager {
        from: None,
        shown,
        total: shown,
        noun: "record",
        first: (!view.before.is_empty()).then(|| address.to_string()),
        previous: None,
        next: next.map(|last| address.with("before", last.seq.to_string()).into()),
    }
}
