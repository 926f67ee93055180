//! Where a process dies.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio_util::sync::CancellationToken;

/// Counts the points that a process passes, and ends it at one of them.
pub(crate) struct Fuse {
    passed: AtomicU64,
    last: Option<u64>,
    blown: CancellationToken,
}

impl Fuse {
    /// One that blows at a point, counted from 1, or never.
    pub(crate) fn at(last: Option<u64>) -> Arc<Self> {
        Arc::new(Self {
            passed: AtomicU64::new(0),
            last,
            blown: CancellationToken::new(),
        })
    }

    pub(crate) fn passed(&self) -> u64 {
        self.passed.load(Ordering::Relaxed)
    }

    pub(crate) fn is_blown(&self) -> bool {
        self.blown.is_cancelled()
    }

    /// True where the next point is the last.
    pub(crate) fn blows_next(&self) -> bool {
        self.last == Some(self.passed() + 1)
    }

    pub(crate) async fn blown(&self) {
        self.blown.cancelled().await;
    }

    /// Passes a point. Nobody comes past the last one, nor past any after it.
    pub(crate) async fn pass(&self) {
        self.alive().await;
        let point = self.passed.fetch_add(1, Ordering::Relaxed) + 1;
        if self.last == Some(point) {
            self.blown.cancel();
        }
        self.alive().await;
    }

    /// Holds whoever still runs in a process that is dead.
    pub(crate) async fn alive(&self) {
        if self.is_blown() {
            pending::<()>().await;
        }
    }
}
