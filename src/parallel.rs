//! Work spread over threads, as many as the system gives: where there is no other, it is done on this one.
//!
//! The one pool. What else has a thread waits beside the work and does none of it: whoever draws a bar, writes the log,
//! feeds a pipe, or tells a person that a server does not answer.

use crate::error::{Error, Result};
use std::convert::Infallible;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{Builder, ScopedJoinHandle, scope};

/// More threads than this only wait for each other, or for the disk.
const MOST_WORKERS: usize = 8;

/// Processors that this process may use. Asked for once: on Linux the answer costs a dozen system calls, since the limits of the
/// control group are files.
pub fn processors() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// Work on the numbers below `count`, and how it is spread over threads.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub count: usize,
    /// Numbers that a thread takes at once: neighbours stay together.
    pub share: usize,
    /// Below this many numbers threads cost more than they bring.
    pub many: usize,
    /// `None` for one thread per processor.
    pub threads: Option<usize>,
}

impl Spread {
    /// Over the processors, for work that computes.
    pub fn over(count: usize, share: usize, many: usize) -> Spread {
        Spread { count, share, many, threads: None }
    }
}

/// The results of `work` for each number, in order.
pub fn map<T: Send>(spread: Spread, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let done = map_shares(spread, |numbers| numbers.map(&work).collect::<Vec<T>>());
    done.into_iter().flatten().collect()
}

/// The same for work that can fail. After a failure nothing new is begun; that of the lowest number is returned.
pub fn try_map<T: Send, E: Send>(
    spread: Spread,
    work: impl Fn(usize) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let done = try_map_shares(spread, |mut numbers| {
        numbers.try_fold(Vec::new(), |mut done, number| {
            done.push(work(number)?);
            Ok(done)
        })
    })?;
    Ok(done.into_iter().flatten().collect())
}

/// The results of `work` for each share of the numbers, in order.
pub fn map_shares<T: Send>(spread: Spread, work: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    let Ok(done) = try_map_shares(spread, |numbers| Ok::<T, Infallible>(work(numbers)));
    done
}

/// The same for work that can fail, see [`try_map`].
pub fn try_map_shares<T: Send, E: Send>(
    spread: Spread,
    work: impl Fn(Range<usize>) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let Spread { count, share, many, threads } = spread;
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let run = || loop {
        let start = next.fetch_add(share, Ordering::Relaxed);
        if start >= count {
            return;
        }
        let made = work(start..count.min(start + share));
        if made.is_err() {
            // Every lower number was taken before this one, so that the lowest failure is among the results.
            next.store(count, Ordering::Relaxed);
        }
        done.lock().unwrap_or_else(PoisonError::into_inner).push((start, made));
    };
    let threads = match count < many || count <= share {
        true => 1,
        // Asked for only where it matters.
        false => threads.unwrap_or_else(|| processors().min(MOST_WORKERS)),
    };
    on_threads(threads.min(count.div_ceil(share)), run);
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(start, _)| *start);
    done.into_iter().map(|(_, made)| made).collect()
}

/// Does the same work on at most so many threads, which share it among themselves.
fn on_threads(threads: usize, work: impl Fn() + Sync) {
    scope(|scope| {
        let others: Vec<_> =
            (1..threads).map_while(|_| Builder::new().spawn_scoped(scope, &work).ok()).collect();
        work();
        others.into_iter().for_each(joined);
    });
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

/// Runs work on a thread with a stack of its own size. `None` where it panicked; `what` says what needs the thread.
pub fn with_stack<T: Send>(
    bytes: usize,
    what: &str,
    work: impl FnOnce() -> T + Send,
) -> Result<Option<T>> {
    scope(|scope| {
        let thread = Builder::new().stack_size(bytes).spawn_scoped(scope, work);
        Ok(thread.map_err(|error| none(what, &error))?.join().ok())
    })
}

/// A panic there is one here.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Checks that so many threads can run at once, for work that cannot do with fewer.
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
        "the limit of processes is reached: end some, or raise the limit (`ulimit -u`, the pids limit of a container)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(count: usize, share: usize, many: usize) -> Spread {
        Spread { count, share, many, threads: Some(4) }
    }

    #[test]
    fn results_come_in_order() {
        for (count, share, many) in [(0, 16, 0), (1, 16, 0), (5000, 16, 0), (5000, 7, 9000)] {
            let squares = map(spread(count, share, many), |n| n * n);
            assert_eq!(squares, (0..count).map(|n| n * n).collect::<Vec<_>>());
        }
        let shares = map_shares(spread(10, 4, 0), |numbers| numbers);
        assert_eq!(shares, [0..4, 4..8, 8..10]);
    }

    #[test]
    fn the_lowest_failure_is_returned_and_ends_the_work() {
        for _ in 0..50 {
            let begun = AtomicUsize::new(0);
            let work = |number| {
                begun.fetch_add(1, Ordering::Relaxed);
                if number < 100 { Ok(number) } else { Err(number) }
            };
            assert_eq!(try_map(spread(1_000_000, 3, 0), work), Err(100));
            assert!(begun.into_inner() < 1_000_000);
        }
    }

    #[test]
    fn a_panic_on_a_thread_of_its_own_is_no_result() {
        let size = 1 << 20;
        assert_eq!(with_stack(size, "try", || 1).unwrap(), Some(1));
        assert!(with_stack(size, "try", || panic!("on purpose")).unwrap().is_none());
    }
}
