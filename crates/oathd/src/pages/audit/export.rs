//! The audit as a file. It is written out whole before the first byte is sent: a file that broke off
//! would look like one that is complete.

use std::sync::Arc;

use axum::extract::Query as Params;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use ledger::{Filter, Format};
use maud::html;
use provisioner::{Problem, RunId};
use serde::Deserialize;

use crate::app::App;
use crate::door::Role;
use crate::pages::Page;
use crate::routes::Routes;
use crate::ui::{self, Address, Button, Head, Icon, Section};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get("/audit/export", Role::Viewer, choose)
        .get("/audit/records", Role::Viewer, records)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    format: String,
    run: String,
}

struct Kind {
    word: &'static str,
    format: Format,
    title: &'static str,
    what: &'static str,
    content_type: &'static str,
    file: &'static str,
}

const KINDS: [Kind; 3] = [
    Kind {
        word: "jsonl",
        format: Format::JsonLines,
        title: "JSON lines",
        what: "Each record as it was hashed, with its hash: from this the chain can be checked elsewhere.",
        content_type: "application/jsonl",
        file: "audit.jsonl",
    },
    Kind {
        word: "ecs",
        format: Format::Ecs,
        title: "ECS",
        what: "The Elastic Common Schema, one JSON document a line.",
        content_type: "application/x-ndjson",
        file: "audit.ecs.ndjson",
    },
    Kind {
        word: "cef",
        format: Format::Cef,
        title: "CEF",
        what: "The Common Event Format of ArcSight, which Sentinel reads, too.",
        content_type: "text/plain; charset=utf-8",
        file: "audit.cef",
    },
];

fn head() -> Head {
    Head::new("Export the audit")
        .section(Section::Audit)
        .below("Audit", "/audit")
}

async fn choose(page: Page, Params(wanted): Params<Wanted>) -> Response {
    let to = |kind: &Kind| {
        Address::of(["audit", "records"])
            .with("format", kind.word)
            .with("run", &*wanted.run)
    };
    let content = html! {
        @if !wanted.run.is_empty() { p { "The records of the run " span.mono { (wanted.run) } ", oldest first." } }
        @else { p { "All records, oldest first." } }
        (ui::help("A filter by text, token, user or day does not count here."))
        @for kind in &KINDS {
            (ui::panel(kind.word, kind.title, html! {
                p { (kind.what) }
                (ui::buttons(Button::secondary("Download").about(kind.title).icon(Icon::Download).download(to(kind))))
            }))
        }
    };
    page.show(&head(), content).into_response()
}

async fn records(page: Page, Params(wanted): Params<Wanted>) -> Response {
    let mut kinds = KINDS.iter();
    let Some(kind) = kinds.find(|kind| kind.word == wanted.format) else {
        let problem = Problem::new(
            "format",
            "there is no such format",
            "choose jsonl, ecs or cef",
        );
        return page.trouble(head(), &problem);
    };
    let run = (!wanted.run.is_empty()).then(|| RunId(wanted.run.clone()));
    let filter = Filter { run, from: 0 };
    match page.app.export_audit(kind.format, &filter).await {
        Ok(file) => {
            let name = format!("attachment; filename=\"{}\"", kind.file);
            let headers = [
                (CONTENT_TYPE, kind.content_type.to_owned()),
                (CONTENT_DISPOSITION, name),
            ];
            (headers, file).into_response()
        }
        Err(problem) => page.trouble(head(), &problem),
    }
}
