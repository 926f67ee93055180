//! Files in one directory: for their owner alone, and whole or not there.

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use tempfile::NamedTempFile;

pub(super) const ENDING: &str = ".sealed";
const UNFINISHED: &str = ".part";

pub(super) fn prepare(dir: &Path) -> io::Result<()> {
    make(dir)?;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().ends_with(UNFINISHED) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn make(dir: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// All of it is on the disk, under a name of its own.
pub(super) fn unfinished(dir: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    let mut file = builder.prefix(".").suffix(UNFINISHED).tempfile_in(dir)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}

pub(super) fn write(dir: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    unfinished(dir, content)?.persist(path)?;
    sync(dir)
}

/// Never in place of a file that is there.
pub(super) fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let dir = path.parent().filter(|dir| *dir != Path::new(""));
    let dir = dir.unwrap_or(Path::new("."));
    make(dir)?;
    unfinished(dir, content)?.persist_noclobber(path)?;
    sync(dir)
}

pub(super) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn remove(dir: &Path, path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Ok(()) => sync(dir),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

pub(super) fn names(dir: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        let file = entry?.file_name();
        let name = file.to_str().and_then(|name| name.strip_suffix(ENDING));
        names.extend(name.map(str::to_owned));
    }
    Ok(names)
}

/// A new name lasts only once its directory is on the disk.
#[cfg(unix)]
fn sync(dir: &Path) -> io::Result<()> {
    fs::File::open(dir)?.sync_all()
}

#[cfg(not(unix))]
fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}
