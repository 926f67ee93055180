//! Work that is done side by side.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::thread::{self, Scope, ScopedJoinHandle};

/// A thread is not worth its while for less, in bytes. The tests join small pieces.
pub(crate) const LEAST: usize = if cfg!(test) { 64 } else { 1024 * 1024 };

/// Whether so many bytes are worth a second thread, if there may be one.
pub(crate) fn worth(threads: NonZeroUsize, bytes: usize) -> bool {
    threads.get() > 1 && bytes > LEAST
}

/// Does both, the first on a thread of its own if that is `worth` it and there is one to have.
pub(crate) fn both<A: Send, B>(
    worth: bool,
    a: impl Fn() -> A + Sync,
    b: impl FnOnce() -> B,
) -> (A, B) {
    if !worth {
        return (a(), b());
    }
    thread::scope(|scope| {
        let apart = start(scope, &a);
        let b = b();
        (apart.map_or_else(&a, end), b)
    })
}

/// Starts a thread; `None` if the system has none left.
pub(crate) fn start<'s, T: Send + 's>(
    scope: &'s Scope<'s, '_>,
    work: impl FnOnce() -> T + Send + 's,
) -> Option<ScopedJoinHandle<'s, T>> {
    thread::Builder::new().spawn_scoped(scope, work).ok()
}

/// What a thread brought; a panic goes on here.
pub(crate) fn end<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}
