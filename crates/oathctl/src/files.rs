//! Reading seed files and writing results; `-` is standard input or output.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read, Write};
#[cfg(unix)]
use std::os::fd::AsFd;
#[cfg(unix)]
use std::os::unix::fs::FileExt;
#[cfg(unix)]
use std::panic::resume_unwind;
use std::path::Path;
#[cfg(unix)]
use std::thread;

use provisioner::{Plan, PlanError, Roster};
use seedfile::{Format, MAX_BYTES, ReadOptions, Refusal, SeedFile, Serial};

use crate::args::{Input, Reading};
use crate::buffer::{Buffer, fill};
use crate::exit::Failed;
use crate::{keys, new_file, tables};

/// Reads a file whole, if it is not too long for any of those read here; its bytes are wiped after use.
pub(crate) fn read(path: &Path) -> Result<Buffer, Failed> {
    let bytes = read_at_most(path, MAX_BYTES)?;
    bytes.ok_or_else(|| Failed::usage(format!("{}: {}", path.display(), Refusal::TooLarge)))
}

/// Reads a file of up to `limit` bytes, which are wiped after use. Of a longer one, no more is read
/// than shows its length.
pub(crate) fn read_at_most(path: &Path, limit: usize) -> Result<Option<Buffer>, Failed> {
    let read = if path == Path::new("-") {
        unbuffered_stdin().and_then(|mut stdin| read_whole(&mut stdin, 0, limit))
    } else {
        File::open(path).and_then(|mut file| {
            let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
            #[cfg(unix)]
            if (LONG..=limit).contains(&length)
                && let Some(bytes) = read_halves(&file, length)?
            {
                return Ok(Some(bytes));
            }
            read_whole(&mut file, length, limit)
        })
    };
    read.map_err(|error| unreadable(path, &error))
}

/// Standard input without the buffer of Rust's own, which nobody wipes.
#[cfg(unix)]
fn unbuffered_stdin() -> io::Result<impl Read> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// Standard input; a console of Windows has to be asked in its own way.
#[cfg(not(unix))]
fn unbuffered_stdin() -> io::Result<impl Read> {
    Ok(io::stdin().lock())
}

/// From so many bytes on a file is read from two sides.
#[cfg(unix)]
const LONG: usize = 8 * 1024 * 1024;

/// Reads both halves of a file at the same time: most of the work is to get memory for them. `None`
/// if the file has another length meanwhile.
#[cfg(unix)]
fn read_halves(file: &File, length: usize) -> io::Result<Option<Buffer>> {
    let mut buffer = Buffer::with_room(length)?;
    let middle = length / 2;
    let (first, second) = buffer.room().split_at_mut(middle);
    let read = |start: usize, bytes: &mut [u8]| {
        fill(bytes, |rest, place| {
            file.read_at(rest, (start + place) as u64)
        })
    };
    let (first_read, second_read) = thread::scope(|scope| {
        let beside = thread::Builder::new().spawn_scoped(scope, || read(middle, &mut *second));
        let first = read(0, first);
        let second = beside
            .ok()
            .map(|reader| reader.join().unwrap_or_else(|panic| resume_unwind(panic)));
        (first, second)
    });
    // `None` where the machine gives no thread.
    let second_read = second_read.unwrap_or_else(|| read(middle, second));
    let is_whole = first_read? == middle && second_read? == length - middle;
    buffer.take(length);
    Ok(is_whole.then_some(buffer))
}

/// `expected` may be wrong: a pipe has no length, and a file can grow meanwhile.
fn read_whole(source: &mut impl Read, expected: usize, limit: usize) -> io::Result<Option<Buffer>> {
    if expected > limit {
        return Ok(None);
    }
    let mut buffer = Buffer::with_room(expected)?;
    loop {
        let room = buffer.room().len();
        let more = fill(buffer.room(), |rest, _| source.read(rest))?;
        buffer.take(more);
        if more < room {
            return Ok(Some(buffer));
        }
        if buffer.len() > limit {
            return Ok(None);
        }
        let mut larger = Buffer::with_room(buffer.len().saturating_mul(2).min(limit))?;
        larger
            .room()
            .get_mut(..buffer.len())
            .unwrap_or_default()
            .copy_from_slice(&buffer);
        larger.take(buffer.len());
        buffer = larger;
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failed {
    Failed::usage(format!("{} cannot be read: {error}", path.display()))
}

/// Reads a list of serial numbers, one a line; empty lines and comments are passed over.
pub(crate) fn read_serials(path: &Path) -> Result<Vec<Serial>, Failed> {
    let bytes = read(path)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Failed::usage(format!("{} is not text in UTF-8", path.display())))?;
    let lines = text.lines().map(str::trim).zip(1..);
    let said = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
    said.map(|(line, number)| {
        Serial::new(line).map_err(|error| {
            let path = path.display();
            Failed::usage(format!("{path}, line {number}: no serial number: {error}"))
        })
    })
    .collect()
}

/// Reads a list of serial numbers and users, `serial,user` a line. A line with these two words, an empty
/// one and one that begins with `#` say nothing.
pub(crate) fn read_pairs(path: &Path) -> Result<Vec<(Serial, String)>, Failed> {
    let bytes = read(path)?;
    let name = path.display();
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Failed::usage(format!("{name} is not text in UTF-8")))?;
    provisioner::pairs(text).map_err(|error| Failed::usage(format!("{name}, {error}")))
}

