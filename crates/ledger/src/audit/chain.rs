//! How records hang together.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::{Row, SqliteConnection};

/// The last record of an audit, which stands for all before it: `1234:9f2c…`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The number of the record; the first one has 1.
    pub seq: i64,
    /// Its hash, in lower-case hexadecimal.
    pub hash: String,
}

/// A text is not the head of an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not SEQ:HASH, with a number from 1 and 64 hexadecimal digits")]
pub struct HeadError;

/// What the first record has in place of the hash of the one before it.
pub(crate) const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl FromStr for Head {
    type Err = HeadError;

    fn from_str(text: &str) -> Result<Self, HeadError> {
        let (seq, hash) = text.split_once(':').ok_or(HeadError)?;
        let seq = seq.parse().map_err(|_| HeadError)?;
        let is_hash = hash.len() == START.len() && hash.bytes().all(|b| b.is_ascii_hexdigit());
        if seq < 1 || !is_hash {
            return Err(HeadError);
        }
        Ok(Self {
            seq,
            hash: hash.to_ascii_lowercase(),
        })
    }
}

/// The hash of a record: SHA-256 over the hash before it, its number, its time, the length of the
/// run's name in bytes, that name, and its entry, with a line feed between each.
pub(crate) fn hash(previous: &[u8], seq: i64, at: i64, run: &[u8], entry: &[u8]) -> String {
    let mut digest = Sha256::new();
    digest.update(previous);
    digest.update(format!("\n{seq}\n{at}\n{}\n", run.len()));
    digest.update(run);
    digest.update(b"\n");
    digest.update(entry);
    HEXLOWER.encode(&digest.finalize())
}

/// The last record. A number that was given away before is never given again, even where the records
/// that had it are gone.
pub(crate) async fn head(connection: &mut SqliteConnection) -> Result<Head, sqlx::Error> {
    let query = "SELECT coalesce((SELECT hash FROM audit ORDER BY seq DESC LIMIT 1), ?) AS hash, \
                 max(coalesce((SELECT max(seq) FROM audit), 0), \
                 coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0)) AS seq";
    let row = sqlx::query(query).bind(START).fetch_one(connection).await?;
    Ok(Head {
        seq: row.try_get("seq")?,
        hash: row.try_get("hash")?,
    })
}
