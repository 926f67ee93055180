use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::vault::{Fill, MasterKey, Vault};

/// Different bytes at each call.
pub(super) fn fill() -> Fill {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    Arc::new(|buffer: &mut [u8]| {
        for chunk in buffer.chunks_mut(32) {
            let n = NEXT.fetch_add(1, Ordering::Relaxed);
            chunk.copy_from_slice(&Sha256::digest(n.to_be_bytes())[..chunk.len()]);
        }
        Ok(())
    })
}

/// Lasts as long as the test.
pub(super) fn vault() -> Arc<Vault> {
    thread_local!(static HOMES: RefCell<Vec<TempDir>> = const { RefCell::new(Vec::new()) });
    let (home, fill) = (tempfile::tempdir().unwrap(), fill());
    let key = MasterKey::new(&fill).unwrap();
    let vault = Vault::open(home.path().join("vault"), &key, fill).unwrap();
    HOMES.with_borrow_mut(|homes| homes.push(home));
    Arc::new(vault)
}

mod bench;
mod refused;
mod signing_in;
