//! Work that is done side by side.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::thread;

/// A thread is not worth its while for less, in bytes.
pub(crate) const LEAST: usize = 1024 * 1024;

/// Whether so many bytes are worth a second thread, if there may be one.
pub(crate) fn worth(threads: NonZeroUsize, bytes: usize) -> bool {
    threads.get() > 1 && bytes > LEAST
}

/// Does both, the first on a thread of its own if that is `worth` it.
pub(crate) fn both<A: Send, B>(
    worth: bool,
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B,
) -> (A, B) {
    if !worth {
        return (a(), b());
    }
    thread::scope(|scope| {
        let a = scope.spawn(a);
        let b = b();
        (a.join().unwrap_or_else(|panic| resume_unwind(panic)), b)
    })
}
