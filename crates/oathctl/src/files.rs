//! Reading seed files and writing results; `-` is standard input or output.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use provisioner::{Plan, Roster};
use seedfile::{ReadOptions, SeedFile};
use zeroize::Zeroizing;

use crate::args::Reading;
use crate::exit::Failed;
use crate::tables;

/// Reads a file whole; its bytes are wiped after use.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failed> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    let bytes = bytes.map_err(|error| unreadable(path, &error))?;
    Ok(Zeroizing::new(bytes))
}

/// Reads a file that holds no seed, and not much more than `limit` bytes of it.
pub(crate) fn read_at_most(path: &Path, limit: usize) -> Result<Vec<u8>, Failed> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| unreadable(path, &error))?;
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> Failed {
    Failed::usage(format!("{} cannot be read: {error}", path.display()))
}

/// Reads and checks a kept plan.
pub(crate) fn read_plan(path: &Path) -> Result<Plan, Failed> {
    let document = read_at_most(path, Plan::MAX_BYTES)?;
    Plan::read(&document).map_err(|error| {
        Failed::usage(format!("{}: {error}", path.display()))
            .next("make a new plan with oathctl plan, and do not edit it")
    })
}

/// Reads and checks a seed file.
pub(crate) fn read_seeds(path: &Path, options: &ReadOptions) -> Result<SeedFile, Failed> {
    let bytes = read(path)?;
    seedfile::read(&bytes, options).map_err(|refusal| refused(path, &refusal))
}

/// Reads a seed file for a run.
pub(crate) fn read_roster(path: &Path, reading: &Reading) -> Result<Roster, Failed> {
    let bytes = read(path)?;
    Roster::read(&bytes, &reading.options()).map_err(|refusal| refused(path, &refusal))
}

pub(crate) fn refused(path: &Path, refusal: &seedfile::Refusal) -> Failed {
    Failed::usage(format!("{}: {refusal}", path.display()))
}

/// Writes what is not for everybody: to standard output, or to a new file for its owner alone.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failed> {
    if path == Path::new("-") {
        return print_bytes(bytes);
    }
    let written = create_private(path).and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| unwritable(path, &error))
}

/// Writes rows of a seed file to a new file for its owner alone.
pub(crate) fn write_rows(
    bytes: &[u8],
    options: &ReadOptions,
    rows: &BTreeSet<usize>,
    seeds: &Path,
    out: &Path,
) -> Result<(), Failed> {
    let taken = seedfile::extract(bytes, options, rows).map_err(|error| refused(seeds, &error))?;
    write_private(out, taken.expose())?;
    let count = tables::count(taken.rows(), "row");
    say(format_args!("{count} written to {}.", out.display()));
    Ok(())
}

/// Creates a new file for its owner alone.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Creates a new directory for its owner alone.
pub(crate) fn create_private_directory(path: &Path) -> Result<(), Failed> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(|error| unwritable(path, &error))
}

pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Failed {
    let failed = Failed::usage(format!("{} cannot be written: {error}", path.display()));
    match error.kind() {
        io::ErrorKind::AlreadyExists => {
            failed.next("choose another name: nothing that is there is overwritten")
        }
        _ => failed,
    }
}

/// Writes a result to standard output.
pub(crate) fn print(text: &str) -> Result<(), Failed> {
    print_bytes(text.as_bytes())
}

/// Writes a JSON document to standard output.
pub(crate) fn print_json(document: &impl serde::Serialize) -> Result<(), Failed> {
    // A report may be long: it is not made as a whole first.
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = serde_json::to_writer(&mut out, document).map_err(io::Error::from);
    let written = written.and_then(|()| out.write_all(b"\n"));
    printed(written.and_then(|()| out.flush()))
}

/// Writes a line to standard error. Where nobody reads there, the work goes on all the same.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes lines to standard error, if there are any.
pub(crate) fn say_text(lines: &str) {
    let _ = io::stderr().write_all(lines.as_bytes());
}

/// Writes a question to standard error; the answer comes on the same line.
pub(crate) fn ask(question: &str) {
    let _ = write!(io::stderr(), "{question} ");
}

fn print_bytes(bytes: &[u8]) -> Result<(), Failed> {
    let mut out = io::stdout().lock();
    printed(out.write_all(bytes).and_then(|()| out.flush()))
}

fn printed(written: io::Result<()>) -> Result<(), Failed> {
    match written {
        // Whoever reads has enough: `oathctl … | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| Failed::internal(format!("standard output: {error}"))),
    }
}
