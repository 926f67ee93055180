//! `oathctl pair`: who gets which token.

use std::io;
use std::path::Path;

use seedfile::{Format, SeedFile, TokenRecord, UserList, WriteError, WriteOptions};
use zeroize::Zeroizing;

use super::convert::{self, Unfit};
use crate::args::{Common, Output, Pair};
use crate::exit::{Exit, Failed};
use crate::writing::{self, Maker};
use crate::{files, tables};

pub(crate) fn run(common: &Common, args: &Pair) -> Result<Exit, Failed> {
    let dash = Path::new("-");
    let mut inputs = args.reading.inputs(&args.file);
    inputs.push((&args.users, "the list"));
    inputs.extend(args.protect.input());
    files::one_from_stdin(&inputs)?;
    if args.out.is_none() && args.protect.protect_with.is_some() {
        return Err(Failed::usage(
            "--protect-with is for the new file: it needs --out",
        ));
    }
    let to_stdout = args.out.as_deref() == Some(dash);
    if to_stdout && common.output == Output::Json {
        return Err(Failed::usage(
            "standard output cannot be the new seed file and the document",
        ));
    }
    let mut file = files::read_seeds(&args.file, &args.reading)?;
    let list = UserList::read(&files::read(&args.users)?, args.strategy)
        .map_err(|refusal| files::refused(&args.users, &refusal))?;
    files::say_text(&tables::faults(&file, &args.file));
    let pairing = seedfile::pair(&file, &list);
    if let Some(out) = &args.out {
        pairing.apply(&mut file.tokens);
        files::write_private(out, &document(&file, args)?)?;
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
fn document(file: &SeedFile, args: &Pair) -> Result<Zeroizing<Vec<u8>>, Failed> {
    let format = new_format(file, args);
    let maker = Maker::new(format, args.protect.protect_with.as_deref())?;
    maker.say_whether_open();
    let next = "name another one with --to; otpauth can hold most tokens";
    match maker.make(&file.tokens) {
        Ok(made) if made.left_out.users == 0 => Ok(made.bytes),
        Ok(_) => Err(Failed::usage(format!("{format} cannot name these users")).next(next)),
        Err(WriteError::Unwritable(_)) => {
            let tokens = file.tokens.iter();
            let unfit: Vec<Unfit> = tokens.filter_map(|it| Unfit::of(it, format)).collect();
            files::say_text(&convert::reasons(&unfit, file.format, format));
            Err(Failed::usage(format!("not every token can go into {format}")).next(next))
        }
        Err(error) => Err(writing::unmade(&error).next(next)),
    }
}

/// The format that was asked for, or the first that can hold all tokens and these users.
fn new_format(file: &SeedFile, args: &Pair) -> Format {
    let encrypted = args.protect.protect_with.is_some();
    let asked_for = args.to.or(encrypted.then_some(Format::Pskc));
    asked_for.unwrap_or_else(|| {
        let all = [file.format, Format::Token2Csv, Format::Otpauth];
        let fits = all.into_iter().find(|format| holds(&file.tokens, *format));
        fits.unwrap_or(Format::Token2Csv)
    })
}

/// Whether a format has room for these tokens and their holders.
fn holds(tokens: &[TokenRecord], format: Format) -> bool {
    let written = seedfile::write(tokens, format, WriteOptions::default(), &mut io::sink());
    written.is_ok_and(|written| written.left_out.users == 0)
}
