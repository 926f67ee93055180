//! Arguments of the commands that only work on seed files.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};
use seedfile::{Format, Serial, Strategy};

use super::{Idp, Input, Reading, file_of_rows};

#[derive(Debug, ClapArgs)]
pub(crate) struct Inspect {
    /// The seed file; `-` is standard input.
    pub(crate) file: PathBuf,
    /// Also check whether this identity provider takes each token.
    #[arg(long = "for", value_enum, value_name = "IDP")]
    pub(crate) idp: Option<Idp>,
    /// Write the rejected rows to this new file, word for word, to be mended there.
    #[arg(long, value_name = "OUT", value_parser = file_of_rows())]
    pub(crate) rejected_to: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Convert {
    /// The seed file; `-` is standard input.
    pub(crate) file: PathBuf,
    #[arg(long, value_name = "FORMAT", help = written("The format to write"))]
    pub(crate) to: Format,
    /// Where to write, a new file; `-` is standard output. With --chunk or --qr svg a new directory.
    #[arg(long, value_name = "FILE|DIR", default_value = "-")]
    pub(crate) out: PathBuf,
    /// Write files of at most N tokens each.
    #[arg(long, value_name = "N", conflicts_with = "qr")]
    pub(crate) chunk: Option<NonZeroUsize>,
    /// Write each link as a QR code.
    #[arg(long, value_enum, value_name = "WHERE")]
    pub(crate) qr: Option<Qr>,
    /// Only this token. May be given several times.
    #[arg(long, value_name = "SERIAL")]
    pub(crate) serial: Vec<Serial>,
    #[command(flatten)]
    pub(crate) protect: Protect,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// What closes a new seed file.
#[derive(Debug, ClapArgs)]
pub(crate) struct Protect {
    /// Encrypt the keys of a new PSKC file with the passphrase in this file, which has one line; `-`
    /// is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) protect_with: Option<PathBuf>,
}

impl Protect {
    pub(crate) fn input(&self) -> Option<Input<'_>> {
        let path = self.protect_with.as_deref()?;
        Some((path, "the passphrase of the new file"))
    }
}

/// Help with the names of all formats that are written.
fn written(what: &str) -> String {
    let formats = Format::ALL.into_iter().filter(|format| format.is_written());
    let names: Vec<&str> = formats.map(Format::name).collect();
    format!("{what}: {}", names.join(", "))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Qr {
    /// A picture a token.
    Svg,
    /// On a terminal with light text on a dark ground.
    Terminal,
    /// On a terminal with dark text on a light ground.
    TerminalLight,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Pair {
    /// The seed file; `-` is standard input.
    pub(crate) file: PathBuf,
    /// The users, one a line or in a column named upn, userPrincipalName, login, objectId, email, mail,
    /// user or username; `-` is standard input.
    #[arg(long, value_name = "LIST")]
    pub(crate) users: PathBuf,
    /// How tokens find their users: next-available, order, or mapping, for which the list has two
    /// columns, user and serial.
    #[arg(long, value_name = "NAME", default_value_t)]
    pub(crate) strategy: Strategy,
    /// Write a new seed file with the new holders; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[arg(long, value_name = "FORMAT", requires = "out", help = written("The format of the new file \
        [default: that of the seed file, or the next one that can hold it]"))]
    pub(crate) to: Option<Format>,
    #[command(flatten)]
    pub(crate) protect: Protect,
    #[command(flatten)]
    pub(crate) reading: Reading,
}
