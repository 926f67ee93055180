//! Memory for a file with seeds: wiped after use, and quickly got for a long file.

use std::io::{self, ErrorKind};
use std::ops::Deref;

use memmap2::MmapMut;
use zeroize::Zeroize;

/// What is read of a file, and room for more.
pub(crate) struct Buffer {
    memory: MmapMut,
    filled: usize,
}

impl Buffer {
    /// Room for so many bytes, and for one more at least, which shows whether anything follows them.
    pub(crate) fn with_room(bytes: usize) -> io::Result<Buffer> {
        const LEAST: usize = 64 * 1024;
        let memory = MmapMut::map_anon(bytes.max(LEAST).saturating_add(1))?;
        // A long file takes tens of thousands of small pages, and to get them is most of the work of
        // reading it. A system without large ones refuses, and small ones will do.
        #[cfg(target_os = "linux")]
        let _ = memory.advise(memmap2::Advice::HugePage);
        Ok(Buffer { memory, filled: 0 })
    }

    pub(crate) fn room(&mut self) -> &mut [u8] {
        self.memory.get_mut(self.filled..).unwrap_or_default()
    }

    /// Takes the first bytes of the room as read.
    pub(crate) fn take(&mut self, bytes: usize) {
        self.filled = self.memory.len().min(self.filled + bytes);
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.memory.get(..self.filled).unwrap_or_default()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.memory.zeroize();
    }
}

/// Fills `bytes` as far as there is something to `read`, which gets the rest of them and its place.
pub(crate) fn fill(
    bytes: &mut [u8],
    mut read: impl FnMut(&mut [u8], usize) -> io::Result<usize>,
) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match read(rest, filled) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
