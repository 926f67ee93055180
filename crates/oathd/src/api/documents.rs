//! The documents that are answered, by name and example. Most are those of the command line, too
//! (docs/command-line.md).

use serde_json::{Value, json};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

pub(super) const ERROR: &str = "oathkit.error/1";

/// A document.
pub(super) struct Document {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) example: Value,
}

impl Document {
    /// What it is like, for the description.
    pub(super) fn schema(&self) -> Object {
        let named = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some([self.name]));
        let schema = ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some(self.what))
            .examples([self.example.clone()]);
        match self.name {
            ERROR => schema.build(),
            _ => schema.property("schema", named).required("schema").build(),
        }
    }
}

/// The name under which a document stands in the description.
pub(super) fn component(name: &str) -> String {
    name.replace('/', ".")
}

/// What a document says.
pub(super) fn what(name: &str) -> &'static str {
    let mut all = all().into_iter();
    all.find(|document| document.name == name)
        .map_or("", |document| document.what)
}

pub(super) fn all() -> Vec<Document> {
    let mut all = looked_at();
    all.extend(done());
    all.extend(watched());
    all
}

fn document(name: &'static str, what: &'static str, mut example: Value) -> Document {
    if let Some(example) = example.as_object_mut().filter(|_| name != ERROR) {
        example.insert("schema".to_owned(), name.into());
    }
    Document {
        name,
        what,
        example,
    }
}

fn token() -> Value {
    json!({ "id": "1a2b", "serial": "60234567", "state": "activated", "status": "activated",
        "holder": { "id": "3c4d", "name": "ann@example.com" }, "manufacturer": "Token2",
        "model": "C202", "name": "", "algorithm": "sha1", "period": 30, "last_used": null,
        "uploaded": false })
}

fn user() -> Value {
    json!({ "id": "3c4d", "login": "ann@example.com", "name": "Ann Jones",
        "mail": "ann@example.com", "status": "active", "problem": null })
}

/// Documents of what is there.
fn looked_at() -> Vec<Document> {
    vec![
        document(
            "oathkit.places/1",
            "The identity providers that are set up. One that cannot be reached has a problem in place of what it can.",
            json!({ "places": [{ "idp": "entra", "name": "Entra ID", "tenant": "0f1e", "can": {
                "steps": [["import"], ["import", "assign"], ["activate"]], "keeps_serials": true,
                "tokens_per_user": 5, "shapes": [{ "id": "", "name": "", "algorithms": ["sha1", "sha256"],
                "digits": [6], "periods": [30, 60], "seed_bits": 1024 }] }, "problem": null }] }),
        ),
        document(
            "oathkit.tokens/1",
            "Tokens of the inventory, as they were last read. `next` is the address of the next page.",
            json!({ "idp": "entra", "read_at": 1_800_000_000, "total": 1, "next": null, "tokens": [token()] }),
        ),
        document(
            "oathkit.token/1",
            "A token, read just now, and what else its holder has.",
            json!({ "idp": "entra", "token": token(), "others": [] }),
        ),
        document(
            "oathkit.users/1",
            "Users that were found.",
            json!({ "idp": "entra", "users": [user()] }),
        ),
        document(
            "oathkit.user/1",
            "A user and the tokens of that user, read just now.",
            json!({ "idp": "entra", "user": user(), "tokens": [token()] }),
        ),
        document(
            "oathkit.doctor/1",
            "Whether the sign-in can do its job. `health` is the worst of the findings: good, warning or bad.",
            json!({ "idp": "entra", "health": "good", "findings": [{ "check": "sign-in", "health": "good",
                "message": "the sign-in works", "next": null }] }),
        ),
        document(
            "oathkit.profiles/1",
            "The factor profiles of the Okta organisation.",
            json!({ "profiles": [{ "id": "fpr1", "name": "Token2", "status": "ACTIVE", "algorithm": "sha1",
                "digits": 6, "period": 30, "drift": 5, "drift_seconds": 150, "encoding": "base32",
                "fits": ["classic"], "misfit": null }] }),
        ),
        document(
            "oathkit.drift/1",
            "By how much a device's clock is ahead.",
            json!({ "found": true, "step": 60_000_000, "drift": 1, "drift_seconds": { "min": 1, "max": 59 },
                "at": 1_800_000_000, "period": 30, "window": { "past": 2880, "future": 2880 },
                "false_match_probability": 5.8e-9, "error": null }),
        ),
    ]
}

