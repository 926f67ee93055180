//! What went wrong with the file, and what a person can do next.

use provisioner::LedgerError;

/// The sentence for an error of SQLite.
pub(crate) fn describe(error: &sqlx::Error) -> String {
    let next = match primary_code(error) {
        Some(BUSY | LOCKED) => "another program holds the file; end it, then go on",
        Some(CORRUPT | NOT_A_DATABASE) => {
            "the file is damaged; move it away and begin a new run, which reads what the identity \
             provider has"
        }
        Some(CONSTRAINT) => "the entry does not fit what the ledger has",
        _ => "make room on the disk and check the rights of file and directory, then go on",
    };
    let what = match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        other => other.to_string(),
    };
    format!("{what}; {next}")
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
pub(crate) fn unreadable(error: sqlx::Error) -> LedgerError {
    LedgerError::new(describe(&error))
}

pub(crate) fn other_version(error: &serde_json::Error) -> LedgerError {
    LedgerError::new(format!(
        "it holds an entry of another version ({error}); use that version, or begin a new run"
    ))
}

// https://sqlite.org/rescode.html
const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const CORRUPT: u32 = 11;
const CONSTRAINT: u32 = 19;
const NOT_A_DATABASE: u32 = 26;

/// The low byte of an extended code is the code that the extended one refines.
fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
