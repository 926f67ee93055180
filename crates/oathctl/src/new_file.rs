//! New files and directories: for their owner alone, whole or not there, and never in place of others.

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::exit::Failed;

/// A file that has another name beside its place until it is kept. If it is not, it goes away.
pub(crate) struct NewFile<'p> {
    file: NamedTempFile,
    path: &'p Path,
}

impl<'p> NewFile<'p> {
    pub(crate) fn create(path: &'p Path) -> io::Result<Self> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let mut builder = tempfile::Builder::new();
        builder.prefix("oathctl-").suffix(".part");
        let file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
        Ok(Self { file, path })
    }

    /// Gives the file its name, once all of it is on the disk.
    pub(crate) fn keep(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist_noclobber(self.path)?;
        Ok(())
    }
}

impl Write for NewFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_file_mut().flush()
    }
}

/// Writes a new file.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = NewFile::create(path)?;
    file.write_all(bytes)?;
    file.keep()
}

/// Creates a directory and fills it. Where that fails, nothing of it is left.
pub(crate) fn fill_directory<T>(
    path: &Path,
    fill: impl FnOnce() -> Result<T, Failed>,
) -> Result<T, Failed> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(|error| unwritable(path, &error))?;
    fill().inspect_err(|_| {
        let _ = fs::remove_dir_all(path);
    })
}

/// Why there is no new file: its name is wrong, or the machine has no room for it.
pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Failed {
    let message = format!("{} cannot be written: {error}", path.display());
    match error.kind() {
        ErrorKind::AlreadyExists => {
            Failed::usage(message).next("choose another name: nothing that is there is overwritten")
        }
        ErrorKind::NotFound
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::InvalidInput
        | ErrorKind::InvalidFilename
        | ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem => Failed::usage(message),
        _ => Failed::internal(message)
            .next("nothing of it is left: make room, or choose another disk, and do it again"),
    }
}