/// Documents of what is prepared and done.
fn done() -> Vec<Document> {
    let plan = json!({ "tenant": { "idp": "entra", "id": "0f1e" }, "goal": "activated", "file": "9f2c",
        "rows": [{ "token": { "row": 2, "serial": "60234567", "user": "ann@example.com", "algorithm": "sha1",
        "digits": 6, "period": 30, "manufacturer": "Token2", "model": "C202", "seed_bits": 160 },
        "user": "3c4d", "shape": "", "decision": { "do": "steps", "steps": [["import", "assign"],
        ["activate"]], "id": null } }], "unreadable": [], "digest": "7a81" });
    vec![
        document(
            "oathkit.inspection/1",
            "What is in a seed file, without any seed; `draft` is where it waits.",
            json!({ "format": "token2-csv", "encoding": "utf-8", "records": 1, "accepted": 1,
                "rejected": 0, "repeated": 0, "unread_columns": [], "tokens": [{ "row": 2, "serial": "60234567",
                "user": "ann@example.com", "algorithm": "sha1", "digits": 6, "period": 30, "seed_bits": 160,
                "warnings": [] }], "problems": [], "draft": "/api/v1/drafts/0198" }),
        ),
        document(
            "oathkit.pairing/1",
            "Who gets which token.",
            json!({ "pairs": [{ "line": 1, "user": "ann@example.com", "row": 2, "serial": "60234567",
                "model": "C202" }], "unchanged": [], "users_left": [], "tokens_left": [], "problems": [] }),
        ),
        document(
            "oathkit.draft/1",
            "What is being prepared. `stage`: open, planning, planned, failed, begun. `plan` is the number of its plan.",
            json!({ "draft": "0198", "idp": "entra", "goal": "activated", "stage": "planned", "plan": 1,
                "counts": { "rows": 1, "done": 0, "unchanged": 0, "failed": 0, "conflict": 0, "pending": 1, "rejected": 0 },
                "estimate": { "calls": 2, "time_ms": 900 }, "problem": null, "run": null }),
        ),
        document(
            "oathkit.plan/1",
            "What would be done, row by row. Nothing was sent, or is to be.",
            plan.clone(),
        ),
        document(
            "oathkit.replacement-plan/1",
            "The two plans of a replacement, in the order in which they are carried out. With `gap`, the user has neither token in between.",
            json!({ "gap": false, "first": plan.clone(), "second": plan }),
        ),
        document(
            "oathkit.started/1",
            "It goes on: watch it at `url`. `run` is none where everything was so already.",
            json!({ "run": "0198", "url": "/api/v1/runs/0198" }),
        ),
        document(
            ERROR,
            "Why something was not done, and what to do about it.",
            json!({ "error": { "code": "not-there", "message": "no such token: 60234567",
                "next": "check the serial number" } }),
        ),
    ]
}

/// Documents of what goes on and what happened.
fn watched() -> Vec<Document> {
    let counts = json!({ "rows": 1, "done": 1, "unchanged": 0, "failed": 0, "conflict": 0, "pending": 0, "rejected": 0 });
    vec![
        document(
            "oathkit.runs/1",
            "The runs, newest first.",
            json!({ "runs": [{ "run": "0198", "tenant": { "idp": "entra", "id": "0f1e" },
                "begun_at": 1_800_000_000, "rows": 1, "pending": 0, "not_as_wanted": 0 }] }),
        ),
        document(
            "oathkit.progress/1",
            "How far a run has come. `status`: going, waiting, stopping, paused, stopped, ended; open where this server does not carry it out. `under_way`: rows for which calls have succeeded and whose end is not read yet.",
            json!({ "run": "0198", "status": "ended", "counts": counts, "under_way": 0, "time_left_ms": null,
                "waiting_ms": null, "problem": null, "parts": ["0198"] }),
        ),
        document(
            "oathkit.report/1",
            "What came of each row.",
            json!({ "run": "0198", "idp": "entra", "wanted": "activated", "counts": counts, "rows": [{ "row": 2,
                "serial": "60234567", "user": "ann@example.com", "outcome": "done", "state": "activated",
                "activated_by": "operator", "error": null }],
                "calls": { "total": 3, "writes": 2, "throttled": 0 }, "elapsed_ms": 900 }),
        ),
        document(
            "oathkit.audit-records/1",
            "Records of the audit, newest first. `next` is the address of the next page.",
            json!({ "next": null, "records": [{ "seq": 7, "at": 1_800_000_000_000_u64, "run": "0198",
                "actor": { "user": "api:nightly", "host": "desk", "program": "oathd 0.1.0" }, "event": "row-ended",
                "serial": "60234567", "user": "3c4d", "name": "ann@example.com", "step": "activate",
                "outcome": "done", "state": "activated", "goal": null, "message": null, "request": null,
                "hash": "9f2c" }] }),
        ),
        document(
            "oathkit.audit-verification/1",
            "Whether the audit is whole.",
            json!({ "whole": true, "records": 7, "head": { "seq": 7, "hash": "9f2c" }, "anchored": 7,
                "after_anchor": 0, "findings": [], "more_findings": 0 }),
        ),
        document(
            "oathkit.calls/1",
            "Calls to the services, newest first, while the log is on.",
            json!({ "on": true, "calls": [{ "at_ms": 1_800_000_000_000_u64, "method": "GET",
                "host": "graph.microsoft.com", "path": "/beta/users?$top=1", "status": 200,
                "request_id": "5e6f", "took_ms": 80, "error": null }] }),
        ),
    ]
}
