//! `oathctl convert`

use std::collections::BTreeSet;

use seedfile::{Format, ReadOptions, Serial, TokenRecord, UnwritableReason, WriteError};
use zeroize::Zeroizing;

use crate::args::{Common, Convert};
use crate::exit::{Exit, Failed};
use crate::files;

pub(crate) fn run(_: &Common, args: &Convert) -> Result<Exit, Failed> {
    let mut file = files::read_seeds(&args.file, &ReadOptions::default())?;
    let mut out = Zeroizing::new(Vec::new());
    let left_out = write(&mut file.tokens, args.to, &mut out)
        .map_err(|error| Failed::usage(error.to_string()))?;
    files::write_private(&args.out, &out)?;
    for problem in &file.problems {
        files::say(problem);
    }
    if left_out > 0 {
        let were = if left_out == 1 {
            "holder was"
        } else {
            "holders were"
        };
        files::say(format_args!(
            "{left_out} {were} left out: {} names users by object id only; write object ids into \
             the file to keep them, or let oathctl provision assign the tokens",
            args.to
        ));
    }
    Ok(if file.rejected() > 0 {
        Exit::Incomplete
    } else {
        Exit::Done
    })
}

/// Writes the tokens. Graph JSON has no place for names of users: tokens that are held by name are
/// written without a holder. Says how many.
fn write(
    tokens: &mut [TokenRecord],
    format: Format,
    out: &mut Vec<u8>,
) -> Result<usize, WriteError> {
    let unwritable = match seedfile::write(tokens, format, out) {
        Err(WriteError::Unwritable(unwritable)) if format == Format::GraphJson => unwritable,
        written => return written.map(|()| 0),
    };
    let by_name = unwritable
        .into_iter()
        .filter(|token| token.reason == UnwritableReason::User);
    let by_name: BTreeSet<Serial> = by_name.map(|token| token.serial).collect();
    for token in tokens.iter_mut() {
        if by_name.contains(&token.serial) {
            token.user = None;
        }
    }
    seedfile::write(tokens, format, out)?;
    Ok(by_name.len())
}
