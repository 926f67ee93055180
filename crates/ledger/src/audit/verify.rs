//! Whether the audit is whole.

use futures_util::TryStreamExt;
use provisioner::LedgerError;
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row, SqliteConnection};

use super::chain::{START, hash};
use super::{Event, Head, anchor, counterparts};
use crate::SqliteLedger;
use crate::error::unreadable;

/// What a check of the audit found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// How many records there are.
    pub records: u64,
    /// The last of them; none where there are none.
    pub head: Option<Head>,
    /// The last record that an anchor confirms.
    pub anchored: Option<i64>,
    /// Records after that one. Where their end was cut off together with what they are about, nothing
    /// shows it.
    pub after_anchor: u64,
    /// What is wrong, the first hundred.
    pub findings: Vec<Finding>,
    /// How many more there are.
    pub more_findings: u64,
}

/// Something in the audit that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The record, where it is about one.
    pub seq: Option<i64>,
    /// What is wrong.
    pub message: String,
}

impl Verification {
    const LISTED: usize = 100;

    /// True where nothing is wrong.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.findings.is_empty()
    }

    pub(super) fn find(&mut self, seq: impl Into<Option<i64>>, message: impl Into<String>) {
        if self.findings.len() < Self::LISTED {
            self.findings.push(Finding {
                seq: seq.into(),
                message: message.into(),
            });
        } else {
            self.more_findings += 1;
        }
    }
}

impl SqliteLedger {
    /// Checks the whole audit: each record against the one before it, the end against the anchor beside
    /// the ledger and against `kept`, an anchor that was kept elsewhere, and each record against the
    /// entry of the ledger that it describes. Reads record by record.
    ///
    /// # Errors
    /// [`LedgerError`] when the file cannot be read.
    pub async fn verify(&self, kept: Option<&Head>) -> Result<Verification, LedgerError> {
        // Before the records: whoever writes meanwhile moves it on.
        let anchor = anchor::read(&self.anchor);
        let mut reader = self.reader().await;
        // One view of all tables.
        let mut view = reader.begin().await.map_err(unreadable)?;
        verify(&mut view, anchor, kept).await.map_err(unreadable)
    }

    /// The last record of the audit; none where there are none.
    ///
    /// # Errors
    /// [`LedgerError`] when the file cannot be read.
    pub async fn audit_head(&self) -> Result<Option<Head>, LedgerError> {
        let head = super::head(&mut *self.reader().await).await;
        let head = head.map_err(unreadable)?;
        Ok((head.hash != START).then_some(head))
    }
}

async fn verify(
    view: &mut SqliteConnection,
    anchor: Result<Option<Head>, String>,
    kept: Option<&Head>,
) -> Result<Verification, sqlx::Error> {
    let mut chain = Chain::new();
    let mut anchors = Vec::new();
    match &anchor {
        Ok(Some(head)) => anchors.push((anchor::NAME, head)),
        Ok(None) => {}
        Err(error) => chain
            .found
            .find(None, format!("the anchor cannot be used: {error}")),
    }
    anchors.extend(kept.map(|head| ("the given anchor", head)));
    let mut records =
        sqlx::query("SELECT seq, at, run, entry, hash FROM audit ORDER BY seq").fetch(&mut *view);
    while let Some(record) = records.try_next().await? {
        chain.take(&record, &anchors)?;
    }
    drop(records);
    if anchor == Ok(None) && kept.is_none() && chain.intents > 0 {
        let name = anchor::NAME;
        chain.found.find(
            None,
            format!("{name} is missing: whether the end is there cannot be told"),
        );
    }
    let mut found = chain.end(&anchors);
    end_and_guards(view, &mut found).await?;
    counterparts::check(view, &mut found).await?;
    Ok(found)
}

/// The walk from the first record to the last.
struct Chain {
    found: Verification,
    /// The record before.
    last: Head,
    intents: u64,
}

impl Chain {
    fn new() -> Self {
        Self {
            found: Verification::default(),
            last: Head {
                seq: 0,
                hash: START.to_owned(),
            },
            intents: 0,
        }
    }

    fn take(&mut self, row: &SqliteRow, anchors: &[(&str, &Head)]) -> Result<(), sqlx::Error> {
        let (seq, at): (i64, i64) = (row.try_get("seq")?, row.try_get("at")?);
        // As bytes: what somebody changed may not be text.
        let run: &[u8] = row.try_get("run")?;
        let entry: &[u8] = row.try_get("entry")?;
        let stored: &[u8] = row.try_get("hash")?;
        self.found.records += 1;
        self.found.after_anchor += 1;
        if seq != self.last.seq + 1 {
            self.gap(seq);
        } else if hash(self.last.hash.as_bytes(), seq, at, run, entry).as_bytes() != stored {
            let what = "the record does not fit its hash and the record before it: one of them was \
                        changed";
            self.found.find(seq, what);
        }
        match serde_json::from_slice(entry) {
            Ok(Event::Intent { .. }) => self.intents += 1,
            Ok(_) => {}
            Err(error) => self
                .found
                .find(seq, format!("the record cannot be read: {error}")),
        }
        self.last = Head {
            seq,
            hash: String::from_utf8_lossy(stored).into_owned(),
        };
        for (name, anchor) in anchors.iter().filter(|(_, anchor)| anchor.seq == seq) {
            self.meet(name, anchor);
        }
        Ok(())
    }

    fn gap(&mut self, seq: i64) {
        let (first, last) = (self.last.seq + 1, seq - 1);
        let what = match (first, last) {
            (1, last) => format!("the audit begins here: records 1 to {last} are missing"),
            (first, last) if first == last => format!("record {first} is missing before it"),
            (first, last) => format!("records {first} to {last} are missing before it"),
        };
        self.found.find(seq, what);
    }

    /// Compares the record that was just taken with an anchor.
    fn meet(&mut self, name: &str, anchor: &Head) {
        if anchor.hash == self.last.hash {
            self.found.anchored = Some(anchor.seq);
            self.found.after_anchor = 0;
        } else {
            let what = format!("it is not the record that {name} names: the audit was rewritten");
            self.found.find(anchor.seq, what);
        }
    }

    fn end(mut self, anchors: &[(&str, &Head)]) -> Verification {
        for (name, anchor) in anchors {
            if anchor.seq > self.last.seq {
                let (wanted, last) = (anchor.seq, self.last.seq);
                let what = format!(
                    "the audit ends at record {last}, and {name} names record {wanted}: its end was \
                     deleted, or an older copy was put in its place"
                );
                self.found.find(last, what);
            }
        }
        self.found.head = (self.last.seq > 0).then_some(self.last);
        self.found
    }
}

/// What the database itself says of the end, and whether it still refuses changes.
async fn end_and_guards(
    view: &mut SqliteConnection,
    found: &mut Verification,
) -> Result<(), sqlx::Error> {
    let query = "SELECT max(seq) FROM sqlite_sequence WHERE name = 'audit'";
    let given: Option<i64> = sqlx::query_scalar(query).fetch_one(&mut *view).await?;
    let (given, last) = (
        given.unwrap_or(0),
        found.head.as_ref().map_or(0, |head| head.seq),
    );
    if given != last {
        let what = format!("the audit ends at record {last}, and {given} records were written");
        found.find(last, what);
    }
    let query = "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit' \
                 AND name IN ('audit_no_update', 'audit_no_delete', 'audit_no_replace')";
    let guards: i64 = sqlx::query_scalar(query).fetch_one(view).await?;
    if guards != 3 {
        found.find(
            None,
            "the table no longer refuses changes: its triggers were removed",
        );
    }
    Ok(())
}
