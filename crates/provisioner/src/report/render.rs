//! The report for spreadsheets and for people.

use maud::{DOCTYPE, html};

use super::{Report, ReportRow};
use crate::{Problem, Tenant, spreadsheet};

impl Report {
    /// The rows as CSV (RFC 4180). A cell that a spreadsheet would take for a formula gets a leading
    /// apostrophe; the JSON form is the one without loss.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let header = [
            "row",
            "serial",
            "user",
            "outcome",
            "state",
            "activated_by",
            "error",
            "message",
            "next",
            "not_before",
        ];
        let rows = self.rows.iter();
        let rows = rows.map(|row| row.cells().into_iter().chain(reasons(row)).collect());
        spreadsheet::csv(header, rows)
    }

    /// The report as one HTML page without scripts, in the reader's light or dark colours and for
    /// screens of any width. `tenant` is where the run went.
    #[must_use]
    pub fn to_html(&self, tenant: &Tenant) -> String {
        let counts = self.counts;
        let summary = [
            ("done", counts.done),
            ("unchanged", counts.unchanged),
            ("failed", counts.failed),
            ("conflict", counts.conflict),
            ("pending", counts.pending),
            ("rejected", counts.rejected),
        ];
        let as_wanted = counts.done + counts.unchanged;
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { "Run " (self.run) ": " (as_wanted) " of " (counts.rows) " " (self.wanted) }
                    style { (STYLE) }
                }
                body {
                    header {
                        h1 { "Run " (self.run) }
                        p { "To " (tenant) ", wanted: " (self.wanted) "." }
                        p { b { (as_wanted) " of " (counts.rows) } " rows are " (self.wanted) ":" }
                        ul { @for (name, count) in summary { @if count > 0 {
                            li class=(name) { b { (count) } " " (name) }
                        } } }
                    }
                    // Scrolled by the keyboard, too. The roles hold where the cells are stacked.
                    div.table tabindex="0" role="region" aria-label="Rows" { table role="table" {
                        thead role="rowgroup" { tr role="row" {
                            @for label in LABELS { th scope="col" role="columnheader" { (label) } }
                        } }
                        tbody role="rowgroup" { @for row in &self.rows { (html_row(row)) } }
                    } }
                    p { (self.calls.total) " calls, " (self.calls.writes) " of them writes, "
                        (self.calls.throttled) " throttled; " (self.elapsed_ms) " ms." }
                }
            }
        };
        page.into_string()
    }
}

const LABELS: [&str; 6] = [
    "Row",
    "Outcome",
    "Serial",
    "User",
    "State",
    "Why, and what to do",
];

const STYLE: &str = ":root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif;\
--line:color-mix(in srgb,currentColor 25%,transparent)}\
body{margin:2rem auto;max-width:75rem;padding:0 1rem}h1{font-size:1.4rem}\
h1,p,td{overflow-wrap:anywhere}header p{margin:.25rem 0}\
ul{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;list-style:none;margin:.25rem 0 1.5rem;padding:0}\
.failed,.conflict,.pending,.rejected{color:#a3210f;color:light-dark(#a3210f,#ff9d8c)}\
.table{overflow-x:auto}table{border-collapse:collapse;width:100%}\
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem}tr{border-bottom:1px solid var(--line)}\
td.serial{min-width:6rem}td.user{min-width:11rem}td.why{min-width:16rem}\
td.row,td.outcome,td.state{white-space:nowrap}td.outcome{font-weight:600}td p{margin:0}\
@media(max-width:40rem){body{margin:1rem auto}\
table,tbody,tr,td{display:block}thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}\
tr{padding:.75rem 0}td:empty{display:none}\
td,td.serial,td.user,td.why{padding:.1rem 0;min-width:0}\
td.row,td.outcome,td.state{white-space:normal}\
td::before{content:attr(data-label);display:block;color:CanvasText;font-size:.8rem;font-weight:400;opacity:.75}\
td.row::before,td.outcome::before,td.serial::before,td.state::before{display:inline-block;width:6rem}}";

fn html_row(row: &ReportRow) -> maud::Markup {
    let [number, outcome, serial, user, state, why] = LABELS;
    let ended = row.outcome.name();
    html! {
        tr role="row" {
            td.row role="cell" data-label=(number) { (row.row) }
            td.outcome.(ended) role="cell" data-label=(outcome) { (ended) }
            td.serial role="cell" data-label=(serial) { @if let Some(serial) = &row.serial { (serial) } }
            td.user role="cell" data-label=(user) { @if let Some(user) = &row.user { (user) } }
            td.state role="cell" data-label=(state) { @if let Some(state) = row.state { (state) } }
            td.why role="cell" data-label=(why) { @if let Some(error) = &row.error {
                p { (error.message) } p { "→ " (error.next) }
            } @if let Some(time) = row.not_before_utc() { p { "Not before " (time) } } }
        }
    }
}

/// The columns of the CSV that stand behind those of [`ReportRow::cells`].
fn reasons(row: &ReportRow) -> [String; 5] {
    let text =
        |of: fn(&Problem) -> &String| row.error.as_ref().map(of).cloned().unwrap_or_default();
    [
        row.activated_by
            .map(|by| by.name().to_owned())
            .unwrap_or_default(),
        text(|problem| &problem.code),
        text(|problem| &problem.message),
        text(|problem| &problem.next),
        row.not_before_utc().unwrap_or_default(),
    ]
}
