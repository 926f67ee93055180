//! The Elastic Common Schema: <https://www.elastic.co/docs/reference/ecs>. What has no field there
//! stands under `oathkit`, as in the record.

use std::io::{self, Write};

use provisioner::{Attempt, Outcome};
use serde_json::{Value, json};

use super::{Origin, Record, time};
use crate::audit::Event;

const VERSION: &str = "9.0.0";

pub(super) fn line(out: &mut dyn Write, record: &Record, origin: &Origin) -> io::Result<()> {
    let (_, user, name) = record.call();
    let actor = &origin.actor;
    let tenant = origin.tenant.as_ref();
    let mut document = json!({
        "@timestamp": time(record.at),
        "ecs": {"version": VERSION},
        "event": {
            "kind": "event",
            "category": ["iam"],
            "type": types(&record.event),
            "action": record.event.name(),
            "outcome": outcome(&record.event),
            "id": record.hash,
            "sequence": record.seq,
            "module": "oathkit",
            "dataset": "oathkit.audit",
        },
        "user": {"name": actor.user, "target": {"id": user, "name": name}},
        "related": {"user": [actor.user, name]},
        "host": {"name": actor.host},
        "organization": {"id": tenant.map(|tenant| &tenant.id)},
        "http": {"request": {"id": request(&record.event)}},
        "error": {"code": error(&record.event)},
        "oathkit": own(record, origin)?,
    });
    prune(&mut document);
    super::line(out, &document)
}

/// What the record says and ECS has no field for.
fn own(record: &Record, origin: &Origin) -> io::Result<Value> {
    let mut own = serde_json::to_value(&record.event)?;
    if let Some(fields) = own.as_object_mut() {
        for elsewhere in [
            "event", "actor", "tenant", "user", "name", "request", "problem", "error",
        ] {
            fields.remove(elsewhere);
        }
        let more = [
            ("run", json!(record.run)),
            ("plan", json!(origin.plan)),
            (
                "idp",
                json!(origin.tenant.as_ref().map(|tenant| &tenant.idp)),
            ),
            ("program", json!(origin.actor.program)),
            ("step", json!(record.call().0)),
        ];
        for (name, value) in more {
            fields.insert(name.to_owned(), value);
        }
    }
    Ok(own)
}

/// `event.type`: what ECS expects for the category `iam`.
fn types(event: &Event) -> &'static [&'static str] {
    match event {
        Event::RunBegun { .. } | Event::RunResumed { .. } | Event::RunPaused { .. } => {
            &["admin", "info"]
        }
        Event::Outcome {
            attempt: Attempt::Done | Attempt::Unknown,
            ..
        } => &["user", "change"],
        Event::Intent { .. }
        | Event::Outcome { .. }
        | Event::RowEnded { .. }
        | Event::Recorded { .. } => &["user", "info"],
    }
}

/// `event.outcome`: success, failure or unknown; none for what has no outcome.
fn outcome(event: &Event) -> Option<&'static str> {
    match event {
        Event::Intent { .. } => Some("unknown"),
        Event::Outcome { attempt, .. } => Some(match attempt {
            Attempt::Done => "success",
            Attempt::NotDone => "failure",
            Attempt::Unknown => "unknown",
        }),
        Event::RowEnded { outcome, .. } => Some(match outcome {
            Outcome::Done | Outcome::Unchanged => "success",
            Outcome::Pending => "unknown",
            Outcome::Failed | Outcome::Conflict | Outcome::Rejected => "failure",
        }),
        Event::RunBegun { .. }
        | Event::RunResumed { .. }
        | Event::RunPaused { .. }
        | Event::Recorded { .. } => None,
    }
}

fn request(event: &Event) -> Option<&str> {
    match event {
        Event::Outcome { request, .. } => request.as_deref(),
        _ => None,
    }
}

fn error(event: &Event) -> Option<&str> {
    match event {
        Event::Outcome { problem: code, .. } | Event::RowEnded { error: code, .. } => {
            code.as_deref()
        }
        _ => None,
    }
}

/// Leaves out what is not known.
fn prune(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(prune);
            let is_empty = |value: &Value| value.as_object().is_some_and(serde_json::Map::is_empty);
            fields.retain(|_, value| !value.is_null() && !is_empty(value));
        }
        Value::Array(items) => items.retain(|item| !item.is_null()),
        _ => {}
    }
}
