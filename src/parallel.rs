//! Work spread over threads, as many as the system gives: where there is no other, it is done on this one.

use crate::error::{Error, Result};
use std::io;
use std::sync::OnceLock;
use std::thread::{Builder, ScopedJoinHandle, scope};

/// Processors that this process may use. Asked for once: on Linux the answer costs a dozen system calls, since the limits of the
/// control group are files.
pub fn processors() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// What each of at most so many threads makes of the same work, which they share among themselves.
pub fn share<T: Send>(threads: usize, work: impl Fn() -> T + Sync) -> Vec<T> {
    scope(|scope| {
        let others: Vec<_> =
            (1..threads).map_while(|_| Builder::new().spawn_scoped(scope, &work).ok()).collect();
        let mut results = vec![work()];
        results.extend(others.into_iter().map(joined));
        results
    })
}

/// Two pieces of work, at once where there is another thread.
pub fn both<A: Send, B>(first: impl Fn() -> A + Sync, second: impl FnOnce() -> B) -> (A, B) {
    scope(|scope| match Builder::new().spawn_scoped(scope, &first) {
        Ok(other) => {
            let second = second();
            (joined(other), second)
        }
        Err(_) => {
            let second = second();
            (first(), second)
        }
    })
}

/// A panic there is one here.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Whether so many threads can be had at once, for what cannot do without.
pub fn require(threads: usize, what: &str) -> Result<()> {
    scope(|scope| {
        let mut started = Vec::new();
        for _ in 0..threads {
            match Builder::new().spawn_scoped(scope, std::thread::park) {
                Ok(thread) => started.push(thread),
                Err(error) => {
                    started.iter().for_each(|thread| thread.thread().unpark());
                    return Err(none(what, &error));
                }
            }
        }
        started.iter().for_each(|thread| thread.thread().unpark());
        Ok(())
    })
}

/// The system gives no thread for something that needs one.
pub fn none(what: &str, error: &io::Error) -> Error {
    Error::unavailable(format!("cannot start a thread to {what}: {error}")).hint(
        "you have as many processes as you may: end some, or raise the limit (`ulimit -u`, the pids limit of a container)",
    )
}
