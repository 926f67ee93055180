//! The key that opens everything sealed.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Fill, VaultError, place};

/// Tells keys apart, and says nothing about them.
pub(super) type KeyId = [u8; 8];

const LENGTH: usize = 32;

/// 32 random bytes. Whoever has them can open what lies in the vault.
pub(crate) struct MasterKey(Zeroizing<[u8; LENGTH]>);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl MasterKey {
    /// A key that is not kept: what it sealed is gone with this process.
    pub(crate) fn new(fill: &Fill) -> Result<Self, VaultError> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        fill(bytes.as_mut()).map_err(VaultError::Random)?;
        Ok(Self(bytes))
    }

    /// Reads the key, or makes one where there is none: for its owner alone.
    pub(crate) fn read_or_create(path: &Path, fill: &Fill) -> Result<Self, VaultError> {
        match Self::read(path) {
            Err(VaultError::Io { error, .. }) if error.kind() == ErrorKind::NotFound => {
                Self::create(path, fill)
            }
            read => read,
        }
    }

    fn create(path: &Path, fill: &Fill) -> Result<Self, VaultError> {
        let key = Self::new(fill)?;
        match place::write_new(path, key.0.as_slice()) {
            Ok(()) => Ok(key),
            // Another process was faster: its key counts.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Self::read(path),
            Err(error) => Err(VaultError::io(path)(error)),
        }
    }

    fn read(path: &Path) -> Result<Self, VaultError> {
        let file = File::open(path).map_err(VaultError::io(path))?;
        let metadata = file.metadata().map_err(VaultError::io(path))?;
        check_mode(path, &metadata)?;
        let content = read_some(file).map_err(VaultError::io(path))?;
        let bytes: [u8; LENGTH] =
            content
                .as_slice()
                .try_into()
                .map_err(|_| VaultError::NotAKey {
                    path: path.to_owned(),
                    length: content.len(),
                })?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    pub(super) fn bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }

    pub(super) fn id(&self) -> KeyId {
        let hash = Sha256::new()
            .chain_update(b"oathkit vault key id")
            .chain_update(self.0.as_slice())
            .finalize();
        let mut id = KeyId::default();
        id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        id
    }
}

/// More than a key has, so that a longer file is told from a key.
fn read_some(file: File) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut content = Zeroizing::new(Vec::with_capacity(2 * LENGTH));
    file.take(2 * LENGTH as u64).read_to_end(&mut content)?;
    Ok(content)
}

#[cfg(unix)]
fn check_mode(path: &Path, metadata: &fs::Metadata) -> Result<(), VaultError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let path = path.to_owned();
    Err(VaultError::OpenToOthers { path, mode })
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &fs::Metadata) -> Result<(), VaultError> {
    Ok(())
}
