//! Sealed documents in a directory: what lies on disk says nothing without the master key.
//!
//! A sealed document is a mark, a format version, the id of its key, a random nonce, and what
//! XChaCha20-Poly1305 makes of its content. Everything before the nonce and the document's name are
//! authenticated: a document that is changed, or put in the place of another, does not open.

mod key;
mod place;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use key::KeyId;
pub(crate) use key::MasterKey;

/// Fills a buffer with bytes that nobody can guess.
pub(crate) type Fill = Arc<dyn Fn(&mut [u8]) -> io::Result<()> + Send + Sync>;

const MARK: &[u8; 8] = b"OATHKITv";
const VERSION: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;
/// Mark, version, key id.
const HEADER: usize = MARK.len() + 1 + size_of::<KeyId>();

/// Why a sealed document cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VaultError {
    #[error(
        "{name} was sealed with another key: start with the key file that belongs to it, or restore both from one backup. Where that key is lost, move the directory `sealed` out of the state directory and set up anew what it held"
    )]
    WrongKey { name: String },
    #[error(
        "{name} is damaged: restore it from a backup, or remove it and set up anew what it held"
    )]
    Damaged { name: String },
    #[error(
        "{name} was sealed by another version of this program (format {version}): use the newer one"
    )]
    OtherVersion { name: String, version: u8 },
    #[error(
        "{name:?} is no name for a sealed document: small letters, digits, dots and dashes only"
    )]
    Name { name: String },
    #[error("{path}: {error}")]
    Io { path: PathBuf, error: io::Error },
    #[error(
        "{path} can be used by others (mode {mode:o}): run `chmod 600 {path}`, and make a new key if someone may have read it"
    )]
    OpenToOthers { path: PathBuf, mode: u32 },
    #[error(
        "{path} is not a key: it has {length} bytes instead of 32. Restore it from a backup; without it nothing sealed can be opened"
    )]
    NotAKey { path: PathBuf, length: usize },
    #[error("no random numbers from the operating system: {0}")]
    Random(io::Error),
}

impl VaultError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + use<'_> {
        |error| Self::Io {
            path: path.to_owned(),
            error,
        }
    }

    fn damaged(name: &str) -> Self {
        Self::Damaged {
            name: name.to_owned(),
        }
    }
}

/// A directory of sealed documents.
pub(crate) struct Vault {
    dir: PathBuf,
    cipher: XChaCha20Poly1305,
    key_id: KeyId,
    fill: Fill,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

impl Vault {
    /// Opens the directory, and makes it where there is none. What an interrupted save left goes away.
    pub(crate) fn open(dir: PathBuf, key: &MasterKey, fill: Fill) -> Result<Self, VaultError> {
        place::prepare(&dir).map_err(VaultError::io(&dir))?;
        Ok(Self {
            dir,
            cipher: XChaCha20Poly1305::new(key.bytes().into()),
            key_id: key.id(),
            fill,
        })
    }

    /// Seals what is kept elsewhere, in memory for instance. It opens under the same name only.
    pub(crate) fn seal(&self, name: &str, content: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = XNonce::default();
        (self.fill)(&mut nonce).map_err(VaultError::Random)?;
        let header = self.header();
        // No growing while the content is in it in clear.
        let mut body = Zeroizing::new(Vec::with_capacity(content.len() + TAG));
        body.extend_from_slice(content);
        self.cipher
            .encrypt_in_place(&nonce, &bound(&header, name), &mut *body)
            .map_err(|_| VaultError::damaged(name))?;
        Ok([&header, nonce.as_slice(), &body].concat())
    }

    /// Opens what [`Vault::seal`] has sealed under this name.
    pub(crate) fn unseal(
        &self,
        name: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let damaged = || VaultError::damaged(name);
        let (header, rest) = sealed.split_at_checked(HEADER).ok_or_else(damaged)?;
        self.check_header(name, header)?;
        let (nonce, body) = rest.split_at_checked(NONCE).ok_or_else(damaged)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| damaged())?;
        let mut body = Zeroizing::new(body.to_vec());
        self.cipher
            .decrypt_in_place(&nonce, &bound(header, name), &mut *body)
            .map_err(|_| damaged())?;
        Ok(body)
    }

