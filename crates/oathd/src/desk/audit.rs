//! The audit as a file. It is written out whole before the first byte is sent: a file that broke off
//! would look like one that is complete.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};

use axum::body::{Body, Bytes};
use futures_util::stream;
use ledger::{ExportError, Filter, Format};
use provisioner::Problem;

use crate::app::App;
use crate::trouble::Told;

/// Bytes that are sent at a time.
const PIECE: usize = 64 * 1024;

impl App {
    /// The records, oldest first. They wait in a file without a name, which is gone when it was sent.
    pub(crate) async fn export_audit(
        &self,
        format: Format,
        filter: &Filter,
    ) -> Result<Body, Problem> {
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
        whole().map(sent).map_err(|error| unwritable(&error))
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

fn unwritable(error: &io::Error) -> Problem {
    Problem::new(
        "disk",
        format!("the file could not be written: {error}"),
        "make room on the disk of the state directory",
    )
}

fn sent(file: File) -> Body {
    Body::from_stream(stream::unfold(Some(file), async |file| {
        let mut file = file?;
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
            Ok((file, Ok(piece))) => Some((Ok(Bytes::from(piece)), Some(file))),
            Ok((_, Err(error))) => Some((Err(error), None)),
            Err(error) => Some((Err(io::Error::other(error)), None)),
        }
    }))
}