/// Reads and checks a kept plan.
pub(crate) fn read_plan(path: &Path) -> Result<Plan, Failed> {
    let document = read_at_most(path, Plan::MAX_BYTES)?.ok_or(PlanError::TooLarge);
    let plan = document.and_then(|document| Plan::read(&document));
    plan.map_err(|error| {
        Failed::usage(format!("{}: {error}", path.display()))
            .next("make a new plan with oathctl plan, and do not edit it")
    })
}

/// Refuses to read two things from standard input.
pub(crate) fn one_from_stdin(inputs: &[Input<'_>]) -> Result<(), Failed> {
    let dash = Path::new("-");
    let taken = inputs.iter().filter(|(path, _)| *path == dash);
    let taken: Vec<&str> = taken.map(|(_, what)| *what).collect();
    if taken.len() < 2 {
        return Ok(());
    }
    let message = format!("standard input cannot be {}", taken.join(" and "));
    Err(Failed::usage(message).next("give one of them as a file"))
}

/// How a seed file is read, with the key or passphrase that opens it.
pub(crate) fn options(path: &Path, reading: &Reading) -> Result<ReadOptions, Failed> {
    one_from_stdin(&reading.inputs(path))?;
    let mut options = reading.without_key();
    options.pskc_key = reading.opening.secret().map(keys::read).transpose()?;
    Ok(options)
}

/// Reads a seed file that has to be one.
pub(crate) fn read_seeds(path: &Path, reading: &Reading) -> Result<SeedFile, Failed> {
    read_as(path, reading, seedfile::read)
}

/// Reads a seed file for a run.
pub(crate) fn read_roster(path: &Path, reading: &Reading) -> Result<Roster, Failed> {
    read_as(path, reading, Roster::read)
}

fn read_as<T>(
    path: &Path,
    reading: &Reading,
    read: impl FnOnce(&[u8], &ReadOptions) -> Result<T, Refusal>,
) -> Result<T, Failed> {
    let options = options(path, reading)?;
    let bytes = read_at_most(path, MAX_BYTES)?.ok_or(Refusal::TooLarge);
    let seeds = bytes.and_then(|bytes| read(&bytes, &options));
    seeds.map_err(|refusal| refused(path, &refusal))
}

pub(crate) fn refused(path: &Path, refusal: &Refusal) -> Failed {
    let failed = Failed::usage(format!("{}: {refusal}", path.display()));
    match refusal {
        Refusal::Pskc(refusal) => match keys::advice(refusal) {
            Some(advice) => failed.next(advice),
            None => failed,
        },
        _ => failed,
    }
}

/// Writes what is not for everybody: to standard output, or to a new file for its owner alone.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failed> {
    if path == Path::new("-") {
        return print_bytes(bytes);
    }
    new_file::write(path, bytes).map_err(|error| new_file::unwritable(path, &error))
}

/// Writes rows of a seed file of this format to a new file for its owner alone.
pub(crate) fn write_rows(
    bytes: &[u8],
    options: &ReadOptions,
    rows: &BTreeSet<usize>,
    (seeds, format): (&Path, Format),
    out: &Path,
) -> Result<(), Failed> {
    let taken = seedfile::extract(bytes, options, rows).map_err(|error| refused(seeds, &error))?;
    write_private(out, taken.expose())?;
    let count = tables::count(taken.rows(), "row");
    let again = again(format);
    say(format_args!("{count} written to {}{again}", out.display()));
    Ok(())
}

/// How a file is read of which only bad rows are left: without a header they need not show what they are.
fn again(format: Format) -> String {
    match format {
        Format::OathCsv | Format::Duo | Format::MultiotpCsv | Format::Otpauth => {
            format!("; look at it again with --format {format}")
        }
        Format::Csv => "; look at it again with the same options".to_owned(),
        _ => ".".to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads of `text` with a limit of 200,000 bytes, whatever length was expected.
    fn whole(text: &[u8], expected: usize) -> Option<Vec<u8>> {
        let read = read_whole(&mut &*text, expected, 200_000).unwrap();
        read.map(|bytes| bytes.to_vec())
    }

    #[test]
    fn a_source_is_read_whole_whatever_length_was_expected() {
        for length in [0, 1, 65_536, 65_537, 131_074, 199_999, 200_000] {
            let text: Vec<u8> = (0..=255).cycle().take(length).collect();
            for expected in [0, 1, 70_000, 200_000] {
                assert!(
                    whole(&text, expected).as_ref() == Some(&text),
                    "{length} {expected}"
                );
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn halves_are_the_whole_if_the_length_is_right() {
        let text: Vec<u8> = (0..=255).cycle().take(70_001).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&text).unwrap();
        let halves = |length| read_halves(&file, length).unwrap();
        assert!(halves(text.len()).is_some_and(|bytes| *bytes == text));
        for wrong in [0, 1, 69_999, 70_000, 70_002, 140_003] {
            assert!(halves(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn one_byte_too_many_is_too_many() {
        assert_eq!(whole(&vec![b'a'; 200_001], 0), None);
        assert_eq!(whole(&vec![b'a'; 200_001], 200_000), None);
    }

    #[test]
    fn of_a_file_that_says_it_is_too_long_nothing_is_read() {
        let mut source: &[u8] = b"seed";
        assert!(read_whole(&mut source, 200_001, 200_000).unwrap().is_none());
        assert_eq!(source, b"seed");
    }

    #[test]
    fn no_more_is_read_than_shows_the_length() {
        let mut source = io::repeat(b'a').take(u64::MAX);
        assert!(read_whole(&mut source, 0, 200_000).unwrap().is_none());
        assert!(u64::MAX - source.limit() <= 200_001);
    }
}