    /// Writes a document; the one of this name that was there stays whole until the new one is.
    pub(crate) fn save(&self, name: &str, document: &impl Serialize) -> Result<(), VaultError> {
        self.save_bytes(name, &in_json(document).map_err(VaultError::io(&self.dir))?)
    }

    /// Reads a document; `None` where there is none of this name.
    pub(crate) fn load<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, VaultError> {
        let Some(content) = self.load_bytes(name)? else {
            return Ok(None);
        };
        serde_json::from_slice(&content)
            .map(Some)
            .map_err(|_| VaultError::damaged(name))
    }

    pub(crate) fn save_bytes(&self, name: &str, content: &[u8]) -> Result<(), VaultError> {
        let path = self.path(name)?;
        let sealed = self.seal(name, content)?;
        place::write(&self.dir, &path, &sealed).map_err(VaultError::io(&path))
    }

    pub(crate) fn load_bytes(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let path = self.path(name)?;
        let sealed = place::read(&path).map_err(VaultError::io(&path))?;
        sealed.map(|sealed| self.unseal(name, &sealed)).transpose()
    }

    /// Removes a document; none of this name is fine, too.
    pub(crate) fn remove(&self, name: &str) -> Result<(), VaultError> {
        let path = self.path(name)?;
        place::remove(&self.dir, &path).map_err(VaultError::io(&path))
    }

    /// The names of all documents that begin so, sorted.
    pub(crate) fn names(&self, prefix: &str) -> Result<Vec<String>, VaultError> {
        let mut names = place::names(&self.dir).map_err(VaultError::io(&self.dir))?;
        names.retain(|name| name.starts_with(prefix) && is_name(name));
        names.sort_unstable();
        Ok(names)
    }

    fn path(&self, name: &str) -> Result<PathBuf, VaultError> {
        if is_name(name) {
            return Ok(self.dir.join(format!("{name}{}", place::ENDING)));
        }
        Err(VaultError::Name {
            name: name.to_owned(),
        })
    }

    fn header(&self) -> Vec<u8> {
        [MARK.as_slice(), &[VERSION], &self.key_id].concat()
    }

    fn check_header(&self, name: &str, header: &[u8]) -> Result<(), VaultError> {
        let rest = header.strip_prefix(MARK);
        let (version, key_id) = rest
            .and_then(<[u8]>::split_first)
            .ok_or_else(|| VaultError::damaged(name))?;
        let name = name.to_owned();
        match *version {
            VERSION if key_id == self.key_id => Ok(()),
            VERSION => Err(VaultError::WrongKey { name }),
            version => Err(VaultError::OtherVersion { name, version }),
        }
    }
}

/// Whether something lies sealed in a directory.
pub(crate) fn has_documents(dir: &Path) -> bool {
    place::names(dir).is_ok_and(|names| !names.is_empty())
}

/// What is authenticated beside the content. The header has a fixed length, so the name is unmistakable.
fn bound(header: &[u8], name: &str) -> Vec<u8> {
    [header, name.as_bytes()].concat()
}

/// No path, no hidden file, the same on systems that do not tell small from large letters.
fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.@".contains(&b);
    (1..=100).contains(&name.len())
        && name.bytes().all(allowed)
        && !name.starts_with(['.', '-'])
        && !name.contains("..")
}

/// In a buffer that never grows: growing would leave copies behind that nobody wipes.
fn in_json(document: &impl Serialize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut length = Length(0);
    serde_json::to_writer(&mut length, document)?;
    let mut json = Zeroizing::new(Vec::with_capacity(length.0));
    serde_json::to_writer(&mut *json, document)?;
    Ok(json)
}

struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
