//! The state directory: the ledger, and one run at a time.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use idp_http::Clock;
use ledger::{Busy, SqliteLedger, StateLock};

use crate::args::Common;
use crate::exit::{Exit, Failed};
use crate::system;

/// The ledger of a run.
#[cfg(not(feature = "crash-on-purpose"))]
pub(crate) type RunLedger = SqliteLedger;
#[cfg(feature = "crash-on-purpose")]
pub(crate) type RunLedger = crate::crash::Crashing<SqliteLedger>;

/// Opens the ledger to read it.
pub(crate) async fn open(common: &Common) -> Result<SqliteLedger, Failed> {
    ledger(common, system::clock()).await
}

/// Opens the ledger for a run and keeps other runs out of it.
pub(crate) async fn claim(
    common: &Common,
    clock: Arc<dyn Clock>,
) -> Result<(RunLedger, StateLock), Failed> {
    let owner = format!("process {}", std::process::id());
    let lock = StateLock::acquire(&directory(common)?, &owner).map_err(|busy| {
        let failed = Failed::new(Exit::Stopped, busy.to_string());
        match busy {
            Busy::Taken { .. } => failed.next("wait for it, or use another --state-dir"),
            _ => failed,
        }
    })?;
    let ledger = ledger(common, clock).await?;
    #[cfg(feature = "crash-on-purpose")]
    let ledger = crate::crash::Crashing(ledger);
    Ok((ledger, lock))
}

async fn ledger(common: &Common, clock: Arc<dyn Clock>) -> Result<SqliteLedger, Failed> {
    let path = directory(common)?.join("ledger.sqlite");
    Ok(SqliteLedger::open(&path, clock, system::actor()).await?)
}

/// The directory, made for its owner alone where it is missing.
fn directory(common: &Common) -> Result<PathBuf, Failed> {
    let chosen = common.state_dir.clone();
    let mut directory = match chosen.or_else(|| system::path_variable("OATHKIT_STATE_DIR")) {
        Some(directory) => directory,
        None => system::default_state_dir()?,
    };
    if common.sandbox {
        // Rehearsals do not stand among the runs that went to a real service.
        directory.push("sandbox");
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&directory).map_err(|error| {
        let message = format!("{} cannot be created: {error}", directory.display());
        Failed::usage(message).next("choose another --state-dir")
    })?;
    Ok(directory)
}
