//! `oathctl inspect`

use oath_core::Algorithm;
use provisioner::Roster;
use seedfile::ReadOptions;

use crate::args::{Common, Idp, Inspect, Output};
use crate::exit::{Exit, Failed};
use crate::{files, tables};

pub(crate) fn run(common: &Common, args: &Inspect) -> Result<Exit, Failed> {
    let bytes = files::read(&args.file)?;
    let mut options = ReadOptions::default();
    if let Some(format) = args.format {
        options = options.format(format);
    }
    let file = match seedfile::read(&bytes, &options) {
        Ok(file) => file,
        Err(refusal) => {
            if common.output == Output::Json {
                files::print_json(&refusal.inspection())?;
            }
            return Err(files::refused(&args.file, &refusal));
        }
    };
    match common.output {
        Output::Json => files::print_json(&file.inspection())?,
        Output::Text => files::print(&tables::file(&file))?,
    }
    Ok(if file.rejected() > 0 {
        Exit::Incomplete
    } else {
        Exit::Done
    })
}
