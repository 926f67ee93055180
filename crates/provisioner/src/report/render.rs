//! The report for spreadsheets and for people.

use maud::{DOCTYPE, html};

use super::{Report, ReportRow};

impl Report {
    /// The rows as CSV (RFC 4180). A cell that a spreadsheet would take for a formula gets a leading
    /// apostrophe; the JSON form is the one without loss.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut out = csv::Writer::from_writer(Vec::new());
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
        ];
        // Writing to memory cannot fail, and every record has the header's length.
        let _ = out.write_record(header);
        for row in &self.rows {
            let _ = out.write_record(cells(row).map(|cell| harmless(&cell)));
        }
        let bytes = out.into_inner().unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// The report as one HTML page without scripts, in the reader's light or dark colours.
    #[must_use]
    pub fn to_html(&self) -> String {
        let counts = self.counts;
        let summary = [
            ("done", counts.done),
            ("unchanged", counts.unchanged),
            ("failed", counts.failed),
            ("conflict", counts.conflict),
            ("pending", counts.pending),
            ("rejected", counts.rejected),
        ];
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { "Run " (self.run) }
                    style { (STYLE) }
                }
                body {
                    h1 { "Run " (self.run) }
                    p { (counts.rows) " rows to " (self.idp) ", wanted: " (self.wanted) "." }
                    ul { @for (name, count) in summary { @if count > 0 { li { b { (count) } " " (name) } } } }
                    div.table { table {
                        thead { tr {
                            th scope="col" { "Row" } th scope="col" { "Serial" } th scope="col" { "User" }
                            th scope="col" { "Outcome" } th scope="col" { "State" } th scope="col" { "What to do" }
                        } }
                        tbody { @for row in &self.rows { (html_row(row)) } }
                    } }
                    p { (self.calls.total) " calls, " (self.calls.writes) " of them writes, "
                        (self.calls.throttled) " throttled; " (self.elapsed_ms) " ms." }
                }
            }
        };
        page.into_string()
    }
}

const STYLE: &str = ":root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}\
body{margin:2rem auto;max-width:75rem;padding:0 1rem}h1{font-size:1.4rem;overflow-wrap:anywhere}\
.table{overflow-x:auto}table{border-collapse:collapse;width:100%}\
th,td{text-align:left;padding:.35rem .75rem;border-bottom:1px solid color-mix(in srgb,currentColor 25%,transparent)}";

fn html_row(row: &ReportRow) -> maud::Markup {
    html! {
        tr {
            td { (row.row) }
            td { @if let Some(serial) = &row.serial { (serial) } }
            td { @if let Some(user) = &row.user { (user) } }
            td { (row.outcome.name()) }
            td { @if let Some(state) = row.state { (state) } }
            td { @if let Some(error) = &row.error { (error.message) " — " (error.next) } }
        }
    }
}

fn cells(row: &ReportRow) -> [String; 9] {
    let error = row.error.as_ref();
    [
        row.row.to_string(),
        row.serial.as_ref().map(ToString::to_string).unwrap_or_default(),
        row.user.clone().unwrap_or_default(),
        row.outcome.name().to_owned(),
        row.state.map(|state| state.name().to_owned()).unwrap_or_default(),
        row.activated_by.clone().unwrap_or_default(),
        error.map(|problem| problem.code.clone()).unwrap_or_default(),
        error.map(|problem| problem.message.clone()).unwrap_or_default(),
        error.map(|problem| problem.next.clone()).unwrap_or_default(),
    ]
}

/// Keeps a spreadsheet from reading text as a formula.
fn harmless(cell: &str) -> String {
    const TRIGGERS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
    if cell.starts_with(TRIGGERS) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}
