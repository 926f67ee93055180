//! `oathctl audit`: verify, export.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use ledger::{ExportError, Filter, Format, Head, SqliteLedger, Verification};
use serde::Serialize;

use crate::args::{Audit, AuditCommand, AuditFormat, Common, Output};
use crate::commands::runs;
use crate::exit::{Exit, Failed};
use crate::new_file::{self, NewFile};
use crate::{files, state, tables};

pub(crate) async fn run(common: &Common, args: &Audit) -> Result<Exit, Failed> {
    let ledger = state::open(common).await?;
    match &args.command {
        AuditCommand::Verify { anchor } => verify(common, &ledger, anchor.as_ref()).await,
        AuditCommand::Export {
            format,
            run,
            from,
            out,
        } => {
            let run = match run {
                Some(name) => Some(runs::named(&ledger, name).await?),
                None => None,
            };
            let filter = Filter { run, from: *from };
            export(&ledger, (*format).into(), &filter, out).await
        }
    }
}

#[derive(Serialize)]
struct VerificationDocument {
    schema: &'static str,
    whole: bool,
    #[serde(flatten)]
    found: Verification,
}

async fn verify(
    common: &Common,
    ledger: &SqliteLedger,
    anchor: Option<&Head>,
) -> Result<Exit, Failed> {
    let found = ledger.verify(anchor).await?;
    let whole = found.is_whole();
    match common.output {
        Output::Json => files::print_json(&VerificationDocument {
            schema: "oathkit.audit-verification/1",
            whole,
            found,
        })?,
        Output::Text => files::print(&tables::verification(&found))?,
    }
    Ok(if whole { Exit::Done } else { Exit::Incomplete })
}

async fn export(
    ledger: &SqliteLedger,
    format: Format,
    filter: &Filter,
    out: &Path,
) -> Result<Exit, Failed> {
    let stdout = out == Path::new("-");
    let written = if stdout {
        export_to(ledger, format, filter, &mut io::stdout()).await
    } else {
        let mut file = NewFile::create(out).map_err(|error| new_file::unwritable(out, &error))?;
        let written = export_to(ledger, format, filter, &mut file).await;
        written.and_then(|()| file.keep().map_err(ExportError::Output))
    };
    match written {
        Ok(()) => Ok(Exit::Done),
        // Whoever reads has enough: `oathctl … | head`.
        Err(ExportError::Output(error)) if stdout && error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(Exit::Done)
        }
        Err(ExportError::Output(error)) => Err(new_file::unwritable(out, &error)),
        Err(error @ ExportError::Damaged { .. }) => {
            Err(Failed::internal(error.to_string()).next("oathctl audit verify says more"))
        }
        Err(error) => Err(Failed::internal(error.to_string())),
    }
}

async fn export_to(
    ledger: &SqliteLedger,
    format: Format,
    filter: &Filter,
    out: &mut (dyn Write + Send),
) -> Result<(), ExportError> {
    let mut out = BufWriter::new(out);
    ledger.export(format, filter, &mut out).await?;
    out.flush().map_err(ExportError::Output)
}

impl From<AuditFormat> for Format {
    fn from(format: AuditFormat) -> Self {
        match format {
            AuditFormat::Jsonl => Self::JsonLines,
            AuditFormat::Ecs => Self::Ecs,
            AuditFormat::Cef => Self::Cef,
        }
    }
}
