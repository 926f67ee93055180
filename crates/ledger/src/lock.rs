//! One writing process a state directory. The lock dies with its process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

/// Held by the process that carries runs out.
#[derive(Debug)]
pub struct StateLock(#[expect(dead_code, reason = "the lock lives as long as the file is open")] File);

/// The state directory cannot be claimed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Busy {
    /// Another process has it.
    Taken {
        /// What that process wrote about itself.
        owner: String,
    },
    /// The lock file cannot be used.
    Io(io::Error),
}

impl std::error::Error for Busy {}

impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Taken { owner } => write!(f, "another run is going on in this state directory ({owner})"),
            Self::Io(error) => write!(f, "the state directory cannot be locked: {error}"),
        }
    }
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
        let mut file = options.open(path).map_err(Busy::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                file.read_to_string(&mut owner).map_err(Busy::Io)?;
                return Err(Busy::Taken { owner });
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
