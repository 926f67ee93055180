//! The head of the audit in a file beside the ledger: what a ledger that lost its end no longer knows.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sqlx::{Row, SqliteConnection};

use super::Head;
use crate::error::describe;

const SCHEMA: &str = "oathkit.audit-head/1";
pub(crate) const NAME: &str = "audit-head.json";

#[derive(Serialize, Deserialize)]
struct Document {
    schema: String,
    #[serde(flatten)]
    head: Head,
    /// Unix milliseconds.
    at: i64,
}

/// Where the anchor of a ledger is.
pub(crate) fn beside(ledger: &Path) -> PathBuf {
    ledger.with_file_name(NAME)
}

/// The anchor; `None` where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Head>, String> {
    let unusable = |what: String| format!("{}: {what}", path.display());
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(error.to_string())),
    };
    match serde_json::from_str::<Document>(&text) {
        Ok(document) if document.schema == SCHEMA => Ok(Some(document.head)),
        Ok(document) => Err(unusable(format!("{} is not {SCHEMA}", document.schema))),
        Err(error) => Err(unusable(error.to_string())),
    }
}

/// Writes the anchor, durable when it returns. An anchor never goes back: two processes may write it.
pub(crate) fn write(path: &Path, head: &Head, at: i64) -> io::Result<()> {
    if let Ok(Some(known)) = read(path)
        && known.seq >= head.seq
    {
        return Ok(());
    }
    let document = Document {
        schema: SCHEMA.to_owned(),
        head: head.clone(),
        at,
    };
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new()
        .prefix(NAME)
        .tempfile_in(directory)?;
    serde_json::to_writer(&mut file, &document)?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    if cfg!(unix) {
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}

/// Refuses to go on with an audit that its anchor does not fit: the new anchor would hide that.
pub(crate) async fn check(connection: &mut SqliteConnection, path: &Path) -> Result<(), String> {
    let advice = "oathctl audit verify says what is wrong; after restoring a backup on purpose, move \
                  audit-head.json away";
    let Some(anchor) = read(path).map_err(|what| format!("{what}; {advice}"))? else {
        return Ok(());
    };
    let row = sqlx::query("SELECT hash FROM audit WHERE seq = ?")
        .bind(anchor.seq)
        .fetch_optional(connection)
        .await
        .map_err(|error| describe(&error))?;
    let hash: Option<String> = row
        .map(|row| row.try_get("hash"))
        .transpose()
        .map_err(|error| describe(&error))?;
    if hash.as_ref() == Some(&anchor.hash) {
        return Ok(());
    }
    let seq = anchor.seq;
    Err(format!(
        "the audit does not have the record {seq} that {NAME} names; {advice}"
    ))
}
