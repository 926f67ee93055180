//! `oathctl pair`: who gets which token.

use std::io;
use std::path::Path;

use seedfile::{Format, SeedFile, TokenRecord, UserList, WriteError, WriteOptions, findings};
use zeroize::Zeroizing;

use super::convert;
use crate::args::{Common, Output, Pair};
use crate::exit::{Exit, Failed};
use crate::{files, tables};

pub(crate) fn run(common: &Common, args: &Pair) -> Result<Exit, Failed> {
    let dash = Path::new("-");
    if args.file == dash && args.users == dash {
        return Err(Failed::usage(
            "standard input cannot be the seed file and the list",
        ));
    }
    let to_stdout = args.out.as_deref() == Some(dash);
    if to_stdout && common.output == Output::Json {
        return Err(Failed::usage(
            "standard output cannot be the new seed file and the document",
        ));
    }
    let mut file = files::read_seeds(&args.file, &args.reading.options())?;
    let list = UserList::read(&files::read(&args.users)?, args.strategy)
        .map_err(|refusal| files::refused(&args.users, &refusal))?;
    let found = findings(&file.problems, &[]);
    files::say_text(&tables::findings(&found, &args.file, file.format));
    let pairing = seedfile::pair(&file, &list);
    if let Some(out) = &args.out {
        pairing.apply(&mut file.tokens);
        files::write_private(out, &document(&file, args.to)?)?;
    }
    let preview = || tables::pairing(&pairing, &args.users);
    match common.output {
        Output::Json => files::print_json(&pairing)?,
        Output::Text if to_stdout => files::say_text(&preview()),
        Output::Text => files::print(&preview())?,
    }
    let lost = args.out.is_some() && file.rejected() > 0;
    Ok(if pairing.is_complete() && !lost {
        Exit::Done
    } else {
        Exit::Incomplete
    })
}

/// The new seed file. Nobody loses a token, and no token its holder, to a format.
fn document(file: &SeedFile, to: Option<Format>) -> Result<Zeroizing<Vec<u8>>, Failed> {
    let format = to.or_else(|| {
        let all = [file.format, Format::Token2Csv, Format::Otpauth];
        all.into_iter().find(|format| holds(&file.tokens, *format))
    });
    let format = format.unwrap_or(Format::Token2Csv);
    let next = "name another one with --to; otpauth can hold most tokens";
    let mut bytes = Zeroizing::new(Vec::new());
    match seedfile::write(&file.tokens, format, WriteOptions::default(), &mut *bytes) {
        Ok(written) if written.left_out.users == 0 => Ok(bytes),
        Ok(_) => Err(Failed::usage(format!("{format} cannot name these users")).next(next)),
        Err(WriteError::Unwritable(unwritable)) => {
            files::say_text(&convert::reasons(&unwritable, format));
            Err(Failed::usage(format!("not every token can go into {format}")).next(next))
        }
        Err(error) => Err(Failed::usage(error.to_string()).next(next)),
    }
}

/// Whether a format has room for these tokens and their holders.
fn holds(tokens: &[TokenRecord], format: Format) -> bool {
    let written = seedfile::write(tokens, format, WriteOptions::default(), &mut io::sink());
    written.is_ok_and(|written| written.left_out.users == 0)
}
