//! The audit: page by page, checked, and for other programs.

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use ledger::{AuditRecord, Filter, Format, Head, RecordFilter, Verification};
use provisioner::RunId;
use seedfile::Serial;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::Api;
use super::answer::{Done, Failed, Reply};
use super::call::Call;
use super::description::Operation;
use super::parameters::Query;
use crate::door::{Refusal, Role};
use crate::ui::Address;

/// Records on a page, unless somebody says otherwise.
const USUAL: usize = 100;
const MOST: usize = 1000;

pub(super) fn api() -> Api {
    Api::new()
        .on(
            Operation::get(
                "/api/v1/audit",
                Role::Viewer,
                "Records of the audit, newest first.",
            )
            .query::<Wanted>()
            .gives(200, "oathkit.audit-records/1"),
            records,
        )
        .on(
            Operation::get(
                "/api/v1/audit/verify",
                Role::Viewer,
                "Check the whole audit; 503 while another check goes on.",
            )
            .query::<Anchor>()
            .gives(200, "oathkit.audit-verification/1"),
            verify,
        )
        .on(
            Operation::get(
                "/api/v1/audit/export",
                Role::Viewer,
                "The audit for other programs, one line a record, oldest first; 503 while two others are being sent.",
            )
            .query::<Export>()
            .gives_text(
                "application/x-ndjson",
                "Records (`oathkit.audit/1`), or those of the format that was asked for.",
            )
            .or("text/plain"),
            export,
        )
}

#[derive(Deserialize, IntoParams)]
struct Wanted {
    /// Those before the record of this number.
    before: Option<i64>,
    /// Those of one run.
    run: Option<String>,
    /// Those about one token.
    serial: Option<String>,
    /// Those for one user, by id or by the name in the file.
    user: Option<String>,
    /// Those of what somebody did: `ann`, `api:nightly`.
    actor: Option<String>,
    /// Those that show this text; `*` stands for anything, `!` at the beginning for "not".
    text: Option<String>,
    /// Those from this time on, in Unix milliseconds.
    since: Option<i64>,
    /// Those before this time, in Unix milliseconds.
    until: Option<i64>,
    /// So many records, up to 1000.
    limit: Option<usize>,
}

impl Wanted {
    fn filter(&self) -> Result<RecordFilter, Refusal> {
        let serial = self.serial.as_deref().map(Serial::new).transpose();
        let serial = serial.map_err(|error| {
            let why = format!("the parameter `serial` is malformed; {error}");
            Refusal::Unreadable(why)
        })?;
        Ok(RecordFilter {
            before: self.before,
            run: self.run.clone().map(RunId),
            serial,
            user: self.user.clone(),
            actor: self.actor.clone(),
            text: self.text.clone(),
            since: self.since,
            until: self.until,
        })
    }

    /// The address of what comes after this record.
    fn after(&self, record: &AuditRecord) -> String {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let number = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
        let limit = self.limit.map(|limit| limit.to_string());
        Address::of(["api", "v1", "audit"])
            .with("run", text(&self.run))
            .with("serial", text(&self.serial))
            .with("user", text(&self.user))
            .with("actor", text(&self.actor))
            .with("text", text(&self.text))
            .with("since", number(self.since))
            .with("until", number(self.until))
            .with("limit", limit.unwrap_or_default())
            .with("before", record.seq.to_string())
            .to_string()
    }
}

#[derive(Serialize)]
struct RecordsDocument {
    schema: &'static str,
    next: Option<String>,
    records: Vec<AuditRecord>,
}

async fn records(call: Call, Query(wanted): Query<Wanted>) -> Done {
    let most = wanted.limit.unwrap_or(USUAL).clamp(1, MOST);
    let records = call.app.audit_records(&wanted.filter()?, most).await?;
    let full = records.len() == most;
    let last = records.last().filter(|_| full);
    Reply::ok(&RecordsDocument {
        schema: "oathkit.audit-records/1",
        next: last.map(|last| wanted.after(last)),
        records,
    })
}

#[derive(Deserialize, IntoParams)]
struct Anchor {
    /// A head that was kept elsewhere: `1234:9f2c...`.
    anchor: Option<String>,
}

#[derive(Serialize)]
struct VerificationDocument<'f> {
    schema: &'static str,
    whole: bool,
    #[serde(flatten)]
    found: &'f Verification,
}

async fn verify(call: Call, Query(kept): Query<Anchor>) -> Done {
    let anchor = kept.anchor.as_deref().map(str::parse::<Head>).transpose();
    let anchor = anchor.map_err(|error| {
        Refusal::Unreadable(format!("the parameter `anchor` is malformed; {error}"))
    })?;
    let found = call.app.verify_audit(anchor).await?;
    Reply::ok(&VerificationDocument {
        schema: "oathkit.audit-verification/1",
        whole: found.is_whole(),
        found: &found,
    })
}

#[derive(Deserialize, IntoParams)]
struct Export {
    /// `jsonl` (which it is without saying), `ecs` or `cef`.
    #[serde(default)]
    #[param(inline)]
    format: ExportFormat,
    /// Those of one run.
    run: Option<String>,
    /// The number of the first one.
    #[serde(default)]
    from: i64,
}

#[derive(Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum ExportFormat {
    #[default]
    Jsonl,
    Ecs,
    Cef,
}

async fn export(call: Call, Query(export): Query<Export>) -> Result<Response, Failed> {
    let (format, kind) = match export.format {
        ExportFormat::Jsonl => (Format::JsonLines, "application/x-ndjson"),
        ExportFormat::Ecs => (Format::Ecs, "application/x-ndjson"),
        ExportFormat::Cef => (Format::Cef, "text/plain; charset=utf-8"),
    };
    let filter = Filter {
        run: export.run.map(RunId),
        from: export.from,
    };
    let lines = call.app.export_audit(format, &filter).await?;
    Ok(([(CONTENT_TYPE, kind)], lines).into_response())
}
