//! The audit as a file. It is written out whole before the first byte is sent: a file that broke off
//! would look like one that is complete.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use futures_util::stream;
use ledger::{ExportError, Filter, Format};
use provisioner::Problem;
use tokio::sync::OwnedSemaphorePermit;

use crate::app::App;
use crate::trouble::Told;

/// Bytes that are sent at a time.
const PIECE: usize = 64 * 1024;

impl App {
    /// The records, oldest first. They wait in a file without a name, which is gone when it was sent; so
    /// many go on at once as there are permits.
    pub(crate) async fn export_audit(
        &self,
        format: Format,
        filter: &Filter,
    ) -> Result<Body, Problem> {
        let permit = Arc::clone(&self.exports).try_acquire_owned();
        let permit = permit.map_err(|_| too_many())?;
        let ledger = self.ledger_apart().await?;
        let file = tempfile::tempfile_in(self.kept().state.path());
        let mut out = BufWriter::new(file.map_err(|error| unwritable(&error))?);
        let exported = ledger.export(format, filter, &mut out).await;
        ledger.close().await;
        exported.map_err(|error| told(&error))?;
        let whole = || -> io::Result<File> {
            out.flush()?;
            let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.rewind()?;
            Ok(file)
        };
        let file = whole().map_err(|error| unwritable(&error))?;
        Ok(sent(file, permit))
    }
}

fn told(error: &ExportError) -> Problem {
    match error {
        ExportError::Ledger(error) => error.told(),
        ExportError::Output(error) => unwritable(error),
        other => Problem::new(
            "damaged",
            other.to_string(),
            "verify the audit: it says what is wrong",
        ),
    }
}

fn too_many() -> Problem {
    Problem::new(
        "exporting",
        "the audit is being sent to others already, as often as it may be at once",
        "try again when one of them has it",
    )
}

fn unwritable(error: &io::Error) -> Problem {
    Problem::new(
        "disk",
        format!("the file could not be written: {error}"),
        "make room on the disk of the state directory",
    )
}

fn sent(file: File, permit: OwnedSemaphorePermit) -> Body {
    Body::from_stream(stream::unfold(Some((file, permit)), async |file| {
        let (mut file, permit) = file?;
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; PIECE];
            let read = file.read(&mut piece).map(|length| {
                piece.truncate(length);
                piece
            });
            (file, read)
        });
        match read.await {
            Ok((_, Ok(piece))) if piece.is_empty() => None,
            Ok((file, Ok(piece))) => Some((Ok(Bytes::from(piece)), Some((file, permit)))),
            Ok((_, Err(error))) => Some((Err(error), None)),
            Err(error) => Some((Err(io::Error::other(error)), None)),
        }
    }))
}
