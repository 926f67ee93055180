//! One writing process a state directory. The lock dies with its process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

/// Held by the process that carries runs out.
#[derive(Debug)]
pub struct StateLock(
    #[expect(dead_code, reason = "the lock lives as long as the file is open")] File,
);

/// The state directory cannot be claimed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Busy {
    /// Another process has it.
    #[error("another run is going on in this state directory ({owner})")]
    Taken {
        /// What that process wrote about itself.
        owner: String,
    },
    /// The lock file cannot be used.
    #[error("the state directory cannot be locked: {0}; check its rights, or use another one")]
    Io(io::Error),
}

impl StateLock {
    /// Claims a state directory; `owner` tells others who has it.
    ///
    /// # Errors
    /// [`Busy`] when another process has it, or when the file cannot be created.
    pub fn acquire(directory: &Path, owner: &str) -> Result<Self, Busy> {
        let path = directory.join("lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(Busy::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Busy::Taken {
                    owner: owner_of(&file),
                });
            }
            Err(TryLockError::Error(error)) => return Err(Busy::Io(error)),
        }
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(owner.as_bytes()));
        written.map_err(Busy::Io)?;
        Ok(Self(file))
    }
}

/// What the owner wrote about itself; it may not have come to that, and Windows does not show it.
fn owner_of(file: &File) -> String {
    let mut text = Vec::new();
    let _ = file.take(256).read_to_end(&mut text);
    match String::from_utf8_lossy(&text).trim() {
        "" => "another process".to_owned(),
        owner => owner.to_owned(),
    }
}
