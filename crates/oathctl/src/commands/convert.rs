//! `oathctl convert`

use seedfile::ReadOptions;
use zeroize::Zeroizing;

use crate::args::{Common, Convert};
use crate::exit::{Exit, Failed};
use crate::files;

pub(crate) fn run(_: &Common, args: &Convert) -> Result<Exit, Failed> {
    let file = files::read_seeds(&args.file, &ReadOptions::default())?;
    let mut out = Zeroizing::new(Vec::new());
    seedfile::write(&file.tokens, args.to, &mut *out)
        .map_err(|error| Failed::usage(error.to_string()))?;
    files::write_secret(&args.out, &out)?;
    for problem in &file.problems {
        eprintln!("{problem}");
    }
    Ok(if file.rejected() > 0 {
        Exit::Incomplete
    } else {
        Exit::Done
    })
}
